//! References as types: `-> core.User`, to the key or to another unique field.

use super::super::Resolver;
use super::super::names::{Scope, written};
use crate::types::Arm;
use crate::{EntityId, FieldId, TypeKind};
use polity_syntax::ast;
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::{E0206, E0301, E0305, E0306};

impl<'t> Resolver<'t> {
    /// `-> core.User`, `-> core.User.email`, `-> Product as "PRODUCT" | core.Provider as "PROVIDER"`
    pub(crate) fn reference(&mut self, arms: &[ast::Arm], scope: Scope) -> TypeKind {
        if let [arm] = arms {
            if let Some(stored) = &arm.stored {
                self.error(
                    Diagnostic::new(E0206, stored.span, "a reference to one entity stores no name for it")
                        .help("leave out the `as`; the field's own stored name comes after its modifiers"),
                );
            }
            return match self.target(&arm.path, scope) {
                Some((entity, field)) => TypeKind::Reference { entity, field },
                None => TypeKind::Broken,
            };
        }
        let mut out: Vec<Arm> = Vec::new();
        for arm in arms {
            let Some((entity, field)) = self.target(&arm.path, scope) else { return TypeKind::Broken };
            let stored = arm
                .stored
                .as_ref()
                .map_or_else(|| self.platform[entity].named.name.clone(), |s| s.value.clone());
            if out.iter().any(|a| a.stored == stored || a.entity == entity) {
                self.error(
                    Diagnostic::new(E0301, arm.path.span, format!("two arms are stored as `{stored}`")).help(
                        "each entity stands once, with a stored name of its own: `Product as \"PRODUCT\"`",
                    ),
                );
                return TypeKind::Broken;
            }
            out.push(Arm { entity, field, stored });
        }
        TypeKind::Union(out)
    }

    /// The field whose value a reference takes: the single key, or the unique field that the path goes on to.
    fn target(&mut self, path: &ast::Path, scope: Scope) -> Option<(EntityId, FieldId)> {
        let (entity, field) = self.lookup_entity_or_field(path, scope)?;
        let outline = &self.outlines[entity.index()];
        let name = self.platform[entity].named.name.clone();
        match field {
            Some((field, span)) => {
                if !outline.uniques.contains(&field) && !outline.incomplete {
                    let declared = outline.fields[field.index()].name.span;
                    self.error(
                        Diagnostic::new(E0306, span, format!("`{}` is not unique", written(path)))
                            .note("a reference must lead to one row")
                            .also(declared, "declared here")
                            .help(format!("refer to the key, `-> {name}`, or make the field `unique`")),
                    );
                    return None;
                }
                Some((entity, field))
            }
            None => match outline.key[..] {
                [key] => Some((entity, key)),
                // A missing key was reported at the entity.
                [] => None,
                _ => {
                    let fields: Vec<&str> =
                        outline.key.iter().map(|f| outline.fields[f.index()].name.text.as_str()).collect();
                    let columns: Vec<String> = fields
                        .iter()
                        .map(|f| format!("`{}_{f}`", polity_text::naming::snake_case(&name)))
                        .collect();
                    self.error(
                        Diagnostic::new(
                            E0305,
                            path.span,
                            format!("the key of `{name}` has {} fields: {}", fields.len(), fields.join(", ")),
                        )
                        .also(self.platform[entity].named.span, "the entity")
                        .help(format!(
                            "declare a field for each, such as {}, and refer by the clause `ref (…) -> {}`",
                            columns.join(", "),
                            written(path)
                        )),
                    );
                    None
                }
            },
        }
    }
}
