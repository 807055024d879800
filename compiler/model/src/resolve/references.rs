//! References of entities: those written at a field and the clause `ref`.

use super::Resolver;
use super::exprs::Cx;
use crate::entity::{OnDelete, Reference};
use crate::types::Scalar;
use crate::{EntityId, FieldId, Type, TypeKind};
use polity_syntax::ast::{self, ClauseKind, ModifierKind, Statement};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::{E0206, E0302, E0303, E0305, E0306};
use polity_text::source::Span;

/// The modifiers after a reference's target.
#[derive(Debug, Default, Clone, Copy)]
struct Terms {
    on_delete: Option<(OnDelete, Span)>,
    deferrable: bool,
    unchecked: Option<Span>,
}

impl<'t> Resolver<'t> {
    /// The references written at fields.
    pub(super) fn field_references(&mut self, id: EntityId) {
        for i in 0..self.platform[id].fields.len() {
            let field = FieldId(i as u32);
            let f = &self.platform[id].fields[i];
            let (span, optional, name) = (f.ty_span, f.ty.optional, f.named.name.clone());
            let arms: Vec<(EntityId, FieldId, Option<smol_str::SmolStr>)> = match &f.ty.kind {
                TypeKind::Reference { entity, field } => vec![(*entity, *field, None)],
                TypeKind::Union(arms) => {
                    arms.iter().map(|arm| (arm.entity, arm.field, Some(arm.stored.clone()))).collect()
                }
                _ => continue,
            };
            self.judge_arms(id, field);
            let terms = self.terms(self.outlines[id.index()].modifiers(field, &self.struct_outlines));
            if let Some((OnDelete::SetNull, span)) = terms.on_delete
                && !optional
            {
                self.error(
                    Diagnostic::new(E0303, span, format!("`{name}` is never absent, so it cannot be set to null"))
                        .help("make the reference optional (`-> User?`), or write `on delete restrict` or `cascade`"),
                );
            }
            if let (Some(span), Some(_)) =
                (terms.unchecked, &self.platform[id].fields[i].declared.pseudonymous)
            {
                self.error(
                    Diagnostic::new(E0303, span, "`unchecked` means nothing here")
                        .help("leave it out: no store can check a keyed hash"),
                );
            }
            for (target, target_field, arm) in arms {
                let same_store = self.platform[target].store == self.platform[id].store;
                let reference = Reference {
                    fields: vec![field],
                    target,
                    target_fields: vec![target_field],
                    on_delete: terms.on_delete,
                    deferrable: terms.deferrable,
                    enforced: same_store && arm.is_none() && terms.unchecked.is_none(),
                    arm,
                    optional,
                    span,
                };
                let entity = &mut self.platform[id];
                match &mut entity.fields[i].declared.pseudonymous {
                    Some(hashed) if reference.arm.is_none() => hashed.refers = Some(reference),
                    _ => entity.declared.references.push(reference),
                }
            }
        }
    }

    fn terms(&self, modifiers: &[ast::Modifier]) -> Terms {
        let mut terms = Terms::default();
        for modifier in modifiers {
            match modifier.kind {
                ModifierKind::OnDelete(action) => terms.on_delete = Some((action.into(), modifier.span)),
                ModifierKind::Deferrable => terms.deferrable = true,
                ModifierKind::Unchecked => terms.unchecked = Some(modifier.span),
                _ => {}
            }
        }
        terms
    }

    /// All arms of a reference are stored in one column, so their keys must be of one type.
    fn judge_arms(&mut self, id: EntityId, field: FieldId) {
        let f = self.platform[id].field(field);
        let TypeKind::Union(arms) = &f.ty.kind else { return };
        let types: Vec<Option<Scalar>> = arms
            .iter()
            .map(|arm| self.platform.scalar(&self.platform[arm.entity].field(arm.field).ty))
            .collect();
        if let Some(first) = types.first()
            && let Some(other) = types.iter().position(|ty| ty != first)
        {
            let entity = self.platform[arms[other].entity].named.name.clone();
            let span = f.ty_span;
            self.error(
                Diagnostic::new(
                    E0302,
                    span,
                    format!("the key of `{entity}` is of another type than that of the first arm"),
                )
                .note("all arms share one stored value")
                .help("give the entities keys of one type, or write one reference for each"),
            );
        }
    }

    /// `ref (match_id, game_creation) -> Match on delete cascade`
    #[expect(clippy::too_many_arguments, reason = "the parts of one clause")]
    pub(super) fn ref_clause(
        &mut self,
        id: EntityId,
        fields: &[ast::Name],
        target: &ast::Path,
        target_fields: &[ast::Name],
        modifiers: &[ast::Modifier],
        span: Span,
        cx: Cx,
    ) {
        let own: Vec<Option<FieldId>> = fields.iter().map(|name| self.field_of(id, name)).collect();
        let Some(target_id) = self.lookup_entity(target, cx.scope) else { return };
        self.refuse_modifiers(modifiers);
        let theirs: Vec<Option<FieldId>> = if target_fields.is_empty() {
            self.outlines[target_id.index()].key.iter().copied().map(Some).collect()
        } else {
            target_fields.iter().map(|name| self.field_of(target_id, name)).collect()
        };
        if self.outlines[target_id.index()].incomplete && target_fields.is_empty() {
            return;
        }
        if own.len() != theirs.len() {
            self.other_number(target_id, own.len(), theirs.len(), span);
            return;
        }
        let (Some(own), Some(theirs)) =
            (own.into_iter().collect::<Option<Vec<_>>>(), theirs.into_iter().collect::<Option<Vec<_>>>())
        else {
            return;
        };
        self.judge_pairs(id, target_id, &own, &theirs, fields);
        if !target_fields.is_empty() && !self.is_unique(target_id, &theirs) {
            let diagnostic =
                Diagnostic::new(E0306, target.span, "the fields referred to are not unique together")
                    .note("a reference must lead to one row")
                    .also(self.platform[target_id].named.span, "the entity")
                    .help("refer to the key, or add `unique (…)` over these fields");
            self.error(diagnostic);
            return;
        }
        let terms = self.terms(modifiers);
        self.judge_set_null(id, &own, &terms);
        let same_store = self.platform[target_id].store == self.platform[id].store;
        let optional = own.iter().any(|f| self.platform[id].field(*f).ty.optional);
        self.platform[id].declared.references.push(Reference {
            fields: own,
            target: target_id,
            target_fields: theirs,
            on_delete: terms.on_delete,
            deferrable: terms.deferrable,
            enforced: same_store && terms.unchecked.is_none(),
            arm: None,
            optional,
            span,
        });
    }

    /// Reports modifiers that are no terms of a reference.
    fn refuse_modifiers(&mut self, modifiers: &[ast::Modifier]) {
        for modifier in modifiers {
            if !matches!(
                modifier.kind,
                ModifierKind::OnDelete(_) | ModifierKind::Deferrable | ModifierKind::Unchecked
            ) {
                self.error(
                    Diagnostic::new(E0206, modifier.span, "this belongs to a field, not to a reference")
                        .help("a reference takes `on delete …`, `deferrable` and `unchecked`"),
                );
            }
        }
    }

    fn other_number(&mut self, target: EntityId, own: usize, theirs: usize, span: Span) {
        let outline = &self.outlines[target.index()];
        let names: Vec<&str> =
            outline.key.iter().map(|f| outline.fields[f.index()].name.text.as_str()).collect();
        let diagnostic = Diagnostic::new(E0305, span, format!("{own} fields refer to a key of {theirs}"))
            .also(self.platform[target].named.span, format!("its key: {}", names.join(", ")))
            .help("name one field for each field of the key, in its order");
        self.error(diagnostic);
    }

    fn judge_set_null(&mut self, id: EntityId, own: &[FieldId], terms: &Terms) {
        if let Some((OnDelete::SetNull, span)) = terms.on_delete
            && !own.iter().all(|f| self.platform[id].field(*f).ty.optional)
        {
            self.error(
                Diagnostic::new(E0303, span, "a field that is never absent cannot be set to null")
                    .help("make the fields optional, or write `on delete restrict` or `cascade`"),
            );
        }
    }

    fn judge_pairs(
        &mut self,
        id: EntityId,
        target: EntityId,
        own: &[FieldId],
        theirs: &[FieldId],
        places: &[ast::Name],
    ) {
        for ((own, theirs), place) in own.iter().zip(theirs).zip(places) {
            let (a, b) = (&self.platform[id].field(*own).ty, &self.platform[target].field(*theirs).ty);
            let agree = match (self.platform.scalar(a), self.platform.scalar(b)) {
                (Some(a), Some(b)) => a == b || a.is_text() && b.is_text(),
                _ => {
                    let broken = |ty: &Type| ty.kind == TypeKind::Broken;
                    broken(a) || broken(b) || self.underlying(a) == self.underlying(b)
                }
            };
            if !agree {
                let (a, b) = (self.platform.type_name(a), self.platform.type_name(b));
                let at = self.platform[target].field(*theirs).ty_span;
                self.error(
                    Diagnostic::new(E0302, place.span, format!("`{a}` refers to `{b}`"))
                        .also(at, "what it refers to")
                        .help("give both the same type"),
                );
            }
        }
    }

    /// Whether the fields are together the key or one of the unique constraints.
    pub(super) fn is_unique(&self, id: EntityId, fields: &[FieldId]) -> bool {
        let same =
            |other: &[FieldId]| other.len() == fields.len() && fields.iter().all(|f| other.contains(f));
        if same(&self.outlines[id.index()].key) {
            return true;
        }
        if let [only] = fields
            && self.outlines[id.index()].uniques.contains(only)
        {
            return true;
        }
        let Some(block) = self.declared.entities.get(id.index()) else { return false };
        block.body.statements.iter().any(|stated| match &stated.kind {
            Statement::Clause(ast::Clause {
                kind: ClauseKind::Unique { columns, filter: None, .. }, ..
            }) => {
                let by_name = &self.outlines[id.index()].by_name;
                let unique = columns.iter().map(|column| match &column.expr.kind {
                    ast::ExprKind::Path(path) if path.names.len() == 1 => {
                        by_name.get(&path.names[0].text).copied()
                    }
                    _ => None,
                });
                unique.collect::<Option<Vec<_>>>().is_some_and(|unique| same(&unique))
            }
            _ => false,
        })
    }
}
