//! The parameters of a tenant: the values for the tokens in the text that serves every tenant of its tier.

use super::governance::Tenant;
use super::{EnvironmentId, Isolation, Platform, Value};
use polity_text::tokens;

impl Platform {
    /// Returns each by its name, such as `tenant_id`. A part of a quota is one where the tier says it, for all environments.
    #[must_use]
    pub fn parameters(&self, tenant: &Tenant) -> Vec<(&'static str, String)> {
        let tier = &self[tenant.tier];
        let mut found = vec![(tokens::name(tokens::ROLE), tenant.named.name.to_string())];
        found.push((tokens::name(tokens::ID), tenant.id().to_owned()));
        if tier.isolation() == Some(Isolation::Row) {
            return found;
        }
        found.push((tokens::name(tokens::PREFIX), tier.prefix_of(tenant)));
        for token in tokens::ALL {
            let name = tokens::name(token);
            let part = name.trim_start_matches("tenant_");
            let is_said = self.tier_quota(tier.id, None, part).is_some();
            let figure = self.figure_of(tenant, None, part).filter(|_| is_said);
            found.extend(figure.map(|figure| (name, figure.to_string())));
        }
        found
    }

    /// The text of any tenant of a tier, as a tenant of it has it. With a value that no token may have, which a rule reports,
    /// it stays as it is.
    #[must_use]
    pub fn for_tenant(&self, text: &str, tenant: &Tenant) -> String {
        let parameters = self.parameters(tenant);
        let values = parameters.iter().map(|(name, value)| (*name, value.as_str()));
        tokens::render(&tokens::escaped(text, false), values).unwrap_or_else(|_| text.to_owned())
    }

    /// A part of a quota of a tenant as a number: of connections, or of milliseconds.
    #[must_use]
    pub fn figure_of(&self, tenant: &Tenant, environment: Option<EnvironmentId>, part: &str) -> Option<u64> {
        figure(&self.quota(tenant, environment, part).filter(|_| tokens::QUOTAS.contains(&part))?)
    }
}

/// A part of a quota as a number, where it is one.
#[must_use]
pub fn figure(value: &Value) -> Option<u64> {
    match value {
        Value::Integer(count) => u64::try_from(*count).ok(),
        Value::Duration(duration) => Some(duration.at_least_milliseconds().max(1)),
        _ => None,
    }
}
