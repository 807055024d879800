//! The values of columns that no other store and no client could hold, though PostgreSQL has them: infinite days, years
//! before the first, a time of 24 hours, months of a length of time, NaN.

use super::super::sql::Literal;
use polity_model::Scalar;
use polity_model::form::{DAYS, MOMENTS};

/// The rule that a value of a column keeps.
pub(super) fn of(scalar: Scalar, value: &str) -> Option<String> {
    match scalar {
        Scalar::Interval => {
            Some(format!("extract(year FROM {value}) = 0 AND extract(month FROM {value}) = 0"))
        }
        _ => {
            let (least, most) = ends(scalar)?;
            let least = least.map(|(op, least)| format!("{value} {op} {least}"));
            let rules: Vec<String> =
                least.into_iter().chain([format!("{value} {} {}", most.0, most.1)]).collect();
            Some(rules.join(" AND "))
        }
    }
}

/// The rule that each element of an array keeps. Of lengths of time there is none: nothing compares their months alone.
pub(super) fn of_all(scalar: Scalar, value: &str) -> Option<String> {
    let (least, most) = ends(scalar)?;
    let mirrored = |op: &str| op.replace('<', "|").replace('>', "<").replace('|', ">");
    let rule = |(op, end): (&str, String)| format!("{end} {} ALL ({value})", mirrored(op));
    let rules: Vec<String> = least.into_iter().chain([most]).map(rule).collect();
    Some(rules.join(" AND "))
}

/// The comparisons with the first and the last value.
type Ends = (Option<(&'static str, String)>, (&'static str, String));

fn ends(scalar: Scalar) -> Option<Ends> {
    let typed = |value: &str, ty: &str| format!("{}::{ty}", Literal(value));
    Some(match scalar {
        Scalar::Date => (Some((">=", typed(DAYS[0], "date"))), ("<=", typed(DAYS[1], "date"))),
        Scalar::Timestamp => {
            let moment = |at: &str| typed(at, "timestamptz");
            (Some((">=", moment(MOMENTS[0]))), ("<", moment(MOMENTS[1])))
        }
        Scalar::Time => (None, ("<", typed("24:00:00", "time"))),
        // NaN counts as greater than every number.
        Scalar::Float => (Some((">", typed("-Infinity", "float8"))), ("<", typed("Infinity", "float8"))),
        _ => return None,
    })
}
