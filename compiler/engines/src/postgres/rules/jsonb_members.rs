//! Rules beside members of records that PostgreSQL keeps as jsonb, where nothing can hold them.

use super::super::lower::types::is_jsonb;
use super::entities;
use polity_govern::{Holder, Stored};
use polity_model::entity::Field;
use polity_model::{FieldId, Store, StructId, Type, TypeKind};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::{E0630, E0631};

/// The depth of records in each other at which the search ends; deeper ones are refused by a rule of their own.
const DEPTH: usize = 32;

/// A check of a record in a list or a map, which no constraint can quantify over; and a member that never changes beside
/// others that do, since an update writes the value as a whole.
pub(super) fn jsonb_members(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    let mut search = Search { platform, found, way: Vec::new() };
    for entity in entities(platform, store) {
        search.columns(entity.id.into(), &entity.fields, false);
    }
}

struct Search<'s> {
    platform: &'s Stored,
    found: &'s mut Vec<Diagnostic>,
    /// The records that the search is in.
    way: Vec<StructId>,
}

impl Search<'_> {
    /// Fields that have columns, or are spread over some.
    fn columns(&mut self, holder: Holder, fields: &[Field], stays: bool) {
        let platform = self.platform;
        for (i, field) in fields.iter().enumerate() {
            let stays = stays || platform.immutable(holder, FieldId(i as u32)).is_some();
            match field.ty.record() {
                Some(record) if field.inline.is_some() && !self.way.contains(&record) => {
                    self.way.push(record);
                    self.columns(record.into(), &platform[record].fields, stays);
                    self.way.pop();
                }
                Some(_) if is_jsonb(platform, &field.ty) => self.inside(&field.ty, field, stays, false),
                _ => {}
            }
        }
    }

    /// A value within the jsonb of a field.
    fn inside(&mut self, ty: &Type, of: &Field, stays: bool, is_one_of_many: bool) {
        let platform = self.platform;
        match &ty.kind {
            TypeKind::Constrained(id) => self.inside(&platform[*id].base, of, stays, is_one_of_many),
            TypeKind::List(element) | TypeKind::Map(element) => self.inside(element, of, stays, true),
            TypeKind::Struct(id) if self.way.len() < DEPTH && !self.way.contains(id) => {
                self.way.push(*id);
                for (i, member) in platform[*id].fields.iter().enumerate() {
                    for check in member.constraints.checks.iter().filter(|_| is_one_of_many) {
                        let message = "PostgreSQL cannot hold a check of each record in a list or a map";
                        self.report(
                            Diagnostic::new(E0630, check.span, message)
                                .also(of.named.span, "kept as one jsonb value")
                                .help("say the limits of each member by `min`, `max`, `length` or `matches`, or give the records an entity of their own"),
                        );
                    }
                    if let Some(span) = platform.immutable(*id, FieldId(i as u32)).filter(|_| !stays) {
                        let message = "PostgreSQL cannot keep a part of a jsonb value from changing";
                        self.report(
                            Diagnostic::new(E0631, span, message)
                                .also(
                                    of.named.span,
                                    "kept as one jsonb value, which an update writes as a whole",
                                )
                                .help("store the record `inline`, or say `immutable` beside the whole field"),
                        );
                    }
                    self.inside(&member.ty, of, stays, is_one_of_many);
                }
                self.way.pop();
            }
            _ => {}
        }
    }

    /// Reports what several fields may have in common once.
    fn report(&mut self, diagnostic: Diagnostic) {
        let place = |one: &Diagnostic| (one.code, one.primary.as_ref().map(|label| label.span));
        let is_known = self.found.iter().any(|known| place(known) == place(&diagnostic));
        if !is_known {
            self.found.push(diagnostic);
        }
    }
}
