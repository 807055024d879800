//! The facts that a policy's rules may speak of. The reference's table is this one.

use crate::syntax::ast::LiteralKind;

/// What `for` selects.
pub(super) const SUBJECTS: &[&str] = &[
    "platform",
    "store",
    "schema",
    "entity",
    "field",
    "index",
    "keyspace",
    "view",
    "tier",
    "tenant",
    "service",
    "encryption_key",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FactType {
    Bool,
    Text,
    Number,
    Duration,
    Label,
    Labels,
}

pub(super) struct Fact {
    pub name: &'static str,
    pub ty: FactType,
    /// The subjects that have it.
    pub of: &'static [&'static str],
}

const fn fact(name: &'static str, ty: FactType, of: &'static [&'static str]) -> Fact {
    Fact { name, ty, of }
}

const FACTS: &[Fact] = &[
    fact("name", FactType::Text, SUBJECTS),
    fact("labels", FactType::Labels, &["entity", "field", "index", "keyspace", "view"]),
    fact("type", FactType::Text, &["field"]),
    fact("optional", FactType::Bool, &["field"]),
    fact("unique", FactType::Bool, &["field", "index"]),
    fact("indexed", FactType::Bool, &["field"]),
    fact("encrypted", FactType::Bool, &["field"]),
    fact("immutable", FactType::Bool, &["field"]),
    fact("key", FactType::Bool, &["field"]),
    fact("method", FactType::Text, &["index"]),
    fact("retention_min", FactType::Duration, &["entity"]),
    fact("retention_max", FactType::Duration, &["entity"]),
    fact("retention_bounded", FactType::Bool, &["entity"]),
    fact("audited", FactType::Bool, &["entity"]),
    fact("append_only", FactType::Bool, &["entity"]),
    fact("partitioned", FactType::Bool, &["entity"]),
    fact("reaches_subject", FactType::Bool, &["entity", "keyspace"]),
    fact("tenant_scoped", FactType::Bool, &["entity", "keyspace", "view"]),
    fact("ttl", FactType::Duration, &["keyspace"]),
    fact("cached", FactType::Bool, &["keyspace"]),
    fact("materialized", FactType::Bool, &["view"]),
    fact("engine", FactType::Text, &["store"]),
    fact("version", FactType::Number, &["store"]),
    fact("region", FactType::Text, &["store", "tenant"]),
    fact("can_encrypt", FactType::Bool, &["store"]),
    fact("replicas", FactType::Number, &["store"]),
    fact("backup_every", FactType::Duration, &["store"]),
    fact("backup_retain", FactType::Duration, &["store"]),
    fact("encryption_at_rest", FactType::Text, &["store"]),
    fact("encryption_in_transit", FactType::Text, &["store"]),
    fact("isolation", FactType::Text, &["tier", "tenant"]),
    fact("isolation_enforced", FactType::Bool, &["store", "tier", "tenant"]),
    fact("across_tenants", FactType::Bool, &["service"]),
    fact("algorithm", FactType::Text, &["encryption_key"]),
    fact("rotate", FactType::Duration, &["encryption_key"]),
    fact("scope", FactType::Text, &["encryption_key"]),
];

/// Words that facts of text may be, written without quotes.
pub(super) const WORDS: &[&str] = &[
    "postgres",
    "mongodb",
    "redis",
    "row",
    "schema",
    "database",
    "tenant",
    "platform",
    "aes_256_gcm",
    "aes_256_xts",
    "tls_1_2",
    "tls_1_3",
    "none",
    "bool",
    "smallint",
    "int",
    "bigint",
    "float",
    "decimal",
    "text",
    "char",
    "bytes",
    "uuid",
    "inet",
    "json",
    "date",
    "time",
    "timestamp",
    "interval",
    "email",
    "phone",
    "url",
    "country",
    "currency",
    "language",
    "password",
    "btree",
    "hash",
    "gin",
    "gist",
    "brin",
    "geo",
    "trigram",
    "vector",
    "wildcard",
];

/// What a predicate may look at beside its own subject: what the subject stands in.
pub(super) fn around(subject: &str) -> &'static [&'static str] {
    match subject {
        "field" | "index" => &["entity", "schema", "store", "platform"],
        "entity" | "view" => &["schema", "store", "platform"],
        "schema" | "keyspace" => &["store", "platform"],
        "tenant" => &["tier", "platform"],
        "platform" => &[],
        _ => &["platform"],
    }
}

pub(super) fn of(subject: &str) -> impl Iterator<Item = &'static Fact> {
    FACTS.iter().filter(move |fact| fact.of.contains(&subject))
}

pub(super) fn find(subject: &str, name: &str) -> Option<&'static Fact> {
    of(subject).find(|fact| fact.name == name)
}

impl FactType {
    pub(super) fn noun(self) -> &'static str {
        match self {
            FactType::Bool => "a condition",
            FactType::Text => "a text",
            FactType::Number => "a number",
            FactType::Duration => "a duration",
            FactType::Label => "a label",
            FactType::Labels => "a set of labels",
        }
    }

    pub(super) fn of_literal(literal: &LiteralKind) -> Option<Self> {
        match literal {
            LiteralKind::Bool(_) => Some(FactType::Bool),
            LiteralKind::Integer(_) | LiteralKind::Decimal(_) => Some(FactType::Number),
            LiteralKind::Text(_) | LiteralKind::RawText(_) => Some(FactType::Text),
            LiteralKind::Duration { .. } => Some(FactType::Duration),
            LiteralKind::Null
            | LiteralKind::Size { .. }
            | LiteralKind::Percent(_)
            | LiteralKind::Date { .. }
            | LiteralKind::Version(_) => None,
        }
    }
}
