//! Names keep within 63 bytes.

use super::super::lower::database::Database;
use super::super::lower::names::LIMIT;
use super::record_size::is_too_large;
use polity_govern::Stored;
use polity_model::Store;
use polity_model::written_out::WrittenOut;
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::W0501;

/// A name that PostgreSQL would cut off: it is stored under a shorter one that stays the same.
pub(super) fn long_name(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    let mut sizes = WrittenOut::new(platform);
    if platform.entities_in(store.id).any(|entity| is_too_large(entity, &mut sizes)) {
        return;
    }
    for name in Database::lower(platform, store).names.shortened {
        found.push(
            Diagnostic::new(
                W0501,
                name.span,
                format!("`{}` has {} bytes, and PostgreSQL keeps {LIMIT}", name.whole, name.whole.len()),
            )
            .here(format!("stored as `{}`", name.stored))
            .help("give it, or the table that its name begins with, a shorter name with `as \"…\"`"),
        );
    }
}
