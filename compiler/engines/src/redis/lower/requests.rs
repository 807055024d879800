//! How often each tenant may ask, as tables of the library: by tenant where the source names it, by tier where not.

use std::fmt::Write;

use super::super::keys;
use polity_catalog::keyed::Fragment;
use polity_govern::Stored;
use polity_model::{EnvironmentId, Isolation, Keyspace, Value};
use polity_text::quoting::lua;

/// Returns the tables as an environment has them, with the functions that read them.
pub(super) fn lower(valid: &Stored, keyspace: &Keyspace, environment: Option<EnvironmentId>) -> Fragment {
    Fragment {
        library: valid.name.clone(),
        name: "requests".into(),
        keyspace: Some(keyspace.named.name.clone()),
        code: code(valid, environment),
    }
}

fn code(valid: &Stored, environment: Option<EnvironmentId>) -> String {
    let mut out = String::from("local quotas_of_tenants = {\n");
    for tenant in &valid.tenants {
        let quota = entry(valid.quota(tenant, environment, "requests"));
        let _ = writeln!(
            out,
            "  [{}] = {quota}, -- {}",
            lua::text(&keys::encoded(tenant.id())),
            tenant.named.name
        );
    }
    out.push_str("}\nlocal quotas_of_tiers = {\n");
    for tier in &valid.tiers {
        let quota = entry(valid.tier_quota(tier.id, environment, "requests"));
        let _ = writeln!(out, "  [{}] = {quota},", lua::text(&tier.named.name));
    }
    // A tenant that the source does not name has nothing of its own, so it is of a tier with shared tables.
    let mut shared = valid.tiers.iter().filter(|tier| tier.isolation() == Some(Isolation::Row));
    let only = match (shared.next(), shared.next()) {
        (Some(tier), None) => lua::text(&tier.named.name),
        _ => "nil".to_owned(),
    };
    let _ = writeln!(out, "}}\nlocal only_tier = {only}");
    out.push_str(polity_templates::redis::REQUESTS);
    out
}

/// `{ 100, 60000 }`, or `false` where nothing limits them.
fn entry(quota: Option<Value>) -> String {
    match quota {
        Some(Value::Rate { count, per }) => format!("{{ {count}, {} }}", per.at_least_milliseconds()),
        _ => "false".to_owned(),
    }
}
