//! The programs around a Redis store.

use crate::operations::{Entry, Operations, Program, is_encrypted};
use polity_govern::Stored;
use polity_model::{Record, Store, Value};
use serde_json::json;

/// Returns the programs around a store with the settings of an environment.
pub(super) fn operations(governed: &Stored, store: &Store, settings: &Record) -> Operations {
    let (name, platform) = (&store.named.name, &governed.name);
    let [host, password, tls] =
        ["HOST", "PASSWORD", "TLS"].map(|what| format!("{}_{what}", name.to_uppercase()));
    let (maintenance, monitor) = (format!("{platform}_maintenance"), format!("{platform}_monitor"));
    let is_encrypted = is_encrypted(settings);
    let by_maintenance = |files: &[&str], is_tenants: bool| Program {
        image: format!("docker.io/library/redis:{}-alpine", store.version),
        command: vec!["sh".to_owned(), "-ec".to_owned()],
        variables: is_encrypted.then(|| (tls.clone(), "1".to_owned())).into_iter().collect(),
        secrets: vec![
            (host.clone(), Entry::host(is_tenants)),
            (password.clone(), Entry::password("maintenance", &maintenance, is_tenants)),
        ],
        files: files.iter().map(|file| format!("{name}/{file}")).collect(),
        ..Program::default()
    };
    let mut migration = by_maintenance(&[&format!("scripts/{platform}")], false);
    migration.command.push(polity_templates::render(
        polity_templates::redis::LOAD,
        json!({
            "password": format!("\"${password}\""),
            "host": format!("\"${host}\""),
            "tls": format!("${{{tls}:+--tls}}"),
            "user": maintenance,
            "library": format!("{name}/scripts/{platform}"),
            "masters": polity_templates::redis::MASTERS.trim_end(),
        }),
    ));
    let scheme = if is_encrypted { "rediss" } else { "redis" };
    let mut addresses =
        vec![("REDIS_ADDR".to_owned(), format!("{scheme}://$({host}):{}", super::ABOUT.port))];
    if is_cluster(settings) {
        addresses.push(("REDIS_EXPORTER_IS_CLUSTER".to_owned(), "true".to_owned()));
    }
    addresses.push(("REDIS_USER".to_owned(), monitor.clone()));
    Operations {
        kind: "redis",
        migration,
        // They run on every server, as one who states users.
        by_hand: Some(format!("{name}/migrations/")),
        runner: by_maintenance(&["scripts/end_entries.sh"], true),
        exporter: Program {
            image: "docker.io/oliver006/redis_exporter:v1.67.0".to_owned(),
            variables: addresses,
            secrets: vec![
                (host.clone(), Entry::host(false)),
                ("REDIS_PASSWORD".to_owned(), Entry::password("monitor", &monitor, false)),
            ],
            ..Program::default()
        },
        exporter_port: 9121,
        pooler: None,
    }
}

fn is_cluster(settings: &Record) -> bool {
    let topology = settings.get("topology").map(|s| &s.value);
    matches!(topology, Some(Value::Tagged { tag, .. } | Value::Word(tag)) if tag == "cluster")
}
