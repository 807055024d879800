//! The tree: what a person wrote, name for name and place for place, and nothing that was worked out from it.
//!
//! A statement that could not be read is kept as [`Statement::Broken`], already reported, so that whoever
//! looks for something missing knows that it may have been there.

use smol_str::SmolStr;

use crate::source::{FileId, Span};

/// Every file of a project.
#[derive(Debug, Default)]
pub struct Tree {
    pub files: Vec<File>,
}

#[derive(Debug)]
pub struct File {
    pub id: FileId,
    pub items: Vec<Item>,
}

/// A word that names something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    pub text: SmolStr,
    pub span: Span,
}

/// `core.User.email`; always at least one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    pub names: Vec<Name>,
    pub span: Span,
}

/// A text literal, unescaped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    pub value: SmolStr,
    pub span: Span,
}

/// The lines of `///` before a thing, without the slashes and one leading blank, joined by newlines.
pub type Docs = SmolStr;

/// Something that stands at the top of a file or inside a schema.
#[derive(Debug)]
pub struct Item {
    pub docs: Docs,
    pub span: Span,
    pub kind: ItemKind,
}

#[derive(Debug)]
pub enum ItemKind {
    Platform {
        name: Name,
        body: Body,
    },
    Store {
        name: Name,
        engine: Name,
        version: Option<Text>,
        body: Body,
    },
    /// `schema core in main { … }`; `items` are those inside it.
    Schema {
        header: Header,
        items: Vec<Item>,
    },
    Entity {
        global: Option<Span>,
        header: Header,
        body: Body,
    },
    Enum {
        header: Header,
        values: Vec<Variant>,
        broken: bool,
    },
    Struct {
        header: Header,
        body: Body,
    },
    /// `type Sku = text(32) matches "…"`
    Type {
        header: Header,
        ty: Type,
        modifiers: Vec<Modifier>,
    },
    View {
        header: Header,
        materialized: Option<Materialized>,
        body: Body,
    },
    /// `sql after core.User """…"""`
    SqlAfter {
        after: Vec<Path>,
        sql: Text,
    },
    /// `sql once "name" """…"""`
    SqlOnce {
        name: Text,
        sql: Text,
    },
    Sequence {
        header: Header,
        from: Option<Literal>,
    },
    AuditLog {
        header: Header,
        body: Body,
    },
    Keyspace {
        global: Option<Span>,
        header: Header,
        body: Body,
    },
    Channel {
        global: Option<Span>,
        header: Header,
        body: Body,
    },
    Tenancy {
        column: Name,
        ty: Type,
    },
    Tier {
        name: Name,
        body: Body,
    },
    Tenant {
        name: Name,
        tier: Name,
        body: Body,
    },
    Label {
        name: Name,
        parents: Vec<Name>,
        title: Option<Text>,
    },
    EncryptionKey {
        name: Name,
        body: Body,
    },
    Policy {
        name: Name,
        title: Option<Text>,
        body: Body,
    },
    UsePolicy {
        name: Path,
        body: Option<Body>,
    },
    Waive {
        rule: Path,
        on: Path,
        until: Literal,
        because: Text,
    },
    Service {
        name: Name,
        body: Body,
    },
    Backfill {
        field: Path,
        value: Expr,
    },
    Removed(Removed),
    /// Could not be read; reported already.
    Broken,
}

/// What stands between an item's keyword and its `{`.
#[derive(Debug)]
pub struct Header {
    pub name: Name,
    pub stored: Option<Text>,
    /// `in main`
    pub place: Option<Path>,
    /// `from documents.Product`
    pub from: Option<Path>,
    pub was: Option<Was>,
    pub labels: Vec<Name>,
}

/// `was old_name` or `was "old stored name"`
#[derive(Debug, Clone)]
pub struct Was {
    pub name: SmolStr,
    pub span: Span,
}

/// `materialized refresh every 1h`
#[derive(Debug)]
pub struct Materialized {
    pub span: Span,
    pub every: Option<Literal>,
}

#[derive(Debug)]
pub struct Variant {
    pub docs: Docs,
    pub name: Name,
    pub stored: Option<Text>,
    pub was: Option<Was>,
    pub labels: Vec<Name>,
    pub span: Span,
    /// A `removed x because "…"` that stands in place of a value.
    pub removed: Option<Text>,
}

/// A `{ … }`.
#[derive(Debug, Default)]
pub struct Body {
    pub statements: Vec<Stated>,
    /// From `{` to `}`; absent for a body that a broken header lost.
    pub span: Option<Span>,
}

impl Body {
    /// Whether something in it could not be read, so that nothing may be reported as missing.
    #[must_use]
    pub fn broken(&self) -> bool {
        self.statements.iter().any(|s| matches!(s.kind, Statement::Broken))
    }
}

/// A statement with the comment that documents it.
#[derive(Debug)]
pub struct Stated {
    pub docs: Docs,
    pub span: Span,
    pub kind: Statement,
}

#[derive(Debug)]
pub enum Statement {
    /// `name: type modifiers`
    Field(Field),
    /// `name: value`
    Setting(Setting),
    Clause(Clause),
    Broken,
}

#[derive(Debug)]
pub struct Field {
    pub name: Name,
    pub ty: Type,
    pub modifiers: Vec<Modifier>,
}

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

/// A type as written: its base, then `?` and `[]` from left to right.
#[derive(Debug)]
pub struct Type {
    pub span: Span,
    pub kind: TypeKind,
    pub suffixes: Vec<Suffix>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suffix {
    /// `?`
    Optional,
    /// `[]`
    List,
}

#[derive(Debug)]
pub enum TypeKind {
    /// `text(80)`, `decimal(18, 2)`, `geo.point`, `KycStatus`, `Address`
    Named {
        path: Path,
        arguments: Vec<Literal>,
    },
    /// `-> core.User`, or with several arms `-> Product as "PRODUCT" | core.Provider as "PROVIDER"`. A `?` after
    /// the last path is a suffix of the type.
    Reference(Vec<Arm>),
    Map(Box<Type>),
    Record(Body),
    Broken,
}

#[derive(Debug)]
pub struct Arm {
    pub path: Path,
    pub stored: Option<Text>,
}

#[derive(Debug)]
pub struct Modifier {
    pub span: Span,
    pub kind: ModifierKind,
}

#[derive(Debug)]
pub enum ModifierKind {
    Key,
    Unique,
    Immutable,
    Inline,
    Optimistic,
    SoftDelete,
    Deferrable,
    /// `unchecked`: a reference without a foreign key.
    Unchecked,
    Pseudonymous,
    Tag,
    Dimension,
    Metric,
    Default(Expr),
    Computed(Expr),
    Min(Literal),
    Max(Literal),
    /// `length 1..80`; either end may be open.
    Length {
        min: Option<Literal>,
        max: Option<Literal>,
    },
    Matches(Text),
    Check(Expr),
    OnDelete(OnDelete),
    OnUpdate(Expr),
    Encrypted {
        key: Name,
        searchable: bool,
    },
    NotEncrypted {
        because: Text,
    },
    AcceptLeak {
        because: Text,
    },
    Anonymized(Expr),
    Was(Was),
    As(Text),
    Label(Name),
    Declassify {
        label: Name,
        because: Text,
    },
    Analyzed(Name),
    Weight(Literal),
    /// `codec zstd(3)`
    Codec(Expr),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OnDelete {
    Restrict,
    Cascade,
    SetNull,
}

#[derive(Debug)]
pub struct Expr {
    pub span: Span,
    pub kind: ExprKind,
}

#[derive(Debug)]
pub enum ExprKind {
    Literal(Literal),
    /// A field, an enum value, a fact: names are bound later.
    Path(Path),
    /// `#personal`
    Label(Name),
    Call {
        function: Path,
        arguments: Vec<Expr>,
    },
    Unary {
        op: UnaryOp,
        operand: Box<Expr>,
    },
    Binary {
        op: BinaryOp,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    IsNull {
        operand: Box<Expr>,
        negated: bool,
    },
    Between {
        operand: Box<Expr>,
        low: Box<Expr>,
        high: Box<Expr>,
        negated: bool,
    },
    /// `in [..]` or `in labels`
    In {
        operand: Box<Expr>,
        list: Box<Expr>,
        negated: bool,
    },
    List(Vec<Expr>),
    Record(Vec<(Name, Expr)>),
    /// Written parentheses, kept for the formatter.
    Paren(Box<Expr>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UnaryOp {
    Not,
    Minus,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    And,
    Or,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Matches,
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Concat,
}

/// A column of an index, a unique constraint or an order.
#[derive(Debug)]
pub struct Column {
    pub expr: Expr,
    pub descending: Option<bool>,
    pub nulls_first: Option<bool>,
    pub weight: Option<Literal>,
}

/// `removed entity User because "…"`, `removed nickname because "…"`
#[derive(Debug)]
pub struct Removed {
    /// `entity`, `keyspace`, …; absent for a field.
    pub what: Option<Name>,
    pub path: Path,
    pub because: Text,
}

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
    /// `no overlap (from, to) per (property) where …`
    NoOverlap {
        from: Name,
        to: Name,
        per: Vec<Path>,
        filter: Option<Expr>,
    },
    Index(Box<Index>),
    PartitionBy {
        method: Name,
        columns: Vec<Path>,
        ahead: Option<Literal>,
        into: Option<Literal>,
    },
    ShardBy {
        hashed: bool,
        columns: Vec<Path>,
    },
    OrderBy(Vec<Column>),
    Subject,
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
    Chained,
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
    pub except: Vec<Name>,
    /// `consume X as group`
    pub group: Option<Name>,
}
