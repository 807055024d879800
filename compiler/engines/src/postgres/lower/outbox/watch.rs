//! The alert on an outbox that nobody empties.

use crate::surface::Watch;
use polity_govern::Stored;
use polity_model::Store;
use polity_text::quoting::promql;

/// The seconds after which a message is late.
const LATE: u32 = 300;

/// Returns what must be watched of the outbox of a store: that a relay publishes what is in it.
pub(in crate::postgres) fn watches(platform: &Stored, store: &Store) -> Option<Watch> {
    let name = &store.named.name;
    super::is_in(platform, store).then(|| Watch {
        name: "outbox_waiting".to_owned(),
        expression: format!(
            "max by (outbox) (polity_outbox_waiting_seconds{{store={}}}) > {LATE}",
            promql::text(name)
        ),
        summary: format!("a message in the outbox of {name} has waited for {LATE} seconds"),
        description: format!(
            "Messages are published by a relay, which deletes them. Look whether it runs. Retention deletes what has waited for {}.",
            super::super::calendar::words(super::KEPT)
        ),
    })
}
