//! Tenants that a file lists: those that no line of the source names and that no earlier run made, such as the ones of a control plane, or
//! tenants whose places another tool led on so far.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::plan::{Plan, Tenant};
use super::problem;
use crate::Diagnostic;
use polity_text::tokens;

/// A line of the file, as JSON: what `polity_ledger.create_tenant` takes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    tier: String,
    name: String,
    id: String,
    #[serde(default)]
    quotas: BTreeMap<String, u64>,
}

impl Plan {
    /// Adds the tenants of a file, a line of JSON each, to those of the source.
    ///
    /// # Errors
    /// When a line cannot be read, or is about a tenant that another line or the source has otherwise.
    pub fn with_tenants(mut self, text: &str) -> Result<Self, Diagnostic> {
        for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let refused = |reason: String| {
                problem(format!("line {} of the list of tenants: {reason}", at + 1)).help(
                    "a line is such as {\"tier\": \"large\", \"name\": \"acme\", \"id\": \"7\", \"quotas\": {\"tenant_connections\": 20}}",
                )
            };
            let listed: Listed = serde_json::from_str(line).map_err(|error| refused(error.to_string()))?;
            let tenant = self.tenant(&listed).map_err(refused)?;
            let is_other = |known: &&Tenant| {
                known.name == tenant.name || known.value(tokens::ID) == tenant.value(tokens::ID)
            };
            match self.tenants.iter().find(is_other) {
                None => self.tenants.push(tenant),
                Some(known) if known.is_alike(&tenant) => {}
                Some(known) => {
                    return Err(refused(format!("there is a tenant `{}`, which is another", known.name)));
                }
            }
        }
        Ok(self)
    }

    fn tenant(&self, listed: &Listed) -> Result<Tenant, String> {
        let Listed { tier, name, id, quotas } = listed;
        let mut installs =
            self.places.iter().enumerate().filter_map(|(at, place)| Some((at, place.install.as_ref()?)));
        let Some((place, install)) = installs.find(|(_, install)| install.tier == tier.as_str()) else {
            return Err(format!("no tier `{tier}` gives tenants places of their own"));
        };
        let prefix = install.prefix.replace("{tenant}", name);
        for (token, value) in [(tokens::ROLE, name), (tokens::PREFIX, &prefix), (tokens::ID, id)] {
            let is_name = token == tokens::ID || value.starts_with(|c: char| c.is_ascii_lowercase());
            if !is_name || !tokens::is_value(value) {
                return Err(format!("`{}` cannot be `{value}`", tokens::name(token)));
            }
        }
        let own = [(tokens::ROLE, name), (tokens::ID, id), (tokens::PREFIX, &prefix)];
        let own = own.into_iter().map(|(token, value)| (tokens::name(token).to_owned(), value.clone()));
        let has = |quota: &&String| install.parameters.iter().any(|(known, _)| known == quota);
        if let Some(quota) = quotas.keys().find(|quota| !has(quota)) {
            return Err(format!("the tier `{tier}` has no quota `{quota}`"));
        }
        let of_tier = install.parameters.iter().map(|(name, value)| {
            let said = quotas.get(*name).map(u64::to_string);
            ((*name).to_owned(), said.unwrap_or_else(|| value.clone()))
        });
        Ok(Tenant { name: name.clone(), place, parameters: own.chain(of_tier).collect(), was_named: false })
    }
}
