//! Computed columns read stored ones.

use super::entities;
use polity_govern::Stored;
use polity_model::Store;
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0507;

/// PostgreSQL computes all generated columns of a row at once, so none can read another.
pub(super) fn computed(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    for entity in entities(platform, store) {
        for field in &entity.fields {
            if let Some(computed) = &field.computed {
                computed.fields(&mut |path, span| {
                    let other = &entity.fields[path.root.index()];
                    if let Some(inner) = &other.computed {
                        found.push(
                            Diagnostic::new(
                                E0507,
                                span,
                                format!("`{}` is computed itself", other.named.name),
                            )
                            .also(inner.span, "computed here")
                            .help(format!("write out what `{}` is computed from", other.named.name)),
                        );
                    }
                });
            }
        }
    }
}
