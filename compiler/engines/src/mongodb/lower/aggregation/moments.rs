//! Days and moments, from which time is counted.

use serde_json::{Value as Json, json};

use super::{Lowering, Unsupported, unsupported};
use polity_model::expr::{BinaryOp, ExprKind};
use polity_model::{DurationUnit, Expr, Scalar};

/// The milliseconds of a day.
const DAY: u64 = 86_400_000;

/// The units that `$dateTrunc` and PostgreSQL both take.
const UNITS: &[&str] = &["second", "minute", "hour", "day", "week", "month", "quarter", "year"];

impl Lowering<'_> {
    /// A day or a moment, so much later or earlier.
    pub(super) fn shifted(
        &self,
        expr: &Expr,
        op: BinaryOp,
        left: &Expr,
        right: &Expr,
    ) -> Result<Json, Unsupported> {
        let (start, by) =
            if self.scalar(left) == Some(Scalar::Interval) { (right, left) } else { (left, right) };
        let is_day = self.scalar(expr) == Some(Scalar::Date);
        let from = self.value(start)?;
        if let ExprKind::Duration(duration) = by.kind {
            if duration.is_calendar() {
                let unit = if duration.unit == DurationUnit::Months { "month" } else { "year" };
                let count = i64::try_from(duration.count).unwrap_or(i64::MAX);
                let amount = if op == BinaryOp::Subtract { -count } else { count };
                return Ok(json!({ "$dateAdd": { "startDate": from, "unit": unit, "amount": amount } }));
            }
            let by = self.value(by)?;
            let moved = json!({ operator(op): [from, by] });
            let is_whole = duration.at_least_milliseconds() % DAY == 0;
            return Ok(if is_day && !is_whole { day(moved) } else { moved });
        }
        let moved = json!({ operator(op): [from, self.value(by)?] });
        Ok(if is_day { day(moved) } else { moved })
    }

    /// `date_trunc("month", at)`
    pub(super) fn truncated(&self, expr: &Expr, arguments: &[Expr]) -> Result<Json, Unsupported> {
        match arguments {
            [Expr { kind: ExprKind::Text(unit), .. }, moment] if UNITS.contains(&unit.as_str()) => {
                let moment = self.value(moment)?;
                // Weeks begin on Monday, as in PostgreSQL.
                Ok(json!({
                    "$dateTrunc": { "date": moment, "unit": unit.as_str(), "startOfWeek": "monday" }
                }))
            }
            _ => Err(unsupported(expr, "`date_trunc` to this unit")),
        }
    }
}

fn operator(op: BinaryOp) -> &'static str {
    if op == BinaryOp::Subtract { "$subtract" } else { "$add" }
}

/// The midnight at which a moment's day began, in UTC.
pub(super) fn day(moment: Json) -> Json {
    json!({ "$dateTrunc": { "date": moment, "unit": "day" } })
}

/// The time of day of a moment, in the form in which documents hold it: without zeros at the end of a second's part.
pub(super) fn time(moment: &Json) -> Json {
    let written = json!({ "$dateToString": { "date": moment, "format": "%H:%M:%S.%L" } });
    json!({ "$rtrim": { "input": { "$rtrim": { "input": written, "chars": "0" } }, "chars": "." } })
}
