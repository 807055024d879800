//! Reports the modifiers that a record cannot carry out. A struct may be included, where its fields are an entity's
//! own, or be the type of a field, where they are parts of a value: there, what only rows have would be ignored, and is
//! an error instead.

use super::Resolver;
use crate::{Field, StructId};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0303;
use polity_text::source::Span;

impl Resolver<'_> {
    pub(super) fn records(&mut self) {
        let p = &self.platform;
        let mut used: Vec<Option<Span>> = vec![None; p.structs.len()];
        let entities = p.entities.iter().flat_map(|e| &e.fields);
        let records = p.structs.iter().flat_map(|s| &s.fields);
        for field in entities.chain(records) {
            if let Some(id) = field.ty.record() {
                used[id.index()].get_or_insert(field.ty_span);
            }
        }
        let mut found = Vec::new();
        for (i, used) in used.iter().enumerate() {
            let Some(used) = used else { continue };
            let record = &p[StructId(i as u32)];
            for field in &record.fields {
                for (span, word) in row_words(field) {
                    let mut diagnostic = Diagnostic::new(
                        E0303,
                        span,
                        format!("{word} means nothing in a record"),
                    )
                    .note(
                        "only rows have keys, versions and moments of change; a record is a part of a value",
                    );
                    if !record.embedded {
                        diagnostic = diagnostic.also(*used, "a record of this type");
                    }
                    found.push(diagnostic.help("say it of a field of the entity, or leave it out"));
                }
            }
        }
        self.found.extend(found);
    }
}

fn row_words(field: &Field) -> impl Iterator<Item = (Span, &'static str)> {
    [
        (field.unique, "`unique`"),
        (field.optimistic, "`optimistic`"),
        (field.soft_delete, "`soft_delete`"),
        (field.on_update.as_ref().map(|e| e.span), "`on update`"),
        (field.computed.as_ref().map(|e| e.span), "`computed`"),
    ]
    .into_iter()
    .filter_map(|(span, word)| Some((span?, word)))
}
