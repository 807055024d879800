//! Functions, casts and `case`.

use std::fmt::Write;

use super::super::types::{is_array, is_jsonb, scalar_type};
use super::operators::CODE_POINTS;
use super::{Scope, is_calendar, is_text, values};
use polity_model::expr::Function;
use polity_model::{Expr, Scalar, Type};

impl Scope<'_> {
    pub(super) fn write_call(&self, function: Function, arguments: &[Expr], ty: &Type, out: &mut String) {
        let name = match function {
            Function::Now if self.platform.scalar(ty) != Some(Scalar::Timestamp) => {
                let part = self.platform.scalar(ty).unwrap_or(Scalar::Date);
                let _ = write!(out, "(now() AT TIME ZONE 'UTC')::{}", scalar_type(part));
                return;
            }
            Function::DateTrunc => return self.write_truncated(arguments, out),
            Function::Now => "now",
            Function::UuidV4 => "gen_random_uuid",
            Function::UuidV7 if self.major >= 18 => "uuidv7",
            Function::UuidV7 => "polity.uuid_v7",
            Function::Lower => "lower",
            Function::Upper => "upper",
            Function::Coalesce => "coalesce",
            Function::Length => self.measure(arguments),
            // Of a whole number nothing is to be rounded, and PostgreSQL would make a float of it.
            Function::Round
                if arguments
                    .first()
                    .and_then(|a| self.platform.scalar(&a.ty))
                    .is_some_and(Scalar::is_whole) =>
            {
                ""
            }
            Function::Round => "round",
            Function::Abs => "abs",
            // Blanks and nothing else.
            Function::Trim => "btrim",
            Function::Least => "least",
            Function::Greatest => "greatest",
            // A column of its own kind; never written as a value.
            Function::Identity => "NULL::bigint -- ",
        };
        // The values of which one is taken are of one type.
        let is_choice = matches!(function, Function::Coalesce | Function::Least | Function::Greatest);
        let wanted = self.platform.scalar(ty).filter(|_| is_choice);
        let arguments = if name.is_empty() { &arguments[..1] } else { arguments };
        let _ = write!(out, "{name}(");
        for (i, argument) in arguments.iter().enumerate() {
            out.push_str(if i > 0 { ", " } else { "" });
            self.write_as(argument, wanted, 0, out);
        }
        // Letters of ASCII and no others, whatever locale a database has.
        let folds = matches!(function, Function::Lower | Function::Upper) && !self.is_sought;
        out.push_str(if folds { CODE_POINTS } else { "" });
        out.push(')');
    }

    fn write_truncated(&self, arguments: &[Expr], out: &mut String) {
        let [unit, moment] = arguments else { return };
        let unit = self.inner(unit, 0);
        let instant = self.platform.scalar(&moment.ty) == Some(Scalar::Timestamp);
        let moment = self.inner(moment, 8);
        let _ = if instant {
            write!(out, "(date_trunc({unit}, {moment} AT TIME ZONE 'UTC') AT TIME ZONE 'UTC')")
        } else {
            write!(out, "date_trunc({unit}, {moment}::timestamp)::date")
        };
    }

    /// The function that counts characters, bytes or elements.
    fn measure(&self, arguments: &[Expr]) -> &'static str {
        match arguments.first() {
            Some(a) if is_array(self.platform, &a.ty) => "cardinality",
            Some(a) if is_jsonb(self.platform, &a.ty) => "jsonb_array_length",
            Some(a) if self.platform.scalar(&a.ty) == Some(Scalar::Bytes) => "octet_length",
            _ => "char_length",
        }
    }

    pub(super) fn write_case(
        &self,
        expr: &Expr,
        branches: &[(Expr, Expr)],
        otherwise: Option<&Expr>,
        out: &mut String,
    ) {
        let wanted = self.platform.scalar(&expr.ty);
        out.push_str("CASE");
        for (condition, value) in branches {
            out.push_str(" WHEN ");
            self.write(condition, 0, out);
            out.push_str(" THEN ");
            self.write_as(value, wanted, 0, out);
        }
        if let Some(value) = otherwise {
            out.push_str(" ELSE ");
            self.write_as(value, wanted, 0, out);
        }
        out.push_str(" END");
    }

    pub(super) fn write_cast(&self, to: Scalar, operand: &Expr, out: &mut String) {
        let from = self.platform.scalar(&operand.ty);
        let inner = self.inner(operand, 9);
        let _ = match (from, to) {
            (Some(Scalar::Timestamp), Scalar::Date | Scalar::Time) => {
                write!(out, "({inner} AT TIME ZONE 'UTC')::{}", scalar_type(to))
            }
            (Some(Scalar::Date), Scalar::Timestamp) => {
                write!(out, "({inner}::timestamp AT TIME ZONE 'UTC')")
            }
            // A cast of PostgreSQL would say the width of the network of an address, too.
            (Some(Scalar::Inet), to) if is_text(Some(to)) => write!(out, "abbrev({inner})"),
            (Some(from), to) if is_calendar(Some(from)) && is_text(Some(to)) => {
                write!(out, "({})", values::written(from, &inner))
            }
            _ => write!(out, "{inner}::{}", scalar_type(to)),
        };
    }
}
