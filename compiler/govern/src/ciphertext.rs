//! The uses of a field that ciphertext cannot serve: it has no order, no parts and no meaning to a store.

use super::Governed;
use super::encrypted::EncryptedPlace;
use polity_model::entity::IndexMethod;
use polity_model::expr::{Expr, ExprKind, Step};
use polity_model::{Entity, EntityId, Field, FieldId, StructId, TypeKind};
use polity_text::source::Span;

/// A line that needs a field in the clear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClearUse {
    pub what: ClearUseKind,
    pub span: Span,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ClearUseKind {
    /// Has no way out but to leave the index or the encryption.
    Index,
    /// Possible with `searchable`: equality is all it needs.
    Unique,
    Check,
    Default,
    OnUpdate,
    Partition,
    Shard,
    OrderBy,
    NoOverlap,
    /// Computed by the store from the field; over encrypted fields the client computes it.
    Computed,
    /// The moment from which `retain` counts.
    Retain,
    /// The value that the store writes in its place when it anonymizes a row.
    Anonymized,
    /// A key of Redis, or a channel, that is made of it.
    Pattern,
}

impl ClearUseKind {
    /// As messages call it.
    #[must_use]
    pub fn noun(self) -> &'static str {
        match self {
            ClearUseKind::Index => "an index",
            ClearUseKind::Unique => "a unique constraint",
            ClearUseKind::Check => "a check",
            ClearUseKind::Default => "a default",
            ClearUseKind::OnUpdate => "`on update`",
            ClearUseKind::Partition => "a partition",
            ClearUseKind::Shard => "a shard key",
            ClearUseKind::OrderBy => "an order",
            ClearUseKind::NoOverlap => "`no overlap`",
            ClearUseKind::Computed => "a computed field",
            ClearUseKind::Retain => "`retain`",
            ClearUseKind::Anonymized => "`anonymized as`",
            ClearUseKind::Pattern => "a key's pattern",
        }
    }

    /// How to mend it.
    #[must_use]
    pub fn way_out(self) -> &'static str {
        match self {
            ClearUseKind::Index => {
                "leave the field out of the index; `searchable` finds equal values by an index of its own"
            }
            ClearUseKind::Unique => "add `searchable`, so that equal values can be told",
            ClearUseKind::Check => {
                "leave the check out and let the client check; the type's own limits it checks anyway"
            }
            ClearUseKind::Default => "leave the default out: the client makes the value and encrypts it",
            ClearUseKind::OnUpdate => "leave `on update` out: the client makes the value and encrypts it",
            ClearUseKind::Partition | ClearUseKind::Shard => "choose a field that is not encrypted",
            ClearUseKind::OrderBy => "order by a field that is not encrypted, or in the client",
            ClearUseKind::NoOverlap => "leave the moments in the clear: `not encrypted because \"…\"`",
            ClearUseKind::Computed => "the client computes it",
            ClearUseKind::Retain => "count from a moment that is not encrypted",
            ClearUseKind::Anonymized => "make the field optional with `?`, so that it becomes absent",
            ClearUseKind::Pattern => "put the entity's key into the pattern instead",
        }
    }
}

impl Governed {
    /// Every line that needs the field in the clear, but for what a blind index can do.
    pub fn uses_that_ciphertext_cannot(
        &self,
        entity: EntityId,
        field: FieldId,
    ) -> impl Iterator<Item = ClearUse> + use<'_> {
        self.clear_uses(entity, field)
            .into_iter()
            .filter(|used| !matches!(used.what, ClearUseKind::Unique | ClearUseKind::Computed))
    }

    /// Every line that needs the field in the clear; [`Governed::patterns_of_fields`] has those of Redis.
    #[must_use]
    pub fn clear_uses(&self, entity: EntityId, id: FieldId) -> Vec<ClearUse> {
        self.uses_of_path(entity, id, &[], &[self[entity].field(id)])
    }

    /// Every line that needs an encrypted place in the clear.
    #[must_use]
    pub fn clear_uses_of(&self, entity: EntityId, place: &EncryptedPlace<'_>) -> Vec<ClearUse> {
        self.uses_of_path(entity, place.root, &place.members, &place.way)
    }

    /// Every line of its entity that needs more of a reference than which rows have the same.
    #[must_use]
    pub fn uses_that_pseudonyms_cannot(&self, entity: EntityId, id: FieldId) -> Vec<ClearUse> {
        let owner = &self[entity];
        let is_plain = |span: Span| {
            let index = owner.indexes.iter().find(|index| index.span == span);
            index.is_some_and(|index| {
                let reads = |filter| reads(filter, id, &[]);
                matches!(index.method, None | Some((IndexMethod::Btree | IndexMethod::Hash, _)))
                    && index.columns.iter().all(|c| c.field() == Some(id) || !reads(&c.expr))
                    && !index.filter.as_ref().is_some_and(reads)
            })
        };
        let mut uses = self.clear_uses(entity, id);
        uses.retain(|used| match used.what {
            ClearUseKind::Unique | ClearUseKind::Shard => false,
            ClearUseKind::Index => !is_plain(used.span),
            _ => true,
        });
        uses
    }

    /// `members` lead on from the field `id`; `way` is all of them.
    fn uses_of_path(
        &self,
        entity: EntityId,
        id: FieldId,
        members: &[(StructId, FieldId)],
        way: &[&Field],
    ) -> Vec<ClearUse> {
        let owner = &self[entity];
        let mut uses = Uses::default();
        uses.in_indexes(owner, id, members);
        let checks = owner.checks.iter().filter(|check| reads(&check.expr, id, members));
        checks.for_each(|check| uses.add(ClearUseKind::Check, check.span));
        // In its record a field may be named by the checks of those beside it.
        for (at, (record, member)) in members.iter().enumerate() {
            let checks = self[*record].fields.iter().flat_map(|field| &field.constraints.checks);
            let checks = checks.filter(|check| reads(check, *member, &members[at + 1..]));
            checks.for_each(|check| uses.add(ClearUseKind::Check, check.span));
        }
        way.iter().for_each(|field| uses.beside(field));
        uses.in_clauses(self, owner, id, members);
        let computed = owner.fields.iter().filter_map(|field| field.computed.as_ref());
        let computed = computed.filter(|expr| reads(expr, id, members));
        computed.for_each(|expr| uses.add(ClearUseKind::Computed, expr.span));
        uses.0
    }
}

impl Governed {
    /// The fields whose values stand in keys of Redis or in names of channels, with the place.
    pub fn patterns_of_fields(&self) -> impl Iterator<Item = (EntityId, FieldId, Span)> {
        let patterns =
            self.keyspaces.iter().map(|k| &k.pattern).chain(self.channels.iter().map(|c| &c.pattern));
        let referred =
            patterns.flat_map(|pattern| &pattern.parameters).filter_map(|parameter| {
                match parameter.ty.kind {
                    TypeKind::Reference { entity, field } => Some((entity, field, parameter.span)),
                    _ => None,
                }
            });
        let cached = self.keyspaces.iter().filter_map(|k| Some((k.cache.as_ref()?, &k.pattern.parameters)));
        referred.chain(cached.flat_map(|(cache, parameters)| {
            let fields = cache.key.iter().zip(parameters);
            fields.map(|(field, parameter)| (cache.source, *field, parameter.span))
        }))
    }
}

/// Lines that need a field in the clear, each once.
#[derive(Default)]
struct Uses(Vec<ClearUse>);

impl Uses {
    fn add(&mut self, what: ClearUseKind, span: Span) {
        let used = ClearUse { what, span };
        if !self.0.contains(&used) {
            self.0.push(used);
        }
    }

    /// Indexes and unique constraints.
    fn in_indexes(&mut self, owner: &Entity, id: FieldId, members: &[(StructId, FieldId)]) {
        let reads = |expr: &Expr| reads(expr, id, members);
        for index in &owner.indexes {
            let columns = index.columns.iter().any(|column| reads(&column.expr));
            if columns || index.filter.as_ref().is_some_and(reads) || index.include.contains(&id) {
                self.add(ClearUseKind::Index, index.span);
            }
        }
        for unique in &owner.uniques {
            if unique.filter.as_ref().is_some_and(reads) {
                self.add(ClearUseKind::Index, unique.span);
            } else if unique.columns.iter().any(|column| column.field() == Some(id)) {
                self.add(ClearUseKind::Unique, unique.span);
            } else if unique.columns.iter().any(|column| reads(&column.expr)) {
                self.add(ClearUseKind::Index, unique.span);
            }
        }
    }

    /// Checks and values beside the field itself, or beside one in which it stands.
    fn beside(&mut self, field: &Field) {
        let own = field.constraints.checks.iter();
        own.for_each(|check| self.add(ClearUseKind::Check, check.span));
        if let Some(default) = field.default.as_ref().filter(|d| !matches!(d.kind, ExprKind::Null)) {
            self.add(ClearUseKind::Default, default.span);
        }
        if let Some(value) = &field.on_update {
            self.add(ClearUseKind::OnUpdate, value.span);
        }
        if let Some(value) = &field.anonymized {
            self.add(ClearUseKind::Anonymized, value.span);
        }
    }

    /// Clauses of the entity about where its rows stand, in which order, and how long.
    fn in_clauses(
        &mut self,
        governed: &Governed,
        owner: &Entity,
        id: FieldId,
        members: &[(StructId, FieldId)],
    ) {
        if let Some(partition) = owner.partition.as_ref().filter(|p| p.fields.contains(&id)) {
            self.add(ClearUseKind::Partition, partition.span);
        }
        if let Some(shard) = owner.shard.as_ref().filter(|s| s.fields.contains(&id)) {
            self.add(ClearUseKind::Shard, shard.span);
        }
        for column in owner.order_by.iter().filter(|column| reads(&column.expr, id, members)) {
            self.add(ClearUseKind::OrderBy, column.expr.span);
        }
        for overlap in &owner.no_overlaps {
            let mut columns = [&overlap.from, &overlap.to].into_iter().chain(&overlap.per);
            if columns.any(|column| reads(column, id, members)) {
                self.add(ClearUseKind::NoOverlap, overlap.span);
            }
        }
        if let Some(retain) = governed.retain(owner.id).filter(|retain| retain.after == Some(id)) {
            self.add(ClearUseKind::Retain, retain.span);
        }
    }
}

/// Whether an expression needs the value of a field, or of one in its record, to which `members` lead. That one is
/// absent shows in ciphertext as well.
pub(super) fn reads(expr: &Expr, id: FieldId, members: &[(StructId, FieldId)]) -> bool {
    // A record is read with all that is in it.
    let goes_there = |(step, member): (&Step, &(StructId, FieldId))| match step {
        Step::Member(record, field) => (*record, *field) == *member,
        Step::Key(_) => true,
    };
    let is_field = |part: &Expr| {
        matches!(&part.kind, ExprKind::Field(path)
            if path.root == id && path.steps.iter().zip(members).all(goes_there))
    };
    let (mut all, mut for_absence) = (0, 0);
    expr.walk(&mut |part| {
        all += usize::from(is_field(part));
        for_absence +=
            usize::from(matches!(&part.kind, ExprKind::IsNull { operand, .. } if is_field(operand)));
    });
    all > for_absence
}
