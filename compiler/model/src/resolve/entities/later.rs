//! Clauses that no engine carries out yet: their names are bound and their types known, as everywhere.

use super::super::Resolver;
use super::super::exprs::Cx;
use super::super::names::written;
use crate::{EntityId, Scalar, TypeKind};
use polity_syntax::ast::{self, ClauseKind};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::{E0303, E0901};
use polity_text::source::Span;

impl<'t> Resolver<'t> {
    /// Binds the names and checks the types of clauses that only later engines have, as everywhere.
    pub(super) fn later_clause(&mut self, id: EntityId, kind: &'t ClauseKind, cx: Cx) {
        match kind {
            ClauseKind::CompressAfter(duration) => {
                self.duration(duration);
            }
            ClauseKind::Time(path) => {
                for field in self.field_list(id, std::slice::from_ref(path)) {
                    let f = self.platform[id].field(field);
                    let is_time = self.platform.scalar(&f.ty).is_some_and(Scalar::is_moment);
                    if !is_time && f.ty.kind != TypeKind::Broken {
                        let diagnostic =
                            Diagnostic::new(E0303, path.span, "time is a `date` or a `timestamp`")
                                .also(f.ty_span, "the field's type")
                                .help("name the field that holds the moment");
                        self.error(diagnostic);
                    }
                }
            }
            ClauseKind::Rollup { every, by, retain, columns, .. } => {
                self.duration(every);
                if let Some(retain) = retain {
                    self.duration(retain);
                }
                self.field_list(id, by);
                for column in columns {
                    self.aggregate(&column.expr, cx);
                }
            }
            _ => {}
        }
    }

    /// A column of a rollup: one aggregate of one value.
    fn aggregate(&mut self, expr: &'t ast::Expr, cx: Cx) {
        const AGGREGATES: &[&str] = &["avg", "sum", "min", "max", "count", "first", "last"];
        if let ast::ExprKind::Call { function, arguments } = &expr.kind {
            let name = written(function);
            if AGGREGATES.contains(&name.as_str()) {
                for argument in arguments {
                    self.expr(argument, cx, None);
                }
                return;
            }
        }
        self.misplaced_clause(
            expr.span,
            "a rollup's column is an aggregate",
            "write one of: avg(x), sum(x), min(x), max(x), count(), first(x), last(x)",
        );
    }

    pub(crate) fn not_lowered(&mut self, keyword: Span) {
        self.error(
            Diagnostic::new(E0901, keyword, "the compiler cannot carry this out yet")
                .help("leave it out; the README says what works"),
        );
    }
}
