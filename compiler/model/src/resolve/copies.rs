//! Copies of entities: their fields take their types from what they copy.

use super::Resolver;
use super::literals::shown;
use super::names::{Kind, Scope};
use super::outline::Origin;
use crate::entity::{Projection, StoreWord};
use crate::expr::FieldPath;
use crate::keyspace::Refresh;
use crate::{EntityId, FieldId, Thing};
use polity_syntax::ast::{self, ClauseKind, ModifierKind, Statement};

impl<'t> Resolver<'t> {
    /// The fields of copies take their types from what they copy.
    pub(super) fn taken_fields(&mut self) {
        for (i, block) in self.declared.entities.iter().enumerate() {
            let Some(from) = &block.header.from else { continue };
            let id = EntityId(i as u32);
            let Some(source) = self.source_of_copy(id, from, block.scope) else { continue };
            let taken = self.take_fields(id, source);
            let refresh = self.refresh_of_copy(block.body);
            self.platform[id].projection = Some(Projection { source, taken, refresh, span: from.span });
        }
    }

    /// The entity that is copied, which is no copy.
    fn source_of_copy(&mut self, id: EntityId, from: &ast::Path, scope: Scope) -> Option<EntityId> {
        let sources = self.names.find(&self.platform, &from.names, scope, &[Kind::Entity]);
        let [Thing::Entity(source)] = sources[..] else { return None };
        if source == id {
            self.misplaced_clause(from.span, "a copy of itself", "name another entity");
            return None;
        }
        if self.declared.entities[source.index()].header.from.is_some() {
            self.misplaced_clause(
                from.span,
                "a copy of a copy",
                "copy from the entity that the other copies",
            );
            return None;
        }
        Some(source)
    }

    /// Gives each field of a copy the type of what it takes; returns which field of the source each is.
    fn take_fields(&mut self, id: EntityId, source: EntityId) -> Vec<(FieldId, FieldPath)> {
        let mut taken = Vec::new();
        for (f, outlined) in self.outlines[id.index()].fields.clone().iter().enumerate() {
            let Origin::Taken(take, root) = outlined.origin else {
                self.misplaced_clause(
                    outlined.name.span,
                    "a copy has the fields that it takes",
                    "name it in `take …`, as the source has it",
                );
                continue;
            };
            let original = self.platform[source].field(root).clone();
            let rest = take.map_or(&[][..], |take| &take.path.names[1..]);
            let Some((ty, steps)) = self.walk(original.ty.clone(), rest, false) else { continue };
            let field = &mut self.platform[id].fields[f];
            field.ty = ty;
            field.named.docs = original.named.docs.clone();
            field.declared.labels = original.declared.labels.clone();
            if rest.is_empty() {
                field.constraints = original.constraints.clone();
            }
            for modifier in take.map_or(&[][..], |take| &take.modifiers) {
                self.take_modifier(id, f, modifier);
            }
            taken.push((FieldId(f as u32), FieldPath { root, steps }));
        }
        taken
    }

    /// When a copy is written: with its source, unless it says otherwise.
    fn refresh_of_copy(&mut self, body: &ast::Body) -> Refresh {
        let mut refresh = Refresh::OnWrite;
        for stated in &body.statements {
            let Statement::Clause(clause) = &stated.kind else { continue };
            match &clause.kind {
                ClauseKind::RefreshEvery(every) => {
                    if let Some(every) = self.duration(every) {
                        refresh = Refresh::Every(every);
                    }
                }
                ClauseKind::OnWrite(word) if word.text != "update" => self.misplaced_clause(
                    word.span,
                    "a copy is updated when its source is written",
                    "write `on write update`, or `refresh every 5m`",
                ),
                _ => {}
            }
        }
        refresh
    }

    fn take_modifier(&mut self, id: EntityId, field: usize, modifier: &'t ast::Modifier) {
        let word = match &modifier.kind {
            ModifierKind::As(text) => {
                let named = &mut self.platform[id].fields[field].named;
                named.stored = text.value.clone();
                named.aliased = true;
                return;
            }
            ModifierKind::Label(name) => {
                if let Some(label) = self.label(name) {
                    self.platform[id].fields[field].declared.labels.push((label, name.span));
                }
                return;
            }
            ModifierKind::Pseudonymous { key } => {
                let said = self.pseudonymous(key.as_ref(), modifier.span);
                self.platform[id].fields[field].declared.pseudonymous = said;
                return;
            }
            ModifierKind::Declassify { label, because } => {
                if let Some(label) = self.label(label) {
                    let said = (label, because.value.clone(), modifier.span);
                    self.platform[id].fields[field].declassified.push(said);
                }
                return;
            }
            ModifierKind::Analyzed(name) => ("analyzed", name.text.clone()),
            ModifierKind::Weight(literal) => ("weight", shown(literal)),
            _ => {
                self.misplaced_clause(
                    modifier.span,
                    "this belongs to the field that is copied",
                    "write it at the source",
                );
                return;
            }
        };
        let word = StoreWord { word: word.0.into(), argument: word.1, span: modifier.span };
        self.platform[id].fields[field].store_words.push(word);
    }
}
