//! Ciphertexts that are made otherwise than those which were sealed.

use super::super::lower::database::Database;
use super::super::lower::doubles::is_accepted;
use super::super::lower::lowered::Lowered;
use super::super::lower::sealed::Sealed;
use super::super::lower::table::Table;
use polity_catalog::origins::Part;
use polity_catalog::relational::ObjectId;
use polity_govern::encrypted::EncryptedPlace;
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::{E1907, E1913};

/// A field with another key, another row or another form, whose ciphertexts nobody leads on; and one that gets or loses its blind index
/// while its column is called otherwise.
pub(super) fn resealed(database: &Database, lowered: &Lowered, found: &mut Vec<Diagnostic>) {
    let Some(sealed) = &lowered.sealed else { return };
    let platform = database.platform;
    for table in &database.tables {
        let name = &table.name.0;
        if sealed.renamed.get(&ObjectId::Table(name.clone())).is_none() {
            continue;
        }
        for place in platform.encrypted_places(table.entity.id) {
            let id = platform.governed().ciphertext_id(table.entity, &place);
            let column = column(table, &place);
            let is_led =
                column.is_some_and(|column| sealed.sealings.iter().any(|one| one.names(name, column)));
            let otherwise = platform.governed().sealed_otherwise(table.entity, &place);
            if let Some(message) = otherwise.filter(|_| !is_led) {
                let help = way_out(database, table, &place, column);
                found.push(Diagnostic::new(E1913, place.field.named.span, message).help(help));
            } else if let Some(column) = column
                && is_indexed_otherwise(sealed, table, &id, column)
                && sealed.doubles.iter().any(|one| one.table == *name && one.new == column)
            {
                let message =
                    format!("`{column}` gets another name, and a blind index comes or goes with it");
                let help = "do one of both, and the other once its contract is sealed";
                found.push(Diagnostic::new(E1907, place.field.named.span, message).help(help));
            }
        }
    }
}

/// The column of a place, where it has one to itself.
fn column<'t>(table: &'t Table<'_>, place: &EncryptedPlace<'_>) -> Option<&'t str> {
    let first: Vec<&str> = place.way.iter().map(|field| field.named.first_name().as_str()).collect();
    let first = first.join(".");
    let column =
        table.columns.iter().find(|one| one.path.first == first && one.part == Part::Whole && one.sealed);
    column.map(|one| one.name.as_str())
}

/// Whether a keyed hash comes or goes.
fn is_indexed_otherwise(sealed: &Sealed, table: &Table<'_>, id: &str, column: &str) -> bool {
    let path = table.columns.iter().find(|one| one.name == column).map(|one| &one.path.first);
    let now = table.columns.iter().any(|one| Some(&one.path.first) == path && one.part == Part::BlindIndex);
    let before = sealed.state.origins.iter().any(|(_, of)| of.part == Part::BlindIndex && of.id == id);
    now != before
}

fn way_out(
    database: &Database,
    table: &Table<'_>,
    place: &EncryptedPlace<'_>,
    column: Option<&str>,
) -> String {
    let path = format!("{}.{}", database.platform.entity_path(table.entity.id), place.name());
    match column {
        Some(_) if is_accepted(database, "encryption", &path) => {
            "give it a column of its own with `as`; whatever reads that of before goes first, such as a view"
                .to_owned()
        }
        Some(column) => format!(
            "give it a column of its own, such as `as \"{column}_2\"`, and say `accept encryption on {path} because \"…\"`"
        ),
        None => "keep it as it was sealed, and write a field of another name beside it, which clients fill"
            .to_owned(),
    }
}
