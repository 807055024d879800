//! A platform whose MongoDB store changes: sealed again and again, and led on in a live database.

use std::collections::BTreeMap;

use polity::history::{Open, open};
use polity::source::{Source, Sources};
use polity_tests::engines::Mongo;
use polity_tests::project::on_disk;
use serde_json::{Value, json};

/// The history of a platform.
#[derive(Default)]
pub struct Project {
    history: BTreeMap<String, String>,
}

impl Project {
    /// Returns a source with what was sealed so far.
    pub fn sources(&self, text: &str) -> Sources {
        let file =
            |(path, text): (&String, &String)| Source { path: path.clone(), text: text.as_str().into() };
        Sources::single("test.polity", text).with_history(self.history.iter().map(file).collect())
    }

    /// Returns the change from what was sealed to a source.
    ///
    /// # Errors
    /// The mistakes of the source.
    pub fn open(&self, text: &str) -> Result<Open, String> {
        use polity::diagnostics::render::{Format, render};
        let sources = self.sources(text);
        let (open, found) = open(&sources, None);
        let open = open.ok_or_else(|| render(&found, &sources, Format::Json))?;
        match found.iter().any(|one| one.code.as_str().starts_with('E')) {
            true => Err(render(&found, &sources, Format::Json)),
            false => Ok(open),
        }
    }

    /// Seals a part of the change; whether there was any.
    ///
    /// # Errors
    /// The mistakes of the source.
    pub fn seal(&mut self, text: &str, name: &str, contract: bool) -> Result<bool, String> {
        let open = self.open(text)?;
        let is_empty = open.is_empty(contract);
        if !is_empty {
            self.history = open.sealed(name, contract);
        }
        Ok(!is_empty)
    }

    /// Returns the scripts of a folder of migrations in the order in which they run, each with its text.
    pub fn scripts(&self, text: &str, folder: &str) -> Vec<(String, String)> {
        let compiled = polity::compile(&self.sources(text), &polity::Options::default());
        let artifacts = compiled.artifacts.unwrap_or_else(|| panic!("{:#?}", compiled.diagnostics));
        let mut scripts: Vec<(String, String)> = artifacts
            .iter()
            .filter(|(path, _)| path.starts_with(folder))
            .map(|(path, text)| (path.to_owned(), String::from_utf8_lossy(text).into_owned()))
            .collect();
        scripts.sort_by_key(|(path, _)| {
            let file = path.rsplit('/').next().unwrap_or_default().to_owned();
            (file[..5].to_owned(), !path.contains("/admin/"), file)
        });
        scripts
    }
}

/// The history of a platform whose MongoDB store is `documents`, and a database that it is installed in.
pub struct Documents {
    pub mongo: Mongo,
    project: Project,
    /// The files of migrations that ran.
    ran: Vec<String>,
}

impl Documents {
    /// Seals the first source and installs it.
    pub fn begin(first: &str) -> Option<Self> {
        let mut documents = Self { mongo: Mongo::database()?, project: Project::default(), ran: Vec::new() };
        documents.seal(first, "initial", false).expect("it is valid");
        documents.migrate(first).expect("it installs");
        Some(documents)
    }

    /// Returns a source with what was sealed so far.
    pub fn sources(&self, text: &str) -> Sources {
        self.project.sources(text)
    }

    /// Returns the change from what was sealed to a source.
    ///
    /// # Errors
    /// The mistakes of the source.
    pub fn open(&self, text: &str) -> Result<Open, String> {
        self.project.open(text)
    }

    /// Seals a part of the change; whether there was any.
    ///
    /// # Errors
    /// The mistakes of the source.
    pub fn seal(&mut self, text: &str, name: &str, contract: bool) -> Result<bool, String> {
        self.project.seal(text, name, contract)
    }

    /// Returns the scripts of migrations in the order in which they run, each with its text.
    pub fn scripts(&self, text: &str) -> Vec<(String, String)> {
        self.project.scripts(text, "documents/migrations/")
    }

    /// Runs the files that did not run yet.
    ///
    /// # Errors
    /// The first file that fails, with what it printed.
    pub fn migrate(&mut self, text: &str) -> Result<(), String> {
        for (path, script) in self.scripts(text) {
            if self.ran.contains(&path) {
                continue;
            }
            self.run(&script).map_err(|said| format!("{path}: {said}"))?;
            self.ran.push(path);
        }
        Ok(())
    }

    /// Runs a script, which changes few documents at a time.
    ///
    /// # Errors
    /// The failure, with what it printed.
    pub fn run(&self, script: &str) -> Result<String, String> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("script.js");
        std::fs::write(&file, script).expect("the folder is ours");
        self.mongo.script_file(&file, &[("POLITY_BATCH", "25")])
    }

    /// Leads the database on to a source: what new clients need, then what only old ones did.
    ///
    /// # Errors
    /// The first file that fails, or the differences between the database and a new one at the end.
    pub fn lead_to(&mut self, text: &str, name: &str) -> Result<(), String> {
        if self.seal(text, name, false)? {
            self.migrate(text)?;
        }
        if self.seal(text, &format!("{name}_contract"), true)? {
            self.migrate(text)?;
        }
        self.same_as(text)
    }

    /// Compares the database with a new installation of a source.
    ///
    /// # Errors
    /// The differences, a line each.
    pub fn same_as(&mut self, text: &str) -> Result<(), String> {
        let compiled = polity::compile(&self.sources(text), &polity::Options::default());
        let folder = on_disk(&compiled.artifacts.expect("it is valid"));
        let mut fresh = Mongo::database().expect("there is a server");
        for script in ["apply.js", "roles.js"] {
            let file = folder.path().join("documents").join(script);
            if file.exists() {
                fresh.script_file(&file, &[])?;
            }
        }
        let (live, new) = (described(&mut self.mongo), described(&mut fresh));
        let only = |sign: &str, these: &[String], others: &[String]| {
            let lines = these.iter().filter(|line| !others.contains(line));
            lines.map(|line| format!("{sign} {line}\n")).collect::<String>()
        };
        let found = only("live", &live, &new) + &only("new ", &new, &live);
        if found.is_empty() { Ok(()) } else { Err(found) }
    }

    /// Returns the number of documents of a collection that a filter finds.
    pub fn count(&mut self, collection: &str, filter: Value) -> u64 {
        let count = json!({ "count": collection, "query": filter });
        self.mongo.command(count).expect("it counts")["n"].as_f64().unwrap_or_default() as u64
    }
}

/// The objects of a database, as the server lists them, a line each.
fn described(mongo: &mut Mongo) -> Vec<String> {
    let mut lines = Vec::new();
    for listed in mongo.list(json!({ "listCollections": 1 })).expect("listed") {
        let name = listed["name"].as_str().expect("a name");
        let options = listed["options"].as_object().into_iter().flatten();
        let mut options: BTreeMap<String, Value> =
            options.map(|(option, value)| (option.clone(), value.clone())).collect();
        if name.starts_with("system.") || name == "polity_migrations" {
            continue;
        }
        // The words that the server leaves out, where they are its own.
        for (option, usual) in [("validationLevel", "strict"), ("validationAction", "error")] {
            if !options.contains_key("viewOn") {
                options.entry(option.to_owned()).or_insert_with(|| json!(usual));
            }
        }
        lines.push(format!("{} {name}: {}", listed["type"], json!(options)));
        if listed["type"] == "view" {
            continue;
        }
        for mut index in mongo.list(json!({ "listIndexes": name })).expect("listed") {
            let index_name = without_fingerprint(index["name"].as_str().expect("a name")).to_owned();
            let fields = index.as_object_mut().expect("an index");
            fields.retain(|field, value| field != "name" && field != "ns" && *value != false);
            lines.push(format!("index {name}.{index_name}: {index}"));
        }
    }
    let answer = mongo.command(json!({ "rolesInfo": 1, "showPrivileges": true })).expect("told");
    for role in answer["roles"].as_array().expect("roles") {
        let line = format!("role {}: {}", role["role"], role["privileges"]);
        lines.push(line.replace(mongo.name(), "here"));
    }
    lines.sort();
    lines
}

/// The name of an index without what tells it from the one that it replaced.
fn without_fingerprint(name: &str) -> &str {
    match name.rsplit_once('_') {
        Some((before, print)) if print.len() == 8 && print.bytes().all(|b| b.is_ascii_hexdigit()) => before,
        _ => name,
    }
}
