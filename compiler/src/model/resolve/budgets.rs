//! How much may build on what. Whoever follows a type, a reference or a view to its end calls himself for each step,
//! and what is included, written out or multiplied is held in memory, so everything of the kind has an end here. Each
//! is far beyond what anybody writes.

use super::Resolver;
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::{E0333, E0334};
use crate::model::keyspace::{Held, ValueShape};
use crate::model::{StructId, Type, TypeKind};
use crate::source::Span;
use crate::syntax::ast::Statement;

/// Structs that include structs.
pub(super) const INCLUDES: usize = 16;
/// Named types that are built on named types.
pub(super) const TYPES: usize = 16;
pub(super) use crate::syntax::RECORDS;
/// References to keys that are references.
pub(super) const REFERENCES: usize = 32;
/// Views that read views.
pub(super) const VIEWS: usize = 32;
/// Lists of lists, and maps of maps; PostgreSQL has no arrays of more either.
pub(super) const DIMENSIONS: usize = 6;
/// Fields that may come from includes, and from records where they are written out; beside as many as the source has.
const COPIES: usize = 100_000;
/// Values of an enum, or arms of a reference, that are told where a field is and count as one.
const VALUES: usize = 16;

impl Resolver<'_> {
    /// Reports a chain that is longer than it may be.
    pub(super) fn too_long(&mut self, at: Span, what: &str, help: &str) {
        self.error(Diagnostic::new(E0333, at, what).help(help));
    }

    /// Takes copies of so many fields; false where that is too many, which is reported once.
    pub(super) fn copies(&mut self, fields: usize, at: Span) -> bool {
        if let Some(left) = self.copies_left.checked_sub(fields) {
            self.copies_left = left;
            return true;
        }
        if !std::mem::replace(&mut self.copies_reported, true) {
            let most = self.most_copies();
            let message =
                format!("includes, records and enums bring more than {most} fields to where they stand");
            self.error(
                Diagnostic::new(E0334, at, message)
                    .note("each is written out wherever it stands, in tables, validators, checks and clients")
                    .help("hold what many share as `json`, or in an entity that they refer to"),
            );
        }
        false
    }

    /// How many fields may be copies.
    pub(super) fn most_copies(&self) -> usize {
        let blocks = self.declared.entities.iter().chain(&self.declared.structs);
        let stated = blocks.flat_map(|block| &block.body.statements);
        COPIES + stated.filter(|stated| matches!(stated.kind, Statement::Field(_))).count()
    }

    /// Leaves out the fields of entities with which it would be too much.
    pub(super) fn copies_in_entities(&mut self) {
        let mut known = vec![None; self.platform.structs.len()];
        for entity in 0..self.platform.entities.len() {
            for field in 0..self.platform.entities[entity].fields.len() {
                let field_of = &self.platform.entities[entity].fields[field];
                let (size, at) = (self.size_of(&field_of.ty, &mut known), field_of.ty_span);
                if !self.copies(size, at) {
                    self.platform.entities[entity].fields[field].ty.kind = TypeKind::Broken;
                }
            }
        }
    }

    /// Leaves out the values of keyspaces with which it would be too much.
    pub(super) fn copies_in_keyspaces(&mut self) {
        let mut known = vec![None; self.platform.structs.len()];
        for i in 0..self.platform.keyspaces.len() {
            let keyspace = &self.platform.keyspaces[i];
            let size = match keyspace.value.held() {
                Held::Record(record) => self.size_of_record(record, &mut known),
                Held::Value(ty) => self.size_of(ty, &mut known),
                Held::Entity(entity) => {
                    let fields = &self.platform[entity].fields;
                    fields.iter().map(|field| 1 + self.size_of(&field.ty, &mut known)).sum()
                }
                Held::Nothing => 0,
            };
            let at = keyspace.value_span.unwrap_or(keyspace.named.span);
            if !self.copies(size, at) {
                self.platform.keyspaces[i].value = ValueShape::Broken;
            }
        }
    }

    /// The fields that a value of the type brings along. `known`: by record, as far as it is known.
    fn size_of(&self, ty: &Type, known: &mut [Option<usize>]) -> usize {
        match &ty.kind {
            TypeKind::Struct(record) => self.size_of_record(*record, known),
            TypeKind::List(element) | TypeKind::Map(element) => self.size_of(element, known),
            TypeKind::Constrained(id) => self.size_of(&self.platform[*id].base, known),
            TypeKind::Enum(id) => self.platform[*id].values.len() / VALUES,
            TypeKind::Union(arms) => arms.len() / VALUES,
            _ => 0,
        }
    }

    fn size_of_record(&self, id: StructId, known: &mut [Option<usize>]) -> usize {
        if let Some(size) = known[id.index()] {
            return size;
        }
        let record = &self.platform[id];
        // The fields of a record without a name stand where they are written.
        let own = if record.embedded { 0 } else { record.fields.len() };
        let inner = record.fields.iter().map(|field| self.size_of(&field.ty, known));
        let size = inner.fold(own, usize::saturating_add);
        known[id.index()] = Some(size);
        size
    }
}
