//! The scripts that walk through the databases: one removes what is over, the others erase.

use serde_json::json;

use super::super::lowered::Lowered;
use polity_text::quoting::shell;

/// Writes `scripts/end_entries.sh`; `None` where no entry ends by itself.
pub(in super::super) fn end_entries(lowered: &Lowered) -> Option<String> {
    walk(lowered, &lowered.erasure.of_entries, polity_templates::redis::END_ENTRIES)
}

/// Writes `scripts/erase_subject.sh`; `None` where nothing is about a person.
pub(in super::super) fn erase_subject(lowered: &Lowered) -> Option<String> {
    let (title, person) = (&lowered.title, lowered.erasure.person.as_ref()?);
    let values = json!({
        "platform": title.platform,
        "store": title.store,
        "entity": match person.are_many {
            true => r#""${POLITY_ENTITY:?what the person is}""#.to_owned(),
            false => shell::word(&person.entity).to_string(),
        },
        "many": person.are_many,
        "tenancy": lowered.erasure.has_tenancy,
        "tenant": if lowered.erasure.has_tenancy { "${POLITY_TENANT_ID-}" } else { "" },
        "databases": words(&person.databases),
        "in_database": in_database(lowered),
        "cluster": lowered.is_cluster_anywhere(),
        "masters": polity_templates::redis::MASTERS,
    });
    Some(polity_templates::render(polity_templates::redis::ERASE_SUBJECT, values))
}

/// Writes `scripts/erase_tenant.sh`; `None` where nothing is a tenant's.
pub(in super::super) fn erase_tenant(lowered: &Lowered) -> Option<String> {
    walk(lowered, &lowered.erasure.of_tenants, polity_templates::redis::ERASE_TENANT)
}

/// Writes a script that walks through these databases; `None` where there are none.
fn walk(lowered: &Lowered, databases: &[u32], template: &'static str) -> Option<String> {
    let values = json!({
        "platform": lowered.title.platform,
        "store": lowered.title.store,
        "databases": words(databases),
        "in_database": in_database(lowered),
        "cluster": lowered.is_cluster_anywhere(),
        "masters": polity_templates::redis::MASTERS,
    });
    (!databases.is_empty()).then(|| polity_templates::render(template, values))
}

/// Writes the options by which redis-cli works in one of several databases, of which a cluster has none.
fn in_database(lowered: &Lowered) -> &'static str {
    if lowered.is_cluster_anywhere() { "" } else { r#" -n "$database""# }
}

/// Writes databases as a shell walks through them.
fn words(databases: &[u32]) -> String {
    databases.iter().map(u32::to_string).collect::<Vec<_>>().join(" ")
}
