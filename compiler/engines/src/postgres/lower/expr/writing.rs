//! How expressions are written.

use std::fmt::Write;

use super::super::super::sql::{Ident, Literal};
use super::super::calendar;
use super::super::types::{column_type, is_jsonb};
use super::operators::{CODE_POINTS, binding, is_ordered_text};
use super::{Scope, StoredPath};
use polity_model::expr::{ExprKind, FieldPath, Step, UnaryOp};
use polity_model::{Expr, Scalar, Type};

impl Scope<'_> {
    /// The expression as SQL.
    pub(in crate::postgres) fn sql(&self, expr: &Expr) -> String {
        let mut out = String::new();
        self.write(expr, 0, &mut out);
        out
    }

    /// Like [`Scope::write`], and turns a date into the instant it begins at where an instant is wanted.
    pub(super) fn write_as(&self, expr: &Expr, wanted: Option<Scalar>, around: u8, out: &mut String) {
        if wanted == Some(Scalar::Timestamp) && self.platform.scalar(&expr.ty) == Some(Scalar::Date) {
            if let ExprKind::Date { year, month, day } = expr.kind {
                midnight(year, month, day, out);
            } else {
                let _ = write!(out, "({}::timestamp AT TIME ZONE 'UTC')", self.inner(expr, 9));
            }
        } else {
            self.write(expr, around, out);
        }
    }

    pub(super) fn inner(&self, expr: &Expr, around: u8) -> String {
        let mut out = String::new();
        self.write(expr, around, &mut out);
        out
    }

    /// `around` is how tightly the operator outside binds; what binds no tighter is put into parentheses.
    pub(super) fn write(&self, expr: &Expr, around: u8, out: &mut String) {
        let binds = binding(expr);
        if binds <= around {
            out.push('(');
            self.write_bare(expr, binds, out);
            out.push(')');
        } else {
            self.write_bare(expr, binds, out);
        }
    }

    /// Writes the expression without parentheses around it. One arm for each kind of expression.
    fn write_bare(&self, expr: &Expr, binds: u8, out: &mut String) {
        match &expr.kind {
            ExprKind::Null | ExprKind::Broken => out.push_str("NULL"),
            ExprKind::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            ExprKind::Integer(digits) | ExprKind::Decimal(digits) => out.push_str(digits),
            ExprKind::Text(text) => {
                let is_time = self.platform.scalar(&expr.ty) == Some(Scalar::Time);
                let _ = write!(out, "{}{}", Literal(text), if is_time { "::time" } else { "" });
            }
            ExprKind::Duration(duration) => {
                let _ = write!(out, "interval '{}'", calendar::words(*duration));
            }
            ExprKind::Date { year, month, day }
                if self.platform.scalar(&expr.ty) == Some(Scalar::Timestamp) =>
            {
                midnight(*year, *month, *day, out);
            }
            ExprKind::Date { year, month, day } => {
                let _ = write!(out, "'{year:04}-{month:02}-{day:02}'::date");
            }
            ExprKind::Field(path) => self.write_field(path, &expr.ty, out),
            ExprKind::EnumValue { of, value } => {
                let stored = self.platform[*of].values.get(*value).map_or("", |v| v.named.stored.as_str());
                let _ = write!(out, "{}", Literal(stored));
            }
            ExprKind::Call { function, arguments } => self.write_call(*function, arguments, &expr.ty, out),
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
                if let Some(columns) = self.spread_columns(operand) {
                    let compared = if *negated { ">" } else { "=" };
                    let _ = write!(out, "(num_nonnulls({columns}) {compared} 0)");
                    return;
                }
                self.write(operand, binds, out);
                out.push_str(if *negated { " IS NOT NULL" } else { " IS NULL" });
            }
            ExprKind::Between { operand, low, high, negated } => {
                let wanted = self.platform.scalar(&operand.ty);
                self.write(operand, binds, out);
                out.push_str(if is_ordered_text(wanted) { CODE_POINTS } else { "" });
                out.push_str(if *negated { " NOT BETWEEN " } else { " BETWEEN " });
                self.write_as(low, wanted, binds, out);
                out.push_str(" AND ");
                self.write_as(high, wanted, binds, out);
            }
            ExprKind::In { operand, list, negated } => {
                let wanted = self.platform.scalar(&operand.ty);
                if list.is_empty() {
                    // SQL has no empty list: nothing is in it.
                    out.push_str(if *negated { "true" } else { "false" });
                    return;
                }
                self.write(operand, binds, out);
                out.push_str(if *negated { " NOT IN (" } else { " IN (" });
                for (i, item) in list.iter().enumerate() {
                    out.push_str(if i > 0 { ", " } else { "" });
                    self.write_as(item, wanted, 0, out);
                }
                out.push(')');
            }
            ExprKind::Case { branches, otherwise } => {
                self.write_case(expr, branches, otherwise.as_deref(), out)
            }
            ExprKind::List(items) => {
                out.push_str("ARRAY[");
                for (i, item) in items.iter().enumerate() {
                    out.push_str(if i > 0 { ", " } else { "" });
                    self.write(item, 0, out);
                }
                out.push(']');
            }
            ExprKind::Record(_) => out.push_str(&self.json(&expr.ty, expr)),
            ExprKind::Sql { text: fragment, .. } => {
                let _ = write!(out, "({fragment})");
            }
        }
    }

    /// The columns of a record that is stored as one for each member; `None` of whatever else.
    fn spread_columns(&self, expr: &Expr) -> Option<String> {
        let ExprKind::Field(path) = &expr.kind else { return None };
        let mut field = self.fields.get(path.root.index())?;
        for step in &path.steps {
            let Step::Member(of, member) = step else { return None };
            field.inline?;
            field = self.platform[*of].fields.get(member.index())?;
        }
        let record = field.inline.and_then(|_| super::struct_of(self.platform, &field.ty))?;
        let StoredPath { column, path } = self.stored(path);
        let mut columns = Vec::new();
        super::spread(self, &column, record, None, &mut columns);
        let shown = columns.iter().map(|(name, _)| format!("{}{}", self.row, Ident(name)));
        path.is_empty().then(|| shown.collect::<Vec<_>>().join(", "))
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
}

/// The moment at which a day begins.
fn midnight(year: u16, month: u8, day: u8, out: &mut String) {
    let _ = write!(out, "'{year:04}-{month:02}-{day:02} 00:00+00'::timestamptz");
}
