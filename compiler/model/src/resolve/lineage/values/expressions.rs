//! The value of each kind of expression.

use sqlparser::ast::{
    AccessExpr, Array, CaseWhen, DataType, Expr, GroupByExpr, InTarget, Query, SetExpr, Subscript,
    UnaryOperator, Value as Constant,
};

use super::super::super::sql::{folded, is_system, parts};
use super::super::Tracer;
use super::super::scope::{Groups, Scope};
use super::common::{common, digits, is_number};
use super::lookups::Named;
use super::operators::{castable, sql_of_data_type};
use super::{Absence, Form, Sql, Value};

impl Tracer<'_> {
    /// Returns the value of an expression, as far as it is certain.
    pub(in crate::resolve::lineage) fn value(&self, expr: &Expr, scope: &Scope) -> Value {
        if self.work.is_spent() {
            return Value::unknown();
        }
        let value = self.value_of(expr, scope);
        if value.absence != Absence::Never && scope.facts.contains(expr) {
            return value.absent(Absence::Never);
        }
        value
    }

    /// One arm for each kind of expression that has a value here.
    fn value_of(&self, expr: &Expr, scope: &Scope) -> Value {
        let of = |expr: &Expr| self.value(expr, scope);
        match expr {
            Expr::Identifier(ident) => self.name(&[folded(ident)], expr, scope),
            Expr::CompoundIdentifier(idents) => {
                self.name(&idents.iter().map(folded).collect::<Vec<_>>(), expr, scope)
            }
            Expr::Nested(inner) => of(inner),
            Expr::Collate { expr, .. } => of(expr),
            Expr::Value(constant) => constant_value(&constant.value),
            Expr::TypedString(typed) => Value::of(sql_of_data_type(&typed.data_type)),
            Expr::Interval(_) => Value::of(Sql::Interval),
            Expr::Cast { expr: inner, data_type, .. } => self.cast(inner, data_type, scope),
            Expr::IsFalse(inner)
            | Expr::IsNotFalse(inner)
            | Expr::IsTrue(inner)
            | Expr::IsNotTrue(inner)
            | Expr::IsNull(inner)
            | Expr::IsNotNull(inner)
            | Expr::IsUnknown(inner)
            | Expr::IsNotUnknown(inner) => {
                of(inner);
                Value::of(Sql::Bool)
            }
            Expr::IsDistinctFrom(left, right) | Expr::IsNotDistinctFrom(left, right) => {
                self.held_against(expr, &of(left), &of(right));
                Value::of(Sql::Bool)
            }
            Expr::Exists { .. } => Value::of(Sql::Bool),
            Expr::In { expr: inner, target, .. } => self.within(expr, &of(inner), target, scope),
            Expr::Between { expr: inner, low, high, .. } => {
                let (inner, low, high) = (of(inner), of(low), of(high));
                self.held_against(expr, &inner, &low);
                self.held_against(expr, &inner, &high);
                condition([&inner, &low, &high])
            }
            Expr::Like { expr, pattern, .. }
            | Expr::ILike { expr, pattern, .. }
            | Expr::SimilarTo { expr, pattern, .. } => condition([&of(expr), &of(pattern)]),
            Expr::AnyOp { left, right, .. } | Expr::AllOp { left, right, .. } => {
                let (left, right) = (of(left), of(right));
                let elements = match &right.sql {
                    Sql::Array(element) => element.absence,
                    _ => Absence::Unsure,
                };
                let absence = Absence::any([left.absence, right.absence, elements]);
                Value::of(Sql::Bool).absent(absence)
            }
            Expr::UnaryOp { op: UnaryOperator::Not, expr } => condition([&of(expr)]),
            Expr::UnaryOp { op: UnaryOperator::Minus | UnaryOperator::Plus, expr: inner } => {
                let value = of(inner);
                let is_computed = is_number(&value.sql) || value.sql == Sql::Interval;
                if is_computed { value.plain() } else { Value::unknown().absent(value.absence) }
            }
            Expr::BinaryOp { left, op, right } => self.binary(expr, &of(left), op, &of(right)),
            Expr::AtTimeZone { timestamp, time_zone } => at_time_zone(&of(timestamp), &of(time_zone)),
            Expr::Extract { expr, .. } => {
                let from = of(expr);
                if from.sql == Sql::Timestamp {
                    self.is_unsteady("`extract` from a moment".to_owned());
                }
                Value::of(Sql::Numeric { whole: None, scale: None }).absent(from.absence)
            }
            Expr::Ceil { expr, .. } | Expr::Floor { expr, .. } => super::functions::rounded(&of(expr)),
            Expr::Position { expr, r#in } => {
                Value::of(Sql::Int).absent(Absence::any([of(expr).absence, of(r#in).absence]))
            }
            Expr::Substring { expr, substring_from, substring_for, .. } => {
                let most = substring_for.as_deref().and_then(whole_number);
                let part = super::functions::shortened(&of(expr), most);
                // A pattern may match nothing.
                let from = substring_from.as_deref().map(of);
                match from.is_some_and(|from| !super::common::is_whole(&from.sql)) {
                    true => part.absent(Absence::Maybe),
                    false => part,
                }
            }
            Expr::Trim { expr, .. } => super::functions::shortened(&of(expr), None),
            Expr::Case { operand, conditions, else_result, .. } => {
                self.case(expr, operand.as_deref(), conditions, else_result.as_deref(), scope)
            }
            Expr::Subquery(query) => self.one_value(query),
            Expr::Array(array) => self.array(array, expr, scope),
            Expr::Function(function) => self.call_value(function, expr, scope),
            Expr::CompoundFieldAccess { root, access_chain } => self.part_of(root, access_chain, scope),
            _ => Value::unknown(),
        }
    }

    fn name(&self, names: &[String], expr: &Expr, scope: &Scope) -> Value {
        let last = names.last().map_or("", String::as_str);
        match scope.named(names) {
            Named::Value(value) if scope.groups == Groups::Sets => value.absent(Absence::Maybe),
            Named::Value(value) => value,
            Named::Unsure => Value::unknown(),
            Named::Missing
                if is_system(last) || SESSION.contains(&last) || self.routines.knows(self.store, last) =>
            {
                Value::unknown()
            }
            Named::Missing => {
                let name = names.join(".");
                self.refuse(
                    expr,
                    format!("nothing in this query has a column `{name}`"),
                    "columns have their stored names here",
                );
                Value::unknown()
            }
            Named::Ambiguous => {
                let help = format!("say of which: `table.{last}`");
                self.refuse(expr, format!("several tables in this query have a column `{last}`"), &help);
                Value::unknown()
            }
        }
    }

    fn cast(&self, inner: &Expr, to: &DataType, scope: &Scope) -> Value {
        let from = self.value(inner, scope);
        let mut to = sql_of_data_type(to);
        if !castable(&from, &to) {
            let message =
                format!("PostgreSQL casts no `{}` to `{}`", from.name(self.platform), to.name(self.platform));
            self.refuse(inner, message, "cast what it is made of, or leave the cast out");
            return Value::unknown();
        }
        if super::operators::is_zoned(&from, &to) {
            let message =
                format!("the cast of `{}` to `{}`", from.name(self.platform), to.name(self.platform));
            self.zoned.borrow_mut().push(message);
        }
        let absence = from.absence;
        match (&from.sql, &mut to) {
            (sql, Sql::Numeric { whole: whole @ None, scale: scale @ None }) => {
                (*whole, *scale) = digits(sql)
            }
            (Sql::Array(from), Sql::Array(element)) => element.absence = from.absence,
            _ => {}
        }
        let is_same = match (&from.sql, &to) {
            (Sql::Text { .. } | Sql::Literal, Sql::Text { max: None }) => true,
            (_, Sql::Text { max: Some(most) }) => {
                let longest = match from.sql {
                    Sql::Text { max } => from.longest().or(max),
                    _ => from.longest(),
                };
                longest.is_some_and(|longest| longest <= *most)
            }
            (from, to) => from == to,
        };
        match is_same {
            true => {
                let shorter = match (&from.sql, &to) {
                    (Sql::Text { max: max @ Some(_) }, Sql::Text { max: None }) => Sql::Text { max: *max },
                    _ => to,
                };
                Value { sql: shorter, absence, ..from }
            }
            false => Value::of(to).absent(absence),
        }
    }

    fn within(&self, whole: &Expr, left: &Value, target: &InTarget, scope: &Scope) -> Value {
        match target {
            InTarget::List(list) => {
                let list: Vec<Value> = list.iter().map(|expr| self.value(expr, scope)).collect();
                list.iter().for_each(|value| self.held_against(whole, left, value));
                condition(std::iter::once(left).chain(&list))
            }
            InTarget::Subquery(query) => match self.columns_of(query).as_deref().map(Vec::as_slice) {
                Some([column]) => {
                    self.held_against(whole, left, &column.value);
                    condition([left, &column.value])
                }
                _ => Value::of(Sql::Bool).absent(Absence::Unsure),
            },
            _ => Value::unknown(),
        }
    }

    fn case(
        &self,
        whole: &Expr,
        operand: Option<&Expr>,
        conditions: &[CaseWhen],
        otherwise: Option<&Expr>,
        scope: &Scope,
    ) -> Value {
        let held = operand.map(|operand| self.value(operand, scope));
        // Each arm stands where all before it did not hold.
        let mut left = scope.clone();
        let mut results = Vec::new();
        for when in conditions {
            let condition = self.value(&when.condition, &left);
            match &held {
                Some(held) => {
                    self.held_against(&when.condition, held, &condition);
                    results.push(self.value(&when.result, &left));
                }
                None => {
                    self.must_be_condition(&when.condition, &condition);
                    results.push(self.value(&when.result, &left.where_holds(&when.condition, true)));
                    left.hold(&when.condition, false);
                }
            }
        }
        results.push(otherwise.map_or_else(null, |otherwise| self.value(otherwise, &left)));
        self.one_of(whole, &results)
    }

    /// The value that is one of these.
    pub(in crate::resolve::lineage) fn one_of(&self, whole: &Expr, values: &[Value]) -> Value {
        let mut all = values.iter();
        let Some(first) = all.next() else { return Value::unknown() };
        let mut one = first.clone();
        for value in all {
            match common(self.platform, &one, value) {
                Ok(both) => one = both,
                Err(clash) => {
                    self.refuse_clash(whole, &clash);
                    return Value::unknown();
                }
            }
        }
        one
    }

    /// `(select …)`: absent where it has no row.
    fn one_value(&self, query: &Query) -> Value {
        let Some(columns) = self.columns_of(query) else { return Value::unknown() };
        let [column] = &columns[..] else { return Value::unknown() };
        let value = column.value.clone().settled();
        if self.has_one_row(query) { value } else { value.absent(Absence::Maybe) }
    }

    /// Whether a query has a row whatever there is: without `FROM`, or figures of all rows.
    fn has_one_row(&self, query: &Query) -> bool {
        let SetExpr::Select(select) = &*query.body else { return false };
        let groups = matches!(&select.group_by, GroupByExpr::Expressions(by, _) if by.is_empty());
        let is_cut = query.limit_clause.is_some() || query.fetch.is_some() || select.having.is_some();
        let is_constant = select.from.is_empty() && select.selection.is_none();
        groups && !is_cut && (is_constant || self.is_figure(&select.projection))
    }

    fn array(&self, array: &Array, whole: &Expr, scope: &Scope) -> Value {
        let elements: Vec<Value> = array.elem.iter().map(|expr| self.value(expr, scope)).collect();
        if elements.is_empty() {
            return Value::of(Sql::Unknown);
        }
        let element = self.one_of(whole, &elements);
        match element.sql {
            Sql::Unknown => Value::of(Sql::Unknown),
            Sql::Array(_) => Value::of(element.sql),
            _ => Value::of(Sql::Array(Box::new(element.settled()))),
        }
    }

    /// `tags[1]`, `(row).field`
    fn part_of(&self, root: &Expr, chain: &[AccessExpr], scope: &Scope) -> Value {
        if chain.iter().any(|access| matches!(access, AccessExpr::Dot(_))) {
            return Value::unknown();
        }
        let mut value = self.value(root, scope);
        for access in chain {
            let AccessExpr::Subscript(subscript) = access else { return Value::unknown() };
            value = match (value.sql, subscript) {
                (Sql::Array(element), Subscript::Index { .. }) => element.absent(Absence::Maybe),
                (array @ Sql::Array(_), Subscript::Slice { .. }) => Value::of(array).absent(value.absence),
                (Sql::Jsonb, _) => Value::of(Sql::Jsonb).absent(Absence::Maybe),
                _ => return Value::unknown(),
            };
        }
        value
    }

    /// Reports a condition that is none.
    pub(in crate::resolve::lineage) fn must_be_condition(&self, expr: &Expr, value: &Value) {
        if !matches!(value.sql, Sql::Bool | Sql::Null | Sql::Unknown | Sql::Literal | Sql::Other(_)) {
            let name = value.name(self.platform);
            self.refuse(
                expr,
                format!("a condition is expected, and this is `{name}`"),
                "compare it with something",
            );
        }
    }
}

/// A condition, absent where one of these is.
pub(super) fn condition<'v>(of: impl IntoIterator<Item = &'v Value>) -> Value {
    Value::of(Sql::Bool).absent(Absence::any(of.into_iter().map(|value| value.absence)))
}

pub(super) fn null() -> Value {
    Value { sql: Sql::Null, absence: Absence::Maybe, ..Value::default() }
}

fn constant_value(constant: &Constant) -> Value {
    match constant {
        Constant::Number(digits, _) => Value::of(number(digits)),
        Constant::Boolean(_) => Value::of(Sql::Bool),
        Constant::Null => null(),
        Constant::SingleQuotedString(text) | Constant::EscapedStringLiteral(text) => {
            let form = Form::Texts([text.as_str().into()].into());
            Value { form, ..Value::of(Sql::Literal) }
        }
        Constant::DollarQuotedString(text) => {
            let form = Form::Texts([text.value.as_str().into()].into());
            Value { form, ..Value::of(Sql::Literal) }
        }
        _ => Value::unknown(),
    }
}

/// The type that PostgreSQL gives a number as it is written.
fn number(digits: &str) -> Sql {
    if digits.parse::<i32>().is_ok() {
        return Sql::Int;
    }
    if digits.parse::<i64>().is_ok() {
        return Sql::BigInt;
    }
    if digits.bytes().any(|byte| !byte.is_ascii_digit() && byte != b'.') {
        return Sql::Numeric { whole: None, scale: None };
    }
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    Sql::Numeric { whole: Some(whole.len() as u16), scale: Some(part.len() as u16) }
}

/// The number that a constant is.
pub(super) fn whole_number(expr: &Expr) -> Option<u32> {
    match expr {
        Expr::Value(constant) => match &constant.value {
            Constant::Number(digits, _) => digits.to_string().parse().ok(),
            _ => None,
        },
        Expr::Nested(inner) => whole_number(inner),
        _ => None,
    }
}

fn at_time_zone(moment: &Value, zone: &Value) -> Value {
    let sql = match moment.sql {
        Sql::Timestamp | Sql::Date | Sql::Literal => Sql::LocalTimestamp,
        Sql::LocalTimestamp => Sql::Timestamp,
        Sql::Time => Sql::Other("time with time zone".into()),
        _ => Sql::Unknown,
    };
    Value::of(sql).absent(Absence::any([moment.absence, zone.absence]))
}

/// Words that the parser reads as columns.
const SESSION: &[&str] = &[
    "current_catalog",
    "current_role",
    "current_schema",
    "current_user",
    "session_user",
    "system_user",
    "user",
];

/// The parts of a name, folded.
pub(super) fn words(name: &sqlparser::ast::ObjectName) -> Vec<String> {
    parts(name).iter().flatten().map(folded).collect()
}
