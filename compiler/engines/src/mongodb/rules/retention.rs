//! Retention that MongoDB itself carries out: documents are deleted, some time after a date in them.

use crate::mongodb::lower::{collection, indexes};
use polity_govern::Stored;
use polity_model::{Duration, Store};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0610;
use polity_text::source::Span;

/// The most that `expireAfterSeconds` holds.
/// <https://www.mongodb.com/docs/manual/core/index-ttl/#expiration-of-data>
const MOST_SECONDS: u64 = 2_147_483_647;

pub(super) fn retention(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    for entity in platform.entities_in(store.id) {
        let expires = platform.retain(entity.id).filter(|_| !collection::is_anonymized(platform, entity));
        if let Some(retain) = expires
            && indexes::seconds(retain.duration) > MOST_SECONDS
        {
            found.push(too_long(retain.duration, retain.span));
        }
        for index in &entity.indexes {
            let Some(duration) = indexes::expire_after(index) else { continue };
            if indexes::seconds(duration) > MOST_SECONDS {
                found.push(too_long(duration, index.span));
            }
            // An index has one time after which its documents go.
            if let ([column], Some(retain)) = (index.columns.as_slice(), expires)
                && index.filter.is_none()
                && column.field() == retain.after
            {
                found.push(
                    Diagnostic::new(E0610, index.span, "it is said twice when documents go")
                        .here(format!("after `{duration}`"))
                        .also(retain.span, format!("after `{}`", retain.duration))
                        .help("leave one of the two out"),
                );
            }
        }
    }
}

fn too_long(duration: Duration, span: Span) -> Diagnostic {
    let one = indexes::seconds(Duration { count: 1, ..duration });
    let most = Duration { count: MOST_SECONDS / one.max(1), ..duration };
    Diagnostic::new(E0610, span, "this is longer than MongoDB counts")
        .here("cannot be carried out")
        .help(format!("at most `{most}` fit into its seconds"))
}
