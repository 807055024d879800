//! The Secrets that a chart names, with what each entry holds: none of them is made by the chart.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use super::keys;
use super::services::{self, dns};
use super::workloads::Around;
use polity_engines::operations::Program;
use polity_engines::surface::Faced;
use polity_model::{EnvironmentId, Value};

/// Entries of Secrets, each with what it holds.
#[derive(Debug, Default)]
pub(super) struct Secrets(BTreeMap<String, BTreeMap<String, String>>);

impl Secrets {
    /// Finds those of every environment.
    pub(super) fn of<'a>(valid: &Faced<'_>, around: impl Iterator<Item = &'a Around<'a>>) -> Self {
        let mut out = Self::default();
        for around in around {
            out.add_programs(around);
            out.add_url(around);
        }
        out.add_services(valid);
        for environment in environments(valid) {
            for secrets in keys::values(valid, environment, None).values().filter_map(Json::as_object) {
                for (key, places) in secrets {
                    out.add_json(&places["key"], &format!("the encryption key `{key}`"));
                    out.add_json(&places["index"], &format!("the root of blind indexes of the key `{key}`"));
                }
            }
        }
        out
    }

    /// The names of entries by the name of their Secret, as `secrets` of the values has them.
    pub(super) fn values(&self) -> Json {
        let entries = |entries: &BTreeMap<String, String>| json!(entries.keys().collect::<Vec<_>>());
        Json::Object(self.0.iter().map(|(name, of)| (name.clone(), entries(of))).collect::<Map<_, _>>())
    }

    /// Every entry: the name of its Secret, its own, and what it holds.
    pub(super) fn entries(&self) -> impl Iterator<Item = [&str; 3]> {
        self.0.iter().flat_map(|(secret, of)| {
            of.iter().map(|(entry, docs)| [secret.as_str(), entry.as_str(), docs.as_str()])
        })
    }

    fn add(&mut self, secret: &str, entry: &str, docs: String) {
        let entries = self.0.entry(secret.to_owned()).or_default();
        entries.entry(entry.to_owned()).or_insert(docs);
    }

    fn add_json(&mut self, place: &Json, docs: &str) {
        if let (Some(secret), Some(entry)) = (place["secret"].as_str(), place["key"].as_str()) {
            self.add(secret, entry, docs.to_owned());
        }
    }

    /// Adds what the programs that the chart runs read, also in the jobs of tenants with a place of their own.
    fn add_programs(&mut self, around: &Around<'_>) {
        let store = &around.store.named.name;
        for (program, entry) in around.entries() {
            let (secret, key) = around.place(entry);
            let docs = format!("`{store}`: {}", entry.docs);
            if around.runs(program) {
                self.add(&secret, &key, docs.clone());
            }
            for tenant in around.tenants_of_jobs(program).iter().filter(|_| entry.is_tenants) {
                self.add(
                    &format!("{secret}.{}", dns(tenant)),
                    &key,
                    format!("{docs}, of the tenant `{tenant}`"),
                );
            }
        }
        if around.pooler().is_some() {
            let (secret, key) = around.users();
            let docs = format!(
                "`{store}`: a line `\"user\" \"SCRAM-SHA-256$…\"` for each service, as PgBouncer reads them"
            );
            self.add(&secret, &key, docs);
        }
    }

    fn add_url(&mut self, around: &Around<'_>) {
        let settings = around.valid.settings_of(around.store.id, around.environment);
        if let Some(Value::Secret { name, key }) = settings.get("url").map(|s| &s.value) {
            self.add(name, key, format!("`{}`: the address, for services", around.store.named.name));
        }
    }

    fn add_services(&mut self, valid: &Faced<'_>) {
        let values = services::values(valid, None);
        let services = values.get("services").and_then(Json::as_object);
        for stores in services.into_iter().flat_map(Map::values).filter_map(|of| of["stores"].as_object()) {
            for (store, login) in stores {
                let user = login["user"].as_str().unwrap_or_default();
                self.add_json(&login["password"], &format!("`{store}`: the password of `{user}`"));
            }
        }
    }
}

/// No environment, and every one.
pub(super) fn environments(valid: &Faced<'_>) -> Vec<Option<EnvironmentId>> {
    std::iter::once(None).chain(valid.environments.iter().map(|environment| Some(environment.id))).collect()
}

impl Around<'_> {
    /// Whether the chart runs a program in this environment.
    fn runs(&self, program: &Program) -> bool {
        let operations = &self.operations;
        let is = |other: &Program| std::ptr::eq(program, other);
        is(&operations.migration) && self.has_job()
            || is(&operations.runner) && self.has_runner()
            || is(&operations.exporter) && self.is_measured() && !self.is_of_a_chart()
            || operations.pooler.as_ref().is_some_and(is) && self.pooler().is_some()
    }

    /// The tenants in whose places the program runs jobs.
    fn tenants_of_jobs(&self, program: &Program) -> Vec<String> {
        if !std::ptr::eq(program, &self.operations.runner) {
            return Vec::new();
        }
        self.jobs.iter().filter_map(|job| job["tenant"].as_str()).map(str::to_owned).collect()
    }
}
