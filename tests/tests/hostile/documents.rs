//! Every script of a store of documents, run with hostile words in every name.

use std::collections::BTreeSet;

use polity::artifact::Artifacts;
use polity_tests::engines::Mongo;
use polity_tests::project::{on_disk, text};
use serde_json::{Value, json};

use super::cell::{Cell, SHELLS};
use super::everything::{Tiers, all_ran, artifacts};
use super::words::{SETS, Words};

const PERSON: &str = "99999999-0000-4000-8000-000000000009";

struct Documents {
    words: Words,
    emitted: Artifacts,
    cell: Cell,
    url: String,
    ran: BTreeSet<String>,
    mongo: Mongo,
}

impl Documents {
    fn of(words: Words) -> Option<Self> {
        let mongo = Mongo::database()?;
        let (programs, url) = mongo.for_scripts()?;
        let emitted = artifacts(words, Tiers::Databases);
        let mut cell = Cell::new(on_disk(&emitted));
        cell.finds(programs);
        cell.knows("MONGODB_URI", &url);
        let this = Self { words, emitted, cell, url, ran: BTreeSet::new(), mongo };
        this.forget();
        Some(this)
    }

    fn shared(&self) -> String {
        self.words.database("docs")
    }

    /// Drops what the scripts make, under the names that the source gives.
    fn forget(&self) {
        let (shared, sealed) = (self.shared(), self.words.database("seal"));
        for name in [format!("t_top_one_{shared}"), format!("t_top_two_{shared}"), shared, sealed] {
            self.mongo.database_named(&name).command(json!({ "dropDatabase": 1 })).expect("drops");
        }
    }

    fn count(&self, database: &str, collection: &str, filter: &Value) -> usize {
        let found = self.mongo.database_named(database).find(collection, filter.clone());
        found.expect("finds").len()
    }

    /// Runs an emitted script.
    fn file(&mut self, path: &str, variables: &[(&str, &str)]) -> Result<String, String> {
        self.ran.insert(path.to_owned());
        let file = self.cell.file(path).display().to_string();
        self.cell.run("mongosh", &["--quiet", "--norc", &self.url, "--file", &file], variables, "")
    }

    fn must(&mut self, path: &str, variables: &[(&str, &str)]) -> String {
        self.file(path, variables).unwrap_or_else(|e| panic!("{path} {variables:?}: {e}"))
    }

    /// Inserts documents of tenants, about a person and about somebody who left long ago.
    fn fill(&self, tenants: &[&str]) {
        let words = self.words;
        let uuid = |id: &str| json!({ "$uuid": id });
        let mut shared = self.mongo.database_named(&self.shared());
        for (number, tenant) in tenants.iter().enumerate() {
            let id = |n: u32| uuid(&format!("{number:08}-0000-4000-8000-{n:012}"));
            let held = words.prose("held");
            let profile = json!({ "id": id(1), "tenant_id": tenant, words.field("a"): uuid(PERSON), words.field("b"): held, words.field("c"): words.value("flu") });
            let mut old = profile.clone();
            old["id"] = id(2);
            old[words.field("a")] = id(9);
            old[words.field("b")] = json!("left");
            old[words.field("d")] = json!({ "$date": "2020-01-01T00:00:00Z" });
            let remark = json!({ "id": id(3), "tenant_id": tenant, words.field("a"): uuid(PERSON), words.field("b"): held });
            for (collection, document) in [("profiles", profile), ("profiles", old), ("remarks", remark)] {
                shared.insert(&words.collection(collection), document).expect("inserts");
            }
        }
    }
}

impl Drop for Documents {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.forget();
        }
    }
}

#[test]
fn every_script_of_documents_runs() {
    let words = Words::of(SETS[0]);
    let Some(mut documents) = Documents::of(words) else { return };
    let shared = documents.shared();
    let (profiles, remarks) = (words.collection("profiles"), words.collection("remarks"));
    for tenant in ["", "top_one", "top_two"] {
        let variables: &[(&str, &str)] = if tenant.is_empty() { &[] } else { &[("POLITY_TENANT", tenant)] };
        documents.must("documents/apply.js", variables);
        assert_eq!(documents.must("documents/apply.js", variables).trim(), "nothing to change");
    }
    let passwords = [("ROUGH_WEB_PASSWORD", "word"), ("ROUGH_WORKER_PASSWORD", "word")];
    documents.must("documents/roles.js", &passwords);
    let again = documents.must("documents/roles.js", &[]);
    assert_eq!(again.trim(), "nothing to change");

    let (one, two, apart) = (words.value("r1"), words.value("r2"), words.plain_id("t1"));
    documents.fill(&[&one, &two, &apart]);
    let said = documents.must("documents/maintenance.js", &[]);
    assert!(said.contains("anonymized 3 of"), "{said}");
    let named = json!({ words.field("b"): { "$type": "string" } });
    assert_eq!(documents.count(&shared, &profiles, &named), 3);

    moved(&mut documents, &apart);
    erased(&mut documents, &one);
    documents.must("documents/erase_tenant.js", &[("POLITY_TENANT_ID", &two)]);
    for collection in [&profiles, &remarks] {
        assert_eq!(documents.count(&shared, collection, &json!({ "tenant_id": two })), 0);
    }
    // Documents stay where retention would only take the person out of them.
    let mut named = named;
    named["tenant_id"] = json!(one);
    assert_eq!(documents.count(&shared, &profiles, &named), 0);
    documents.must("documents/erase_tenant.js", &[("POLITY_TENANT", "top_one")]);
    sealed(&mut documents);
    scheduled(&documents);
    all_ran(&documents.emitted, &["documents/", "sealed/"], &documents.ran);
}

/// A tenant's documents into a database of its own.
fn moved(documents: &mut Documents, tenant: &str) {
    let (shared, profiles) = (documents.shared(), documents.words.collection("profiles"));
    let variables = [("POLITY_TENANT", "top_one")];
    let said = documents.must("documents/promote.js", &variables);
    let seal = said.lines().find_map(|line| line.strip_prefix("seal: ")).unwrap_or_else(|| panic!("{said}"));
    let wrong = [("POLITY_TENANT", "top_one"), ("POLITY_REMOVE", "$(touch pwned)")];
    documents.file("documents/promote.js", &wrong).expect_err("no seal");
    documents.must("documents/promote.js", &[("POLITY_TENANT", "top_one"), ("POLITY_REMOVE", seal)]);
    let own = format!("t_top_one_{shared}");
    let theirs = json!({ "tenant_id": tenant });
    assert_eq!(documents.count(&shared, &profiles, &theirs), 0);
    assert_eq!(documents.count(&own, &profiles, &theirs), 2);
}

/// A person is shown all, and then nothing is left.
fn erased(documents: &mut Documents, tenant: &str) {
    let (shared, remarks) = (documents.shared(), documents.words.collection("remarks"));
    let variables =
        [("POLITY_SUBJECT", PERSON), ("POLITY_ENTITY", "core.Person"), ("POLITY_TENANT_ID", tenant)];
    let export = documents.must("documents/export_subject.js", &variables);
    let export: Value = serde_json::from_str(&export).unwrap_or_else(|e| panic!("{e}: {export}"));
    assert_eq!(
        export["rows"]["documents.Remark"][0][documents.words.field("b")],
        json!(documents.words.prose("held"))
    );
    documents.must("documents/erase_subject.js", &variables);
    assert_eq!(documents.count(&shared, &remarks, &json!({ "tenant_id": tenant })), 0);
    // A name of another thing is no name of a person.
    let wrong = [("POLITY_SUBJECT", PERSON), ("POLITY_ENTITY", "__proto__"), ("POLITY_TENANT_ID", tenant)];
    documents.file("documents/erase_subject.js", &wrong).expect_err("no kind of person");
}

/// Runs the scripts for fields that drivers encrypt. The data key is inserted as if it was made elsewhere, since no
/// server that can be installed has the library for it.
fn sealed(documents: &mut Documents) {
    let database = documents.words.database("seal");
    documents.must("sealed/apply.js", &[]);
    documents.must("sealed/roles.js", &[]);
    let said = documents.must("sealed/data_keys.js", &[("POLITY_DRY_RUN", "1")]);
    assert!(said.contains("would make data key `drivers`"), "{said}");
    let key = json!({ "_id": { "$uuid": PERSON }, "keyAltNames": ["drivers"] });
    documents.mongo.database_named(&database).insert("__keyVault", key).expect("inserts");
    let file = documents.cell.file("sealed/data_keys.js").display().to_string();
    let arguments = ["--quiet", "--norc", &documents.url, "--file", &file];
    let written =
        documents.cell.run_writing("map of keys", "mongosh", &arguments, &[("POLITY_MAP", "map of keys")]);
    let (_, map) = written.unwrap_or_else(|e| panic!("{e}"));
    let map: Value = serde_json::from_str(&map).expect("JSON");
    let letters = &map[format!("{database}.{}", documents.words.collection("letters"))];
    assert!(letters["properties"][documents.words.field("a")]["encrypt"]["keyId"].is_array(), "{map}");
    let erased = documents.file("sealed/erase_tenant.js", &[("POLITY_TENANT_ID", "nobody")]);
    erased.unwrap_or_else(|e| panic!("{e}"));
    documents.file("sealed/promote.js", &[("POLITY_TENANT", "top_two")]).expect_err("apply.js comes first");
}

/// The commands of the jobs, as a scheduler runs them beside the emitted files.
fn scheduled(documents: &Documents) {
    let values: Value = serde_saphyr::from_str(&text(&documents.emitted, "helm/values.yaml")).expect("YAML");
    let jobs = values["stores"]["documents"]["jobs"].as_array().expect("jobs");
    assert_eq!(jobs.len(), 3, "{jobs:?}");
    for (job, shell) in jobs.iter().zip(SHELLS.iter().cycle()) {
        let command = job["command"].as_str().expect("a command of a shell");
        documents.cell.run_beside(shell, &["-c", command], &[]).unwrap_or_else(|e| panic!("{command}: {e}"));
    }
}
