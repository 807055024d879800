//! The values of calls: which function is meant, and what it is given.

use std::ops::ControlFlow;

use sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, ObjectName, SelectItem, Visitor,
    WindowFrame, WindowFrameBound, WindowType,
};

use super::super::Tracer;
use super::super::scope::{Groups, Scope};
use super::aggregates::{self, Rows};
use super::expressions::words;
use super::{Absence, Value, functions};
use crate::written_sql::walk;

impl Tracer<'_> {
    pub(super) fn call_value(&self, function: &Function, whole: &Expr, scope: &Scope) -> Value {
        let name = self.builtin(function);
        let gathers = name.as_deref().is_some_and(aggregates::is_aggregate);
        let rows = rows_of(function, scope);
        let inner = Scope { groups: Groups::All, ..scope.clone() };
        let scope = if gathers { &inner } else { scope };
        let exprs = arguments(function);
        let values: Vec<Value> =
            exprs.iter().map(|expr| expr.map_or_else(given, |expr| self.value(expr, scope))).collect();
        if let Some(filter) = &function.filter {
            let condition = self.value(filter, scope);
            self.must_be_condition(filter, &condition);
        }
        let sorted: Vec<Value> = function.within_group.iter().map(|by| self.value(&by.expr, scope)).collect();
        let Some(name) = name else { return Value::unknown() };
        self.call_is_steady(&name, &values);
        if let Some(over) = aggregates::window(&name, &values, rows).filter(|_| function.over.is_some()) {
            return over;
        }
        if gathers {
            return aggregates::value(&name, &values, &sorted, rows);
        }
        match &name[..] {
            "coalesce" => self.first_of(whole, &values),
            "greatest" | "least" => {
                // Those that are absent are passed over.
                let least = values.iter().map(|value| value.absence).min().unwrap_or_default();
                self.one_of(whole, &values).plain().absent(least)
            }
            _ => functions::value(&name, &values, &exprs),
        }
    }

    /// `coalesce`: absent where all are.
    fn first_of(&self, whole: &Expr, values: &[Value]) -> Value {
        let absence = values.iter().map(|value| value.absence).min().unwrap_or_default();
        self.one_of(whole, values).absent(absence)
    }

    /// The value of the one column that a function in `FROM` gives.
    pub(in crate::resolve::lineage) fn value_of_table(
        &self,
        name: &ObjectName,
        arguments: &[FunctionArg],
        scope: &Scope,
    ) -> Option<Value> {
        let exprs = exprs_of(arguments);
        let values: Vec<Value> =
            exprs.iter().map(|expr| expr.map_or_else(given, |expr| self.value(expr, scope))).collect();
        let value = functions::value(&self.builtin_name(name)?, &values, &exprs);
        (!value.is_untyped()).then_some(value)
    }

    /// The value of each element of an array.
    pub(in crate::resolve::lineage) fn value_of_elements(
        &self,
        array: &Expr,
        scope: &Scope,
    ) -> Option<Value> {
        let value = functions::value("unnest", &[self.value(array, scope)], &[Some(array)]);
        (!value.is_untyped()).then_some(value)
    }

    /// The name of a function of PostgreSQL's own.
    fn builtin(&self, function: &Function) -> Option<String> {
        self.builtin_name(&function.name)
    }

    fn builtin_name(&self, name: &ObjectName) -> Option<String> {
        match &words(name)[..] {
            [name] if !self.routines.knows(self.store, name) => Some(name.clone()),
            [schema, name] if schema == "pg_catalog" => Some(name.clone()),
            _ => None,
        }
    }

    /// Whether something in these makes one value of all rows.
    pub(super) fn is_figure(&self, items: &[SelectItem]) -> bool {
        struct Finds<'t, 'p>(&'t Tracer<'p>);
        impl Visitor for Finds<'_, '_> {
            type Break = ();
            fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
                let Expr::Function(function) = expr else { return ControlFlow::Continue(()) };
                let gathers = self.0.builtin(function).as_deref().is_some_and(aggregates::is_aggregate);
                if gathers && function.over.is_none() {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            }
        }
        items.iter().any(|item| walk(item, &mut Finds(self)).is_break())
    }
}

/// `*`, of which only the rows count.
fn given() -> Value {
    Value::unknown().absent(Absence::Never)
}

fn arguments(function: &Function) -> Vec<Option<&Expr>> {
    let FunctionArguments::List(list) = &function.args else { return Vec::new() };
    exprs_of(&list.args)
}

/// The expressions that a function is given; `None` for `*`.
fn exprs_of(arguments: &[FunctionArg]) -> Vec<Option<&Expr>> {
    arguments
        .iter()
        .map(|argument| {
            let (FunctionArg::Named { arg, .. }
            | FunctionArg::ExprNamed { arg, .. }
            | FunctionArg::Unnamed(arg)) = argument;
            match arg {
                FunctionArgExpr::Expr(expr) => Some(expr),
                _ => None,
            }
        })
        .collect()
}

/// The rows that an aggregate is made of.
fn rows_of(function: &Function, scope: &Scope) -> Rows {
    let some = match &function.over {
        None => scope.groups == Groups::By,
        Some(WindowType::WindowSpec(spec)) => match (&spec.window_name, &spec.window_frame) {
            (None, None) => true,
            (None, Some(frame)) => has_own_row(frame),
            _ => return Rows::Unsure,
        },
        Some(WindowType::NamedWindow(_)) => return Rows::Unsure,
    };
    if some && function.filter.is_none() { Rows::Some } else { Rows::PerhapsNone }
}

/// Whether a frame always has the row that it is of.
fn has_own_row(frame: &WindowFrame) -> bool {
    use WindowFrameBound as B;
    let starts = matches!(frame.start_bound, B::CurrentRow | B::Preceding(_));
    starts && matches!(frame.end_bound, None | Some(B::CurrentRow | B::Following(_)))
}
