//! A row that all tenants share takes no row of a tenant along.

use super::entities;
use polity_govern::Stored;
use polity_model::Store;
use polity_model::entity::OnDelete;
use polity_text::diagnostics::codes::E0822;
use polity_text::diagnostics::{Diagnostic, Help};

/// A reference from what each tenant has its own of to what all share, which does more than refuse.
pub(super) fn global_reference(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    for entity in entities(platform, store).filter(|entity| entity.tenant.is_some()) {
        for reference in platform.references(entity.id).filter(|r| r.enforced && platform[r.target].global) {
            let Some((OnDelete::Cascade | OnDelete::SetNull, span)) = reference.on_delete else { continue };
            let (name, target) = (&entity.named.name, &platform[reference.target]);
            found.push(
                Diagnostic::new(
                    E0822,
                    span,
                    format!("deleting one `{}` would change `{name}` of every tenant", target.named.name),
                )
                .note("PostgreSQL carries it out as the owner, past row security")
                .also(target.named.span, "shared by all tenants")
                .help(Help::write("on delete restrict")),
            );
        }
    }
}
