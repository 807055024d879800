//! A queue is no cache: what waits in it is there until somebody took it.

use polity_govern::Stored;
use polity_model::keyspace::ValueShape;
use polity_model::{Keyspace, Record, Setting, Store, Value};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0880;

use crate::redis::keyspaces_of;

/// A queue, a stream or a limit in a store whose policy of eviction may take it away, in any environment and on the server
/// of any tenant. One error for each, about the first policy that does.
pub(super) fn evicted_queue(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    let policies = policies(platform, store);
    for keyspace in keyspaces_of(platform, store) {
        let Some(what) = kept(keyspace) else { continue };
        let ends = keyspace.ends().is_some();
        let Some(policy) = policies.iter().find(|policy| policy.takes(ends)) else { continue };
        let name = &keyspace.named.name;
        let policy_name = &policy.name;
        let mut diagnostic = Diagnostic::new(
            E0880,
            keyspace.named.span,
            format!("`eviction: {policy_name}` may take the {what} `{name}` away{}", policy.place),
        )
        .also(policy.setting.value_span, "the policy");
        diagnostic = match keyspace.ttl {
            Some((_, span)) if policy_name.starts_with("volatile") => diagnostic
                .also(span, "keys with a time to live are what it takes")
                .help("move it to a store of its own with `eviction: noeviction`, or leave out the `ttl`"),
            _ => diagnostic.help("move it to a store of its own with `eviction: noeviction`"),
        };
        found.push(diagnostic.note("a full memory would lose all of it, and nobody would be told"));
    }
}

/// The kind of a keyspace that nobody may take away; `None` of one that can be filled again.
fn kept(keyspace: &Keyspace) -> Option<&'static str> {
    match keyspace.value {
        ValueShape::List(_) => Some("queue"),
        ValueShape::Stream { .. } => Some("stream"),
        ValueShape::Limiter => Some("limit"),
        _ => None,
    }
}

/// A policy of eviction, and where it holds.
struct Policy {
    name: String,
    setting: Setting,
    /// ` in "prod"`, ` of the tenant "acme"`
    place: String,
}

impl Policy {
    fn of(settings: &Record, place: String) -> Option<Self> {
        let setting = settings.get("eviction")?;
        let Value::Word(name) = &setting.value else { return None };
        Some(Self { name: name.to_string(), setting: setting.clone(), place })
    }

    /// Whether it may take keys away, of which each ends by itself or none does.
    fn takes(&self, ends: bool) -> bool {
        self.name.starts_with("allkeys") || self.name.starts_with("volatile") && ends
    }
}

/// Returns the policies of the servers that tenants share, then those of tiers and tenants with servers of their own; of
/// each in every environment.
fn policies(platform: &Stored, store: &Store) -> Vec<Policy> {
    let tiers = platform.tiers.iter().filter(|tier| tier.is_apart());
    let tiers = tiers.map(|tier| (tier.id, None, format!(" in the tier `{}`", tier.named.name)));
    let tenants = platform.tenants_apart();
    let tenants = tenants.map(|one| (one.tier, Some(one), format!(" of the tenant `{}`", one.named.name)));
    let apart: Vec<_> = tiers.chain(tenants).collect();
    let mut policies = Vec::new();
    for environment in std::iter::once(None).chain(platform.environments.iter().map(|one| Some(one.id))) {
        let within = super::super::in_environment(platform, environment);
        policies.extend(Policy::of(&platform.settings_of(store.id, environment), within.clone()));
        for (tier, tenant, place) in &apart {
            let settings = platform.settings_for(*tier, *tenant, store.id, environment);
            policies.extend(Policy::of(&settings, format!("{place}{within}")));
        }
    }
    policies
}
