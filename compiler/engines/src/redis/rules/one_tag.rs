//! Keys are kept together by one value.

use crate::redis::keyspaces_of;
use polity_govern::Stored;
use polity_model::Store;
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0711;
use polity_text::source::Span;

/// `together by` with more than one parameter: a cluster reads the first pair of braces of a key and no other.
pub(super) fn one_tag(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    for keyspace in keyspaces_of(platform, store) {
        let [first, second, ..] = &keyspace.together_by[..] else { continue };
        let name = |i: &usize| &keyspace.pattern.parameters[*i].name;
        // From the end of the first name to that of the last.
        let [named, .., last] = &keyspace.together_spans[..] else { continue };
        let others = Span { start: named.end, ..*last };
        found.push(
            Diagnostic::new(
                E0711,
                keyspace.pattern.parameters[*second].span,
                format!("keys cannot be kept together by `{}` and `{}`", name(first), name(second)),
            )
            .here("a cluster would not look at this one")
            .note("the first value in braces decides where a key lives")
            .help(format!("write `together by ({})`", name(first)))
            .edit(others, ""),
        );
    }
}
