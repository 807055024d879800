//! The clauses of an entity besides its fields, keys and indexes: how rows lie, how long they live, where they go.

use smol_str::SmolStr;

use super::entity::Reference;
use super::{AuditLogId, ChannelId, Duration, EntityId, Expr, FieldId, KeyspaceId, Thing};
use polity_text::source::Span;

/// The clauses of an entity that rules may add to, as the source has them. The phase `govern` says what holds.
#[derive(Debug, Clone, Default)]
pub struct Clauses {
    pub retain: Option<Retain>,
    pub audit: Option<Audit>,
    pub append_only: Option<Span>,
    /// Every reference to an entity, whether written at a field or as a `ref` clause. A rule may make keyed hashes of some,
    /// which no store can follow.
    pub references: Vec<Reference>,
}

/// `no overlap stays [from, to) per (property) where …`
#[derive(Debug, Clone)]
pub struct NoOverlap {
    pub name: Option<SmolStr>,
    /// The ends: fields, or members of records that have columns of their own.
    pub from: Expr,
    pub to: Expr,
    /// Whether the last end is part of the period: `[from, to]`.
    pub closed: bool,
    /// Fields, or members of such records.
    pub per: Vec<Expr>,
    pub filter: Option<Expr>,
    pub span: Span,
}

#[derive(Debug, Clone)]
pub struct Partition {
    pub kind: PartitionKind,
    pub fields: Vec<FieldId>,
    /// `default`: a partition for all rows that have no other.
    pub default: Option<Span>,
    pub span: Span,
}

#[derive(Debug, Clone)]
pub enum PartitionKind {
    /// `partition by month (at) ahead 3`
    Range(PartitionPeriod),
    /// `partition by hash (x) into 16`
    Hash { into: u32 },
    /// `partition by list (x)`
    List,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartitionPeriod {
    pub period: Period,
    /// How many periods are created before they are needed.
    pub ahead: u32,
    pub span: Span,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Period {
    Day,
    Week,
    Month,
    Year,
}

impl Period {
    /// `month`
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Period::Day => "day",
            Period::Week => "week",
            Period::Month => "month",
            Period::Year => "year",
        }
    }
}

#[derive(Debug, Clone)]
pub struct Shard {
    pub hashed: bool,
    pub fields: Vec<FieldId>,
    pub span: Span,
}

/// `retain 5y after deleted_at then anonymize`
#[derive(Debug, Clone)]
pub struct Retain {
    pub duration: Duration,
    /// The moment from which it counts.
    pub after: Option<FieldId>,
    pub fate: Fate,
    pub span: Span,
    /// Whether a rule applied it, which then stands at `span`.
    pub by_rule: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Delete,
    Anonymize,
    ArchiveTo(Thing),
}

/// `audit (insert, update, delete) into audit.AuditLog`
#[derive(Debug, Clone)]
pub struct Audit {
    pub operations: Vec<Operation>,
    pub into: AuditLogId,
    pub span: Span,
    /// Whether a rule applied it, which then stands at `span`.
    pub by_rule: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    Insert,
    Update,
    Delete,
}

/// `publish (insert, update) to cache.Notices`
#[derive(Debug, Clone)]
pub struct Publish {
    pub operations: Vec<Operation>,
    pub to: Destination,
    /// For each parameter of the pattern, the field whose value it takes.
    pub key: Vec<FieldId>,
    pub message: Message,
    pub span: Span,
}

impl Publish {
    /// Returns the fields of the entity that its messages and their keys are made of.
    pub fn fields(&self) -> impl Iterator<Item = FieldId> {
        let of_message: Vec<FieldId> = match &self.message {
            Message::Key(field) => vec![*field],
            Message::Members(members) => members.iter().map(|(_, field)| *field).collect(),
            Message::Broken => Vec::new(),
        };
        self.key.iter().copied().chain(of_message)
    }
}

/// The family of names to which messages go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Destination {
    Channel(ChannelId),
    /// The keyspace of a stream.
    Stream(KeyspaceId),
}

/// A message that is made of a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    /// The key of the row, as a single value.
    Key(FieldId),
    /// The members of the record that the row has, each with the field of the entity.
    Members(Vec<(FieldId, FieldId)>),
    /// Was not understood; reported already.
    Broken,
}

/// A copy that another store keeps.
#[derive(Debug, Clone)]
pub struct Projection {
    pub source: EntityId,
    /// For each field of the copy, the path in the source that it is taken from.
    pub taken: Vec<(FieldId, super::expr::FieldPath)>,
    pub refresh: super::keyspace::Refresh,
    pub span: Span,
}
