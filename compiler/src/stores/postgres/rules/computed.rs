//! Computed columns read stored ones.

use super::entities;
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::E0507;
use crate::govern::Governed;
use crate::model::Store;

/// PostgreSQL computes all generated columns of a row at once, so none can read another.
pub(super) fn computed(platform: &Governed, store: &Store, found: &mut Vec<Diagnostic>) {
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
