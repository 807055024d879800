//! The programs around a MongoDB store.

use crate::operations::{Entry, Operations, Program};
use polity_model::Store;
use serde_json::json;

/// Returns the programs around a store.
pub(super) fn operations(store: &Store) -> Operations {
    let name = &store.named.name;
    let image = format!("docker.io/library/mongo:{}", store.version);
    let uri = |whose: &str, docs: &str| {
        let docs = format!("the address with the login {docs}");
        ("MONGODB_URI".to_owned(), Entry::of_operators(&format!("{whose}-uri"), docs))
    };
    let operator = || uri("operator", "that has `dbOwner` and `userAdmin`");
    let lead_on = polity_templates::render(polity_templates::mongodb::LEAD_ON, json!({ "store": name }));
    Operations {
        kind: "mongodb",
        migration: Program {
            image: image.clone(),
            command: vec!["sh".to_owned(), "-ec".to_owned(), lead_on],
            secrets: vec![operator()],
            files: ["apply.js", "roles.js", "indexes.json", "validators/", "migrations/"]
                .map(|file| format!("{name}/{file}"))
                .to_vec(),
            ..Program::default()
        },
        runner: Program {
            image,
            command: vec!["sh".to_owned(), "-ec".to_owned()],
            secrets: vec![operator()],
            files: vec![format!("{name}/maintenance.js")],
            ..Program::default()
        },
        exporter: Program {
            image: "docker.io/percona/mongodb_exporter:0.43.1".to_owned(),
            arguments: ["--collect-all", "--compatible-mode"].map(|text| text.to_owned().into()).into(),
            secrets: vec![uri("monitor", "that has `clusterMonitor` and reads `local`")],
            ..Program::default()
        },
        exporter_port: 9216,
        by_hand: None,
        pooler: None,
    }
}
