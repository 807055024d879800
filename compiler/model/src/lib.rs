//! The platform: every name bound to what it names, every default filled in, and nothing of the tree left.
//!
//! Things are kept in tables and named by ids ([`EntityId`], [`StoreId`], …), so that following a reference
//! never searches. What could not be resolved was reported and left out, or is marked by [`TypeKind::Broken`],
//! about which nobody complains a second time.

pub mod adding;
mod audit_log;
mod clauses;
pub mod codes;
pub mod config;
pub mod encrypted;
pub mod engine;
pub mod entity;
pub mod exact;
pub mod expr;
pub mod facts;
pub mod form;
pub mod governance;
pub mod history;
pub mod inference;
pub mod keys;
pub mod keyspace;
pub mod known;
mod lookup;
pub mod meaning;
mod numbers;
pub mod parameters;
pub mod pattern;
pub mod policy;
pub mod purposes;
pub mod quotas;
mod resolve;
pub mod settings;
pub mod shared;
mod sight;
mod soft_delete;
pub mod stable_ids;
mod tenancy;
pub mod tenants;
mod time;
pub mod types;
pub mod written_out;
pub mod written_sql;

use indexmap::IndexMap;
use smol_str::SmolStr;

use polity_text::source::Span;

pub use audit_log::{AuditLog, Chained, KeptPayloads};
pub use config::{Alert, Environment, Layered, Record, Setting, Store, Value};
pub use entity::{Entity, Field, Index, Reference};
pub use expr::Expr;
pub use keyspace::{Channel, Keyspace};
pub use resolve::{resolve, resolve_after};
use shared::Shared;
pub use tenancy::Isolation;
pub use time::{Date, Duration, DurationUnit};
pub use types::{Constrained, Enum, Scalar, Struct, Type, TypeKind};

macro_rules! ids {
    ($($(#[$doc:meta])* $id:ident => $table:ident: $thing:ty),* $(,)?) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
            pub struct $id(pub u32);

            impl $id {
                #[must_use]
                pub fn index(self) -> usize {
                    self.0 as usize
                }
            }

            impl std::ops::Index<$id> for Platform {
                type Output = $thing;
                fn index(&self, id: $id) -> &$thing {
                    &self.$table[id.index()]
                }
            }

            impl std::ops::IndexMut<$id> for Platform {
                fn index_mut(&mut self, id: $id) -> &mut $thing {
                    &mut self.$table[id.index()]
                }
            }
        )*
    };
}

ids! {
    EnvironmentId => environments: Environment,
    StoreId => stores: Store,
    SchemaId => schemas: Schema,
    EnumId => enums: Enum,
    StructId => structs: Struct,
    ConstrainedId => constrained: Constrained,
    EntityId => entities: Entity,
    KeyspaceId => keyspaces: Keyspace,
    ChannelId => channels: Channel,
    ViewId => views: View,
    SequenceId => sequences: Sequence,
    AuditLogId => audit_logs: AuditLog,
    LabelId => labels: governance::Label,
    KeyId => encryption_keys: governance::EncryptionKey,
    TierId => tiers: governance::Tier,
    ServiceId => services: governance::Service,
}

/// A field of an entity or of a struct, by its position there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldId(pub u32);

impl FieldId {
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// The whole of what was written, in the order of the files and of the lines in them.
#[derive(Debug, Clone, Default)]
pub struct Platform {
    pub name: SmolStr,
    pub docs: SmolStr,
    pub span: Option<Span>,
    pub settings: Layered,
    pub rust: config::Rust,
    pub environments: Vec<Environment>,
    /// The engines that a store can name.
    pub engines: engine::Engines,
    pub stores: Vec<Store>,
    pub schemas: Vec<Schema>,
    pub enums: Vec<Enum>,
    pub structs: Shared<Struct>,
    pub constrained: Vec<Constrained>,
    pub entities: Shared<Entity>,
    pub keyspaces: Vec<Keyspace>,
    pub channels: Vec<Channel>,
    pub views: Shared<View>,
    /// The views, each after the views that it reads.
    pub view_order: Vec<ViewId>,
    pub sequences: Vec<Sequence>,
    pub audit_logs: Vec<AuditLog>,
    pub scripts: Vec<Script>,
    pub labels: Vec<governance::Label>,
    pub encryption_keys: Vec<governance::EncryptionKey>,
    pub purposes: Vec<purposes::ProcessingPurpose>,
    pub policies: Vec<policy::Policy>,
    pub uses: Vec<policy::UsePolicy>,
    pub waivers: Vec<policy::Waiver>,
    pub services: Vec<governance::Service>,
    pub tenancy: Option<governance::Tenancy>,
    pub tiers: Vec<governance::Tier>,
    pub tenants: Vec<governance::Tenant>,
    pub backfills: Vec<Backfill>,
    pub removed: Vec<Removed>,
    pub accepted: Vec<Acceptance>,
    pub unmanaged: Vec<Unmanaged>,
    /// Everything that was sealed.
    pub history: history::History,
    /// The declarations that nothing leads to.
    pub unused: Vec<Unused>,
}

/// A declaration that nothing leads to, with how to mend that.
#[derive(Debug, Clone)]
pub struct Unused {
    pub name: SmolStr,
    pub span: Span,
    /// "enum", "store", …
    pub noun: &'static str,
    pub help: &'static str,
}

/// The names of a thing, its doc comment, and where its name stands.
#[derive(Debug, Clone)]
pub struct Named {
    /// The name in the source; what the platform knows it by.
    pub name: SmolStr,
    /// The name in the store: what `as` says, or the snake_case of the name. Of a field that a store holds, ask
    /// [`Platform::stored_name`], which knows the store's `naming`.
    pub stored: SmolStr,
    /// Whether `as` was written, which no `naming` changes.
    pub aliased: bool,
    /// The doc comment, or empty.
    pub docs: SmolStr,
    /// Where the name stands.
    pub span: Span,
    /// `was …`: the name before.
    pub was: Option<(SmolStr, Span)>,
    /// The name that it was sealed under first: of an entity with its place.
    pub sealed: Option<SmolStr>,
}

impl Named {
    /// The path that it had before, by what `was` says: a name in the same place, or a whole path.
    #[must_use]
    pub fn path_before(&self, place: &str) -> Option<String> {
        let (was, _) = self.was.as_ref()?;
        Some(if was.contains('.') { was.to_string() } else { format!("{place}.{was}") })
    }

    /// The name that it had first, which identifies it for ever.
    #[must_use]
    pub fn first_name(&self) -> &SmolStr {
        let was = self.was.as_ref().map(|(name, _)| name);
        self.sealed.as_ref().or(was).unwrap_or(&self.name)
    }
}

/// `schema core in main`; one for all blocks that open it.
#[derive(Debug, Clone)]
pub struct Schema {
    pub id: SchemaId,
    pub named: Named,
    pub store: StoreId,
}

/// `view UserStats in analytics { sql """…"""; users: bigint }`
#[derive(Debug, Clone)]
pub struct View {
    pub id: ViewId,
    pub named: Named,
    pub store: StoreId,
    pub schema: Option<SchemaId>,
    pub sql: SmolStr,
    pub sql_span: Span,
    pub columns: Vec<Field>,
    /// `materialized`, and how often it is refreshed.
    pub materialized: Option<Option<Duration>>,
    /// Entities that the SQL reads, found by parsing it.
    pub reads: Vec<EntityId>,
    /// Views that the SQL reads. None is built on itself.
    pub builds_on: Vec<ViewId>,
    /// The columns that the values of each column come from; everything that the query reads where that cannot be told.
    pub lineage: Vec<Vec<Lineage>>,
    /// Every column that the SQL names, whatever for.
    pub uses: Vec<Lineage>,
    /// Whether it reads something that is not understood, which may be any column of what it reads.
    pub opaque: bool,
    /// Whether it groups rows or drops labels, and so may be shown to who may not see the rows.
    pub figures: bool,
    /// The columns by which the SQL joins, keeps, groups and sorts rows.
    pub compares: Vec<Lineage>,
    /// The pairs of these columns that the SQL compares with each other: `a.x = b.y`.
    pub matches: Vec<(Lineage, Lineage)>,
    /// Whether, for each column, every value in it went through a function that makes one value of many rows.
    pub aggregates: Vec<bool>,
    /// Whether, for each column, that function only counts, and tells no value.
    pub counts: Vec<bool>,
    /// Whether, for each column, every value in it is one of a column that the SQL reads, as it is.
    pub plain: Vec<bool>,
    /// The columns whose type in the query is not known, so that their cast may fail.
    pub untyped: Vec<FieldId>,
    /// Indexes of its stored rows.
    pub indexes: Vec<ViewIndex>,
    pub with: Layered,
}

/// `index [NAME] (column [asc|desc], …)` of a materialized view: a b-tree.
#[derive(Debug, Clone)]
pub struct ViewIndex {
    pub name: Option<SmolStr>,
    pub columns: Vec<ViewIndexColumn>,
    pub span: Span,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ViewIndexColumn {
    pub column: FieldId,
    pub descending: bool,
    pub nulls_first: Option<bool>,
}

/// Where the values of a view's column come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lineage {
    Field(EntityId, FieldId),
    /// A column of another view.
    Column(ViewId, FieldId),
    /// The trail, which holds values of every entity that is audited into it.
    AuditLog(AuditLogId),
}

/// The columns whose values SQL by hand puts into a field, and where that SQL stands.
#[derive(Debug, Clone)]
pub struct Filled {
    /// The columns that it comes from.
    pub from: Vec<Lineage>,
    /// The script, or the fragment beside the field.
    pub span: Span,
}

/// `sql after core.User """…"""` or `sql once "name" """…"""`
#[derive(Debug, Clone)]
pub struct Script {
    pub store: StoreId,
    pub kind: ScriptKind,
    pub sql: SmolStr,
    pub span: Span,
}

#[derive(Debug, Clone)]
pub enum ScriptKind {
    /// Repeatable, run once all of these exist.
    After(Vec<Thing>),
    Once(SmolStr),
}

/// Something that a path may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Thing {
    Store(StoreId),
    Schema(SchemaId),
    Entity(EntityId),
    Keyspace(KeyspaceId),
    Channel(ChannelId),
    View(ViewId),
    Sequence(SequenceId),
    AuditLog(AuditLogId),
    Enum(EnumId),
    Struct(StructId),
    Constrained(ConstrainedId),
    EntityField(EntityId, FieldId),
}

/// `sequence invoice_number from 1000`
#[derive(Debug, Clone)]
pub struct Sequence {
    pub id: SequenceId,
    pub named: Named,
    pub store: StoreId,
    pub schema: SchemaId,
    pub from: i64,
}

/// `backfill core.User.country = "SN"`
#[derive(Debug, Clone)]
pub struct Backfill {
    pub entity: EntityId,
    pub field: FieldId,
    pub value: Expr,
    pub span: Span,
}

/// `removed nickname because "…"`: kept for the plan of changes.
#[derive(Debug, Clone)]
pub struct Removed {
    pub what: SmolStr,
    /// The full path of what was removed.
    pub path: SmolStr,
    pub because: SmolStr,
    pub span: Span,
}

/// `unmanaged "table core.legacy" in main because "…"`
#[derive(Debug, Clone)]
pub struct Unmanaged {
    /// The object, as differences of catalogs name it.
    pub object: SmolStr,
    /// The store that has it; of any of them where `None`.
    pub store: Option<StoreId>,
    pub because: SmolStr,
    pub span: Span,
}

/// `accept rewrite on core.User.age because "…"`
#[derive(Debug, Clone)]
pub struct Acceptance {
    pub risk: &'static str,
    /// The full path of an entity or a field.
    pub path: SmolStr,
    pub because: SmolStr,
    pub span: Span,
}

/// A table from names to things that keeps the order of the source.
pub type Table<T> = IndexMap<SmolStr, T>;
