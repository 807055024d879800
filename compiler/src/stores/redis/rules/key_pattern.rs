//! A pattern makes keys that globs and hash tags read as they are meant.

use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::E0703;
use crate::model::keyspace::{Part, Pattern};
use crate::model::{Platform, Store};
use crate::stores::redis::{channels_of, keyspaces_of};

/// A pattern that is empty, that has blanks or characters of globs in its text, or two parameters side by side.
pub(super) fn key_pattern(platform: &Platform, store: &Store, found: &mut Vec<Diagnostic>) {
    for keyspace in keyspaces_of(platform, store) {
        judge(&keyspace.pattern, found);
    }
    for channel in channels_of(platform, store) {
        judge(&channel.pattern, found);
    }
}

fn judge(pattern: &Pattern, found: &mut Vec<Diagnostic>) {
    // A pattern without a place was broken, and reported.
    let Some(span) = pattern.span else { return };
    if pattern.parts.is_empty() {
        found.push(
            Diagnostic::new(E0703, span, "the pattern is empty")
                .help("for example `pattern \"session:{user: uuid}\"`"),
        );
        return;
    }
    for part in &pattern.parts {
        let Part::Literal(text) = part else { continue };
        if let Some(c) =
            text.chars().find(|c| c.is_whitespace() || c.is_control() || "*?[]\\%{}".contains(*c))
        {
            found.push(
                Diagnostic::new(E0703, span, format!("the pattern has `{}` in its text", c.escape_debug()))
                    .note("access lists, `SCAN` and clusters read this character specially")
                    .help("write letters, digits, `:`, `_`, `-`, `.` or `/`"),
            );
            return;
        }
    }
    let beside = pattern.parts.windows(2).any(|two| matches!(two, [Part::Parameter(_), Part::Parameter(_)]));
    if beside {
        found.push(
            Diagnostic::new(E0703, span, "two parameters stand side by side")
                .note("nobody could tell where the first ends and the second begins")
                .help("put a `:` between them"),
        );
    }
}
