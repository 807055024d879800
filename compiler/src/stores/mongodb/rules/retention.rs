//! Retention that MongoDB can carry out: documents are deleted, some time after a date in them.

use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::E0610;
use crate::model::{Platform, Store};
use crate::stores::mongodb::indexes;

/// The most that `expireAfterSeconds` holds.
/// <https://www.mongodb.com/docs/manual/core/index-ttl/#expiration-of-data>
const MOST_SECONDS: u64 = 2_147_483_647;

pub(super) fn retention(platform: &Platform, store: &Store, found: &mut Vec<Diagnostic>) {
    for entity in platform.entities_in(store.id) {
        if let Some(retain) = &entity.retain {
            let (what, help) = if retain.after.is_none() {
                (
                    "it is not said from when on this retention counts",
                    format!(
                        "write `retain {} after FIELD`, with a field of type `timestamp`",
                        retain.duration
                    ),
                )
            } else if indexes::seconds(retain.duration) > MOST_SECONDS {
                ("this is longer than MongoDB counts", "at most `68y` fit into its seconds".to_owned())
            } else {
                continue;
            };
            found.push(Diagnostic::new(E0610, retain.span, what).here("cannot be carried out").help(help));
        }
        for index in &entity.indexes {
            if indexes::expire_after(index).is_some_and(|duration| indexes::seconds(duration) > MOST_SECONDS)
            {
                found.push(
                    Diagnostic::new(E0610, index.span, "this is longer than MongoDB counts")
                        .here("cannot be carried out")
                        .help("at most `68y` fit into its seconds"),
                );
            }
        }
    }
}
