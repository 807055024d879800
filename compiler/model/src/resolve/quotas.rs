//! The limit of requests that quotas ask for: a keyspace in the first store of keys, which counts the requests of each
//! tenant. All else that a keyspace has (functions, users, the client's key, erasure) follows from its being one.

use smol_str::SmolStr;

use crate::keyspace::{Limit, Parameter, Part, Pattern, ValueShape};
use crate::quotas::{store_of_requests, written};
use crate::{Duration, EnvironmentId, Keyspace, KeyspaceId, Named, Platform, Value};

/// The name of the keyspace that counts the requests of each tenant.
const REQUESTS: &str = "TenantRequests";

/// Adds the keyspace, where any tier or tenant says `quota: { requests: … }` and there is a store of keys.
pub(super) fn limit_requests(platform: &mut Platform) {
    let (Some(tenancy), Some(store)) = (&platform.tenancy, store_of_requests(platform)) else { return };
    let Some(first) = written(platform, "requests").next() else { return };
    let span = first.name_span;
    let most = request_quotas(platform, None)
        .chain(platform.environments.iter().flat_map(|e| request_quotas(platform, Some(e.id))))
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
            stored: polity_text::naming::snake_case(REQUESTS),
            aliased: false,
            docs: "Requests of a tenant, of those that its quota allows.".into(),
            span,
            was: None,
            sealed: None,
        },
        store: store.id,
        global: false,
        version: 1,
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
        together_spans: Vec::new(),
        purposes: Vec::new(),
        labels: Vec::new(),
    };
    platform.keyspaces.push(keyspace);
}

/// Every limit of requests that an environment sees, of tiers and of tenants.
fn request_quotas(
    platform: &Platform,
    environment: Option<EnvironmentId>,
) -> impl Iterator<Item = (u64, Duration)> {
    let tiers = platform.tiers.iter().map(move |tier| platform.tier_quota(tier.id, environment, "requests"));
    let tenants = platform.tenants.iter().map(move |tenant| platform.quota(tenant, environment, "requests"));
    tiers.chain(tenants).filter_map(|quota| match quota {
        Some(Value::Rate { count, per }) => Some((count, per)),
        _ => None,
    })
}
