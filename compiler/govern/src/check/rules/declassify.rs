//! Only an aggregate loses a label.

use crate::Governed;
use polity_model::Field;
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0808;

/// `declassify` beside a column that hands values of single rows on, or beside a field, which is no aggregate at all.
pub fn declassify(platform: &Governed, found: &mut Vec<Diagnostic>) {
    for view in &platform.views {
        for (column, aggregate) in view.columns.iter().zip(&view.aggregates) {
            if !aggregate {
                refuse(
                    platform,
                    column,
                    "make one value of many rows in the query (`sum`, `count`, `avg`, …), or leave the label",
                    found,
                );
            }
        }
    }
    let entities = platform.entities.iter().flat_map(|entity| &entity.fields);
    for field in entities.chain(platform.structs.iter().flat_map(|record| &record.fields)) {
        refuse(
            platform,
            field,
            "declassify a column of a view that aggregates it, or leave the label",
            found,
        );
    }
}

fn refuse(platform: &Governed, field: &Field, help: &str, found: &mut Vec<Diagnostic>) {
    for (label, _, span) in &field.declassified {
        let name = &platform[*label].name;
        let message = format!("`{}` is no aggregate, so it keeps `#{name}`", field.named.name);
        found.push(Diagnostic::new(E0808, *span, message).help(help));
    }
}
