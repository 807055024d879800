//! Fields and what stands after their types.

mod limits;
mod modifiers;

use smol_str::{SmolStr, format_smolstr};

use super::declare::named;
use super::names::Scope;
use super::outline::{Origin, OutlineField};
use super::types::At;
use super::{Owner, Resolver};
use crate::entity::Field;
use crate::{EntityId, FieldId, StructId, Type, TypeKind};
use polity_syntax::ast::{self, ModifierKind};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::{E0205, E0303};
use polity_text::naming::upper_camel;
use polity_text::source::Span;

pub(super) use limits::integer_fits;

/// An expression beside a field, which waits until all fields have types.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pending<'t> {
    pub owner: Owner,
    pub field: FieldId,
    pub scope: Scope,
    pub what: What<'t>,
    /// For a field that was included: the struct whose fields the expression names, and where its first one stands.
    pub included: Option<(StructId, u32)>,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum What<'t> {
    Default(&'t ast::Expr),
    OnUpdate(&'t ast::Expr),
    Computed(&'t ast::Expr),
    Check(&'t ast::Expr),
    Anonymized(&'t ast::Expr),
}

impl<'t> Resolver<'t> {
    pub(super) fn entity_fields(&mut self) {
        for (i, block) in self.declared.entities.iter().enumerate() {
            let id = EntityId(i as u32);
            let outlined = self.outlines[i].fields.clone();
            let name = self.platform[id].named.name.clone();
            let fields = self.fields(Owner::Entity(id), &outlined, At { scope: block.scope, path: &name });
            self.platform[id].fields = fields;
            self.platform[id].key = self.outlines[i].key.clone();
            let labels = self.labels(&block.header.labels);
            self.platform[id].labels = labels;
        }
        self.taken_fields();
    }

    /// The fields of an outline with their types; expressions beside them are put off.
    pub(super) fn fields(&mut self, owner: Owner, outlined: &[OutlineField<'t>], at: At<'_>) -> Vec<Field> {
        let mut fields: Vec<Field> = Vec::with_capacity(outlined.len());
        let mut stored: std::collections::HashMap<SmolStr, Span> = std::collections::HashMap::new();
        for (i, outlined) in outlined.iter().enumerate() {
            let id = FieldId(i as u32);
            let field = match outlined.origin {
                Origin::Written(field, docs) => self.field(owner, id, field, docs, at),
                Origin::Included { of, at: inner, offset, .. } => {
                    self.include_pending(owner, id, of, inner, offset);
                    self.included(of, inner)
                }
                Origin::Taken(..) => Field::new(
                    named(&outlined.name, None, &SmolStr::default(), None, &mut self.found),
                    Type::required(TypeKind::Broken),
                    outlined.name.span,
                ),
            };
            if let Some(first) = stored.insert(field.named.stored.clone(), field.named.span)
                && first != field.named.span
            {
                self.error(
                    Diagnostic::new(
                        E0205,
                        field.named.span,
                        format!("two fields would be stored as `{}`", field.named.stored),
                    )
                    .also(first, "the first")
                    .help("give one of them another name with `as \"…\"`"),
                );
            }
            fields.push(field);
        }
        fields
    }

    /// A struct's field as it stands where it is included: what the struct carries as a whole, each of its fields does.
    fn included(&self, of: StructId, inner: FieldId) -> Field {
        let record = &self.platform[of];
        let mut field = record.fields[inner.index()].clone();
        for label in &record.labels {
            if field.declared.labels.iter().all(|(known, _)| known != label) {
                field.declared.labels.push((*label, record.named.span));
            }
        }
        field
    }

    /// The expressions beside a struct's field hold wherever it is included.
    fn include_pending(&mut self, owner: Owner, field: FieldId, of: StructId, inner: FieldId, offset: u32) {
        let scope = self.declared.structs[of.index()].scope;
        let modifiers = self.struct_outlines[of.index()].modifiers(inner, &self.struct_outlines);
        for modifier in modifiers {
            if let Some(what) = expression(&modifier.kind) {
                self.pending.push(Pending { owner, field, scope, what, included: Some((of, offset)) });
            }
        }
    }

    pub(super) fn field(
        &mut self,
        owner: Owner,
        id: FieldId,
        written: &'t ast::Field,
        docs: &'t ast::Docs,
        at: At<'_>,
    ) -> Field {
        let path = format_smolstr!("{}{}", at.path, upper_camel(&written.name.text));
        let ty = self.ty(&written.ty, At { scope: at.scope, path: &path });
        let (mut stored, mut was) = (None, None);
        for modifier in &written.modifiers {
            match &modifier.kind {
                ModifierKind::As(text) => stored = Some(text),
                ModifierKind::Was(before) => was = Some(before),
                _ => {}
            }
        }
        let named = named(&written.name, stored, docs, was, &mut self.found);
        let mut field = Field::new(named, ty, written.ty.span);
        for modifier in &written.modifiers {
            if let Some(what) = expression(&modifier.kind) {
                self.pending.push(Pending { owner, field: id, scope: at.scope, what, included: None });
            }
            self.modifier(owner, &mut field, modifier);
        }
        self.judge_limits(&field.ty, &mut field.constraints);
        if let (Some(default), Some(computed)) = (
            written.modifiers.iter().find(|m| matches!(m.kind, ModifierKind::Default(_))),
            written.modifiers.iter().find(|m| matches!(m.kind, ModifierKind::Computed(_))),
        ) {
            self.error(
                Diagnostic::new(E0303, default.span, "a computed field takes no other value")
                    .also(computed.span, "computed here")
                    .help("leave out one of the two"),
            );
        }
        field
    }
}

fn expression(kind: &ModifierKind) -> Option<What<'_>> {
    match kind {
        ModifierKind::Default(expr) => Some(What::Default(expr)),
        ModifierKind::OnUpdate(expr) => Some(What::OnUpdate(expr)),
        ModifierKind::Computed(expr) => Some(What::Computed(expr)),
        ModifierKind::Check(expr) => Some(What::Check(expr)),
        ModifierKind::Anonymized(expr) => Some(What::Anonymized(expr)),
        _ => None,
    }
}
