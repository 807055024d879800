//! A 2dsphere index holds GeoJSON.

use crate::mongodb::lower::indexes::is_geo;
use polity_govern::Stored;
use polity_model::entity::{Column, IndexMethod};
use polity_model::expr::{ExprKind, Step};
use polity_model::{Entity, Store, TypeKind};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0604;

/// An index `using geo` without a field of a `geo` type. Other fields may stand beside one.
pub(super) fn geo_index(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    for entity in platform.entities_in(store.id) {
        for index in &entity.indexes {
            let Some((IndexMethod::Geo, method)) = index.method else { continue };
            if index.columns.iter().any(|column| is_geo(platform, entity, column)) {
                found.extend(
                    index.columns.iter().filter_map(|column| list_of_places(platform, entity, column)),
                );
                continue;
            }
            found.push(
                Diagnostic::new(E0604, index.span, "this index has no place in it")
                    .also(method, "a 2dsphere index is over GeoJSON")
                    .note("MongoDB refuses documents whose value there is not GeoJSON")
                    .help("give it a field of type `geo.point`, `geo.line` or `geo.polygon`, or leave out `using geo`"),
            );
        }
    }
}

/// MongoDB takes a list at the end of the path for a pair of coordinates; one on the way it goes through.
fn list_of_places(platform: &Stored, entity: &Entity, column: &Column) -> Option<Diagnostic> {
    let ExprKind::Field(path) = &column.expr.kind else { return None };
    let last = match path.steps.last() {
        None => &entity.field(path.root).ty,
        Some(Step::Member(record, field)) => &platform[*record].fields[field.index()].ty,
        Some(Step::Key(_)) => return None,
    };
    (matches!(last.kind, TypeKind::List(_)) && is_geo(platform, entity, column)).then(|| {
        Diagnostic::new(E0604, column.expr.span, "a 2dsphere index is not over a list of places")
            .here("MongoDB would take the list for a pair of coordinates")
            .help("make it a list of records, `stops: { at: geo.point }[]`, and index `stops.at`")
    })
}
