//! Jobs of a chart, run on real engines as their pods would run them: the files as ConfigMaps hold them, the variables as the
//! container has them.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use polity_tests::engines::{Mongo, Redis};
use polity_tests::project::{build, text};
use serde_json::{Value as Json, json};
use tempfile::TempDir;

use super::{Chart, of_kind};

const SHOP: &str = r#"
platform shop { environments: [dev] }
store main: postgres 15 { database: "shop" }
store documents: mongodb 7 { database: "shop" }
store queues: redis 7 { }
schema core in main { entity User { id: uuid key } }
entity Note in documents as "notes" { id: uuid key; title: text(80); index (title) }
struct Mail { user: -> core.User, text: text }
keyspace Mails in queues { pattern "mails"; value list of Mail; ttl 300ms }
service shop_api { read documents.Note; write queues.Mails }
"#;

/// A pod: the folder with everything that is mounted into it, and its container.
struct Pod {
    folder: TempDir,
    container: Json,
}

impl Pod {
    /// The pod of an object, and the files that other objects give it.
    fn of(all: &[Json], object: &Json) -> Self {
        let template =
            object.pointer("/spec/jobTemplate/spec/template").unwrap_or(&object["spec"]["template"]);
        let folder = tempfile::tempdir().unwrap();
        for directory in ["polity", "tmp", "bin"] {
            fs::create_dir(folder.path().join(directory)).unwrap();
        }
        for volume in template["spec"]["volumes"].as_array().unwrap() {
            for source in volume["projected"]["sources"].as_array().into_iter().flatten() {
                let map = &source["configMap"];
                let held =
                    of_kind(all, "ConfigMap").find(|held| held["metadata"]["name"] == map["name"]).unwrap();
                for item in map["items"].as_array().unwrap() {
                    let file = folder.path().join("polity").join(item["path"].as_str().unwrap());
                    fs::create_dir_all(file.parent().unwrap()).unwrap();
                    fs::write(file, held["data"][item["key"].as_str().unwrap()].as_str().unwrap()).unwrap();
                }
            }
        }
        Self { folder, container: template["spec"]["containers"][0].clone() }
    }

    /// A program of the container that calls one of this machine.
    fn program(&self, name: &str, line: &str) {
        let file = self.folder.path().join("bin").join(name);
        fs::write(&file, format!("#!/bin/sh\n{line}\n")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Runs it with what its Secrets hold, by the names of variables.
    fn run(&self, secrets: &[(&str, &str)]) -> String {
        let mut words = self.container["command"].as_array().unwrap().iter().map(|word| {
            // As Kubernetes reads a command, in which nothing of the container's own is named.
            word.as_str().unwrap().replace("$$", "$")
        });
        let path = format!("{}:{}", self.path("bin").display(), std::env::var("PATH").unwrap_or_default());
        let mut command = Command::new(words.next().unwrap());
        command.args(words).env_clear().env("PATH", path).current_dir(self.path("polity"));
        for variable in self.container["env"].as_array().unwrap() {
            let name = variable["name"].as_str().unwrap();
            let value = match variable["value"].as_str() {
                Some(value) => value,
                None => {
                    secrets.iter().find(|(held, _)| *held == name).unwrap_or_else(|| panic!("no {name}")).1
                }
            };
            command.env(name, value);
        }
        let output = command.env("HOME", self.path("tmp")).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
        said
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }
}

fn rendered() -> Option<Vec<Json>> {
    Some(Chart::of(&build(SHOP))?.rendered("dev", "{}"))
}

fn pod(all: &[Json], kind: &str, name: &str) -> Pod {
    let object = of_kind(all, kind).find(|object| object["metadata"]["name"] == name);
    Pod::of(all, object.unwrap_or_else(|| panic!("no {kind} {name}")))
}

#[test]
fn jobs_of_redis_load_its_functions_and_end_what_is_over() {
    let Some(all) = rendered() else { return };
    let files = build(SHOP);
    // Of `p`, as scripts/passwords.sh would put it.
    let digest = "#148de9c5a7a44d19e56cd9ae1a554bf67847afb0c58f6e12fa29ac7ddfca9940";
    let users =
        text(&files, "queues/users.acl").replace(" on resetpass ", &format!(" on resetpass {digest} "));
    let conf = text(&files, "queues/redis.conf");
    let Some(started) = Redis::with_files(&[("redis.conf", &conf), ("users.acl", &users)]) else { return };
    let mut redis = started.unwrap_or_else(|log| panic!("{log}"));
    let (tools, socket) = redis.for_scripts().expect("redis-cli is there");
    let line = format!("exec {}/redis-cli -s {} \"$@\"", tools.display(), socket.display());
    let secrets = [("QUEUES_HOST", "queues.internal"), ("QUEUES_PASSWORD", "p")];
    redis.login("shop_maintenance", "p").unwrap();
    assert_eq!(redis.value(&["FUNCTION", "LIST"]).unwrap(), redis::Value::Array(Vec::new()));
    let migrate = pod(&all, "Job", "release-redis-migrate");
    migrate.program("redis-cli", &line);
    assert_eq!(migrate.run(&secrets).trim(), "shop", "the name of the library");
    assert_eq!(migrate.run(&secrets).trim(), "shop", "it may run again");
    let job = pod(&all, "CronJob", "release-queues-end-entries");
    job.program("redis-cli", &line);
    job.run(&secrets);
}

#[test]
fn the_job_of_mongodb_makes_collections_indexes_and_roles() {
    let Some(all) = rendered() else { return };
    let Some(mut mongo) = Mongo::database() else { return };
    let migrate = pod(&all, "Job", "release-mongodb-migrate");
    for file in ["apply.js", "roles.js", "indexes.json", "validators/notes.json"] {
        assert!(migrate.path("polity/documents").join(file).exists(), "no {file}");
    }
    let Some((mongosh, _)) = mongo.for_scripts() else { return };
    migrate.program(
        "mongosh",
        &format!("export POLITY_DATABASE={}\nexec {} \"$@\"", mongo.name(), shown(&mongosh)),
    );
    let said = migrate.run(&[("MONGODB_URI", &mongo.url())]);
    let (apply, roles) = (said.find("documents/apply.js"), said.find("documents/roles.js"));
    assert!(apply.is_some() && apply < roles, "{said}");
    let indexes = mongo.list(json!({ "listIndexes": "notes" })).unwrap();
    assert!(indexes.iter().any(|index| index["key"] == json!({ "title": 1 })), "{indexes:#?}");
}

fn shown(path: &Path) -> String {
    path.join("mongosh").display().to_string()
}
