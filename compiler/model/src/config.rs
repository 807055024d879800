//! Stores, environments and settings.

use indexmap::IndexMap;
use smol_str::SmolStr;

use super::engine::About;
use super::{Duration, EnvironmentId, Named, StoreId};
use polity_text::source::Span;

#[derive(Debug, Clone)]
pub struct Environment {
    pub id: EnvironmentId,
    pub name: SmolStr,
    pub production: bool,
    pub span: Span,
}

/// `store main: postgres 15 { … }`
#[derive(Debug, Clone)]
pub struct Store {
    pub id: StoreId,
    pub named: Named,
    /// `postgres`
    pub engine: SmolStr,
    /// The engine of that name, as its folder declares it; nothing where there is none, which a rule reports.
    pub about: Option<&'static About>,
    pub engine_span: Span,
    pub version: Version,
    pub version_span: Option<Span>,
    pub settings: Layered,
    /// `alert …` of the store, each with the environment it stands in, if any.
    pub alerts: Vec<Alert>,
}

/// At least this within its major: `15`, `3.42`.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub Vec<u32>);

impl Version {
    #[must_use]
    pub fn major(&self) -> u32 {
        self.0.first().copied().unwrap_or(0)
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let parts: Vec<String> = self.0.iter().map(u32::to_string).collect();
        f.write_str(&parts.join("."))
    }
}

/// `rust { … }`: the generated crate.
#[derive(Debug, Clone, Default)]
pub struct Rust {
    pub span: Option<Span>,
    pub settings: Layered,
}

/// Settings as written: the plain ones, and those of each `in ENVIRONMENT`.
#[derive(Debug, Clone, Default)]
pub struct Layered {
    pub base: Record,
    pub environments: Vec<(EnvironmentId, Record)>,
    /// The block that says them, from `{` to `}`, where there is one.
    pub block: Option<Span>,
}

impl Layered {
    /// The settings that an environment sees; `None` gives the base.
    #[must_use]
    pub fn resolved(&self, environment: Option<EnvironmentId>) -> Record {
        let mut merged = self.base.clone();
        for (id, overlay) in &self.environments {
            if Some(*id) == environment {
                merge(&mut merged, overlay);
            }
        }
        merged
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.base.is_empty() && self.environments.is_empty()
    }
}

/// Settings by name, in the order of the source.
pub type Record = IndexMap<SmolStr, Setting>;

#[derive(Debug, Clone)]
pub struct Setting {
    pub value: Value,
    /// Where the name stands.
    pub name_span: Span,
    pub value_span: Span,
    pub docs: SmolStr,
}

#[derive(Debug, Clone)]
pub enum Value {
    Null,
    Bool(bool),
    Integer(i64),
    /// As written, so that no digit is lost.
    Decimal(SmolStr),
    Text(SmolStr),
    Duration(Duration),
    /// Bytes.
    Size(u64),
    /// `85%` is 85.
    Percent(SmolStr),
    Date {
        year: u16,
        month: u8,
        day: u8,
    },
    /// A bare word: `least_connections`.
    Word(SmolStr),
    /// A word with what follows it: `pgbouncer { … }`, `vault("transit/pii")`, `sqlite 3.42`.
    Tagged {
        tag: SmolStr,
        version: Option<Version>,
        arguments: Vec<Value>,
        record: Record,
    },
    List(Vec<Value>),
    Record(Record),
    /// `100 per 1m`
    Rate {
        count: u64,
        per: Duration,
    },
    /// `secret("platform-database", "DATABASE_URL")`: where it lives, never what it is.
    Secret {
        name: SmolStr,
        key: SmolStr,
    },
    /// `env("DATABASE_URL")`
    EnvironmentVariable(SmolStr),
    /// Was not understood; reported already.
    Broken,
}

/// `alert connections > 80% for 5m severity critical`
#[derive(Debug, Clone)]
pub struct Alert {
    /// `connections`, `query_time`, `down`
    pub metric: SmolStr,
    pub metric_span: Span,
    /// Absent for `alert down`.
    pub comparison: Option<(super::expr::BinaryOp, Value)>,
    pub lasting: Option<Duration>,
    pub severity: Option<SmolStr>,
    pub environment: Option<EnvironmentId>,
    pub span: Span,
}

/// Lays `overlay` over `base`: records merge by name; lists, scalars and a different tag replace.
pub fn merge(base: &mut Record, overlay: &Record) {
    for (name, setting) in overlay {
        match base.get_mut(name) {
            Some(below) => merge_value(below, setting),
            None => {
                base.insert(name.clone(), setting.clone());
            }
        }
    }
}

fn merge_value(below: &mut Setting, above: &Setting) {
    match (&mut below.value, &above.value) {
        (Value::Record(b), Value::Record(a)) => merge(b, a),
        (Value::Tagged { tag: b, record: below_record, .. }, Value::Tagged { tag: a, record, .. })
            if b == a =>
        {
            merge(below_record, record);
        }
        (Value::Tagged { record: below_record, .. }, Value::Record(a)) => merge(below_record, a),
        _ => *below = above.clone(),
    }
}
