//! The programs around stores, as the values of a chart say them.

use serde_json::{Map, Value as Json, json};

use super::files::{Groups, groups, has};
use super::secrets::environments;
use super::services::{POOL_PORT, dns, namespace, store_labels};
use polity_engines::artifact::Artifacts;
use polity_engines::engine_of;
use polity_engines::operations::{Entry, Holder, Operations, Program};
use polity_engines::surface::Faced;
use polity_model::settings::charts::chart;
use polity_model::{EnvironmentId, Store, Value};

/// A store with the programs around it, as an environment has them.
pub(super) struct Around<'a> {
    pub valid: &'a Faced<'a>,
    pub store: &'a Store,
    pub environment: Option<EnvironmentId>,
    pub operations: Operations,
    /// The jobs of the store, as the values say them.
    pub jobs: &'a [Json],
    output: &'a Artifacts,
}

impl<'a> Around<'a> {
    pub(super) fn of(
        valid: &'a Faced<'a>,
        store: &'a Store,
        environment: Option<EnvironmentId>,
        jobs: &'a Json,
        output: &'a Artifacts,
    ) -> Self {
        let settings = valid.settings_of(store.id, environment);
        let operations = engine_of(store).operations(valid, store, &settings);
        let jobs = jobs.as_array().map_or(&[][..], Vec::as_slice);
        Self { valid, store, environment, operations, jobs, output }
    }

    /// Returns the name of the job that leads the store on: `database-migrate` of the only database.
    pub(super) fn job_name(&self) -> String {
        format!("{}-migrate", self.word())
    }

    /// Whether a job leads the store on.
    pub(super) fn has_job(&self) -> bool {
        let Operations { migration, by_hand, .. } = &self.operations;
        let is_there = |beginning: &String| has(self.output, beginning);
        let is_by_hand = by_hand.as_ref().is_some_and(is_there);
        !is_by_hand && (migration.files.is_empty() || migration.files.iter().any(is_there))
    }

    /// Whether the chart runs jobs of the store on a schedule.
    pub(super) fn has_runner(&self) -> bool {
        !self.jobs.is_empty()
    }

    /// Whether a public chart runs the store.
    pub(super) fn is_of_a_chart(&self) -> bool {
        chart(&self.valid.settings_of(self.store.id, self.environment)).is_some()
    }

    /// Whether somebody asks in this environment for what the store measures.
    pub(super) fn is_measured(&self) -> bool {
        self.is_measured_in(self.environment)
    }

    /// Whether somebody asks for it anywhere.
    pub(super) fn is_measured_anywhere(&self) -> bool {
        environments(self.valid).into_iter().any(|environment| self.is_measured_in(environment))
    }

    fn is_measured_in(&self, environment: Option<EnvironmentId>) -> bool {
        let mut alerts = self.store.alerts.iter();
        self.valid.settings_of(self.store.id, environment).contains_key("monitoring")
            || alerts.any(|alert| alert.environment.is_none() || alert.environment == environment)
    }

    /// Returns the job that leads the store on.
    pub(super) fn job(&self) -> Json {
        let mut job = self.program(&self.operations.migration, &self.job_name());
        job.insert("enabled".to_owned(), json!(!job.contains_key("fromImage")));
        Json::Object(job)
    }

    /// Returns the container in which the jobs of the store run.
    pub(super) fn runner(&self) -> Json {
        let mut runner = self.program(&self.operations.runner, &format!("{}-run", self.store.named.name));
        runner.insert("suspend".to_owned(), json!(false));
        Json::Object(runner)
    }

    /// Returns the exporter; only the way to it, where the chart that runs the store runs one as well.
    pub(super) fn exporter(&self) -> Json {
        let settings = self.valid.settings_of(self.store.id, self.environment);
        let port = self.operations.exporter_port;
        let mut exporter = match self.is_of_a_chart() {
            true => {
                let labels = store_labels(self.valid, self.store, &settings);
                let mut out = Map::new();
                out.insert("portName".to_owned(), json!("http-metrics"));
                out.insert("serviceLabels".to_owned(), labels);
                let namespace = namespace(&settings);
                out.extend(namespace.map(|namespace| ("namespace".to_owned(), json!(namespace))));
                out
            }
            false => self.program(&self.operations.exporter, &format!("{}-exporter", self.store.named.name)),
        };
        exporter.insert("enabled".to_owned(), json!(true));
        exporter.insert("port".to_owned(), json!(port));
        Json::Object(exporter)
    }

    /// Returns the pooler, where the store's `pool` asks for the one that a chart runs.
    pub(super) fn pooler(&self) -> Option<Json> {
        let settings = self.valid.settings_of(self.store.id, self.environment);
        let asked = match settings.get("pool").map(|s| &s.value) {
            Some(Value::Tagged { tag, .. } | Value::Word(tag)) => tag == "pgbouncer",
            _ => false,
        };
        let pooler = self.operations.pooler.as_ref().filter(|_| asked)?;
        let mut out = self.program(pooler, &format!("{}-pool", self.store.named.name));
        let (secret, key) = self.users();
        out.insert("enabled".to_owned(), json!(true));
        out.insert("replicas".to_owned(), json!(2));
        out.insert("port".to_owned(), json!(POOL_PORT));
        out.insert("users".to_owned(), json!({ "secret": secret, "key": key }));
        out.insert(
            "settings".to_owned(),
            json!({ "ignore_startup_parameters": "extra_float_digits", "max_prepared_statements": 200 }),
        );
        Some(Json::Object(out))
    }

    /// The Secret and the entry that hold the users of the pooler.
    pub(super) fn users(&self) -> (String, String) {
        let secret = dns(&format!("{}_pool", self.valid.name));
        (secret, format!("{}-userlist.txt", dns(&self.store.named.name)))
    }

    /// Every entry of a Secret that a program around the store reads.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&Program, &Entry)> {
        let Operations { migration, runner, exporter, pooler, .. } = &self.operations;
        let programs = [migration, runner, exporter].into_iter().chain(pooler);
        programs.flat_map(|program| program.secrets.iter().map(move |(_, entry)| (program, entry)))
    }

    /// The Secret that holds an entry, and the entry's name in it.
    pub(super) fn place(&self, entry: &Entry) -> (String, String) {
        match entry.of {
            Holder::Operators => (
                dns(&format!("{}_operators", self.valid.name)),
                format!("{}-{}", dns(&self.store.named.name), entry.name),
            ),
            Holder::Store => {
                let settings = self.valid.settings_of(self.store.id, self.environment);
                let secret = match settings.get("url").map(|s| &s.value) {
                    Some(Value::Secret { name, .. }) => name.to_string(),
                    _ => dns(&format!("{}_{}", self.valid.name, self.store.named.name)),
                };
                (secret, entry.name.clone())
            }
        }
    }

    /// The word below `global` that may name another Secret of the store: that of its kind where it is the only one.
    pub(super) fn word(&self) -> String {
        let kind = self.operations.kind;
        let alike = self.valid.stores.iter().filter(|store| store.engine == self.store.engine).count();
        if alike == 1 && !kind.is_empty() { kind.to_owned() } else { self.store.named.name.to_string() }
    }

    fn program(&self, program: &Program, name: &str) -> Map<String, Json> {
        let Groups { names, from_image } = groups(self.output, program, name);
        let arguments = program.arguments.iter();
        let arguments: Vec<&str> = arguments
            .filter(|argument| argument.with.as_ref().is_none_or(|file| has(self.output, file)))
            .map(|argument| argument.text.as_str())
            .collect();
        let variables: Map<String, Json> =
            program.variables.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        let secrets: Map<String, Json> =
            program.secrets.iter().map(|(name, entry)| (name.clone(), self.secret(entry))).collect();
        let mut out = Map::new();
        out.insert("image".to_owned(), json!(program.image));
        let mut add = |name: &str, value: Json, is_there: bool| {
            if is_there {
                out.insert(name.to_owned(), value);
            }
        };
        add("command", json!(program.command), !program.command.is_empty());
        add("args", json!(arguments), !arguments.is_empty());
        add("variables", json!(variables), !variables.is_empty());
        add("secrets", json!(secrets), !secrets.is_empty());
        add("files", json!(names), !names.is_empty());
        add("fromImage", json!(true), from_image);
        out
    }

    fn secret(&self, entry: &Entry) -> Json {
        let (secret, key) = self.place(entry);
        let mut out = json!({ "secret": secret, "key": key });
        if entry.of == Holder::Store {
            out["of"] = json!(self.word());
        }
        if entry.is_tenants {
            out["perTenant"] = json!(true);
        }
        out
    }
}
