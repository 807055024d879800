//! At which levels a setting has its effect. Anywhere else it would be carried into YAML and change nothing that runs,
//! so it is an error there.

use crate::Isolation;

/// A place where settings are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    Platform,
    Store,
    /// A tier whose tenants are kept apart like this, or what it says of a store.
    Tier(Isolation),
    /// A tenant that is kept apart like this, or what it says of a store.
    Tenant(Isolation),
    /// `encryption key`
    Key,
    /// `rust`, the block about the generated crate.
    Rust,
    /// `with`, beside an entity or an index.
    With,
}

impl Level {
    /// As messages name it: "a tier with `isolation: row`" where it counts how tenants are kept apart.
    #[must_use]
    pub fn name(self, shows_isolation: bool) -> String {
        let (name, isolation) = match self {
            Self::Platform => ("a platform", None),
            Self::Store => ("a store", None),
            Self::Tier(isolation) => ("a tier", Some(isolation)),
            Self::Tenant(isolation) => ("a tenant", Some(isolation)),
            Self::Key => ("an encryption key", None),
            Self::Rust => ("`rust`", None),
            Self::With => ("`with`", None),
        };
        match isolation.filter(|_| shows_isolation) {
            Some(isolation) => format!("{name} with `isolation: {}`", isolation.name()),
            None => name.to_owned(),
        }
    }

    fn bit(self) -> u16 {
        let of = |isolation: Isolation| match isolation {
            Isolation::Row => 0,
            Isolation::Schema => 1,
            Isolation::Database => 2,
        };
        match self {
            Self::Platform => Levels::PLATFORM.0,
            Self::Store => Levels::STORE.0,
            Self::Tier(isolation) => ROW_TIER << of(isolation),
            Self::Tenant(isolation) => ROW_TENANT << of(isolation),
            Self::Key => Levels::KEY.0,
            Self::Rust => Levels::RUST.0,
            Self::With => Levels::WITH.0,
        }
    }
}

/// A set of levels, and whether `in ENVIRONMENT` may change the setting at each of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Levels(u16);

const ROW_TIER: u16 = 1 << 4;
const ROW_TENANT: u16 = 1 << 8;

impl Levels {
    /// `platform`, for every store.
    pub const PLATFORM: Self = Self(1);
    pub const STORE: Self = Self(1 << 1);
    /// `tier`, however its tenants are kept apart.
    pub const TIER: Self = Self(0b111 * ROW_TIER);
    /// `tenant`, of whatever tier.
    pub const TENANT: Self = Self(0b111 * ROW_TENANT);
    /// A tier whose tenants have schemas or a database of their own.
    pub const TIER_APART: Self = Self(0b110 * ROW_TIER);
    /// Tiers and tenants with schemas or a database of their own.
    pub const SCHEMAS: Self = Self(0b110 * (ROW_TIER | ROW_TENANT));
    /// Tiers and tenants with a database or a server of their own.
    pub const DATABASES: Self = Self(0b100 * (ROW_TIER | ROW_TENANT));
    pub const KEY: Self = Self(1 << 2);
    pub const RUST: Self = Self(1 << 3);
    pub const WITH: Self = Self(1 << 14);
    pub const ENVIRONMENT: Self = Self(1 << 15);

    /// Joins both sets of levels.
    #[must_use]
    pub const fn and(self, more: Self) -> Self {
        Self(self.0 | more.0)
    }

    /// Whether a setting has its effect there, outside of `in ENVIRONMENT`.
    #[must_use]
    pub fn has(self, level: Level) -> bool {
        self.0 & level.bit() != 0
    }

    /// Whether environments may differ in it.
    #[must_use]
    pub const fn has_environments(self) -> bool {
        self.contains(Self::ENVIRONMENT)
    }

    /// Whether all of those are among these.
    #[must_use]
    pub const fn contains(self, others: Self) -> bool {
        self.0 & others.0 == others.0
    }

    /// Whether tiers (or tenants) of some isolation are among these, and others are not.
    #[must_use]
    pub fn depends_on_isolation(self, level: Level) -> bool {
        let all = match level {
            Level::Tier(_) => Self::TIER,
            Level::Tenant(_) => Self::TENANT,
            _ => return false,
        };
        self.0 & all.0 != 0 && !self.contains(all)
    }

    /// The words for them, outermost first, as the reference and messages list them.
    #[must_use]
    pub fn names(self) -> Vec<String> {
        let plain = [
            (Self::PLATFORM, "platform"),
            (Self::STORE, "store"),
            (Self::KEY, "encryption key"),
            (Self::RUST, "`rust`"),
            (Self::WITH, "`with`"),
        ];
        let mut names: Vec<String> = plain
            .iter()
            .filter(|(level, _)| self.contains(*level))
            .map(|(_, name)| (*name).to_owned())
            .collect();
        let isolations = [(Self::TIER, ROW_TIER, "tier"), (Self::TENANT, ROW_TENANT, "tenant")].map(
            |(all, first, name)| {
                let of: Vec<String> = Isolation::ALL
                    .iter()
                    .enumerate()
                    .filter(|(at, _)| self.0 & (first << at) != 0)
                    .map(|(_, (name, _))| (*name).to_owned())
                    .collect();
                let with = if self.contains(all) {
                    String::new()
                } else {
                    format!(" with `isolation: {}`", of.join("` or `"))
                };
                (!of.is_empty()).then_some((name, with))
            },
        );
        match isolations {
            [Some((tier, with)), Some((tenant, same))] if with == same && !with.is_empty() => {
                names.push(format!("{tier} and {tenant}{with}"));
            }
            each => names.extend(each.into_iter().flatten().map(|(name, with)| format!("{name}{with}"))),
        }
        if self.has_environments() {
            names.push("environment".to_owned());
        }
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_level_is_known_by_a_bit_of_its_own() {
        let sets =
            [Levels::PLATFORM, Levels::STORE, Levels::KEY, Levels::RUST, Levels::WITH, Levels::ENVIRONMENT];
        let mut seen = Levels::TIER.0 | Levels::TENANT.0;
        assert_eq!(Levels::TIER.0 & Levels::TENANT.0, 0);
        for set in sets {
            assert_eq!(seen & set.0, 0, "{set:?}");
            seen |= set.0;
        }
        for (at, (_, isolation)) in Isolation::ALL.iter().enumerate() {
            assert_eq!(Level::Tier(*isolation).bit(), ROW_TIER << at);
            assert_eq!(Levels::SCHEMAS.has(Level::Tenant(*isolation)), *isolation != Isolation::Row);
            assert_eq!(Levels::DATABASES.has(Level::Tier(*isolation)), *isolation == Isolation::Database);
        }
    }

    #[test]
    fn levels_are_named_outermost_first() {
        let names = |levels: Levels| levels.names().join(", ");
        assert_eq!(names(Levels::STORE.and(Levels::PLATFORM)), "platform, store");
        assert_eq!(
            names(Levels::TIER.and(Levels::TENANT).and(Levels::ENVIRONMENT)),
            "tier, tenant, environment"
        );
        assert_eq!(
            names(Levels::STORE.and(Levels::DATABASES).and(Levels::ENVIRONMENT)),
            "store, tier and tenant with `isolation: database`, environment"
        );
        assert_eq!(names(Levels::TIER_APART), "tier with `isolation: schema` or `database`");
    }
}
