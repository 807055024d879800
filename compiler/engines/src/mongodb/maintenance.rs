//! `maintenance.js`: what MongoDB does not do by itself. It lets documents expire; it does not anonymize them.

use serde_json::{Value as Json, json};

use super::lower::aggregation::Update;
use super::lower::{collection, indexes};
use super::print::place;
use super::print::promote::{SEALS, moves};
use crate::surface::Job;
use polity_govern::Stored;
use polity_govern::check::Valid;
use polity_model::Store;
use polity_text::quoting::javascript;

/// The script, where there is anything to be done.
pub(super) fn script(valid: &Valid, store: &Store) -> Option<String> {
    let retentions = retentions(valid, store);
    if retentions.is_empty() {
        return None;
    }
    let mut values = place::header(valid, store);
    values.insert("retentions".to_owned(), json!(javascript::literal(&Json::Array(retentions))));
    values.insert("anonymizes".to_owned(), json!(true));
    values.insert("batch".to_owned(), json!(true));
    values.insert("seals".to_owned(), json!(moves(valid).then_some(SEALS)));
    Some(polity_templates::render(polity_templates::mongodb::MAINTENANCE, values))
}

/// The jobs that run the script each night, once for each database. The caller of a job sets the environment.
pub(super) fn jobs(valid: &Stored, store: &Store) -> Vec<Job> {
    if !valid.entities_in(store.id).any(|entity| collection::is_anonymized(valid, entity)) {
        return Vec::new();
    }
    let name = format!("{}/{}", valid.name, store.named.name);
    let command = format!("mongosh --quiet \"$MONGODB_URI\" --file {}/maintenance.js", store.named.name);
    let job = |name: String, command: String| Job {
        name: format!("{name}/retain"),
        schedule: "37 3 * * *".to_owned(),
        command,
        in_shell: true,
        database: None, // the script finds it
        variables: Vec::new(),
        tenant: None,
        docs: "Anonymizes what is over age.".to_owned(),
    };
    let mut jobs = vec![job(name.clone(), command.clone())];
    jobs.extend(valid.tenants_apart().map(|tenant| {
        let tenant = &tenant.named.name;
        job(format!("{name}/{tenant}"), format!("POLITY_TENANT={tenant} {command}"))
    }));
    jobs
}

fn retentions(valid: &Valid, store: &Store) -> Vec<Json> {
    let entities = valid.entities_in(store.id).filter(|entity| collection::is_anonymized(valid, entity));
    entities
        .filter_map(|entity| {
            let retain = valid.retain(entity.id)?;
            let tenant = entity.tenant.filter(|_| moves(valid));
            let mut retention = json!({
                "collection": entity.named.stored.as_str(),
                "moment": collection::field_name(valid, entity, retain.after?).as_str(),
                "seconds": indexes::seconds(retain.duration),
                "marked": collection::anonymized_at(valid, entity).as_str(),
                "update": Update::anonymizing(valid, entity, &[]).stages,
            });
            if let Some(tenant) = tenant {
                retention["tenant"] = json!(collection::field_name(valid, entity, tenant).as_str());
            }
            Some(retention)
        })
        .collect()
}
