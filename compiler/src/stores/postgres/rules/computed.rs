//! Computed columns read stored ones, and defaults read nothing.

use super::entities;
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::{E0507, E0508};
use crate::model::{Platform, Store};

/// PostgreSQL computes all generated columns of a row at once, so none can read another; a default is taken
/// before there is a row to read.
pub(super) fn computed(platform: &Platform, store: &Store, found: &mut Vec<Diagnostic>) {
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
            if let Some(default) = &field.default {
                default.fields(&mut |path, span| {
                    let other = &entity.fields[path.root.index()].named.name;
                    found.push(
                        Diagnostic::new(E0508, span, format!("a default cannot read `{other}`"))
                            .here("there is no row yet")
                            .help(format!(
                                "compute it: `computed (…)`, or let the client set `{}`",
                                field.named.name
                            )),
                    );
                });
            }
        }
    }
}
