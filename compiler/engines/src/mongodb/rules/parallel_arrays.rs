//! An index holds one list at most.

use polity_govern::Stored;
use polity_model::entity::{Column, IndexMethod};
use polity_model::expr::ExprKind;
use polity_model::{Entity, Store};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0617;
use polity_text::source::Span;

/// MongoDB refuses documents with lists in two fields of one index ("cannot index parallel arrays"); two fields of
/// the records of one list may stand together. Text indexes are exempt.
pub(super) fn parallel_arrays(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    for entity in platform.entities_in(store.id) {
        for unique in &entity.uniques {
            judge(platform, entity, &unique.columns, unique.span, found);
        }
        for index in &entity.indexes {
            if !index.method.is_some_and(|(method, _)| method == IndexMethod::Text) {
                judge(platform, entity, &index.columns, index.span, found);
            }
        }
    }
}

fn judge(platform: &Stored, entity: &Entity, columns: &[Column], span: Span, found: &mut Vec<Diagnostic>) {
    let lists: Vec<_> = columns
        .iter()
        .filter(|column| super::is_multikey(platform, entity, column))
        .filter_map(|column| match &column.expr.kind {
            ExprKind::Field(path) => Some((path.root, column.expr.span)),
            _ => None,
        })
        .collect();
    let Some((first, first_span)) = lists.first() else { return };
    if let Some((_, second_span)) = lists.iter().find(|(root, _)| root != first) {
        found.push(
            Diagnostic::new(E0617, span, "this index would hold two lists")
                .also(*first_span, "a list")
                .also(*second_span, "another")
                .note("MongoDB refuses documents that have both")
                .help("write one index for each"),
        );
    }
}
