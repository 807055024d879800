//! How expressions are written.

use std::fmt::Write;

use super::super::super::sql::{Ident, Literal};
use super::super::calendar;
use super::super::types::{column_type, is_array, is_jsonb, scalar_type};
use super::constant::constant;
use super::operators::{binding, is_comparison, operator};
use super::{Scope, StoredPath, is_text};
use polity_model::expr::{BinaryOp, ExprKind, FieldPath, Function, UnaryOp};
use polity_model::{Expr, Scalar, Type};

impl Scope<'_> {
    /// The expression as SQL.
    pub(in super::super) fn sql(&self, expr: &Expr) -> String {
        let mut out = String::new();
        self.write(expr, 0, &mut out);
        out
    }

    /// The value that a field takes, in the type of its column.
    pub(in super::super) fn value_for(&self, ty: &Type, expr: &Expr) -> String {
        if is_jsonb(self.platform, ty) && !matches!(expr.kind, ExprKind::Sql { .. } | ExprKind::Null) {
            return self.json(expr);
        }
        if let ExprKind::List(items) = &expr.kind
            && is_array(self.platform, ty)
        {
            let ty = column_type(self.platform, ty);
            if items.is_empty() {
                return format!("'{{}}'::{ty}");
            }
            let items: Vec<String> = items.iter().map(|item| self.sql(item)).collect();
            return format!("ARRAY[{}]::{ty}", items.join(", "));
        }
        let mut out = String::new();
        self.write_as(expr, self.platform.scalar(ty), 0, &mut out);
        out
    }

    /// A json value: a constant where it is one.
    fn json(&self, expr: &Expr) -> String {
        match constant(self.platform, expr) {
            Some(value) => format!("{}::jsonb", Literal(&value.to_string())),
            None => match &expr.kind {
                ExprKind::List(items) => {
                    let items: Vec<String> = items.iter().map(|item| self.json(item)).collect();
                    format!("jsonb_build_array({})", items.join(", "))
                }
                ExprKind::Record(entries) => {
                    let entries: Vec<String> = entries
                        .iter()
                        .map(|(name, value)| format!("{}, {}", Literal(name), self.json(value)))
                        .collect();
                    format!("jsonb_build_object({})", entries.join(", "))
                }
                _ => format!("to_jsonb({})", self.sql(expr)),
            },
        }
    }

    /// Like [`Scope::write`], and turns a date into the instant it begins at where an instant is wanted.
    fn write_as(&self, expr: &Expr, wanted: Option<Scalar>, around: u8, out: &mut String) {
        if wanted == Some(Scalar::Timestamp) && self.platform.scalar(&expr.ty) == Some(Scalar::Date) {
            if let ExprKind::Date { year, month, day } = expr.kind {
                let _ = write!(out, "'{year:04}-{month:02}-{day:02} 00:00+00'::timestamptz");
            } else {
                let _ = write!(out, "({}::timestamp AT TIME ZONE 'UTC')", self.inner(expr, 9));
            }
        } else {
            self.write(expr, around, out);
        }
    }

    fn inner(&self, expr: &Expr, around: u8) -> String {
        let mut out = String::new();
        self.write(expr, around, &mut out);
        out
    }

    /// `around` is how tightly the operator outside binds; what binds no tighter is put into parentheses.
    fn write(&self, expr: &Expr, around: u8, out: &mut String) {
        let binds = binding(expr);
        if binds <= around {
            out.push('(');
            self.write_bare(expr, binds, out);
            out.push(')');
        } else {
            self.write_bare(expr, binds, out);
        }
    }

    fn write_bare(&self, expr: &Expr, binds: u8, out: &mut String) {
        match &expr.kind {
            ExprKind::Null | ExprKind::Broken => out.push_str("NULL"),
            ExprKind::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            ExprKind::Integer(digits) | ExprKind::Decimal(digits) => out.push_str(digits),
            ExprKind::Text(text) => {
                let _ = write!(out, "{}", Literal(text));
            }
            ExprKind::Duration(duration) => {
                let _ = write!(out, "interval '{}'", calendar::words(*duration));
            }
            ExprKind::Date { year, month, day } => {
                let _ = write!(out, "'{year:04}-{month:02}-{day:02}'::date");
            }
            ExprKind::Field(path) => self.write_field(path, &expr.ty, out),
            ExprKind::EnumValue { of, value } => {
                let stored = self.platform[*of].values.get(*value).map_or("", |v| v.named.stored.as_str());
                let _ = write!(out, "{}", Literal(stored));
            }
            ExprKind::Call { function, arguments } => self.write_call(*function, arguments, out),
            ExprKind::Next(id) => {
                let name = self.placement.sequence_of(&self.platform[*id]).to_string();
                let _ = write!(out, "nextval({}::regclass)", Literal(&name));
            }
            ExprKind::Cast { to, operand } => self.write_cast(*to, operand, out),
            ExprKind::Unary { op, operand } => {
                out.push_str(match op {
                    UnaryOp::Not => "NOT ",
                    UnaryOp::Minus => "-",
                });
                self.write(operand, binds, out);
            }
            ExprKind::Binary { op, left, right } => self.write_binary(expr, *op, left, right, binds, out),
            ExprKind::IsNull { operand, negated } => {
                self.write(operand, binds, out);
                out.push_str(if *negated { " IS NOT NULL" } else { " IS NULL" });
            }
            ExprKind::Between { operand, low, high, negated } => {
                self.write_between(operand, [low, high], *negated, binds, out);
            }
            ExprKind::In { operand, list, negated } => self.write_in(operand, list, *negated, binds, out),
            ExprKind::List(items) => {
                out.push_str("ARRAY[");
                self.write_list(items, None, out);
                out.push(']');
            }
            ExprKind::Record(_) => out.push_str(&self.json(expr)),
            ExprKind::Sql { text: fragment, .. } => {
                let _ = write!(out, "({fragment})");
            }
        }
    }

    fn write_between(
        &self,
        operand: &Expr,
        [low, high]: [&Expr; 2],
        negated: bool,
        binds: u8,
        out: &mut String,
    ) {
        let wanted = self.platform.scalar(&operand.ty);
        self.write(operand, binds, out);
        out.push_str(if negated { " NOT BETWEEN " } else { " BETWEEN " });
        self.write_as(low, wanted, binds, out);
        out.push_str(" AND ");
        self.write_as(high, wanted, binds, out);
    }

    fn write_in(&self, operand: &Expr, list: &[Expr], negated: bool, binds: u8, out: &mut String) {
        if list.is_empty() {
            // SQL has no empty list: nothing is in it.
            out.push_str(if negated { "true" } else { "false" });
            return;
        }
        self.write(operand, binds, out);
        out.push_str(if negated { " NOT IN (" } else { " IN (" });
        self.write_list(list, self.platform.scalar(&operand.ty), out);
        out.push(')');
    }

    fn write_list(&self, items: &[Expr], wanted: Option<Scalar>, out: &mut String) {
        for (i, item) in items.iter().enumerate() {
            out.push_str(if i > 0 { ", " } else { "" });
            self.write_as(item, wanted, 0, out);
        }
    }

    fn write_field(&self, path: &FieldPath, ty: &Type, out: &mut String) {
        let StoredPath { column, path } = self.stored(path);
        if path.is_empty() {
            let _ = write!(out, "{}{}", self.row, Ident(&column));
            return;
        }
        let json = is_jsonb(self.platform, ty);
        let column = format!("{}{}", self.row, Ident(&column));
        let access = if let [key] = &path[..] {
            format!("{column} {} {}", if json { "->" } else { "->>" }, Literal(key))
        } else {
            let keys: Vec<String> = path.iter().map(|key| Literal(key).to_string()).collect();
            let arrow = if json { "#>" } else { "#>>" };
            format!("{column} {arrow} ARRAY[{}]", keys.join(", "))
        };
        let stored = column_type(self.platform, ty);
        if json || stored == "text" || stored.starts_with("varchar") {
            let _ = write!(out, "({access})");
        } else {
            let _ = write!(out, "({access})::{stored}");
        }
    }

    fn write_call(&self, function: Function, arguments: &[Expr], out: &mut String) {
        let name = match function {
            Function::Now => "now",
            Function::UuidV4 => "gen_random_uuid",
            Function::UuidV7 if self.major >= 18 => "uuidv7",
            Function::UuidV7 => "polity.uuid_v7",
            Function::Lower => "lower",
            Function::Upper => "upper",
            Function::Coalesce => "coalesce",
            Function::Length => match arguments.first() {
                Some(a) if is_array(self.platform, &a.ty) => "cardinality",
                Some(a) if is_jsonb(self.platform, &a.ty) => "jsonb_array_length",
                Some(a) if self.platform.scalar(&a.ty) == Some(Scalar::Bytes) => "octet_length",
                _ => "char_length",
            },
            // A column of its own kind; never written as a value.
            Function::Identity => "NULL::bigint -- ",
            Function::DateTrunc => {
                if let [unit, moment] = arguments {
                    let unit = self.inner(unit, 0);
                    let instant = self.platform.scalar(&moment.ty) == Some(Scalar::Timestamp);
                    let moment = self.inner(moment, 8);
                    let _ = if instant {
                        write!(out, "(date_trunc({unit}, {moment} AT TIME ZONE 'UTC') AT TIME ZONE 'UTC')")
                    } else {
                        write!(out, "date_trunc({unit}, {moment}::timestamp)::date")
                    };
                }
                return;
            }
        };
        out.push_str(name);
        out.push('(');
        self.write_list(arguments, None, out);
        out.push(')');
    }

    fn write_cast(&self, to: Scalar, operand: &Expr, out: &mut String) {
        let from = self.platform.scalar(&operand.ty);
        let inner = self.inner(operand, 9);
        let _ = match (from, to) {
            (Some(Scalar::Timestamp), Scalar::Date | Scalar::Time) => {
                write!(out, "({inner} AT TIME ZONE 'UTC')::{}", scalar_type(to))
            }
            (Some(Scalar::Date), Scalar::Timestamp) => {
                write!(out, "({inner}::timestamp AT TIME ZONE 'UTC')")
            }
            _ => write!(out, "{inner}::{}", scalar_type(to)),
        };
    }

    fn write_binary(
        &self,
        expr: &Expr,
        op: BinaryOp,
        left: &Expr,
        right: &Expr,
        binds: u8,
        out: &mut String,
    ) {
        let scalar = |e: &Expr| self.platform.scalar(&e.ty);
        let (l, r) = (scalar(left), scalar(right));
        // `timestamptz + interval` asks the session's time zone how long a day is; `timestamp + interval` does not.
        if matches!(op, BinaryOp::Add | BinaryOp::Subtract)
            && l.is_some_and(Scalar::is_moment)
            && r == Some(Scalar::Interval)
        {
            let sign = if op == BinaryOp::Add { '+' } else { '-' };
            let (left_text, right_text) = (self.inner(left, 8), self.inner(right, 6));
            let _ = match (l, scalar(expr)) {
                (Some(Scalar::Timestamp), _) => {
                    write!(out, "(({left_text} AT TIME ZONE 'UTC') {sign} {right_text}) AT TIME ZONE 'UTC'")
                }
                (_, Some(Scalar::Timestamp)) => {
                    write!(out, "({left_text} {sign} {right_text}) AT TIME ZONE 'UTC'")
                }
                _ => write!(out, "({left_text} {sign} {right_text})::date"),
            };
            return;
        }
        let mixed = matches!(
            (l, r),
            (Some(Scalar::Timestamp), Some(Scalar::Date)) | (Some(Scalar::Date), Some(Scalar::Timestamp))
        );
        let wanted = mixed.then_some(Scalar::Timestamp);
        // `and` and `or` chain; of the others the right side is always set apart.
        let right_binds = if matches!(op, BinaryOp::And | BinaryOp::Or) { binds - 1 } else { binds };
        let left_binds = if is_comparison(op) { binds } else { binds - 1 };
        let text = |e: &Expr| {
            // `text || anything` would follow the session's date style; texts are joined with texts only.
            op == BinaryOp::Concat && !is_text(scalar(e)) && !is_array(self.platform, &e.ty)
        };
        for (i, (side, binds)) in [(left, left_binds), (right, right_binds)].into_iter().enumerate() {
            if i > 0 {
                out.push_str(operator(op));
            }
            if text(side) {
                let _ = write!(out, "{}::text", self.inner(side, 9));
            } else {
                self.write_as(side, wanted, binds, out);
            }
        }
    }
}
