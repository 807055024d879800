//! A tenant's settings, as its tier, its own block and the environment make them, and what is called after it.

use smol_str::{SmolStr, format_smolstr};

use super::config::{self, Layered, Record, Setting, Value};
use super::governance::{Audience, Tenant, Tier};
use super::{EnvironmentId, Isolation, Named, Platform, Store, StoreId, TierId};
use polity_text::tokens;

/// The placeholder in a tier's `prefix` that becomes the tenant's name.
pub const PLACEHOLDER: &str = "{tenant}";

/// The prefix of the names of a tenant's schemas and databases where the tier sets none.
pub const PREFIX: &str = "{tenant}_";

impl Tier {
    /// The prefix of the names of a tenant's schemas and databases, with [`PLACEHOLDER`] in it.
    #[must_use]
    pub fn prefix(&self) -> &str {
        match self.settings.base.get("prefix").map(|setting| &setting.value) {
            Some(Value::Text(text)) => text,
            _ => PREFIX,
        }
    }

    /// The prefix with the tenant's name in it: `tenant_spotify_premium_`. That of any tenant of the tier is a token.
    #[must_use]
    pub fn prefix_of(&self, tenant: &Tenant) -> String {
        if tenant.is_any() && tenant.tier == self.id {
            return tokens::PREFIX.to_owned();
        }
        self.prefix().replace(PLACEHOLDER, &tenant.named.name)
    }

    /// Whether the source accepts that in this store the client alone keeps tenants apart.
    #[must_use]
    pub fn accepts_client_enforced(&self, store: StoreId) -> bool {
        let fits = |wanted: Option<StoreId>| wanted.is_none_or(|wanted| wanted == store);
        self.accepts.iter().any(|accept| accept.what == "client_enforced" && fits(accept.store))
    }

    /// Why the source accepts that in this store the client alone keeps tenants apart.
    #[must_use]
    pub fn client_enforced_because(&self, store: StoreId) -> Option<&SmolStr> {
        let fits = |wanted: Option<StoreId>| wanted.is_none_or(|wanted| wanted == store);
        let mut accepts = self.accepts.iter().filter(|accept| accept.what == "client_enforced");
        accepts.find(|accept| fits(accept.store)).map(|accept| &accept.because)
    }

    /// Whether its tenants have a server or a database of their own in this store.
    #[must_use]
    pub fn is_apart(&self) -> bool {
        self.isolation() == Some(Isolation::Database)
    }
}

impl Tenant {
    /// The tenant that stands for any of a tier.
    pub(super) fn any(tier: TierId, named: &Named) -> Self {
        let span = named.span;
        let value = Value::Text(SmolStr::new_static(tokens::ID));
        let id = Setting { value, name_span: span, value_span: span, docs: SmolStr::default() };
        let name = SmolStr::new_static(tokens::ROLE);
        Self {
            named: Named { name: name.clone(), stored: name, docs: SmolStr::default(), ..named.clone() },
            tier,
            settings: Layered { base: Record::from_iter([("id".into(), id)]), ..Layered::default() },
            stores: Vec::new(),
        }
    }

    /// Whether it says anything beside its id, so that it may have something that its tier has not.
    #[must_use]
    pub fn says_something(&self) -> bool {
        let base = self.settings.base.keys().any(|name| name != "id");
        base || !self.settings.environments.is_empty() || !self.stores.is_empty()
    }

    /// Whether it stands for any tenant of its tier.
    #[must_use]
    pub fn is_any(&self) -> bool {
        self.named.name == tokens::ROLE
    }

    /// The value that tells its rows from others'. Where the source sets no `id`, it is the tenant's name, which serves
    /// where the tenant's column is a text.
    #[must_use]
    pub fn id(&self) -> &str {
        match self.settings.base.get("id").map(|setting| &setting.value) {
            Some(Value::Text(id)) => id,
            _ => &self.named.name,
        }
    }
}

impl Platform {
    /// The settings of a tier that an environment sees: the plain ones below those of `in ENVIRONMENT`.
    #[must_use]
    pub fn tier_settings(&self, tier: TierId, environment: Option<EnvironmentId>) -> Record {
        self[tier].settings.resolved(environment)
    }

    /// The settings of a tenant that an environment sees: its tier's below its own.
    #[must_use]
    pub fn tenant_settings(&self, tenant: &Tenant, environment: Option<EnvironmentId>) -> Record {
        let mut merged = self.tier_settings(tenant.tier, environment);
        config::merge(&mut merged, &tenant.settings.resolved(environment));
        merged
    }

    /// The settings of a store as a tenant of a tier sees them, the tier's below those of the tenant's own.
    #[must_use]
    pub fn settings_for(
        &self,
        tier: TierId,
        tenant: Option<&Tenant>,
        store: StoreId,
        environment: Option<EnvironmentId>,
    ) -> Record {
        let mut merged = self.settings_of(store, environment);
        let own = tenant.into_iter().flat_map(|tenant| &tenant.stores);
        for (of, layers) in self[tier].stores.iter().chain(own) {
            if *of == store {
                config::merge(&mut merged, &layers.resolved(environment));
            }
        }
        merged
    }

    /// Everybody, then the tiers and the tenants that say something of a store.
    #[must_use]
    pub fn audiences(&self) -> Vec<Audience> {
        let tiers = self.tiers.iter().filter(|tier| !tier.stores.is_empty());
        let tenants = self.tenants.iter().enumerate().filter(|(_, tenant)| !tenant.stores.is_empty());
        std::iter::once(Audience::Everybody)
            .chain(tiers.map(|tier| Audience::Tier(tier.id)))
            .chain(tenants.map(|(at, _)| Audience::Tenant(at)))
            .collect()
    }

    /// The settings of a store as one of [`Platform::audiences`] sees them.
    #[must_use]
    pub fn settings_seen(
        &self,
        store: StoreId,
        environment: Option<EnvironmentId>,
        audience: Audience,
    ) -> Record {
        match audience {
            Audience::Everybody => self.settings_of(store, environment),
            Audience::Tier(tier) => self.settings_for(tier, None, store, environment),
            Audience::Tenant(at) => {
                let tenant = &self.tenants[at];
                self.settings_for(tenant.tier, Some(tenant), store, environment)
            }
        }
    }

    /// Whether an audience has settings of its own of a store.
    #[must_use]
    pub fn says_of(&self, audience: Audience, store: StoreId) -> bool {
        let has = |stores: &[(StoreId, super::Layered)]| stores.iter().any(|(of, _)| *of == store);
        match audience {
            Audience::Everybody => true,
            Audience::Tier(tier) => has(&self[tier].stores),
            Audience::Tenant(at) => has(&self.tenants[at].stores),
        }
    }

    /// "for the tier `small`"; nothing for everybody.
    #[must_use]
    pub fn audience_name(&self, audience: Audience) -> Option<String> {
        match audience {
            Audience::Everybody => None,
            Audience::Tier(tier) => Some(format!("for the tier `{}`", self[tier].named.name)),
            Audience::Tenant(at) => Some(format!("for the tenant `{}`", self.tenants[at].named.name)),
        }
    }

    /// A part of what a tenant may use, where it or its tier says so.
    #[must_use]
    pub fn quota(&self, tenant: &Tenant, environment: Option<EnvironmentId>, part: &str) -> Option<Value> {
        quota_of(&self.tenant_settings(tenant, environment), part)
    }

    /// A part of what any tenant of a tier may use, where the tier says so.
    #[must_use]
    pub fn tier_quota(&self, tier: TierId, environment: Option<EnvironmentId>, part: &str) -> Option<Value> {
        quota_of(&self.tier_settings(tier, environment), part)
    }

    /// The tiers whose tenants have a database, a server or schemas of their own.
    pub fn tiers_with_places(&self) -> impl Iterator<Item = &Tier> {
        let own = |tier: &&Tier| matches!(tier.isolation(), Some(Isolation::Schema | Isolation::Database));
        self.tiers.iter().filter(own)
    }

    /// The tiers whose tenants have schemas of their own, in stores that have schemas.
    pub fn tiers_with_schemas(&self) -> impl Iterator<Item = &Tier> {
        self.tiers_with_places().filter(|tier| !tier.is_apart())
    }

    /// The tiers whose tenants have a database, or a server, of their own.
    pub fn tiers_apart(&self) -> impl Iterator<Item = &Tier> {
        self.tiers.iter().filter(|tier| tier.is_apart())
    }

    /// The tenants with schemas of their own in a database that they share, in stores that have schemas.
    pub fn tenants_in_schemas(&self) -> impl Iterator<Item = &Tenant> {
        self.tenants.iter().filter(|tenant| self[tenant.tier].isolation() == Some(Isolation::Schema))
    }

    /// Whether, for each schema, a tenant with schemas of its own has its own copy of it: always, unless the schema
    /// holds nothing but what is `global`.
    #[must_use]
    pub fn scoped_schemas(&self) -> Vec<bool> {
        let mut shared = vec![false; self.schemas.len()];
        let mut scoped = vec![false; self.schemas.len()];
        let entities = self.entities.iter().map(|entity| (entity.schema, !entity.global));
        let views = self.views.iter().map(|view| (view.schema, self.is_scoped_view(view.id)));
        let others =
            self.audit_logs.iter().map(|log| log.schema).chain(self.sequences.iter().map(|s| s.schema));
        for (schema, is_scoped) in entities.chain(views).chain(others.map(|schema| (Some(schema), true))) {
            if let Some(schema) = schema {
                let of = if is_scoped { &mut scoped } else { &mut shared };
                of[schema.index()] = true;
            }
        }
        scoped.iter().zip(shared).map(|(scoped, shared)| *scoped || !shared).collect()
    }

    /// The tenants with a database, or a server, of their own.
    pub fn tenants_apart(&self) -> impl Iterator<Item = &Tenant> {
        self.tenants.iter().filter(|tenant| self[tenant.tier].is_apart())
    }

    /// The database that a store's tenants share, or after which those of tenants are called: `<platform>_<store>` where
    /// the source names none.
    #[must_use]
    pub fn database_name(&self, store: &Store, environment: Option<EnvironmentId>) -> SmolStr {
        match self.settings_of(store.id, environment).get("database").map(|setting| &setting.value) {
            Some(Value::Text(name) | Value::Word(name)) => name.clone(),
            _ => format_smolstr!("{}_{}", self.name, store.named.stored),
        }
    }
}

fn quota_of(settings: &Record, part: &str) -> Option<Value> {
    let Value::Record(quota) = &settings.get("quota")?.value else { return None };
    quota.get(part).map(|setting| setting.value.clone())
}
