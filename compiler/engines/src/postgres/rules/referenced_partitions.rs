//! Partitions are dropped only where no foreign key points at them.

use super::super::lower::maintenance::{Leaving, leaving};
use super::entities;
use polity_govern::Stored;
use polity_model::Store;
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0515;

/// DROP fails on the dependency, and DETACH fails as long as a row is referred to.
pub(super) fn referenced_partitions(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    for referrer in entities(platform, store) {
        for reference in platform.references(referrer.id).filter(|r| r.enforced) {
            let target = &platform[reference.target];
            let Some(retain) = platform.retain(target.id) else { continue };
            if target.store == store.id && leaving(platform, target) == Some(Leaving::Partitions) {
                found.push(
                    Diagnostic::new(
                        E0515,
                        reference.span,
                        format!(
                            "`{}` leaves by whole partitions, which a foreign key holds back",
                            platform.entity_path(target.id)
                        ),
                    )
                    .also(retain.span, "its partitions are dropped")
                    .help("keep the key without a foreign key: store its fields, or write the reference `unchecked`"),
                );
            }
        }
    }
}
