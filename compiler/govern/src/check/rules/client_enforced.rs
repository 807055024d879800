//! Tenants that an engine does not keep apart by itself are an error until the source accepts that the client does.

use crate::Governed;
use polity_model::Store;
use polity_model::governance::{Accept, Tier};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::{E0829, W0829};

pub fn client_enforced(platform: &Governed, found: &mut Vec<Diagnostic>) {
    if platform.tenancy.is_none() {
        return;
    }
    for tier in &platform.tiers {
        for accept in tier.accepts.iter().filter(|accept| !excuses(platform, tier, accept)) {
            found.push(
                Diagnostic::new(W0829, accept.span, "the `accept` excuses nothing")
                    .note("the stores that it speaks of keep these tenants apart by themselves, or hold nothing of theirs")
                    .help("remove it"),
            );
        }
        let Some(isolation) = tier.isolation() else { continue };
        for store in platform.stores.iter().filter(|store| holds_scoped(platform, store)) {
            let Some(engine) = store.about else { continue };
            let carried = engine.enforces(isolation) || tier.accepts_client_enforced(store.id);
            if !carried {
                let (tier_name, name) = (&tier.named.name, &store.named.name);
                found.push(
                    Diagnostic::new(
                        E0829,
                        tier.named.span,
                        format!("{} does not keep the tenants of tier `{tier_name}` apart", engine.title),
                    )
                    .also(store.named.span, format!("they share `{name}`, where only the client tells them apart"))
                    .help(format!(
                        "write `accept client_enforced in {name} because \"…\"` in the tier, or `isolation: database`"
                    )),
                );
            }
        }
    }
}

/// An `accept` that stays behind would excuse what comes later as well.
fn excuses(platform: &Governed, tier: &Tier, accept: &Accept) -> bool {
    let Some(isolation) = tier.isolation() else { return true };
    let concerned = |store: &&Store| accept.store.is_none_or(|wanted| wanted == store.id);
    platform.stores.iter().filter(concerned).any(|store| {
        holds_scoped(platform, store) && store.about.is_none_or(|engine| !engine.enforces(isolation))
    })
}

/// Whether anything in it belongs to one tenant.
pub(super) fn holds_scoped(platform: &Governed, store: &Store) -> bool {
    platform.entities_in(store.id).any(|entity| !entity.global)
        || platform
            .keyspaces
            .iter()
            .any(|keyspace| keyspace.store == store.id && !keyspace.global && !keyspace.is_of_quota())
        || platform.channels.iter().any(|channel| channel.store == store.id && !channel.global)
}
