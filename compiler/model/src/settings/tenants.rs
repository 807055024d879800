//! The settings of tiers and tenants. What they say of a single store is that store's own catalogue.

use super::catalogue::{ANNOTATIONS, Kind, Spec};
use super::levels::Levels;

/// The level of settings that decide where data stands, and so are the same in every environment.
const ONCE: Levels = Levels::TIER;

const EACH: Levels = Levels::TIER.and(Levels::TENANT).and(Levels::ENVIRONMENT);

/// The settings of a `tier`.
pub const TIER: &[Spec] = &[
    Spec {
        name: "isolation",
        kind: Kind::Word(&["row", "schema", "database"]),
        levels: ONCE,
        is_structural: true,
        docs: "How its tenants are kept apart. A store without schemas keeps those of `schema` as those of `row`.",
    },
    Spec {
        name: "prefix",
        kind: Kind::Text,
        levels: Levels::TIER_APART,
        is_structural: true,
        docs: "What stands in front of a tenant's schemas or databases, with `{tenant}` for its name; `{tenant}_` where nothing is said.",
    },
    Spec {
        name: "pool",
        kind: Kind::Word(&["shared", "per_schema", "per_database"]),
        levels: Levels::TIER.and(Levels::ENVIRONMENT),
        is_structural: false,
        docs: "Whether tenants share the connections to a store.",
    },
    KEYS,
    BACKUP,
    QUOTA,
    AUTHENTICATION,
    REGION,
    ANNOTATIONS,
];

/// The settings of a `tenant`, which may also change its tier's `quota`, `keys`, `authentication` and `backup`.
pub const TENANT: &[Spec] = &[
    Spec {
        name: "id",
        kind: Kind::Text,
        levels: Levels::TENANT,
        is_structural: true,
        docs: "What tells its rows from others'. Where the tenant's column is a text, its name where nothing is said.",
    },
    REGION,
    KEYS,
    BACKUP,
    QUOTA,
    AUTHENTICATION,
    ANNOTATIONS,
];

/// One client serves every environment, and asks for a key of one scope.
const KEYS: Spec = Spec {
    name: "keys",
    kind: Kind::Map(&Kind::Word(&["platform", "tenant", "subject"])),
    levels: Levels::TIER.and(Levels::TENANT),
    is_structural: false,
    docs: "By encryption key: whether all tenants share it, each has one, or each person.",
};

const BACKUP: Spec =
    each("backup", Kind::Word(&["shared", "isolated"]), "Whether each tenant has backups of its own.");

const REGION: Spec = each("region", Kind::Text, "Where its data stands, such as `eu-west-1`.");

const QUOTA: Spec = each(
    "quota",
    Kind::Record(&[
        Spec { is_structural: true, ..each("storage", Kind::Size, "Bytes in all stores.") },
        Spec {
            name: "connections",
            kind: Kind::Integer(1, 1_000_000),
            // On shared tables nobody knows whose a connection is.
            levels: Levels::SCHEMAS.and(Levels::ENVIRONMENT),
            is_structural: false,
            docs: "Connections at once to one store.",
        },
        Spec { is_structural: true, ..each("requests", Kind::Rate, "Requests within a time.") },
        time("statement", "How long one statement may run."),
        time("idle", "How long a transaction may stand open with nothing done in it."),
        Spec { is_structural: true, ..each("rows", Kind::Integer(1, i64::MAX), "Rows in all stores.") },
    ]),
    "What one tenant may use.",
);

const AUTHENTICATION: Spec = each(
    "authentication",
    Kind::Record(&[
        each(
            "multi_factor",
            Kind::Record(&[
                each("enabled", Kind::Bool, "Whether a second factor is asked for."),
                each(
                    "methods",
                    Kind::List(&Kind::Word(&["totp", "webauthn", "sms", "email"])),
                    "What may be the second factor.",
                ),
                each("adaptive", Kind::Bool, "Whether it is asked for by risk."),
            ]),
            "The second factor.",
        ),
        each(
            "behavioral_analysis",
            Kind::Record(&[
                each("enabled", Kind::Bool, "Whether behaviour is looked at."),
                each("risk_scoring", Kind::Bool, "Whether a sign-in gets a risk."),
                each("geo_fencing", Kind::Bool, "Whether places count."),
            ]),
            "What unusual behaviour leads to.",
        ),
        each(
            "session",
            Kind::Record(&[
                each("timeout", Kind::Duration, "When an idle session ends."),
                each("concurrent", Kind::Integer(1, 10_000), "Sessions of one person at once."),
                each("device_fingerprinting", Kind::Bool, "Whether it is bound to a device."),
            ]),
            "Sessions.",
        ),
    ]),
    "What signing in takes; for the service that does it.",
);

/// A setting that a tier gives its tenants and that each of them may change.
const fn each(name: &'static str, kind: Kind, docs: &'static str) -> Spec {
    Spec { name, kind, levels: EACH, is_structural: false, docs }
}

/// A time that roles of services have: those of a tenant, or those that all tenants of shared tables have in common.
const fn time(name: &'static str, docs: &'static str) -> Spec {
    let levels = Levels::TIER.and(Levels::SCHEMAS).and(Levels::ENVIRONMENT);
    Spec { name, kind: Kind::Duration, levels, is_structural: false, docs }
}
