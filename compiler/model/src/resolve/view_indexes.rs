//! Indexes of the rows that a materialized view stores.

use super::Resolver;
use crate::{FieldId, ViewId, ViewIndex, ViewIndexColumn};
use polity_syntax::ast::{self, ExprKind};
use polity_text::diagnostics::codes::{E0201, E0203, E0206};
use polity_text::diagnostics::{Diagnostic, did_you_mean};
use polity_text::source::Span;

impl Resolver<'_> {
    /// `index [NAME] (column [asc|desc], …)`: a b-tree over columns of the view.
    pub(super) fn view_index(&mut self, id: ViewId, index: &ast::Index, keyword: Span, span: Span) {
        if self.platform[id].materialized.is_none() {
            self.misplaced_clause(
                keyword,
                "only a materialized view stores rows that an index could find",
                "index the tables that it reads, or write `materialized`",
            );
            return;
        }
        let parts = [
            index.method.as_ref().map(|method| method.span),
            index.include.first().map(|path| path.span),
            index.filter.as_ref().map(|filter| filter.span),
            index.language.as_ref().map(|language| language.span),
            index.stored.as_ref().map(|stored| stored.span),
            index.with.as_ref().map(|_| keyword),
        ];
        if let Some(at) = parts.into_iter().flatten().next() {
            self.error(
                Diagnostic::new(E0206, at, "an index of a view is a b-tree over its columns, and no more")
                    .help("write `index (column, other desc)`; for anything else write `sql after` the view"),
            );
            return;
        }
        let mut columns: Vec<ViewIndexColumn> = Vec::new();
        for said in &index.columns {
            let Some(column) = self.column_of_view(id, said) else { return };
            if columns.iter().any(|other| other.column == column) {
                self.error(
                    Diagnostic::new(E0203, said.expr.span, "this column is listed twice")
                        .help("list it once"),
                );
                return;
            }
            let descending = said.descending.unwrap_or(false);
            columns.push(ViewIndexColumn { column, descending, nulls_first: said.nulls_first });
        }
        let name = index.name.as_ref().map(|name| name.text.clone());
        self.platform[id].indexes.push(ViewIndex { name, columns, span });
    }

    fn column_of_view(&mut self, id: ViewId, said: &ast::Column) -> Option<FieldId> {
        let ExprKind::Path(path) = &said.expr.kind else {
            self.error(
                Diagnostic::new(E0206, said.expr.span, "an index of a view is over its columns")
                    .help("give the expression a name in the query, and name that"),
            );
            return None;
        };
        let name = super::names::written(path);
        let columns = &self.platform[id].columns;
        let found = columns.iter().position(|column| column.named.name == name);
        if found.is_none() {
            let help = did_you_mean(&name, columns.iter().map(|column| column.named.name.as_str()))
                .unwrap_or_else(|| "name a column that the view declares".to_owned());
            self.error(
                Diagnostic::new(E0201, said.expr.span, format!("the view has no column `{name}`")).help(help),
            );
        }
        found.map(|at| FieldId(at as u32))
    }
}
