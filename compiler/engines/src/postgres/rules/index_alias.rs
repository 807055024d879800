//! A name that `as` gives to an index is free: tables, views, sequences and indexes of a schema share one space.

use std::collections::HashMap;

use super::entities;
use polity_govern::Stored;
use polity_model::{Named, SchemaId, Store};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0205;
use polity_text::source::Span;

/// An index or a unique constraint whose stored name something else in its schema has.
pub(super) fn index_alias(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    let tables = entities(platform, store).map(|e| (e.schema, &e.named));
    let views = platform.views.iter().filter(|v| v.store == store.id).map(|v| (v.schema, &v.named));
    let logs = platform.audit_logs.iter().filter(|l| l.store == store.id).map(|l| (Some(l.schema), &l.named));
    let sequences =
        platform.sequences.iter().filter(|s| s.store == store.id).map(|s| (Some(s.schema), &s.named));
    let named = |(schema, named): (Option<SchemaId>, &Named)| ((schema, named.stored.clone()), named.span);
    let mut taken: HashMap<_, Span> = tables.chain(views).chain(logs).chain(sequences).map(named).collect();
    for entity in entities(platform, store) {
        let indexes = entity.indexes.iter().map(|i| (i.aliased, &i.name, i.span));
        let uniques = entity.uniques.iter().map(|u| (u.aliased, &u.name, u.span));
        for (aliased, name, span) in indexes.chain(uniques) {
            if let (true, Some(name)) = (aliased, name)
                && let Some(first) = taken.insert((entity.schema, name.clone()), span)
            {
                found.push(
                    Diagnostic::new(E0205, span, format!("an index would be stored as `{name}` too"))
                        .also(first, "this has the name already")
                        .note("tables, views, sequences and indexes of a schema share one space of names")
                        .help("give it another name; without `as` it begins with the name of its table"),
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use polity::Options;
    use polity::compile;
    use polity_text::source::Sources;

    /// Returns the errors and the lines with an index or a unique constraint, for a table `things` with these clauses.
    fn said(clauses: &str) -> Vec<String> {
        let source = format!(
            "platform shop {{ environments: [dev] }}\nstore main: postgres 15 {{ database: \"shop\" }}\n\
             schema core in main {{\n  entity Thing as \"things\" {{\n    id: int key\n    a: int\n    {clauses}\n  }}\n}}\n"
        );
        let compiled = compile(&Sources::single("shop.polity", &source), &Options::default());
        let schema = compiled.artifacts.as_ref().and_then(|a| a.get("main/schema.sql")).unwrap_or_default();
        let schema = String::from_utf8_lossy(schema);
        let made = schema.lines().filter(|line| line.contains(" INDEX ") || line.contains(" UNIQUE "));
        let errors = compiled.diagnostics.iter().filter(|d| d.is_error()).map(|d| d.message.clone());
        errors.chain(made.map(|line| line.trim().to_owned())).collect()
    }

    #[test]
    fn a_stored_name_is_the_whole_name() {
        assert_eq!(said("index by_a (a)"), ["CREATE INDEX things_by_a ON core.things (a);"]);
        assert_eq!(said("index by_a (a) as \"A's\""), ["CREATE INDEX \"A's\" ON core.things (a);"]);
        assert_eq!(said("unique (a) as \"sole\""), ["CONSTRAINT sole UNIQUE (a)"]);
    }

    #[test]
    fn a_stored_name_that_is_taken_is_refused() {
        assert_eq!(said("index (a) as \"things\""), ["an index would be stored as `things` too"]);
        assert_eq!(said("index (a) as \"\""), ["a stored name has at least one character"]);
    }
}
