//! Partitions that change.

use super::super::change::respread::{beside, respread};
use super::super::lower::database::Database;
use super::super::lower::lowered::Lowered;
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E1909;

/// A table that is spread over other partitions while something else of it changes, or that is a trail.
pub(super) fn spread_otherwise(database: &Database, lowered: &Lowered, found: &mut Vec<Diagnostic>) {
    let Some(sealed) = &lowered.sealed else { return };
    for old in respread(&sealed.renamed, &lowered.catalog) {
        if let Some(table) = database.tables.iter().find(|table| table.name.0 == old.name) {
            let Some(why) = beside(&sealed.renamed, &lowered.catalog, old) else { continue };
            let named = &table.entity.named;
            let message = format!(
                "`{}` is spread over other partitions, which it only is by itself: {why}",
                named.name
            );
            let help = "seal the one, then write the other";
            found.push(Diagnostic::new(E1909, named.span, message).help(help));
        } else if let Some(trail) = database.trails.iter().find(|trail| trail.name.0 == old.name) {
            let named = &trail.log.named;
            let message = format!(
                "`{}` is spread over other partitions, and a trail stays as it was sealed",
                named.name
            );
            let help =
                format!("write another `audit log` with `after {}`, which goes on from here", named.name);
            found.push(Diagnostic::new(E1909, named.span, message).help(help));
        }
    }
}
