//! Numbers that all tenants draw from one row of them tell each how much the others write.

use super::entities;
use polity_govern::Stored;
use polity_model::Store;
use polity_model::expr::{ExprKind, Function};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::W0822;

/// `identity()` and `next(sequence)` where each tenant has its own rows.
pub(super) fn scoped_numbers(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    for entity in entities(platform, store).filter(|entity| entity.tenant.is_some()) {
        for field in &entity.fields {
            let Some(default) = &field.default else { continue };
            let mut counted = false;
            default.walk(&mut |e| {
                counted |= matches!(
                    &e.kind,
                    ExprKind::Next(_) | ExprKind::Call { function: Function::Identity, .. }
                );
            });
            if counted {
                found.push(
                    Diagnostic::new(
                        W0822,
                        default.span,
                        format!("`{}` counts the rows of all tenants together", field.named.name),
                    )
                    .note("each tenant learns from the gaps how much the others write")
                    .help("use `uuid_v7()`, or count per tenant in an entity of your own"),
                );
            }
        }
    }
}
