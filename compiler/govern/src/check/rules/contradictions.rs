//! Clauses of an entity about the changes of its rows do not contradict each other.

use crate::Governed;
use polity_model::FieldId;
use polity_model::entity::{Entity, Field};
use polity_model::expr::ExprKind;
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0341;
use polity_text::source::Span;

/// `append only` beside what changes rows, and modifiers of a field of which one undoes the other.
pub fn contradictions(platform: &Governed, found: &mut Vec<Diagnostic>) {
    for entity in &platform.entities {
        if let Some(span) = platform.append_only(entity.id) {
            append_only(entity, span, found);
        }
        for (id, field) in entity.fields() {
            field_terms(platform, entity, id, field, found);
        }
    }
}

/// Rows that never change hold nothing that changes them. A row may still go with the one that it refers to, or forget it:
/// that is what an erasure of whoever stands there needs.
fn append_only(entity: &Entity, only: Span, found: &mut Vec<Diagnostic>) {
    let mut refuse = |span: Span, what: &str, help: &str| {
        let message = format!("a row of `{}` is `append only`, and {what}", entity.named.name);
        found.push(Diagnostic::new(E0341, span, message).also(only, "no row changes or goes").help(help));
    };
    for field in &entity.fields {
        if let Some(value) = &field.on_update {
            refuse(value.span, "`on update` changes it", "leave out `on update`, or leave out `append only`");
        }
        if let Some(span) = field.optimistic {
            refuse(span, "`optimistic` counts its updates", "leave out `optimistic`");
        }
        if let Some(span) = field.soft_delete {
            refuse(
                span,
                "`soft_delete` deletes it by an update",
                "leave out `soft_delete`; `retain` removes old rows",
            );
        }
    }
}

/// A modifier, with its place.
type Said = (&'static str, Option<Span>);

/// The pairs of modifiers that contradict each other, with the reason. All others go together; so `immutable` and `on delete
/// set null` do, for what is forgotten was not changed by anybody, and an anonymized field is the same.
const PAIRS: &[(&str, &str, &str)] = &[
    ("immutable", "on update", "every update would change what never changes"),
    ("immutable", "optimistic", "every update raises a version"),
    ("immutable", "soft_delete", "deleting a row sets this field"),
    ("key", "on update", "a key stays what it is, or references lose their row"),
    ("key", "optimistic", "a key stays what it is, or references lose their row"),
    ("key", "soft_delete", "a key is never absent"),
    ("computed", "on update", "it follows from other fields"),
    ("computed", "optimistic", "it follows from other fields"),
    ("computed", "soft_delete", "it follows from other fields"),
    ("computed", "immutable", "it changes with the fields that it follows from"),
    ("optimistic", "on update", "every update raises it already"),
    ("soft_delete", "on update", "every update would delete the row, or bring it back"),
    ("soft_delete", "unique", "rows may be deleted at one moment"),
    ("soft_delete", "= value", "a new row would be deleted"),
];

fn field_terms(
    platform: &Governed,
    entity: &Entity,
    id: FieldId,
    field: &Field,
    found: &mut Vec<Diagnostic>,
) {
    let span = |expr: &polity_model::Expr| expr.span;
    let default = field.default.as_ref().filter(|value| value.kind != ExprKind::Null);
    let key = entity.key.contains(&id).then(|| entity.key_span.unwrap_or(field.named.span));
    let said: [Said; 8] = [
        ("immutable", platform.immutable(entity.id, id)),
        ("on update", field.on_update.as_ref().map(span)),
        ("optimistic", field.optimistic),
        ("soft_delete", field.soft_delete),
        ("computed", field.computed.as_ref().map(span)),
        ("unique", field.unique),
        ("key", key),
        ("= value", default.map(span)),
    ];
    // Hardly any field has two modifiers.
    if said.iter().filter(|(_, span)| span.is_some()).nth(1).is_none() {
        return;
    }
    let at = |word: &str| said.iter().find(|(said, _)| *said == word).and_then(|(_, span)| *span);
    for (first, second, why) in PAIRS {
        if let (Some(one), Some(other)) = (at(first), at(second)) {
            let message = format!("`{}` is `{first}` and `{second}`", field.named.name);
            found.push(
                Diagnostic::new(E0341, other, message)
                    .here(*why)
                    .also(one, format!("`{first}`"))
                    .help("leave one of the two out"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::PAIRS;
    use polity_text::source::Sources;

    /// The codes of the errors of a platform with these members of `Seen`.
    fn codes(members: &str) -> Vec<String> {
        let source = format!(
            "platform shop {{ environments: [dev] }}\nstore main: postgres 15 {{ database: \"shop\" }}\n\
             schema core in main {{\nstruct Stamp {{ at: timestamp = now() on update now() }}\n\
             entity User {{ id: uuid key }}\nentity Seen {{\n{members}\n}}\n}}\n"
        );
        let found = polity::check(&Sources::single("test.polity", &source), None);
        found.iter().filter(|d| d.is_error()).map(|d| d.code.to_string()).collect()
    }

    #[test]
    fn nothing_changes_what_never_changes() {
        for member in [
            "at: timestamp = now() on update now()",
            "include Stamp",
            "version: int = 1 optimistic",
            "gone: timestamp? soft_delete",
        ] {
            assert_eq!(codes(&format!("id: uuid key\n{member}\nappend only")), ["E0341"], "{member}");
            assert_eq!(codes(&format!("id: uuid key\n{member}")), [""; 0], "{member}");
        }
        for member in [
            "who: -> User on delete restrict; index (who)",
            "who: -> User on delete cascade; index (who)",
            "who: -> User? on delete set null; index (who)",
            "at: timestamp immutable; index (at); retain 1y after at",
            "n: int immutable",
            "m: int; twice: int computed (m * 2)",
        ] {
            assert_eq!(codes(&format!("id: uuid key\n{member}\nappend only")), [""; 0], "{member}");
        }
    }

    /// Every pair of modifiers that a field can have: a type on which both may stand, and what each is written as.
    #[test]
    fn every_pair_of_modifiers_is_decided() {
        let words = ["immutable", "on update", "optimistic", "soft_delete", "unique", "key", "= value"];
        for (at, one) in words.iter().enumerate() {
            for other in &words[at + 1..] {
                let written = |word: &str| match word {
                    "on update" => "on update VALUE".to_owned(),
                    "= value" => "= VALUE".to_owned(),
                    word => word.to_owned(),
                };
                let is = |word: &str| *one == word || *other == word;
                if is("optimistic") && is("soft_delete") || is("key") && is("soft_delete") {
                    continue; // No type has both.
                }
                let (ty, value) = if is("soft_delete") { ("timestamp?", "now()") } else { ("int", "1") };
                let field = format!("f: {ty} {} {}", written(one), written(other)).replace("VALUE", value);
                let id = if is("key") { "" } else { "id: uuid key\n" };
                let named = |(a, b, _): &(&str, &str, &str)| is(a) && is(b);
                let wanted = usize::from(PAIRS.iter().any(named));
                assert_eq!(codes(&format!("{id}{field}")), vec!["E0341"; wanted], "{field}");
            }
        }
        for second in ["on update 3", "optimistic", "immutable"] {
            let field = format!("id: uuid key\na: int\nf: int computed (a + 1) {second}");
            assert_eq!(codes(&field), ["E0341"], "{second}");
        }
    }
}
