//! No two indexes of a collection are the same, or called the same.

use foldhash::{HashMap, HashMapExt};

use crate::mongodb::lower::indexes::{self, Wanted};
use polity_govern::Stored;
use polity_model::Store;
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::{E0623, W0202};

/// MongoDB refuses a second index with the same key (unless uniqueness or the documents it holds differ), and a
/// second one of the same name.
pub(super) fn same_index(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    for entity in platform.entities_in(store.id) {
        let mut keys = HashMap::new();
        let mut names = HashMap::new();
        // What a rule refused has no columns left.
        let all = indexes::indexes(platform, entity);
        for Wanted { index, span } in all.iter().filter(|wanted| !wanted.index.keys.is_empty()) {
            let key = format!("{:?}{}{:?}", index.keys, index.unique, index.filter);
            // A second text index is a matter of its own.
            if index.text.is_none()
                && let Some(first) = keys.insert(key, *span)
            {
                // The warning that it is of no use says the same.
                found.retain(|d| !(d.code == W0202 && d.primary.as_ref().is_some_and(|p| p.span == *span)));
                found.push(
                    Diagnostic::new(E0623, *span, "this index is there already")
                        .also(first, "the same key")
                        .help("leave one of them out"),
                );
            }
            if let Some(first) = names.insert(index.name.clone(), *span) {
                found.push(
                    Diagnostic::new(E0623, *span, format!("a second index is called `{}`", index.name))
                        .also(first, "the first")
                        .help("give one of them another name"),
                );
            }
        }
    }
}
