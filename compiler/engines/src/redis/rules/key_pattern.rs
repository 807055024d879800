//! A pattern makes keys that access lists, globs and clusters read as they are meant, and one key for one value.

use crate::redis::keys::parameter;
use crate::redis::language::ends_before;
use crate::redis::{channels_of, keyspaces_of};
use polity_govern::Stored;
use polity_model::keyspace::{Part, Pattern};
use polity_model::{Store, TypeKind};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0703;

/// A pattern whose text holds more than plain characters, or two parameters in one segment of which nobody could
/// tell where the first ends.
pub(super) fn key_pattern(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    for keyspace in keyspaces_of(platform, store) {
        judge(platform, store, &keyspace.pattern, &keyspace.together_by, found);
    }
    for channel in channels_of(platform, store) {
        judge(platform, store, &channel.pattern, &[], found);
    }
}

fn judge(
    platform: &Stored,
    store: &Store,
    pattern: &Pattern,
    together: &[usize],
    found: &mut Vec<Diagnostic>,
) {
    let Some(span) = pattern.span else { return };
    let texts = pattern.parts.iter().filter_map(|part| match part {
        Part::Literal(text) => Some(text),
        Part::Parameter(_) => None,
    });
    if let Some(c) = texts.flat_map(|text| text.chars()).find(|c| !is_plain(*c)) {
        found.push(
            Diagnostic::new(E0703, span, format!("the pattern has `{}` in its text", c))
                .note("access lists, `SCAN` and clusters may read it as something else")
                .help("write letters, digits, `:`, `_`, `-`, `.` or `/`"),
        );
    }
    for parts in pattern.parts.windows(3) {
        let [Part::Parameter(first), Part::Literal(text), Part::Parameter(second)] = parts else { continue };
        let (first_of, second) = (&pattern.parameters[*first], &pattern.parameters[*second]);
        // A tag ends with its brace.
        if together.contains(first) || text.contains(':') || first_of.ty.kind == TypeKind::Broken {
            continue;
        }
        let Some(next) = text.chars().next() else { continue };
        if !ends_before(&parameter(platform, store.id, first_of), next) {
            found.push(
                Diagnostic::new(
                    E0703,
                    second.span,
                    format!("nobody could tell `{}` from `{}` in a key", first_of.name, second.name),
                )
                .here("in the same segment")
                .also(first_of.span, format!("its values may hold `{next}` too"))
                .note("two different pairs of values would make the same key")
                .help("put a `:` between them"),
            );
        }
    }
}

fn is_plain(c: char) -> bool {
    !c.is_whitespace() && !c.is_control() && !"*?[]\\%{}()'\"".contains(c)
}
