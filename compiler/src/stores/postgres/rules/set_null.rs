//! `on delete set null` of several columns nulls only those that may be absent.

use super::entities;
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::E0510;
use crate::model::entity::OnDelete;
use crate::model::{Platform, Store};

/// Nothing of it may be absent; or only a part may, which PostgreSQL can do from version 15 on.
pub(super) fn set_null(platform: &Platform, store: &Store, found: &mut Vec<Diagnostic>) {
    for entity in entities(platform, store) {
        for reference in entity.references.iter().filter(|r| r.enforced) {
            let Some((OnDelete::SetNull, span)) = reference.on_delete else { continue };
            let optional = reference.fields.iter().filter(|id| entity.field(**id).ty.optional).count();
            if optional == 0 {
                found.push(
                    Diagnostic::new(E0510, span, "nothing of this reference may be absent").help(
                        "make it optional with `?`, or write `on delete restrict` or `on delete cascade`",
                    ),
                );
            } else if optional < reference.fields.len() && store.version.major() < 15 {
                found.push(
                    Diagnostic::new(
                        E0510,
                        span,
                        format!(
                            "PostgreSQL {} sets all columns of a reference to null or none",
                            store.version
                        ),
                    )
                    .help("make every column of it optional, or use PostgreSQL 15 or later"),
                );
            }
        }
    }
}
