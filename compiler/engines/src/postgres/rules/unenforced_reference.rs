//! Only a reference that PostgreSQL enforces has terms that it carries out.

use super::entities;
use polity_govern::Stored;
use polity_model::entity::Reference;
use polity_model::{Entity, Store, TypeKind};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0531;
use polity_text::source::Span;

/// `on delete …` or `deferrable` on a reference of several arms, one that is `unchecked`, or one into another store.
pub(super) fn unenforced_reference(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    for entity in entities(platform, store) {
        let mut last: Option<Span> = None;
        for reference in platform.references(entity.id).filter(|reference| !reference.enforced) {
            // Each arm of a reference says the same.
            if last == Some(reference.span) {
                continue;
            }
            last = Some(reference.span);
            if let Some((action, span)) = reference.on_delete {
                found.push(refuse(
                    platform,
                    entity,
                    reference,
                    span,
                    &format!("`on delete {}`", action.name()),
                ));
            }
            if reference.deferrable {
                found.push(refuse(platform, entity, reference, reference.span, "`deferrable`"));
            }
        }
    }
}

fn refuse(platform: &Stored, entity: &Entity, reference: &Reference, span: Span, what: &str) -> Diagnostic {
    let has_arms = reference.arm.is_some()
        || reference.fields.iter().any(|field| matches!(entity.field(*field).ty.kind, TypeKind::Union(_)));
    let (why, help) = match platform[reference.target].store == entity.store {
        true if has_arms => (
            "a reference with several arms has no foreign key",
            "leave it out, or write one optional reference for each arm",
        ),
        true => ("an `unchecked` reference has no foreign key", "leave it out, or leave out `unchecked`"),
        false => (
            "a reference into another store has no foreign key",
            "leave it out: an erasure follows the reference into its store",
        ),
    };
    Diagnostic::new(E0531, span, format!("nothing would carry out {what} here")).here(why).help(help)
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
    fn terms_need_a_foreign_key() {
        const TWO: &str = "entity A { id: uuid key }\nentity B { id: uuid key }\n";
        for reference in ["-> A | B", "-> A unchecked", "-> Doc"] {
            for terms in ["on delete cascade", "on delete restrict", "deferrable"] {
                let entity = format!("{TWO}entity C {{ id: uuid key; a: {reference} {terms}; index (a) }}");
                assert_eq!(codes(15, &entity), ["E0531"], "{reference} {terms}");
            }
            let set_null = reference.replace(" unchecked", "? unchecked");
            let set_null = if set_null.ends_with("unchecked") { set_null } else { format!("{reference}?") };
            let entity =
                format!("{TWO}entity C {{ id: uuid key; a: {set_null} on delete set null; index (a) }}");
            assert_eq!(codes(15, &entity), ["E0531"], "{set_null}");
            let plain = format!("{TWO}entity C {{ id: uuid key; a: {reference}; index (a) }}");
            assert_eq!(codes(15, &plain), [""; 0], "{reference}");
        }
        let clause = format!(
            "{TWO}entity C {{ id: uuid key; a: uuid; ref (a) -> A on delete cascade unchecked; index (a) }}"
        );
        assert_eq!(codes(15, &clause), ["E0531"]);
        assert_eq!(codes(15, &clause.replace(" unchecked", " deferrable")), [""; 0]);
    }
}
