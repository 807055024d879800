//! Records as values, with what the source leaves to the defaults of their members.

use super::super::{Owner, Resolver};
use crate::expr::{Expr, ExprKind};
use crate::{EntityId, Field, Platform, StructId, Type, TypeKind};
use polity_text::diagnostics::Diagnostic;

impl Resolver<'_> {
    /// Gives every record that stands as a value the members that it leaves out, so that nobody has to look for them.
    pub(super) fn complete_records(&mut self) {
        // What builds on itself, or would be too much, was reported.
        if self.found.iter().any(Diagnostic::is_error) {
            return;
        }
        let platform = &self.platform;
        let mut completed = Vec::new();
        for (of, fields) in owners(platform) {
            for (at, field) in fields.iter().enumerate() {
                let values = [&field.default, &field.on_update, &field.anonymized];
                if values.iter().any(|value| value.as_ref().is_some_and(holds_record)) {
                    let complete = |value: &Option<Expr>| {
                        value.as_ref().map(|value| complete(platform, &field.ty, value.clone()))
                    };
                    completed.push((of, at, values.map(complete)));
                }
            }
        }
        for (of, at, [default, on_update, anonymized]) in completed {
            let field = match of {
                Owner::Entity(id) => &mut self.platform[id].fields[at],
                Owner::Struct(id) => &mut self.platform[id].fields[at],
            };
            (field.default, field.on_update, field.anonymized) = (default, on_update, anonymized);
        }
    }
}

/// Everything that has fields.
fn owners(platform: &Platform) -> impl Iterator<Item = (Owner, &[Field])> {
    let entities =
        platform.entities.iter().enumerate().map(|(i, e)| (Owner::Entity(EntityId(i as u32)), &e.fields[..]));
    let structs =
        platform.structs.iter().enumerate().map(|(i, s)| (Owner::Struct(StructId(i as u32)), &s.fields[..]));
    entities.chain(structs)
}

fn holds_record(value: &Expr) -> bool {
    let mut holds = false;
    value.walk(&mut |part| holds |= matches!(part.kind, ExprKind::Record(_)));
    holds
}

/// The value, each record in it with all members that it does not leave absent, in their order.
fn complete(platform: &Platform, ty: &Type, value: Expr) -> Expr {
    let Expr { kind, ty: own, span } = value;
    let kind = match (underlying(platform, ty), kind) {
        (TypeKind::Struct(id), ExprKind::Record(mut entries)) => {
            let members = platform[*id].fields.iter().filter_map(|member| {
                let given = entries.iter().position(|(name, _)| *name == member.named.name);
                let value = given.map(|at| entries.swap_remove(at).1).or_else(|| {
                    // It stands where the record does.
                    member.default.clone().map(|default| Expr { span, ..default })
                })?;
                Some((member.named.name.clone(), complete(platform, &member.ty, value)))
            });
            ExprKind::Record(members.collect())
        }
        (TypeKind::Map(of), ExprKind::Record(entries)) => {
            let entries = entries.into_iter().map(|(name, value)| (name, complete(platform, of, value)));
            ExprKind::Record(entries.collect())
        }
        (TypeKind::List(of), ExprKind::List(items)) => {
            ExprKind::List(items.into_iter().map(|item| complete(platform, of, item)).collect())
        }
        (_, kind) => kind,
    };
    Expr { kind, ty: own, span }
}

fn underlying<'p>(platform: &'p Platform, ty: &'p Type) -> &'p TypeKind {
    match &ty.kind {
        TypeKind::Constrained(id) => underlying(platform, &platform[*id].base),
        kind => kind,
    }
}
