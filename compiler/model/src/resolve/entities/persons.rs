//! The person whose data a row holds, where more than one reference leads to somebody.

use super::super::Resolver;
use super::super::exprs::{Cx, Place};
use crate::entity::PersonalOf;
use crate::expr::{ExprKind, FieldPath, Step};
use crate::{EntityId, FieldId, TypeKind};
use polity_syntax::ast::{self, ModifierKind};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0886;
use polity_text::source::Span;

impl<'t> Resolver<'t> {
    /// `#personal of customer_id` beside a field.
    pub(super) fn field_persons(&mut self, id: EntityId, cx: Cx) {
        for i in 0..self.outlines[id.index()].fields.len() {
            let field = FieldId(i as u32);
            let modifiers = self.outlines[id.index()].modifiers(field, &self.struct_outlines);
            for modifier in modifiers {
                if let ModifierKind::Of(path) = &modifier.kind {
                    self.belongs(id, path, Some(field), modifier.span, cx);
                }
            }
        }
    }

    /// Reads the reference behind `personal of`.
    pub(super) fn belongs(
        &mut self,
        id: EntityId,
        path: &'t ast::Path,
        field: Option<FieldId>,
        span: Span,
        cx: Cx,
    ) {
        if let Some(field) = field
            && self.platform[id]
                .fields
                .get(field.index())
                .is_none_or(|field| field.declared.labels.is_empty())
        {
            self.error(
                Diagnostic::new(
                    E0886,
                    span,
                    "`of` says whose data it is, and no label says that it is somebody's",
                )
                .help("write `#personal of REFERENCE`"),
            );
            return;
        }
        let read = self.path(path, Cx { place: Place::Row, ..cx }, None);
        let ExprKind::Field(path) = read.kind else { return };
        if !self.is_reference(id, &path) {
            self.error(
                Diagnostic::new(E0886, read.span, "this leads to nobody, so nothing can be its data")
                    .help("name a reference of this entity, such as `personal of customer_id`"),
            );
            return;
        }
        self.platform[id].personal_of.push(PersonalOf { path, field, span });
    }

    /// Whether a store can follow the path to another row: a reference that is no keyed hash.
    fn is_reference(&self, id: EntityId, path: &FieldPath) -> bool {
        let Some(mut field) = self.platform[id].fields.get(path.root.index()) else { return false };
        for step in &path.steps {
            let Step::Member(record, member) = step else { return false };
            field = &self.platform[*record].fields[member.index()];
        }
        field.declared.pseudonymous.is_none()
            && (matches!(field.ty.kind, TypeKind::Reference { .. } | TypeKind::Union(_))
                || path.steps.is_empty()
                    && self.platform[id].declared.references.iter().any(|r| r.fields.contains(&path.root)))
    }
}
