//! Literals, and the values of settings.

use smol_str::SmolStr;

use super::{Body, Name, Path, Text};
use polity_text::source::Span;

#[derive(Debug)]
pub struct Setting {
    /// A word, a dotted path (`pg_stat_statements.max`) or a text (`"maxmemory-policy"`), as it was written.
    pub name: Name,
    pub value: Value,
}

/// The value of a setting. Values are no expressions.
#[derive(Debug)]
pub struct Value {
    pub span: Span,
    pub kind: ValueKind,
}

#[derive(Debug)]
pub enum ValueKind {
    Literal(Literal),
    /// `least_connections`, `postgres 15`, `secret("a", "b")`, `pgbouncer { mode: transaction }`,
    /// `sharded { shards: 2 }`: a word and what may follow it.
    Word {
        path: Path,
        version: Option<Text>,
        arguments: Option<Vec<Value>>,
        record: Option<Body>,
    },
    List(Vec<Value>),
    Record(Body),
    /// `100 per 1m`
    Rate {
        count: Literal,
        per: Literal,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub struct Literal {
    pub span: Span,
    pub kind: LiteralKind,
}

#[derive(Debug, Clone, PartialEq)]
pub enum LiteralKind {
    Null,
    Bool(bool),
    /// A whole number, without its `_`; the sign is part of it where one was written. May exceed `i64`.
    Integer(SmolStr),
    /// Digits, a point, digits.
    Decimal(SmolStr),
    Text(SmolStr),
    /// `"""raw"""`
    RawText(SmolStr),
    Duration {
        count: u64,
        unit: DurationUnit,
    },
    Size {
        count: u64,
        unit: SizeUnit,
    },
    /// `85%`, as `85`
    Percent(SmolStr),
    Date {
        year: u16,
        month: u8,
        day: u8,
    },
    /// Could not be read; reported already.
    Broken,
    /// `3.42.1` (two parts are a [`LiteralKind::Decimal`])
    Version(SmolStr),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DurationUnit {
    Milliseconds,
    Seconds,
    Minutes,
    Hours,
    Days,
    Weeks,
    Months,
    Years,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SizeUnit {
    Bytes,
    KB,
    MB,
    GB,
    TB,
    KiB,
    MiB,
    GiB,
    TiB,
}
