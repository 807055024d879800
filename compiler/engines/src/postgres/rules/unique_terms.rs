//! The terms of a unique constraint, about absent values and the moment of its judgement, are some that PostgreSQL has.

use super::super::lower::index::plain_fields;
use super::entities;
use polity_govern::Stored;
use polity_model::entity::{Entity, Unique};
use polity_model::{FieldId, Store};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0532;

/// `nulls not distinct` before PostgreSQL 15 or where nothing may be absent; `deferrable` where only an index does it, and
/// beside a reference to the fields.
pub(super) fn unique_terms(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    for entity in entities(platform, store) {
        for unique in &entity.uniques {
            absent(store, unique, found);
            deferred(platform, entity, unique, found);
        }
    }
}

fn absent(store: &Store, unique: &Unique, found: &mut Vec<Diagnostic>) {
    let Some(span) = unique.not_distinct else { return };
    if store.version.major() < 15 {
        let message = format!("PostgreSQL {} takes absent values for different, always", store.version);
        let help = "use PostgreSQL 15 or later, or write `unique (coalesce(a, \"\"))`";
        found.push(Diagnostic::new(E0532, span, message).help(help));
    }
    let is_required = unique.columns.iter().all(|column| !column.expr.ty.optional);
    if is_required {
        found.push(
            Diagnostic::new(E0532, span, "nothing in this constraint may be absent")
                .help("leave it out, or make a field optional"),
        );
    }
}

fn deferred(platform: &Stored, entity: &Entity, unique: &Unique, found: &mut Vec<Diagnostic>) {
    let Some(span) = unique.deferrable else { return };
    let Some(fields) = plain_fields(unique) else {
        found.push(
            Diagnostic::new(E0532, span, "a unique index is judged at once, always")
                .note("a condition or an expression makes it an index, and only a constraint can be put off")
                .help("leave out `deferrable`, or list fields alone, without `where`"),
        );
        return;
    };
    let same = |named: &[FieldId]| named.len() == fields.len() && named.iter().all(|id| fields.contains(id));
    let owners = entities_of(platform, entity);
    let reference = owners.flat_map(|owner| platform.references(owner.id)).find(|reference| {
        reference.enforced && reference.target == entity.id && same(&reference.target_fields)
    });
    if let Some(reference) = reference {
        found.push(
            Diagnostic::new(
                E0532,
                span,
                "a reference cannot lead to what is judged at the end of a transaction",
            )
            .also(reference.span, "this one does")
            .help("leave out `deferrable`, or refer to the key"),
        );
    }
}

fn entities_of<'p>(platform: &'p Stored, entity: &Entity) -> impl Iterator<Item = &'p Entity> {
    platform.entities_in(entity.store)
}

#[cfg(test)]
mod tests {
    use polity_text::source::Sources;

    /// The codes of the errors of a platform with these items in `core`.
    fn codes(major: u32, items: &str) -> Vec<String> {
        let source = format!(
            "platform shop {{ environments: [dev] }}\nstore main: postgres {major} {{ database: \"shop\", \
             extensions: [btree_gist] }}\nstore docs: mongodb 7 {{ database: \"shop\" }}\n\
             entity Doc in docs {{ id: uuid key }}\nschema core in main {{\n{items}\n}}\n"
        );
        let found = polity::check(&Sources::single("test.polity", &source), None);
        found.iter().filter(|d| d.is_error()).map(|d| d.code.to_string()).collect()
    }

    #[test]
    fn each_term_is_carried_out_or_refused() {
        let entity = |clause: &str| format!("entity A {{ id: uuid key; a: int; b: int?; {clause} }}");
        let is = |major: u32, clause: &str, wanted: &[&str]| {
            assert_eq!(codes(major, &entity(clause)), wanted, "{clause} of {major}");
        };
        is(15, "unique (a, b) nulls not distinct", &[]);
        is(14, "unique (a, b) nulls not distinct", &["E0532"]);
        is(15, "unique (a) nulls not distinct", &["E0532"]);
        is(15, "unique (b) where a > 1 nulls not distinct", &[]);
        is(15, "unique (a) deferrable", &[]);
        is(15, "unique (a) where b > 1 deferrable", &["E0532"]);
        is(15, "unique (a + 1) deferrable", &["E0532"]);
        is(15, "unique (a) deferrable as \"sole\"", &[]);
        let referred =
            format!("{}\nentity B {{ id: uuid key; a: -> A.a; index (a) }}", entity("unique (a) deferrable"));
        assert_eq!(codes(15, &referred), ["E0532"]);
        let document = "entity D in docs { id: uuid key; a: int?; unique (a) nulls not distinct }";
        assert_eq!(codes(15, &format!("}}\n{document}\nschema more in main {{")), ["E0612"]);
    }
}
