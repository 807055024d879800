//! The settings of tiers and tenants. What they say of a single store is that store's own catalogue.

use super::catalogue::{COMMON, Kind, Spec};
use super::find;
use crate::model::Store;

/// What `tier` may say.
pub const TIER: &[Spec] = &[
    Spec {
        name: "isolation",
        kind: Kind::Word(&["row", "schema", "database"]),
        docs: "How its tenants are kept apart. A store without schemas keeps those of `schema` as those of `row`.",
    },
    Spec {
        name: "prefix",
        kind: Kind::Text,
        docs: "What stands in front of a tenant's schemas or databases, with `{tenant}` for its name; `{tenant}_` where nothing is said.",
    },
    Spec {
        name: "pool",
        kind: Kind::Word(&["shared", "per_schema", "per_database"]),
        docs: "Whether tenants share the connections to a store.",
    },
    Spec {
        name: "keys",
        kind: Kind::Map(&Kind::Word(&["platform", "tenant", "subject"])),
        docs: "By encryption key: whether all tenants share it, each has one, or each person.",
    },
    Spec {
        name: "backup",
        kind: Kind::Word(&["shared", "isolated"]),
        docs: "Whether each tenant has backups of its own.",
    },
    QUOTA,
    AUTHENTICATION,
    REGION,
    ANNOTATIONS,
];

/// What `tenant` may say; it may also change its tier's `quota`, `keys`, `authentication` and `backup`.
pub const TENANT: &[Spec] = &[
    Spec {
        name: "id",
        kind: Kind::Text,
        docs: "What tells its rows from others'. Where the tenant's column is a text, its name where nothing is said.",
    },
    REGION,
    TIER[3],
    TIER[4],
    QUOTA,
    AUTHENTICATION,
    ANNOTATIONS,
];

const REGION: Spec =
    Spec { name: "region", kind: Kind::Text, docs: "Where its data stands, such as `eu-west-1`." };

const ANNOTATIONS: Spec = Spec {
    name: "annotations",
    kind: Kind::Anything,
    docs: "Carried along as it is: declared, not enforced.",
};

const QUOTA: Spec = Spec {
    name: "quota",
    kind: Kind::Record(&[
        Spec { name: "storage", kind: Kind::Size, docs: "Bytes in all stores." },
        Spec {
            name: "connections",
            kind: Kind::Integer(1, 1_000_000),
            docs: "Connections at once to one store.",
        },
        Spec { name: "requests", kind: Kind::Rate, docs: "Requests within a time." },
        Spec { name: "statement", kind: Kind::Duration, docs: "How long one statement may run." },
        Spec {
            name: "idle",
            kind: Kind::Duration,
            docs: "How long a transaction may stand open with nothing done in it.",
        },
        Spec { name: "rows", kind: Kind::Integer(1, i64::MAX), docs: "Rows in all stores." },
    ]),
    docs: "What one tenant may use.",
};

const AUTHENTICATION: Spec = Spec {
    name: "authentication",
    kind: Kind::Record(&[
        Spec {
            name: "multi_factor",
            kind: Kind::Record(&[
                Spec { name: "enabled", kind: Kind::Bool, docs: "Whether a second factor is asked for." },
                Spec {
                    name: "methods",
                    kind: Kind::List(&Kind::Word(&["totp", "webauthn", "sms", "email"])),
                    docs: "What may be the second factor.",
                },
                Spec { name: "adaptive", kind: Kind::Bool, docs: "Whether it is asked for by risk." },
            ]),
            docs: "The second factor.",
        },
        Spec {
            name: "behavioral_analysis",
            kind: Kind::Record(&[
                Spec { name: "enabled", kind: Kind::Bool, docs: "Whether behaviour is looked at." },
                Spec { name: "risk_scoring", kind: Kind::Bool, docs: "Whether a sign-in gets a risk." },
                Spec { name: "geo_fencing", kind: Kind::Bool, docs: "Whether places count." },
            ]),
            docs: "What unusual behaviour leads to.",
        },
        Spec {
            name: "session",
            kind: Kind::Record(&[
                Spec { name: "timeout", kind: Kind::Duration, docs: "When an idle session ends." },
                Spec {
                    name: "concurrent",
                    kind: Kind::Integer(1, 10_000),
                    docs: "Sessions of one person at once.",
                },
                Spec {
                    name: "device_fingerprinting",
                    kind: Kind::Bool,
                    docs: "Whether it is bound to a device.",
                },
            ]),
            docs: "Sessions.",
        },
    ]),
    docs: "What signing in takes; for the service that does it.",
};

/// What is one for all tenants of a store, because tables have the same shape in every tier and names follow from
/// the tier's `prefix`.
const SHARED: &[&str] =
    &["database", "naming", "field_encryption", "migrations", "managed_by", "modules", "extensions"];

/// What a tier or a tenant may say of a store.
#[must_use]
pub fn specs_of(store: &Store) -> Vec<&'static Spec> {
    let own = find(&store.engine).map_or(&[][..], |engine| engine.settings());
    COMMON.iter().chain(own).filter(|spec| !SHARED.contains(&spec.name)).collect()
}
