//! No index does only what another one does already.

use crate::Governed;
use polity_model::entity::{Column, IndexMethod};
use polity_model::expr::{Expr, ExprKind, FieldPath};
use polity_model::{Entity, Index};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::W0202;
use polity_text::source::Span;

/// Two indexes that are the same, or one of which the other begins with. Each costs every write, and the shorter one
/// answers nothing that the longer one does not.
pub fn redundant_index(platform: &Governed, found: &mut Vec<Diagnostic>) {
    for entity in &platform.entities {
        let others = candidates(entity);
        for (position, index) in entity.indexes.iter().enumerate() {
            if !ordered(index) {
                continue;
            }
            let better = others.iter().find(|other| {
                other.position != Some(position)
                    && other.begins_with(index)
                    // Of two that are the same the later one is told to go.
                    && (other.columns.len() > index.columns.len() || other.position.is_none_or(|p| p < position))
            });
            let Some(better) = better else { continue };
            let same = better.columns.len() == index.columns.len();
            let message = if same {
                "this index is the same as another one"
            } else {
                "another index begins with the columns of this one"
            };
            let mut diagnostic = Diagnostic::new(W0202, index.span, message)
                .here("costs every write and answers nothing more")
                .help("remove it");
            if let Some(span) = better.span {
                diagnostic = diagnostic.also(span, format!("{} serves the same queries", better.what));
            }
            found.push(diagnostic);
        }
    }
}

/// Something that orders rows: an index, a unique constraint or the key.
struct Candidate<'e> {
    what: &'static str,
    columns: Vec<(FieldPath, bool)>,
    filter: Option<&'e Expr>,
    include: &'e [polity_model::FieldId],
    /// In `indexes`; `None` for constraints.
    position: Option<usize>,
    span: Option<Span>,
}

impl Candidate<'_> {
    fn begins_with(&self, index: &Index) -> bool {
        let Some(columns) = plain(&index.columns) else { return false };
        let prefix = self.columns.get(..columns.len());
        // A b-tree is read backwards as well, so all directions turned round is the same order.
        let same = prefix.is_some_and(|p| *p == columns);
        let reversed =
            prefix.is_some_and(|p| p.iter().zip(&columns).all(|((a, x), (b, y))| a == b && x != y));
        let filters = match (self.filter, &index.filter) {
            (None, None) => true,
            (Some(a), Some(b)) => a.same(b),
            _ => false,
        };
        (same || reversed) && filters && index.include.iter().all(|f| self.include.contains(f))
    }
}

fn candidates(entity: &Entity) -> Vec<Candidate<'_>> {
    let key = entity.key.iter().map(|f| (FieldPath { root: *f, steps: Vec::new() }, false)).collect();
    let mut out = vec![Candidate {
        what: "the key",
        columns: key,
        filter: None,
        include: &[],
        position: None,
        span: entity.key_span,
    }];
    for unique in &entity.uniques {
        if let Some(columns) = plain(&unique.columns) {
            let filter = unique.filter.as_ref();
            out.push(Candidate {
                what: "this unique constraint",
                columns,
                filter,
                include: &[],
                position: None,
                span: Some(unique.span),
            });
        }
    }
    for (i, index) in entity.indexes.iter().enumerate() {
        if let (true, Some(columns)) = (ordered(index), plain(&index.columns)) {
            out.push(Candidate {
                what: "this index",
                columns,
                filter: index.filter.as_ref(),
                include: &index.include,
                position: Some(i),
                span: Some(index.span),
            });
        }
    }
    out
}

/// The columns, where each is a field or a path.
fn plain(columns: &[Column]) -> Option<Vec<(FieldPath, bool)>> {
    columns
        .iter()
        .map(|column| match &column.expr.kind {
            ExprKind::Field(path) => Some((path.clone(), column.descending)),
            _ => None,
        })
        .collect()
}

fn ordered(index: &Index) -> bool {
    matches!(index.method, None | Some((IndexMethod::Btree, _)))
}
