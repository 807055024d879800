//! The rows and views that belong to a tenant, and how tenants are kept apart.

use smol_str::SmolStr;

use super::config::Value;
use super::governance::Tier;
use super::{EntityId, Platform, StoreId, ViewId};

/// How the tenants of a tier are kept apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Isolation {
    /// In the same tables, told by the tenant's column.
    Row,
    /// In a schema of its own.
    Schema,
    /// In a database of its own.
    Database,
}

impl Isolation {
    /// Every isolation, for an engine that treats all alike.
    pub const EVERY: &[Isolation] = &[Isolation::Row, Isolation::Schema, Isolation::Database];

    pub const ALL: &[(&'static str, Isolation)] =
        &[("row", Isolation::Row), ("schema", Isolation::Schema), ("database", Isolation::Database)];

    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, i)| *i == self).map_or("", |(name, _)| name)
    }
}

impl Tier {
    /// The isolation that the tier sets; `None` where it sets none or something else, which a rule reports.
    #[must_use]
    pub fn isolation(&self) -> Option<Isolation> {
        let Value::Word(word) = &self.settings.base.get("isolation")?.value else { return None };
        Isolation::ALL.iter().find(|(name, _)| name == word).map(|(_, isolation)| *isolation)
    }
}

impl Platform {
    /// Whether each tenant has its own rows of the entity: wherever tenancy is declared, unless it is `global`.
    #[must_use]
    pub fn is_scoped(&self, entity: EntityId) -> bool {
        self.tenancy.is_some() && !self[entity].global
    }

    /// Whether a view shows rows that each tenant has its own of: unless all it reads is `global`.
    #[must_use]
    pub fn is_scoped_view(&self, view: ViewId) -> bool {
        let view = &self[view];
        let of_views = !view.builds_on.is_empty();
        let all_global = !view.reads.is_empty() && view.reads.iter().all(|entity| self[*entity].global);
        self.tenancy.is_some() && (of_views || !all_global)
    }

    /// The reason that the source gives why in a store the client alone keeps the tenants of some tier apart; nothing where
    /// the engine does.
    #[must_use]
    pub fn kept_by_client(&self, store: StoreId) -> Option<&SmolStr> {
        let engine = self[store].about?;
        let by_client = |tier: &&Tier| tier.isolation().is_some_and(|isolation| !engine.enforces(isolation));
        self.tiers.iter().filter(by_client).find_map(|tier| tier.client_enforced_because(store))
    }

    /// Whether some tenants share tables.
    #[must_use]
    pub fn has_row_tier(&self) -> bool {
        self.tenancy.is_some() && self.tiers.iter().any(|tier| tier.isolation() == Some(Isolation::Row))
    }
}
