//! No two indexes of a collection are the same, or called the same.

use std::collections::HashMap;

use crate::mongodb::indexes;
use polity_govern::Governed;
use polity_model::Store;
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::{E0623, W0202};

/// MongoDB refuses a second index with the same key (unless uniqueness or the documents it holds differ), and a
/// second one of the same name.
pub(super) fn same_index(platform: &Governed, store: &Store, found: &mut Vec<Diagnostic>) {
    for entity in platform.entities_in(store.id) {
        let mut keys = HashMap::new();
        let mut names = HashMap::new();
        // What a rule refused has no columns left.
        for index in indexes::indexes(platform, entity).iter().filter(|index| !index.keys.is_empty()) {
            let key = format!("{}{}{:?}", index.key(), index.unique, index.filter);
            // A second text index is a matter of its own.
            if !index.is_text()
                && let Some(first) = keys.insert(key, index.span)
            {
                // The warning that it is of no use says the same.
                found.retain(|d| {
                    !(d.code == W0202 && d.primary.as_ref().is_some_and(|p| p.span == index.span))
                });
                found.push(
                    Diagnostic::new(E0623, index.span, "this index is there already")
                        .also(first, "the same key")
                        .help("leave one of them out"),
                );
            }
            if let Some(first) = names.insert(index.name.clone(), index.span) {
                found.push(
                    Diagnostic::new(E0623, index.span, format!("a second index is called `{}`", index.name))
                        .also(first, "the first")
                        .help("give one of them another name"),
                );
            }
        }
    }
}
