//! Clauses: statements that begin with a keyword, and what they are made of.

use super::{Body, Docs, Expr, Literal, Modifier, Name, Path, Removed, Text, Type};
use polity_text::source::Span;

/// A statement that begins with a keyword. Which blocks a clause may stand in is judged by the model.
#[derive(Debug)]
pub struct Clause {
    /// Its first word or words.
    pub keyword: Span,
    pub kind: ClauseKind,
}

#[derive(Debug)]
pub enum ClauseKind {
    // Entities, structs and projections.
    Include(Path),
    Key(Vec<Path>),
    Unique {
        name: Option<Name>,
        columns: Vec<Column>,
        filter: Option<Expr>,
        stored: Option<Text>,
        /// `nulls not distinct`
        not_distinct: Option<Span>,
        deferrable: Option<Span>,
    },
    /// `ref (match_id, game_creation) -> Match on delete cascade`
    Ref {
        fields: Vec<Name>,
        target: Path,
        target_fields: Vec<Name>,
        modifiers: Vec<Modifier>,
    },
    Check {
        name: Option<Name>,
        expr: Expr,
    },
    /// `no overlap stays [from, to) per (property) where …`
    NoOverlap {
        name: Option<Name>,
        from: Path,
        to: Path,
        /// Whether each end itself is part of the period.
        closed: [bool; 2],
        /// The period with its brackets.
        period: Span,
        per: Vec<Path>,
        filter: Option<Expr>,
    },
    Index(Box<Index>),
    PartitionBy {
        method: Name,
        columns: Vec<Path>,
        ahead: Option<Literal>,
        into: Option<Literal>,
        /// `default`: a partition for all other rows.
        default: Option<Span>,
    },
    ShardBy {
        hashed: bool,
        columns: Vec<Path>,
    },
    OrderBy(Vec<Column>),
    Subject,
    /// `personal of customer_id`
    PersonalOf(Path),
    Retain(Retain),
    Audit {
        operations: Vec<Name>,
        into: Option<Path>,
    },
    AppendOnly,
    Publish {
        operations: Vec<Name>,
        to: Option<Path>,
    },
    CompressAfter(Literal),
    Rollup {
        name: Name,
        every: Literal,
        by: Vec<Path>,
        retain: Option<Literal>,
        columns: Vec<RollupColumn>,
    },
    Time(Path),
    With(Body),
    Take(Vec<Take>),
    Removed(Removed),
    // Views.
    Sql(Text),
    // Audit logs.
    /// `chained strictly`, or `chained after audit.Old`
    Chained {
        strictly: bool,
        after: Option<Path>,
    },
    SealEvery(Literal),
    /// `keep payloads 10y because "…"`
    KeepPayloads {
        duration: Literal,
        because: Text,
    },
    // Keyspaces and channels.
    Pattern(Text),
    Value(Shape),
    Ttl(Literal),
    Limit {
        count: Literal,
        per: Literal,
        sliding: bool,
    },
    MaxLength(Literal),
    Database(Literal),
    TogetherBy(Vec<Name>),
    /// `groups [a, b]` of a stream
    Groups(Vec<Name>),
    DeadLetter(Option<Path>),
    // Caches and projections.
    OnWrite(Name),
    RefreshAt(Literal),
    RefreshEvery(Literal),
    /// `local 5m max 1GiB`
    Local {
        ttl: Literal,
        max: Option<Literal>,
    },
    // Settings blocks: platform, store, tier, tenant.
    /// `in prod { … }`
    InEnvironment {
        environment: Name,
        body: Body,
    },
    /// `store main { … }` in a tier or tenant
    StoreSettings {
        store: Name,
        body: Body,
    },
    Alert {
        expr: Expr,
        lasting: Option<Literal>,
        severity: Option<Name>,
    },
    /// `accept client_enforced in documents because "…"`
    Accept {
        what: Name,
        place: Option<Path>,
        because: Text,
    },
    // Policies.
    Parameter {
        name: Name,
        ty: Type,
        default: Option<Expr>,
    },
    Rule {
        name: Name,
        cites: Option<Text>,
        body: Body,
    },
    For {
        what: Name,
        filter: Option<Expr>,
    },
    Require(Expr),
    Forbid(Expr),
    Apply(Vec<Modifier>),
    /// `apply retain 5y after created_at` and other clauses that a rule applies.
    ApplyClause(Box<Clause>),
    Help(Text),
    Severity(Name),
    // Services.
    Grant {
        verb: Name,
        targets: Vec<GrantTarget>,
    },
    AcrossTenants,
    /// `purpose orders, support`, in entities and keyspaces too.
    Purpose(Vec<Name>),
    /// `recipient "Stripe" transfer to "US" under "…"`; `None`: `recipient none`.
    Recipient(Option<Recipient>),
}

/// Somebody outside of the platform to whom a service passes data on.
#[derive(Debug)]
pub struct Recipient {
    pub name: Text,
    pub transfer: Option<Transfer>,
}

/// `transfer to "US" under "EU-US Data Privacy Framework"`
#[derive(Debug)]
pub struct Transfer {
    pub country: Text,
    pub under: Option<Text>,
}

/// A column of an index, a unique constraint or an order.
#[derive(Debug)]
pub struct Column {
    pub expr: Expr,
    pub descending: Option<bool>,
    pub nulls_first: Option<bool>,
    pub weight: Option<Literal>,
}

#[derive(Debug)]
pub struct Index {
    pub name: Option<Name>,
    /// One of `btree hash gin gist brin geo text trigram vector wildcard`, from either position.
    pub method: Option<Name>,
    pub columns: Vec<Column>,
    pub include: Vec<Path>,
    pub filter: Option<Expr>,
    pub language: Option<Text>,
    pub with: Option<Body>,
    pub stored: Option<Text>,
}

#[derive(Debug)]
pub struct Retain {
    pub duration: Literal,
    pub after: Option<Path>,
    pub then: Option<Fate>,
}

#[derive(Debug)]
pub struct Fate {
    pub span: Span,
    pub kind: FateKind,
}

#[derive(Debug)]
pub enum FateKind {
    Delete,
    Anonymize,
    ArchiveTo(Path),
}

#[derive(Debug)]
pub struct RollupColumn {
    pub docs: Docs,
    pub name: Name,
    pub expr: Expr,
    pub modifiers: Vec<Modifier>,
}

/// `name analyzed french`, `merchant.name as "merchant"`
#[derive(Debug)]
pub struct Take {
    pub path: Path,
    pub modifiers: Vec<Modifier>,
}

/// The kind of value that a keyspace holds.
#[derive(Debug)]
pub struct Shape {
    pub span: Span,
    pub kind: ShapeKind,
}

#[derive(Debug)]
pub enum ShapeKind {
    /// `text`, `NoticeEvent`: one value as a string
    Scalar(Type),
    Json(Body),
    Document(Body),
    Hash(Body),
    /// `stream { … }`; `groups` and `dead_letter` are clauses of the keyspace.
    Stream(Body),
    List(Type),
    Set(Type),
    /// `sorted set of -> X by float desc`
    SortedSet {
        of: Type,
        by: Option<Type>,
        descending: bool,
    },
    Geo(Type),
    Bloom(Type),
    Counter,
    Bitmap,
    HyperLogLog,
    TimeSeries,
}

/// `core.User (id, phone)`, `core.* except #secret`, `cache.Jobs as workers`
#[derive(Debug)]
pub struct GrantTarget {
    pub path: Path,
    /// `core.*`
    pub all: bool,
    pub fields: Vec<Name>,
    /// `except #secret`
    pub except: Vec<Name>,
    /// `except (notes)`
    pub except_fields: Vec<Name>,
    /// `read X with deleted`
    pub deleted: Option<Span>,
    /// `consume X as group`
    pub group: Option<Name>,
}
