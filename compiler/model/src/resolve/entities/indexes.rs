//! Indexes, and the columns of every clause that lists some.

use foldhash::{HashMap, HashMapExt};
use smol_str::SmolStr;

use super::super::Resolver;
use super::super::budgets::COLUMNS;
use super::super::declare::storable;
use super::super::exprs::{Cx, Place, Purpose};
use crate::entity::{Column, Index, IndexMethod};
use crate::expr::ExprKind;
use crate::{EntityId, TypeKind};
use polity_syntax::ast;
use polity_text::diagnostics::codes::{E0201, E0203};
use polity_text::diagnostics::{Diagnostic, did_you_mean};
use polity_text::source::Span;

impl<'t> Resolver<'t> {
    /// The columns of a list; of one that is too long, which is reported later, one more than there may be.
    pub(crate) fn columns(&mut self, columns: &'t [ast::Column], cx: Cx) -> Vec<Column> {
        let columns = columns.iter().take(COLUMNS + 1).map(|column| Column {
            expr: self.expr(&column.expr, cx, None),
            descending: column.descending.unwrap_or(false),
            nulls_first: column.nulls_first,
            weight: column.weight.as_ref().and_then(|w| self.whole(w, 1, 99_999)).map(|w| w as u32),
        });
        // A column that was not understood was reported, and says nothing to those who look at columns.
        let columns: Vec<Column> = columns.filter(|c| c.expr.kind != ExprKind::Broken).collect();
        for (i, column) in columns.iter().enumerate() {
            let mut varies = false;
            column.expr.walk(&mut |e| {
                varies |= matches!(e.kind, ExprKind::Field(_) | ExprKind::Call { .. } | ExprKind::Sql { .. });
            });
            if !varies {
                self.misplaced_clause(
                    column.expr.span,
                    "this is the same for every row",
                    "name a field, or write an expression over one",
                );
            } else if let Some(first) = columns[..i].iter().find(|first| first.expr.same(&column.expr)) {
                self.error(
                    Diagnostic::new(E0203, column.expr.span, "this column is listed twice")
                        .also(first.expr.span, "listed here first")
                        .help("list it once"),
                );
                break; // Each further one would be reported in a line of its own.
            }
        }
        columns
    }

    /// Refuses columns of a type whose equality is not the same in every store.
    pub(super) fn judge_unique(&mut self, columns: &[Column]) {
        for column in columns {
            if column.field().is_some()
                && self.is_composite(&column.expr.ty)
                && !matches!(column.expr.ty.kind, TypeKind::List(_))
            {
                self.misplaced_clause(
                    column.expr.span,
                    "stores see the equality of this type in different ways",
                    "make a single value in it unique",
                );
            }
        }
    }

    pub(super) fn index(&mut self, id: EntityId, index: &'t ast::Index, span: Span, cx: Cx) {
        let method = index.method.as_ref().and_then(|word| {
            let known = IndexMethod::ALL.iter().find(|(name, _)| *name == word.text);
            if known.is_none() {
                let help = did_you_mean(&word.text, IndexMethod::ALL.iter().map(|(name, _)| *name));
                let all: Vec<&str> = IndexMethod::ALL.iter().map(|(name, _)| *name).collect();
                let help = help.unwrap_or_else(|| format!("there is: {}", all.join(", ")));
                self.error(
                    Diagnostic::new(E0201, word.span, format!("there is no index method `{}`", word.text))
                        .help(help),
                );
            }
            known.map(|(_, method)| (*method, word.span))
        });
        let columns = self.columns(&index.columns, Cx { place: Place::Index, purpose: Purpose::Index, ..cx });
        let include = self.field_list(id, &index.include);
        let predicate = Cx { purpose: Purpose::Predicate, ..cx };
        let filter = index.filter.as_ref().map(|e| self.filter(id, e, predicate));
        let with = index.with.as_ref().map(|body| self.settings(body, &[]).0).unwrap_or_default();
        let (name, aliased) = self.index_name(index.name.as_ref(), index.stored.as_ref());
        if columns.is_empty() {
            return;
        }
        for column in &columns {
            let field = column.field().map(|field| self.platform[id].field(field));
            let Some(name) =
                field.filter(|field| field.inline.is_some()).map(|field| field.named.name.clone())
            else {
                continue;
            };
            self.misplaced_clause(
                column.expr.span,
                "this record is stored as a column for each of its members",
                &format!("index members, such as `{name}.MEMBER`"),
            );
        }
        self.platform[id].indexes.push(Index {
            name,
            aliased,
            method,
            columns,
            include,
            filter,
            language: index.language.as_ref().map(|t| (t.value.clone(), t.span)),
            with,
            span,
        });
    }

    /// The name of an index or a unique constraint, and whether it is the stored one.
    pub(super) fn index_name(
        &mut self,
        name: Option<&ast::Name>,
        stored: Option<&ast::Text>,
    ) -> (Option<SmolStr>, bool) {
        if let Some(stored) = stored {
            storable(stored, || "leave out `as`".to_owned(), &mut self.found);
        }
        let written = stored.map(|s| s.value.clone()).or(name.map(|n| n.text.clone()));
        (written, stored.is_some())
    }

    /// Names of indexes, unique constraints and checks must differ within their entity.
    pub(super) fn index_names(&mut self, id: EntityId) {
        let entity = &self.platform[id];
        let indexes = entity.indexes.iter().map(|i| (&i.name, i.span, "index"));
        let uniques = entity.uniques.iter().map(|u| (&u.name, u.span, "unique constraint"));
        let checks = entity.checks.iter().map(|c| (&c.name, c.span, "check"));
        let overlaps = entity.no_overlaps.iter().map(|o| (&o.name, o.span, "period"));
        let mut taken: HashMap<SmolStr, Span> = HashMap::new();
        let mut found = Vec::new();
        for (name, span, what) in indexes.chain(uniques).chain(checks).chain(overlaps) {
            if let Some(name) = name
                && let Some(first) = taken.insert(name.clone(), span)
            {
                found.push(
                    Diagnostic::new(E0203, span, format!("the {what} `{name}` has a name that is taken"))
                        .also(first, "taken here")
                        .help("rename one of the two"),
                );
            }
        }
        self.found.extend(found);
    }
}
