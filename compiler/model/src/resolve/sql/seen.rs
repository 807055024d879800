//! Collects the names in a statement of SQL, in one walk.

use std::ops::ControlFlow;

use foldhash::{HashSet, HashSetExt};

use sqlparser::ast::{
    AssignmentTarget, Expr, Function, FunctionArg, FunctionArguments, Ident, ObjectName, ObjectNamePart,
    Query, SelectItem, SetExpr, Statement, TableFactor, Visitor,
};
use sqlparser::tokenizer::Span;

use crate::written_sql::SYSTEM_COLUMNS;

/// The names that a statement brings into being, which therefore need not exist.
pub(super) fn created_by(statement: &Statement) -> HashSet<String> {
    let mut names = HashSet::new();
    match statement {
        Statement::CreateFunction(create) => {
            names.insert(create.name.to_string().to_lowercase());
        }
        Statement::CreateTrigger(create) => {
            names.insert(create.name.to_string().to_lowercase());
        }
        _ => {}
    }
    names
}

/// The names in a statement, by what they may stand for.
#[derive(Default)]
pub(super) struct Seen {
    pub(super) tables: Vec<(Vec<Ident>, Option<Ident>)>,
    /// Names of subqueries, CTEs and functions in `FROM`, whose columns are their own.
    pub(super) derived: HashSet<String>,
    pub(super) ctes: HashSet<String>,
    /// Aliases of columns and of tables, which a bare name may mean.
    pub(super) aliases: HashSet<String>,
    pub(super) columns: Vec<Vec<Ident>>,
    /// Where names of arguments stand: `f(days => 1)`.
    pub(super) arguments: Vec<Span>,
    pub(super) relations: Vec<ObjectName>,
    pub(super) creates: HashSet<String>,
    /// Functions in `FROM`.
    pub(super) functions: HashSet<String>,
    /// Whether something in it has columns that nobody here knows.
    pub(super) opaque: bool,
}

/// The name as the store sees it: unquoted names are folded to lower case.
pub(in crate::resolve) fn folded(ident: &Ident) -> String {
    if ident.quote_style.is_some() { ident.value.clone() } else { ident.value.to_lowercase() }
}

pub(in crate::resolve) fn parts(name: &ObjectName) -> Option<Vec<Ident>> {
    name.0
        .iter()
        .map(|part| match part {
            ObjectNamePart::Identifier(ident) => Some(ident.clone()),
            ObjectNamePart::Function(_) => None,
        })
        .collect()
}

/// The tables of `TABLE core.users` in a query, which a walk passes without a word; those of queries inside come with them.
pub(in crate::resolve) fn whole_tables(set: &SetExpr) -> Vec<Vec<Ident>> {
    match set {
        SetExpr::Table(table) => vec![table.schema_name.iter().chain(&table.table_name).cloned().collect()],
        SetExpr::SetOperation { left, right, .. } => [whole_tables(left), whole_tables(right)].concat(),
        SetExpr::Query(_)
        | SetExpr::Select(_)
        | SetExpr::Values(_)
        | SetExpr::Insert(_)
        | SetExpr::Update(_)
        | SetExpr::Delete(_)
        | SetExpr::Merge(_) => Vec::new(),
    }
}

impl Visitor for Seen {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        for cte in query.with.iter().flat_map(|with| &with.cte_tables) {
            self.ctes.insert(folded(&cte.alias.name));
            self.aliases.extend(cte.alias.columns.iter().map(|c| folded(&c.name)));
        }
        for names in whole_tables(&query.body) {
            self.relations.push(names.clone().into());
            self.tables.push((names, None));
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &sqlparser::ast::Select) -> ControlFlow<()> {
        for item in &select.projection {
            if let SelectItem::ExprWithAlias { alias, .. } = item {
                self.aliases.insert(folded(alias));
            }
        }
        for window in &select.named_window {
            self.aliases.insert(folded(&window.0));
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        let alias = match factor {
            TableFactor::Table { name, alias, args: None, .. } => {
                // `people as p (a, b)`: its columns have other names.
                self.derived.extend(alias.iter().filter(|a| !a.columns.is_empty()).map(|a| folded(&a.name)));
                match parts(name) {
                    Some(parts) => self.tables.push((parts, alias.as_ref().map(|a| a.name.clone()))),
                    None => self.opaque = true,
                }
                alias.as_ref()
            }
            TableFactor::Derived { alias, .. } => {
                self.derived.extend(alias.iter().map(|a| folded(&a.name)));
                alias.as_ref()
            }
            TableFactor::NestedJoin { alias, .. } => alias.as_ref(),
            TableFactor::Table { name, alias, .. } | TableFactor::Function { name, alias, .. } => {
                self.functions.insert(name.to_string());
                self.derived.extend(alias.iter().map(|a| folded(&a.name)));
                self.opaque |= alias.as_ref().is_none_or(|a| a.columns.is_empty());
                alias.as_ref()
            }
            TableFactor::TableFunction { alias, .. } | TableFactor::UNNEST { alias, .. } => {
                self.derived.extend(alias.iter().map(|a| folded(&a.name)));
                self.opaque |= alias.as_ref().is_none_or(|a| a.columns.is_empty());
                alias.as_ref()
            }
            _ => {
                self.opaque = true;
                None
            }
        };
        if let Some(alias) = alias {
            self.aliases.insert(folded(&alias.name));
            self.aliases.extend(alias.columns.iter().map(|c| folded(&c.name)));
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_statement(&mut self, statement: &Statement) -> ControlFlow<()> {
        let mut column = |name: &ObjectName| self.columns.extend(parts(name));
        let assignments = match statement {
            Statement::Insert(insert) => {
                insert.columns.iter().for_each(&mut column);
                &insert.assignments
            }
            Statement::Update(update) => &update.assignments,
            _ => return ControlFlow::Continue(()),
        };
        for assignment in assignments {
            match &assignment.target {
                AssignmentTarget::ColumnName(name) => column(name),
                AssignmentTarget::Tuple(names) => names.iter().for_each(&mut column),
            }
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<()> {
        self.relations.push(relation.clone());
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        match expr {
            Expr::Function(function) => {
                self.arguments.extend(named_arguments(function).map(|ident| ident.span))
            }
            Expr::Identifier(ident) if self.arguments.contains(&ident.span) => {}
            Expr::Identifier(ident) => self.columns.push(vec![ident.clone()]),
            Expr::CompoundIdentifier(idents) => self.columns.push(idents.clone()),
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

/// The names of the arguments of a call that are given by name.
pub(in crate::resolve) fn named_arguments(function: &Function) -> impl Iterator<Item = &Ident> {
    let arguments = match &function.args {
        FunctionArguments::List(list) => &list.args[..],
        FunctionArguments::None | FunctionArguments::Subquery(_) => &[],
    };
    arguments.iter().filter_map(|argument| match argument {
        FunctionArg::ExprNamed { name: Expr::Identifier(ident), .. } => Some(ident),
        _ => None,
    })
}

/// Words that the parser reads as columns.
pub(super) fn is_keyword(name: &str) -> bool {
    matches!(name, "current_user" | "session_user" | "user" | "excluded" | "new" | "old" | "default")
        || is_system(name)
}

pub(in crate::resolve) fn is_system(name: &str) -> bool {
    SYSTEM_COLUMNS.contains(&name)
}
