//! Index methods that MongoDB has.

use polity_govern::Stored;
use polity_model::Store;
use polity_model::entity::IndexMethod;
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0611;

pub(super) fn index_methods(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    for entity in platform.entities_in(store.id) {
        for index in &entity.indexes {
            let Some((method, span)) = index.method else { continue };
            let nearest = match method {
                IndexMethod::Btree
                | IndexMethod::Hash
                | IndexMethod::Geo
                | IndexMethod::Text
                | IndexMethod::Wildcard => continue,
                IndexMethod::Gin => {
                    "leave it out for a list, whose every element is indexed; `using wildcard` indexes all that is inside a `json` or a map"
                }
                IndexMethod::Gist => "`using geo` for places; without a method for everything else",
                IndexMethod::Brin => "leave it out: a plain index keeps the order of what is inserted",
                IndexMethod::Trigram => "`using text` finds whole words; parts of words need a search store",
                IndexMethod::Vector => "keep vectors that are searched in a relational store",
            };
            found.push(
                Diagnostic::new(E0611, span, format!("MongoDB has no `{}` index", method.name()))
                    .here("not a method here")
                    .note("it has `btree` (the usual one), `hash`, `geo`, `text` and `wildcard`")
                    .help(nearest),
            );
        }
    }
}
