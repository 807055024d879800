//! The scripts that walk through the databases and erase.

use serde_json::json;

use super::super::lowered::Lowered;
use polity_text::quoting::shell;

/// Writes `scripts/erase_subject.sh`; `None` where nothing is about a person.
pub(in super::super) fn erase_subject(lowered: &Lowered) -> Option<String> {
    let (title, person) = (&lowered.title, lowered.erasure.person.as_ref()?);
    let context = json!({
        "platform": title.platform,
        "store": title.store,
        "entity": shell::word(&person.entity),
        "many": person.are_many,
        "tenancy": lowered.erasure.has_tenancy,
        "databases": words(&person.databases),
        "cluster": lowered.is_cluster_anywhere(),
    });
    Some(polity_templates::render(polity_templates::redis::ERASE_SUBJECT, context))
}

/// Writes `scripts/erase_tenant.sh`; `None` where nothing is a tenant's.
pub(in super::super) fn erase_tenant(lowered: &Lowered) -> Option<String> {
    let (title, databases) = (&lowered.title, &lowered.erasure.of_tenants);
    let context = json!({
        "platform": title.platform,
        "store": title.store,
        "databases": words(databases),
        "cluster": lowered.is_cluster_anywhere(),
    });
    (!databases.is_empty()).then(|| polity_templates::render(polity_templates::redis::ERASE_TENANT, context))
}

/// Writes databases as a shell walks through them.
fn words(databases: &[u32]) -> String {
    databases.iter().map(u32::to_string).collect::<Vec<_>>().join(" ")
}
