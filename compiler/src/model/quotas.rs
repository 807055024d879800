//! The limit of requests that quotas ask for: a keyspace in the first store of keys, which counts the requests of each
//! tenant. All else that a keyspace has (functions, users, the client's key, erasure) follows from its being one.

use smol_str::SmolStr;

use super::keyspace::{Limit, Parameter, Part, Pattern, ValueShape};
use super::{
    Duration, EnvironmentId, Keyspace, KeyspaceId, Layered, Named, Platform, Privilege, Setting, Store,
    Thing, Value,
};

/// What the keyspace is called.
pub const REQUESTS: &str = "TenantRequests";

/// Adds the keyspace, where any tier or tenant says `quota: { requests: … }` and there is a store of keys.
pub fn limit_requests(platform: &mut Platform) {
    let (Some(tenancy), Some(store)) = (&platform.tenancy, store_of_requests(platform)) else { return };
    let Some(first) = written(platform, "requests").next() else { return };
    let span = first.name_span;
    let most = platform
        .request_quotas(None)
        .chain(platform.environments.iter().flat_map(|e| platform.request_quotas(Some(e.id))))
        .reduce(|(count, per), (other_count, other_per)| {
            let longer = per.at_least_milliseconds() < other_per.at_least_milliseconds();
            (count.max(other_count), if longer { other_per } else { per })
        });
    let Some((count, per)) = most else { return };
    let tenant = Parameter { name: "tenant".into(), ty: tenancy.ty.clone(), labels: Vec::new(), span };
    let keyspace = Keyspace {
        id: KeyspaceId(u32::try_from(platform.keyspaces.len()).unwrap_or(u32::MAX)),
        named: Named {
            name: SmolStr::new_static(REQUESTS),
            stored: crate::naming::snake_case(REQUESTS),
            aliased: false,
            docs: "Requests of a tenant, of those that its quota allows.".into(),
            span,
            was: None,
        },
        store: store.id,
        global: false,
        pattern: Pattern {
            parts: vec![Part::Parameter(0), Part::Literal(":quota:requests".into())],
            parameters: vec![tenant],
            span: Some(span),
        },
        value: ValueShape::Limiter,
        value_span: None,
        ttl: None,
        limit: Some(Limit { count, per, sliding: false, span, of_quota: true }),
        max_length: None,
        database: None,
        cache: None,
        together_by: Vec::new(),
        labels: Vec::new(),
    };
    platform.keyspaces.push(keyspace);
}

/// The store that counts requests: the first of keys.
#[must_use]
pub fn store_of_requests(platform: &Platform) -> Option<&Store> {
    platform.stores.iter().find(|store| store.about.is_some_and(|engine| !engine.has_entities))
}

/// Whether anybody may count requests: every service that does anything else in that store, or the application where no
/// services are declared.
#[must_use]
pub fn somebody_counts(platform: &Platform) -> bool {
    let counts = |service| {
        let privileges: Vec<Privilege> = platform.privileges(service);
        privileges.iter().any(|p| matches!(p.on, Thing::Keyspace(id) if platform[id].is_of_quota()))
    };
    platform.services.is_empty() || platform.services.iter().any(counts)
}

/// A part of quotas as the source writes it, of tiers, then of tenants.
pub fn written<'p>(platform: &'p Platform, part: &'p str) -> impl Iterator<Item = &'p Setting> {
    let tiers = platform.tiers.iter().map(|tier| &tier.settings);
    let tenants = platform.tenants.iter().map(|tenant| &tenant.settings);
    tiers.chain(tenants).flat_map(move |settings| written_in(settings, part))
}

fn written_in<'p>(settings: &'p Layered, part: &'p str) -> impl Iterator<Item = &'p Setting> {
    let records =
        std::iter::once(&settings.base).chain(settings.environments.iter().map(|(_, record)| record));
    records.filter_map(move |record| match &record.get("quota")?.value {
        Value::Record(quota) => quota.get(part),
        _ => None,
    })
}

impl Platform {
    /// Every limit of requests that an environment sees, of tiers and of tenants.
    fn request_quotas(&self, environment: Option<EnvironmentId>) -> impl Iterator<Item = (u64, Duration)> {
        let tiers = self.tiers.iter().map(move |tier| self.tier_quota(tier.id, environment, "requests"));
        let tenants = self.tenants.iter().map(move |tenant| self.quota(tenant, environment, "requests"));
        tiers.chain(tenants).filter_map(|quota| match quota {
            Some(Value::Rate { count, per }) => Some((count, per)),
            _ => None,
        })
    }
}
