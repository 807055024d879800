//! A view passes ciphertext on or counts it; it makes nothing of it.

use super::clear_use::encrypted_here;
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::E0838;
use crate::model::{FieldId, Lineage, Platform};

pub fn encrypted_view(platform: &Platform, found: &mut Vec<Diagnostic>) {
    for view in &platform.views {
        for (i, column) in view.columns.iter().enumerate() {
            let id = FieldId(i as u32);
            if platform.passes_on(view.id, id).is_some() || view.aggregates.get(i) == Some(&true) {
                continue;
            }
            let read = view.lineage.get(i).into_iter().flatten().find_map(|from| match from {
                Lineage::Field(entity, field) => {
                    platform[*entity].field(*field).encrypted.as_ref().map(|e| (e, *entity, *field))
                }
                Lineage::Column(..) | Lineage::AuditLog(_) => None,
            });
            let Some((encrypted, entity, field)) = read else { continue };
            let source = &platform[entity].field(field).named.name;
            let message = format!("column `{}` is made of `{source}`, which is encrypted", column.named.name);
            found.push(
                encrypted_here(Diagnostic::new(E0838, column.named.span, message), encrypted)
                    .note("a view sees ciphertext: it can pass it on as it is, and count it")
                    .help(format!(
                        "select `{source}` itself and let the client make the rest, or leave the column out"
                    )),
            );
        }
    }
}
