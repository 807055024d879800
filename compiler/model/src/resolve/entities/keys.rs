//! Keys and unique fields: what tells one row from another.

use super::super::Resolver;
use crate::entity::{Column, Field, Unique};
use crate::{EntityId, FieldId};
use polity_syntax::ast::{self, ClauseKind, Statement};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::{E0203, E0208, E0214, E0303, E0319};
use polity_text::source::Span;

impl<'t> Resolver<'t> {
    /// `key` beside a field, which is the whole key.
    pub(super) fn field_keys(&mut self, id: EntityId) {
        let outline = &self.outlines[id.index()];
        let mut spans = Vec::new();
        for i in 0..outline.fields.len() {
            let modifiers = outline.modifiers(FieldId(i as u32), &self.struct_outlines);
            spans.extend(
                modifiers.iter().filter(|m| matches!(m.kind, ast::ModifierKind::Key)).map(|m| m.span),
            );
        }
        self.platform[id].key_span = spans.first().copied();
        if let [first, second, ..] = spans[..] {
            self.error(
                Diagnostic::new(E0203, second, "an entity has one key")
                    .also(first, "said here first")
                    .help("for a key of several fields write the clause `key (a, b)`"),
            );
        }
    }

    /// Reports a second field that is `optimistic` or `soft_delete`: one field counts the versions of a row, and one
    /// says when it was deleted.
    pub(super) fn field_flags(&mut self, id: EntityId) {
        let said =
            |flag: fn(&Field) -> Option<Span>| self.platform[id].fields.iter().filter_map(flag).collect();
        let flags: [(&str, Vec<Span>); 2] =
            [("optimistic", said(|f| f.optimistic)), ("soft_delete", said(|f| f.soft_delete))];
        for (word, spans) in flags {
            if let [first, second, ..] = spans[..] {
                self.error(
                    Diagnostic::new(E0203, second, format!("an entity has one field that is `{word}`"))
                        .also(first, "said here first")
                        .help("keep one of the two"),
                );
            }
        }
    }

    /// `unique` beside a field.
    pub(super) fn field_uniques(&mut self, id: EntityId) {
        let entity = &self.platform[id];
        let uniques: Vec<Unique> = entity
            .fields()
            .filter_map(|(field, f)| {
                let span = f.unique?;
                let columns = vec![Column::of(field, f)];
                Some(Unique {
                    name: None,
                    aliased: false,
                    columns,
                    filter: None,
                    not_distinct: None,
                    deferrable: None,
                    span,
                })
            })
            .collect();
        self.platform[id].uniques = uniques;
    }

    pub(super) fn key_clause(&mut self, id: EntityId, paths: &[ast::Path], keyword: Span) {
        let beside = self.platform[id].key_span;
        if let Some(beside) = beside {
            self.error(
                Diagnostic::new(E0203, keyword, "the key is said twice")
                    .also(beside, "said here first")
                    .help("keep `key` beside the field, or the clause `key (a, b)`"),
            );
            return;
        }
        let fields = self.field_list(id, paths);
        for (field, path) in fields.iter().zip(paths) {
            let f = self.platform[id].field(*field);
            let (ty, name) = (f.ty.clone(), f.named.name.clone());
            if ty.optional {
                let at = f.ty_span;
                self.error(
                    Diagnostic::new(E0214, path.span, format!("the key field `{name}` may be absent"))
                        .also(at, "optional here")
                        .help("leave out the `?`: a row is told from others by its key"),
                );
            } else if self.is_composite(&ty) {
                self.error(
                    Diagnostic::new(E0303, path.span, format!("`{name}` cannot be part of a key"))
                        .help("a key is made of single values, not of lists, records or json"),
                );
            }
        }
        self.platform[id].key_span = Some(keyword);
        self.platform[id].key_last = paths.last().map(|path| path.span);
        self.platform[id].key = fields;
    }

    pub(super) fn judge_key(&mut self, id: EntityId) {
        let outline = &self.outlines[id.index()];
        let entity = &self.platform[id];
        let block = self.declared.entities[id.index()];
        // Of a series of measurements, the moment and the tags tell one from another.
        let is_series = block.body.statements.iter().any(|stated| {
            matches!(&stated.kind, Statement::Clause(ast::Clause { kind: ClauseKind::Time(_), .. }))
        });
        if entity.key.is_empty() && !is_series && !outline.incomplete && block.header.from.is_none() {
            let diagnostic =
                Diagnostic::new(E0208, entity.named.span, format!("`{}` has no key", entity.named.name))
                    .note("without one, no row can be named, referred to or erased")
                    .help("add `id: uuid key = uuid_v7()`, or say which fields are it: `key (a, b)`");
            let diagnostic = entity.adding("id: uuid key = uuid_v7()", diagnostic);
            self.error(diagnostic);
        }
    }

    /// Fields by plain names.
    pub(crate) fn field_list(&mut self, id: EntityId, paths: &[ast::Path]) -> Vec<FieldId> {
        let mut fields: Vec<FieldId> = Vec::new();
        for path in paths {
            let [name] = &path.names[..] else {
                self.error(
                    Diagnostic::new(E0319, path.span, "a field of the entity itself is expected")
                        .help("a part of a record or of json cannot stand here; give it a field of its own"),
                );
                continue;
            };
            let Some(field) = self.field_of(id, name) else { continue };
            if fields.contains(&field) {
                self.error(
                    Diagnostic::new(E0203, path.span, format!("`{}` is listed twice", name.text))
                        .help("list it once"),
                );
                continue;
            }
            fields.push(field);
        }
        fields
    }
}
