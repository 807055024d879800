//! Redis: keyspaces and channels.

use smol_str::SmolStr;

use super::purposes::PurposeId;
use super::{ChannelId, Duration, EntityId, FieldId, KeyspaceId, LabelId, Named, StoreId, Type};
use polity_text::source::Span;

/// A family of keys with one pattern, one kind of value and one life time.
#[derive(Debug, Clone)]
pub struct Keyspace {
    pub id: KeyspaceId,
    pub named: Named,
    pub store: StoreId,
    pub global: bool,
    /// The number of times that its keys or its values became others since they were sealed first, and one. From the
    /// second on its keys begin with it.
    pub version: u32,
    pub pattern: Pattern,
    /// `None` only where it was broken, or where a cache takes its value from its source.
    pub value: ValueShape,
    pub value_span: Option<Span>,
    pub ttl: Option<(Duration, Span)>,
    pub limit: Option<Limit>,
    pub max_length: Option<(u64, Span)>,
    /// `database 3`
    pub database: Option<(u32, Span)>,
    /// `from documents.UserProfile`: a cache of that entity.
    pub cache: Option<Cache>,
    /// `together by (user)`: positions of parameters in the pattern.
    pub together_by: Vec<usize>,
    /// Where `together by` names them.
    pub together_spans: Vec<Span>,
    /// `purpose orders`: what its values are kept for.
    pub purposes: Vec<(PurposeId, Span)>,
    pub labels: Vec<LabelId>,
}

impl Keyspace {
    /// Whether it counts the requests of tenants against their quotas. The source declares no such keyspace: it is there
    /// because of the quotas.
    #[must_use]
    pub fn is_of_quota(&self) -> bool {
        self.limit.as_ref().is_some_and(|limit| limit.of_quota)
    }

    /// Returns the end that comes by itself to what a key holds; `None` where only a deletion ends it.
    #[must_use]
    pub fn ends(&self) -> Option<End> {
        if let Some(limit) = &self.limit {
            // Hits that left a window that slides go with the next one, or with the key.
            let from = if limit.sliding && !limit.of_quota { Moment::LastWrite } else { Moment::FirstWrite };
            return Some(End { after: limit.per, from });
        }
        let (after, _) = self.ttl?;
        Some(End { after, from: self.value.ends_from() })
    }
}

impl super::Platform {
    /// Returns the streams of other keyspaces whose dead letters go to this one.
    pub fn buried_in(&self, id: KeyspaceId) -> impl Iterator<Item = &Keyspace> {
        self.keyspaces.iter().filter(move |keyspace| {
            let ValueShape::Stream { dead_letter, .. } = &keyspace.value else { return false };
            keyspace.id != id && matches!(dead_letter, Some(DeadLetter::Keyspace(other, _)) if *other == id)
        })
    }
}

/// The end that comes by itself to what a key holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    pub after: Duration,
    pub from: Moment,
}

/// The moment from which the time to live of a value counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// The first write to the key; later ones change nothing.
    FirstWrite,
    /// The last write to the key, which wrote the value that it holds.
    LastWrite,
    /// The write of each entry.
    EachEntry,
    /// The timestamp by which each entry is sorted.
    EachTimestamp,
    /// The last write of any entry, which keeps all others: nothing ends while anybody writes.
    AnyEntry,
}

impl End {
    /// Whether it comes however often anybody writes, so that nothing stays longer than that.
    #[must_use]
    pub fn is_certain(&self) -> bool {
        self.from != Moment::AnyEntry
    }

    /// Whether it comes to each entry, before the key ends.
    #[must_use]
    pub fn is_of_entries(&self) -> bool {
        matches!(self.from, Moment::EachEntry | Moment::EachTimestamp)
    }
}

impl std::fmt::Display for End {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let after = self.after;
        match self.from {
            Moment::FirstWrite => write!(f, "{after} after it was first written"),
            Moment::LastWrite => write!(f, "{after} after it was last written"),
            Moment::EachEntry => write!(f, "each entry {after} after it was added"),
            Moment::EachTimestamp => write!(f, "each entry {after} after its timestamp"),
            Moment::AnyEntry => write!(f, "all of it together, {after} after anything in it was written"),
        }
    }
}

/// `"rate_limit:login:{ip: inet #personal}"`
#[derive(Debug, Clone, Default)]
pub struct Pattern {
    pub parts: Vec<Part>,
    pub parameters: Vec<Parameter>,
    pub span: Option<Span>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    /// Text that stands for itself (a `{{` of the source is one `{` here).
    Literal(SmolStr),
    /// The parameter at this position of [`Pattern::parameters`].
    Parameter(usize),
}

#[derive(Debug, Clone)]
pub struct Parameter {
    pub name: SmolStr,
    pub ty: Type,
    /// A parameter that carries a label is stored as a keyed hash.
    pub labels: Vec<LabelId>,
    pub span: Span,
}

#[derive(Debug, Clone)]
pub enum ValueShape {
    /// One value as a string.
    Scalar(Type),
    /// A record as JSON text.
    Json(super::StructId),
    /// A record as a RedisJSON document; needs the module `json`.
    Document(super::StructId),
    Hash(super::StructId),
    Stream {
        fields: super::StructId,
        groups: Vec<SmolStr>,
        dead_letter: Option<DeadLetter>,
    },
    List(Type),
    Set(Type),
    SortedSet {
        of: Type,
        by: Type,
        /// Whether the type is a timestamp: then scores are milliseconds since 1970.
        by_time: bool,
        descending: bool,
    },
    Geo(Type),
    Counter,
    Bitmap,
    HyperLogLog,
    /// Needs the module `bf`.
    Bloom(Type),
    /// Needs the module `timeseries`.
    TimeSeries,
    /// Implied by `limit`.
    Limiter,
    /// A whole entity as JSON text: a cache that names no value of its own.
    Entity(EntityId),
    /// Was not understood; reported already.
    Broken,
}

/// The record, type or entity that the values of a keyspace are made of, whatever kind of value holds it.
#[derive(Debug, Clone, Copy)]
pub enum Held<'v> {
    Record(super::StructId),
    Value(&'v Type),
    Entity(EntityId),
    /// Figures, bits, or what was not understood.
    Nothing,
}

impl ValueShape {
    /// Returns the moment from which a time to live counts. Where entries are kept with their time, each has an end of its
    /// own.
    fn ends_from(&self) -> Moment {
        match self {
            ValueShape::Counter => Moment::FirstWrite,
            ValueShape::List(_) | ValueShape::Stream { .. } => Moment::EachEntry,
            ValueShape::SortedSet { by_time: true, .. } | ValueShape::TimeSeries => Moment::EachTimestamp,
            ValueShape::Set(_)
            | ValueShape::SortedSet { .. }
            | ValueShape::Geo(_)
            | ValueShape::Bloom(_)
            | ValueShape::Bitmap
            | ValueShape::HyperLogLog => Moment::AnyEntry,
            ValueShape::Scalar(_)
            | ValueShape::Json(_)
            | ValueShape::Document(_)
            | ValueShape::Hash(_)
            | ValueShape::Entity(_)
            | ValueShape::Limiter
            | ValueShape::Broken => Moment::LastWrite,
        }
    }

    #[must_use]
    pub fn held(&self) -> Held<'_> {
        match self {
            ValueShape::Json(record)
            | ValueShape::Document(record)
            | ValueShape::Hash(record)
            | ValueShape::Stream { fields: record, .. } => Held::Record(*record),
            ValueShape::Scalar(ty)
            | ValueShape::List(ty)
            | ValueShape::Set(ty)
            | ValueShape::SortedSet { of: ty, .. }
            | ValueShape::Geo(ty)
            | ValueShape::Bloom(ty) => Held::Value(ty),
            ValueShape::Entity(entity) => Held::Entity(*entity),
            ValueShape::Counter
            | ValueShape::Bitmap
            | ValueShape::HyperLogLog
            | ValueShape::TimeSeries
            | ValueShape::Limiter
            | ValueShape::Broken => Held::Nothing,
        }
    }
}

/// Where a stream's entries go that nobody could work off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeadLetter {
    /// `dead_letter`: a stream beside the stream.
    Beside,
    /// `dead_letter Other`: the stream of another keyspace.
    Keyspace(KeyspaceId, Span),
}

/// `limit 5 per 15m sliding`
#[derive(Debug, Clone)]
pub struct Limit {
    pub count: u64,
    pub per: Duration,
    pub sliding: bool,
    pub span: Span,
    /// Whether each tenant has a limit of its own, its `quota.requests`; the greatest of them stand here.
    pub of_quota: bool,
}

#[derive(Debug, Clone)]
pub struct Cache {
    pub source: EntityId,
    /// For each parameter of the pattern, the field of the source whose value it takes.
    pub key: Vec<FieldId>,
    /// The fields of the source that a value of its own holds: those of which its members bear the names; all where that
    /// cannot be told.
    pub taken: Vec<FieldId>,
    pub on_write: Option<(OnWrite, Span)>,
    /// `refresh at 80%` of the time to live.
    pub refresh_at: Option<u8>,
    /// `local 5m max 1GiB`: a copy in each process.
    pub local: Option<Local>,
    pub span: Span,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnWrite {
    Invalidate,
    Update,
    Queue,
}

#[derive(Debug, Clone)]
pub struct Local {
    pub ttl: Duration,
    pub ttl_span: Span,
    pub max_bytes: Option<u64>,
}

/// How a copy follows its source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refresh {
    OnWrite,
    Every(Duration),
}

/// `channel Notices in cache { pattern "user:{user: -> core.User}:notices"; value NoticeEvent }`
#[derive(Debug, Clone)]
pub struct Channel {
    pub id: ChannelId,
    pub named: Named,
    pub store: StoreId,
    pub global: bool,
    pub pattern: Pattern,
    pub value: Option<Type>,
    pub labels: Vec<LabelId>,
}
