//! A view passes ciphertext on or counts it; it makes nothing of it, and compares it with nothing.

use super::clear_use::encrypted_here;
use crate::Governed;
use polity_model::{EntityId, FieldId, Lineage};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0838;

pub fn encrypted_view(platform: &Governed, found: &mut Vec<Diagnostic>) {
    let told = |span, message: String, (entity, field): (EntityId, FieldId), help: String| {
        let encrypted = platform.encrypted(entity, field)?;
        Some(
            encrypted_here(Diagnostic::new(E0838, span, message), encrypted)
                .note("a view sees ciphertext: it can pass it on as it is, and count it")
                .help(help),
        )
    };
    for view in &platform.views {
        for (i, column) in view.columns.iter().enumerate() {
            let id = FieldId(i as u32);
            if platform.passes_on(view.id, id).is_some() || view.counts.get(i) == Some(&true) {
                continue;
            }
            let mut lineage = view.lineage.get(i).into_iter().flatten();
            let Some(read) = lineage.find_map(|from| ciphertext(platform, *from)) else { continue };
            let source = &platform[read.0].field(read.1).named.name;
            let message = format!("column `{}` is made of `{source}`, which is encrypted", column.named.name);
            let help =
                format!("select `{source}` itself and let the client make the rest, or leave the column out");
            found.extend(told(column.named.span, message, read, help));
        }
        if let Some(read) = view.compares.iter().find_map(|from| ciphertext(platform, *from)) {
            let source = &platform[read.0].field(read.1).named.name;
            let message = format!("`{}` compares `{source}`, which is encrypted", view.named.name);
            let help = format!(
                "leave `{source}` out of `JOIN`, `WHERE`, `GROUP BY` and `ORDER BY`; equal values have different ciphertexts"
            );
            found.extend(told(view.sql_span, message, read, help));
        }
    }
}

/// The encrypted field whose ciphertext this is.
fn ciphertext(platform: &Governed, from: Lineage) -> Option<(EntityId, FieldId)> {
    match from {
        Lineage::Field(entity, field) => {
            platform.encrypted(entity, field).is_some().then_some((entity, field))
        }
        Lineage::Column(view, column) => ciphertext(platform, platform.passes_on(view, column)?),
        Lineage::AuditLog(_) => None,
    }
}
