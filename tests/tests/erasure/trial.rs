//! One random platform with two people in it, of whom one is erased.

use std::io::Write;
use std::process::{Command, Stdio};

use polity::artifact::Artifacts;
use polity_tests::engines::{Mongo, Postgres, Redis};
use polity_tests::project;
use serde_json::{Value, json};

use super::random::{Graph, Row};

/// The servers of all trials.
pub struct Servers {
    main: Postgres,
    cache: Redis,
}

impl Servers {
    pub fn start() -> Option<Self> {
        Some(Self { main: Postgres::server()?, cache: Redis::fresh()? })
    }

    /// Erases `a`; then no word of `a` is left anywhere, and every word of `b` is.
    pub fn tried(&mut self, graph: &Graph) -> Result<(), String> {
        let Some(documents) = Mongo::database() else { return Ok(()) };
        let artifacts = project::build(&graph.source());
        let main = self.main.another();
        let mut trial = Trial { graph, artifacts, main, documents, cache: &mut self.cache };
        trial.fill()?;
        let words = trial.words();
        let before = trial.dump()?;
        if let Some((_, word)) = words.iter().find(|(_, word)| !before.contains(word)) {
            return Err(format!("{word} never stood there"));
        }
        trial.erase()?;
        let after = trial.dump()?;
        for (person, word) in words {
            let line = after.lines().find(|line| line.contains(&word));
            match line {
                Some(line) if person == 'a' => return Err(format!("{word} is left: {line}")),
                None if person == 'b' => return Err(format!("{word} of somebody else is gone")),
                _ => {}
            }
        }
        Ok(())
    }
}

struct Trial<'t> {
    graph: &'t Graph,
    artifacts: Artifacts,
    main: Postgres,
    documents: Mongo,
    cache: &'t mut Redis,
}

impl Trial<'_> {
    fn rows(&self) -> Vec<Row> {
        let (mut a, b) = (self.graph.rows('a'), self.graph.rows('b'));
        a.extend(b);
        // Those that are referred to first, whosever they are.
        a.sort_by_key(|row| row.node);
        a
    }

    /// Each word with the person whom it is about.
    fn words(&self) -> Vec<(char, String)> {
        let mut words = Vec::new();
        for row in self.rows() {
            let node = &self.graph.0[row.node];
            let places = [("row", node.is_personal), ("key", node.is_named), ("mail", row.node == 0)];
            let there = places.into_iter().filter(|(_, is_there)| *is_there);
            words.extend(there.map(|(place, _)| (row.person, row.token(place))));
        }
        words
    }

    fn fill(&mut self) -> Result<(), String> {
        for (role, file) in [("postgres", "main/roles.sql"), ("random_migrator", "main/schema.sql")] {
            self.main
                .script_as(role, &project::text(&self.artifacts, file))
                .map_err(|e| format!("{file}: {e}"))?;
        }
        let rows = self.rows();
        let is_document = |row: &&Row| self.graph.0[row.node].is_document;
        let inserts: String =
            rows.iter().filter(|r| !is_document(r)).map(|row| self.graph.insert(*row)).collect();
        self.main.script_as("random_migrator", &inserts)?;
        self.main.run("analyze").map_err(|e| e.to_string())?;
        for row in rows.iter().filter(is_document) {
            let collection = format!("e{}", row.node);
            self.documents
                .insert(&collection, self.graph.document(*row))
                .map_err(|e| format!("{collection}: {e}"))?;
        }
        let library = project::text(&self.artifacts, "cache/scripts/random.lua");
        self.cache.command(&["FLUSHALL"])?;
        self.cache.command(&["FUNCTION", "FLUSH"])?;
        self.cache.command(&["FUNCTION", "LOAD", &library])?;
        for row in rows {
            if self.graph.0[row.node].is_named {
                let key = format!("k{}:{}", row.node, row.id());
                self.cache.command(&["SET", &key, &json!({ "note": row.token("key") }).to_string()])?;
            }
            if row.node == 0 {
                let mail = json!({ "user": row.id(), "text": row.token("mail") }).to_string();
                self.cache.command(&["RPUSH", "queue", &mail])?;
            }
        }
        Ok(())
    }

    /// The commands of `docs/erasure.json`, each by what runs it.
    fn erase(&mut self) -> Result<(), String> {
        let plan: Value = serde_json::from_str(&project::text(&self.artifacts, "docs/erasure.json"))
            .map_err(|e| e.to_string())?;
        let commands = plan["people"][0]["commands"].as_array().cloned().unwrap_or_default();
        let subject = Row { person: 'a', node: 0, number: 0 }.id();
        let mut found = "{}".to_owned();
        for command in &commands {
            match command["store"].as_str() {
                Some("main") => found = self.erase_rows(&subject, &found)?,
                Some("docs") => found = self.erase_documents(&subject, &found)?,
                Some("cache") => self.erase_keys(&found)?,
                other => return Err(format!("no store is called {other:?}")),
            }
        }
        if commands.len() < 2 { Err(format!("{plan}")) } else { Ok(()) }
    }

    fn erase_rows(&self, subject: &str, found: &str) -> Result<String, String> {
        let call = format!(
            "CALL polity.erase_subject_in_batches('{subject}', $found${found}$found$);\nSELECT current_setting('polity.found');"
        );
        let said = self.main.script_as("random_eraser", &call)?;
        said.lines().next_back().map(str::to_owned).ok_or_else(|| "nothing was said".to_owned())
    }

    fn erase_documents(&self, subject: &str, found: &str) -> Result<String, String> {
        let folder = tempfile::tempdir().map_err(|e| e.to_string())?;
        let script = folder.path().join("erase_subject.js");
        let text = project::text(&self.artifacts, "docs/erase_subject.js");
        std::fs::write(&script, text).map_err(|e| e.to_string())?;
        let variables = [
            ("POLITY_SUBJECT", subject),
            ("POLITY_FOUND", found),
            ("POLITY_DATABASE", self.documents.name()),
        ];
        self.documents.script_file(&script, &variables)
    }

    fn erase_keys(&self, found: &str) -> Result<(), String> {
        let folder = tempfile::tempdir().map_err(|e| e.to_string())?;
        let script = folder.path().join("erase_subject.sh");
        let text = project::text(&self.artifacts, "cache/scripts/erase_subject.sh");
        std::fs::write(&script, text).map_err(|e| e.to_string())?;
        let (tools, socket) = self.cache.for_scripts().ok_or("redis-cli is not there")?;
        let path = format!("{}:{}", tools.display(), std::env::var("PATH").unwrap_or_default());
        let mut command = Command::new("sh");
        command.arg(&script).arg("-s").arg(socket).env("PATH", path);
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = child.map_err(|e| e.to_string())?;
        child.stdin.take().ok_or("no input")?.write_all(found.as_bytes()).map_err(|e| e.to_string())?;
        let output = child.wait_with_output().map_err(|e| e.to_string())?;
        if output.status.success() { Ok(()) } else { Err(format!("{output:?}")) }
    }

    /// The text of everything that stands anywhere: tables, trails and what the planner knows, documents, keys.
    fn dump(&mut self) -> Result<String, String> {
        let tables = "select c.oid::regclass from pg_class c join pg_namespace n on n.oid = c.relnamespace
            where c.relkind in ('r', 'm') and n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema'";
        let mut dump = String::new();
        for table in self.main.run(tables).map_err(|e| e.to_string())?.lines() {
            let rows = self.main.run(&format!("select '{table} ' || t::text from {table} t"));
            dump.push_str(&rows.map_err(|e| e.to_string())?);
            dump.push('\n');
        }
        let known = "select 'pg_stats ' || s::text from pg_stats s where schemaname not like 'pg\\_%' and schemaname <> 'information_schema'";
        dump.push_str(&self.main.run(known).map_err(|e| e.to_string())?);
        for node in (0..self.graph.0.len()).filter(|node| self.graph.0[*node].is_document) {
            for document in self.documents.find(&format!("e{node}"), json!({})).map_err(|e| e.to_string())? {
                dump.push_str(&format!("\ndocs.e{node} {document}"));
            }
        }
        for key in self.cache.command(&["KEYS", "*"])?.lines().map(str::to_owned) {
            let value = match self.cache.command(&["TYPE", &key])?.as_str() {
                "list" => self.cache.command(&["LRANGE", &key, "0", "-1"])?,
                _ => self.cache.command(&["GET", &key])?,
            };
            dump.push_str(&format!("\ncache {key} {value}"));
        }
        Ok(dump)
    }
}
