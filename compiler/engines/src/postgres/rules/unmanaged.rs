//! Objects that the source leaves to others.

use std::collections::BTreeMap;

use super::super::lower::database::Database;
use super::super::lower::lowered::Lowered;
use polity_catalog::Identified;
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E1911;

/// An object that a line leaves to others and that the source declares as well.
pub(super) fn unmanaged(database: &Database, lowered: &Lowered, found: &mut Vec<Diagnostic>) {
    let lines = database.platform.unmanaged.iter();
    let lines = lines.filter(|one| one.store.is_none_or(|store| store == database.store.id));
    let lines: BTreeMap<&str, _> = lines.map(|one| (one.object.as_str(), one)).collect();
    if lines.is_empty() {
        return;
    }
    for object in lowered.catalog.objects() {
        let id = object.id().to_string();
        if let Some(line) = lines.get(id.as_str()) {
            let message = format!("`{id}` is left to others, and the source declares it");
            found
                .push(Diagnostic::new(E1911, line.span, message).help("remove the line, or the declaration"));
        }
    }
}
