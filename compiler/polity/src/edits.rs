//! Edits change what they are about and nothing else: neither the inside of a text nor a comment.

use std::collections::BTreeMap;

use polity_syntax::Unseen;
use polity_text::diagnostics::codes::E0103;
use polity_text::diagnostics::{Diagnostic, Edit};
use polity_text::source::{FileId, Sources};

/// Takes edits back that would lose a comment or a text which stands between what they change. Behind a text that is never
/// closed, where nobody knows what stands inside of one, nothing is certain.
pub(crate) fn judge(sources: &Sources, diagnostics: &mut [Diagnostic]) {
    let mut unclosed: BTreeMap<FileId, u32> = BTreeMap::new();
    for place in diagnostics.iter().filter(|d| d.code == E0103).filter_map(|d| d.primary.as_ref()) {
        let first = unclosed.entry(place.span.file).or_insert(place.span.start);
        *first = place.span.start.min(*first);
    }
    let mut files: BTreeMap<FileId, Unseen> = BTreeMap::new();
    for diagnostic in diagnostics.iter_mut().filter(|d| !d.edits.is_empty()) {
        let loses = |Edit { span, .. }: &Edit| {
            let unseen = files.entry(span.file).or_insert_with(|| Unseen::of(&sources.get(span.file).text));
            unseen.is_hit_by(&(span.start as usize..span.end as usize))
        };
        if diagnostic.edits.iter().any(loses) {
            diagnostic.edits.clear();
        }
        let is_behind = |Edit { span, .. }: &Edit| {
            unclosed.get(&span.file).is_some_and(|unclosed| span.start >= *unclosed)
        };
        diagnostic.is_certain &= !diagnostic.edits.is_empty() && !diagnostic.edits.iter().any(is_behind);
    }
}
