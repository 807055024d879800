//! Terraform variables for the stores that say `managed_by: terraform`.

use serde_json::{Map, Value as Json};

use super::config::json_text;
use polity_engines::artifact::Artifacts;
use polity_engines::options::Options;
use polity_engines::surface::Faced;
use polity_model::{Record, Value};

/// Writes `terraform/<environment>.tfvars.json`: one object for each variable that a store names.
pub(super) fn emit(valid: &Faced<'_>, options: &Options, artifacts: &mut Artifacts) {
    for environment in options.environments(valid) {
        let mut variables = Map::new();
        for store in &valid.stores {
            let record = valid.settings_of(store.id, Some(environment.id));
            let Some(variable) = variable(&record) else { continue };
            let mut document = super::overrides::document(valid, store, Some(environment.id));
            // Terraform runs the server; who runs it and what is alerted on is not for it to know.
            document.shift_remove("managed_by");
            document.shift_remove("alerts");
            document.shift_remove("monitoring");
            variables.insert(variable, Json::Object(document));
        }
        if !variables.is_empty() {
            artifacts.add(
                format!("terraform/{}.tfvars.json", environment.name),
                json_text(&Json::Object(variables)),
            );
        }
    }
}

fn variable(record: &Record) -> Option<String> {
    match record.get("managed_by").map(|s| &s.value) {
        Some(Value::Tagged { tag, record, .. }) if tag == "terraform" => {
            match record.get("variable").map(|s| &s.value) {
                Some(Value::Text(name) | Value::Word(name)) => Some(name.to_string()),
                _ => None,
            }
        }
        _ => None,
    }
}
