//! Entities: a table, a collection, an index, a measurement.

use smol_str::SmolStr;

use super::purposes::PurposeId;
use super::types::Constraints;
use super::{EntityId, Expr, FieldId, Filled, KeyId, LabelId, Layered, Named, SchemaId, StoreId, Type};
use polity_text::source::Span;

pub use super::clauses::{
    Audit, Clauses, Destination, Fate, Message, NoOverlap, Operation, Partition, PartitionKind,
    PartitionPeriod, Period, Projection, Publish, Retain, Shard,
};

#[derive(Debug, Clone)]
pub struct Entity {
    pub id: EntityId,
    pub named: Named,
    pub store: StoreId,
    pub body: Option<Span>,
    /// In stores that have schemas.
    pub schema: Option<SchemaId>,
    /// `global`: shared by all tenants.
    pub global: bool,
    /// The tenant's column, unless it is `global`: it leads the key, the constraints, references and ordered indexes.
    pub tenant: Option<FieldId>,
    /// `from documents.Product`: a copy.
    pub projection: Option<Projection>,
    /// The fields, with those of `include`d structs in their place.
    pub fields: Vec<Field>,
    /// The fields of the key, in order; empty only where the key was broken or is missing, which was reported.
    pub key: Vec<FieldId>,
    pub key_span: Option<Span>,
    /// The last field that a clause `key (a, b)` names; nothing for `key` beside a field.
    pub key_last: Option<Span>,
    pub uniques: Vec<Unique>,
    pub indexes: Vec<Index>,
    pub checks: Vec<Check>,
    pub no_overlaps: Vec<NoOverlap>,
    pub partition: Option<Partition>,
    pub shard: Option<Shard>,
    pub order_by: Vec<Column>,
    /// `subject`: the person whom personal data is about.
    pub subject: Option<Span>,
    pub declared: Clauses,
    /// `personal of customer_id`, for the whole entity or beside a label.
    pub personal_of: Vec<PersonalOf>,
    pub publishes: Vec<Publish>,
    /// `purpose orders`: what its rows are kept for.
    pub purposes: Vec<(PurposeId, Span)>,
    /// `with { … }`: the engine's own settings of this thing.
    pub with: Layered,
    pub labels: Vec<LabelId>,
}

impl Entity {
    /// An entity of which nothing is known but its name and its store.
    #[must_use]
    pub fn new(id: EntityId, named: Named, store: StoreId) -> Self {
        Self {
            id,
            named,
            store,
            body: None,
            schema: None,
            global: false,
            tenant: None,
            projection: None,
            fields: Vec::new(),
            key: Vec::new(),
            key_span: None,
            key_last: None,
            uniques: Vec::new(),
            indexes: Vec::new(),
            checks: Vec::new(),
            no_overlaps: Vec::new(),
            partition: None,
            shard: None,
            order_by: Vec::new(),
            subject: None,
            declared: Clauses::default(),
            personal_of: Vec::new(),
            publishes: Vec::new(),
            purposes: Vec::new(),
            with: Layered::default(),
            labels: Vec::new(),
        }
    }

    #[must_use]
    pub fn field(&self, id: FieldId) -> &Field {
        &self.fields[id.index()]
    }

    /// The key without the tenant's column: what tells a row from the others of its tenant.
    #[must_use]
    pub fn identity(&self) -> &[FieldId] {
        match self.key.split_first() {
            Some((first, rest)) if Some(*first) == self.tenant => rest,
            _ => &self.key,
        }
    }

    /// The fields of a row that a ciphertext is bound to: the identity without the field by which rows lie in
    /// partitions, which PostgreSQL wants in every key, and which is often a moment that stores round. They are the
    /// whole identity where nothing else would be left.
    #[must_use]
    pub fn sealed_row(&self) -> Vec<FieldId> {
        let by = self.partition.as_ref().map_or(&[][..], |partition| &partition.fields);
        let rest: Vec<FieldId> = self.identity().iter().copied().filter(|id| !by.contains(id)).collect();
        if rest.is_empty() { self.identity().to_vec() } else { rest }
    }

    /// Fields with their ids in the order of their columns: the tenant's first.
    pub fn in_order(&self) -> impl Iterator<Item = (FieldId, &Field)> {
        let tenant = self.tenant.map(|id| (id, self.field(id)));
        tenant.into_iter().chain(self.fields().filter(|(id, _)| Some(*id) != self.tenant))
    }

    /// Fields with their ids.
    pub fn fields(&self) -> impl Iterator<Item = (FieldId, &Field)> {
        self.fields.iter().enumerate().map(|(i, f)| (FieldId(i as u32), f))
    }
}

/// The reference to the person whose data a row holds.
#[derive(Debug, Clone, PartialEq)]
pub struct PersonalOf {
    /// The reference, which may stand inside of a record.
    pub path: super::expr::FieldPath,
    /// The labelled field beside which it stands; `None` for the whole entity.
    pub field: Option<FieldId>,
    pub span: Span,
}

#[derive(Debug, Clone)]
pub struct Field {
    pub named: Named,
    pub ty: Type,
    /// Where the type stands.
    pub ty_span: Span,
    pub constraints: Constraints,
    /// The value that a new row takes where none is given.
    pub default: Option<Expr>,
    pub on_update: Option<Expr>,
    pub computed: Option<Expr>,
    /// Where `unique` stands. A unique field is in [`Entity::uniques`] as well.
    pub unique: Option<Span>,
    /// In SQL, the record's fields become columns of their own.
    pub inline: Option<Span>,
    /// A version number that every update checks and raises.
    pub optimistic: Option<Span>,
    pub soft_delete: Option<Span>,
    pub declared: Words,
    /// `not encrypted because "…"`
    pub not_encrypted: Option<(SmolStr, Span)>,
    /// `not personal because "…"`
    pub not_personal: Option<(SmolStr, Span)>,
    pub accept_leak: Option<(SmolStr, Span)>,
    pub anonymized: Option<Expr>,
    pub declassified: Vec<(LabelId, SmolStr, Span)>,
    /// The values that SQL by hand puts into it from elsewhere: scripts, the functions that they make, and its own
    /// fragments.
    pub filled: Vec<Filled>,
    /// `analyzed`, `weight`, `codec`, `tag`, … as written: words of single engines.
    pub store_words: Vec<StoreWord>,
}

/// The words of a field that rules may add to, as the source has them. The phase `govern` says what holds for a
/// field of an entity; no rule adds to a column of a view, nor to a field of a record.
#[derive(Debug, Clone, Default)]
pub struct Words {
    pub immutable: Option<Span>,
    pub labels: Vec<(LabelId, Span)>,
    pub encrypted: Option<Encrypted>,
    pub pseudonymous: Option<Pseudonymous>,
}

impl Field {
    /// A field of which nothing is known but its name and its type.
    #[must_use]
    pub fn new(named: Named, ty: Type, ty_span: Span) -> Self {
        Self {
            named,
            ty,
            ty_span,
            constraints: Constraints::default(),
            default: None,
            on_update: None,
            computed: None,
            unique: None,
            inline: None,
            optimistic: None,
            soft_delete: None,
            declared: Words::default(),
            not_encrypted: None,
            not_personal: None,
            accept_leak: None,
            anonymized: None,
            declassified: Vec::new(),
            filled: Vec::new(),
            store_words: Vec::new(),
        }
    }
}

#[derive(Debug, Clone)]
pub struct Encrypted {
    pub key: KeyId,
    pub searchable: bool,
    pub span: Span,
    /// Whether a rule applied it, which then stands at `span`.
    pub by_rule: bool,
}

/// `pseudonymous with pii`: a store holds a keyed hash of the key that the field refers to.
#[derive(Debug, Clone)]
pub struct Pseudonymous {
    /// `None`: the source names none, and the platform has none or several.
    pub key: Option<KeyId>,
    pub span: Span,
    /// Whether a rule applied it, which then stands at `span`.
    pub by_rule: bool,
    /// The reference that the pseudonym stands for. It is none of [`Clauses::references`], since no store can follow it;
    /// `None` where the field is no reference of an entity with one arm.
    pub refers: Option<Reference>,
}

impl Pseudonymous {
    /// The entity and the field of its key that it is a pseudonym of.
    #[must_use]
    pub fn of(&self) -> Option<(EntityId, FieldId)> {
        let refers = self.refers.as_ref()?;
        Some((refers.target, *refers.target_fields.last()?))
    }
}

#[derive(Debug, Clone)]
pub struct StoreWord {
    /// `analyzed`
    pub word: SmolStr,
    /// `french`
    pub argument: SmolStr,
    pub span: Span,
}

/// A unique constraint; with a filter, a partial unique index.
#[derive(Debug, Clone)]
pub struct Unique {
    /// As written; stores derive a stable name where there is none.
    pub name: Option<SmolStr>,
    /// Whether `as` was written: then the name is the stored one, as it stands.
    pub aliased: bool,
    pub columns: Vec<Column>,
    pub filter: Option<Expr>,
    /// `nulls not distinct`: absent values are equal to each other.
    pub not_distinct: Option<Span>,
    /// `deferrable`: judged at the end of the transaction.
    pub deferrable: Option<Span>,
    pub span: Span,
}

#[derive(Debug, Clone)]
pub struct Index {
    pub name: Option<SmolStr>,
    /// Whether `as` was written: then the name is the stored one, as it stands.
    pub aliased: bool,
    /// `None`: the store's usual one.
    pub method: Option<(IndexMethod, Span)>,
    pub columns: Vec<Column>,
    pub include: Vec<FieldId>,
    pub filter: Option<Expr>,
    pub language: Option<(SmolStr, Span)>,
    pub with: Layered,
    pub span: Span,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IndexMethod {
    Btree,
    Hash,
    Gin,
    Gist,
    Brin,
    Geo,
    Text,
    Trigram,
    Vector,
    Wildcard,
}

impl IndexMethod {
    pub const ALL: &[(&'static str, IndexMethod)] = &[
        ("btree", IndexMethod::Btree),
        ("hash", IndexMethod::Hash),
        ("gin", IndexMethod::Gin),
        ("gist", IndexMethod::Gist),
        ("brin", IndexMethod::Brin),
        ("geo", IndexMethod::Geo),
        ("text", IndexMethod::Text),
        ("trigram", IndexMethod::Trigram),
        ("vector", IndexMethod::Vector),
        ("wildcard", IndexMethod::Wildcard),
    ];

    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, m)| *m == self).map_or("", |(name, _)| name)
    }
}

/// A column of an index, a unique constraint or an order: a field, a path or an expression.
#[derive(Debug, Clone)]
pub struct Column {
    pub expr: Expr,
    pub descending: bool,
    pub nulls_first: Option<bool>,
    pub weight: Option<u32>,
}

impl Column {
    /// A field as it is, in rising order.
    #[must_use]
    pub fn of(id: FieldId, field: &Field) -> Self {
        let kind = super::expr::ExprKind::Field(super::expr::FieldPath { root: id, steps: Vec::new() });
        let expr = Expr { kind, ty: field.ty.clone(), span: field.named.span };
        Self { expr, descending: false, nulls_first: None, weight: None }
    }

    /// The field, where the column is one and nothing more.
    #[must_use]
    pub fn field(&self) -> Option<FieldId> {
        match &self.expr.kind {
            super::expr::ExprKind::Field(path) if path.steps.is_empty() => Some(path.root),
            _ => None,
        }
    }
}

#[derive(Debug, Clone)]
pub struct Check {
    pub name: Option<SmolStr>,
    pub expr: Expr,
    pub span: Span,
}

#[derive(Debug, Clone)]
pub struct Reference {
    /// The fields that hold the target's key.
    pub fields: Vec<FieldId>,
    pub target: EntityId,
    pub target_fields: Vec<FieldId>,
    pub on_delete: Option<(OnDelete, Span)>,
    pub deferrable: bool,
    /// Whether the store itself can enforce it: same store, one arm, not `unchecked`.
    pub enforced: bool,
    /// For one arm of several: what `target_type` holds.
    pub arm: Option<SmolStr>,
    pub optional: bool,
    pub span: Span,
}

/// `on delete cascade`: what becomes of a row when the row goes that it refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OnDelete {
    Restrict,
    Cascade,
    SetNull,
}

impl OnDelete {
    /// `set null`
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            OnDelete::Restrict => "restrict",
            OnDelete::Cascade => "cascade",
            OnDelete::SetNull => "set null",
        }
    }
}

impl Reference {
    /// For one arm of several: what `target_type` holds, and the field of the reference beside which it stands. The
    /// tenant's field, which leads, is not the reference's own.
    #[must_use]
    pub fn told_by(&self, owner: &Entity) -> Option<(&SmolStr, FieldId)> {
        let arm = self.arm.as_ref()?;
        let own = self.fields.iter().find(|field| Some(**field) != owner.tenant)?;
        Some((arm, *own))
    }
}
