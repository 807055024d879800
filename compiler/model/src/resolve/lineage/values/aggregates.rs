//! The values of aggregates and window functions (PostgreSQL's manual, 9.21 and 9.22).

use super::{Absence, Sql, Value};

/// The rows that a value is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rows {
    /// One at least.
    Some,
    /// There may be none.
    PerhapsNone,
    Unsure,
}

pub(in crate::resolve) fn is_aggregate(name: &str) -> bool {
    AGGREGATES.contains(&name)
}

/// The value of an aggregate of these arguments; of an ordered one, of what it is sorted by.
pub(super) fn value(name: &str, arguments: &[Value], sorted: &[Value], rows: Rows) -> Value {
    let nothing = Value::unknown();
    let of = sorted.first().or(arguments.first()).unwrap_or(&nothing);
    // None where all that it is made of is absent.
    let absence = over(rows, of.absence);
    let kept = || of.clone().settled();
    match name {
        "count" | "regr_count" => Value::of(Sql::BigInt),
        "sum" => Value::of(sum(&of.sql)).absent(absence),
        "avg" => Value::of(average(&of.sql)).absent(absence),
        "min" | "max" | "any_value" | "mode" | "percentile_disc" => kept().absent(absence),
        "bit_and" | "bit_or" | "bit_xor" => kept().plain().absent(absence),
        "bool_and" | "bool_or" | "every" => Value::of(Sql::Bool).absent(absence),
        "percentile_cont" => match of.sql {
            Sql::Interval => Value::of(Sql::Interval).absent(absence),
            _ => Value::of(Sql::Double).absent(absence),
        },
        "array_agg" => match of.sql {
            Sql::Unknown | Sql::Array(_) => Value::of(of.sql.clone()).absent(over(rows, Absence::Never)),
            _ => Value::of(Sql::Array(Box::new(kept()))).absent(over(rows, Absence::Never)),
        },
        "string_agg" => {
            let sql = if of.sql == Sql::Bytea { Sql::Bytea } else { Sql::Text { max: None } };
            Value::of(sql).absent(absence)
        }
        "jsonb_agg" | "jsonb_object_agg" => Value::of(Sql::Jsonb).absent(over(rows, Absence::Never)),
        "json_agg" | "json_object_agg" => Value::of(Sql::JsonText).absent(over(rows, Absence::Never)),
        "stddev" | "stddev_pop" | "stddev_samp" | "variance" | "var_pop" | "var_samp" => {
            let sql = match of.sql {
                Sql::Real | Sql::Double => Sql::Double,
                Sql::Unknown => Sql::Unknown,
                _ => Sql::Numeric { whole: None, scale: None },
            };
            let absence = if name.ends_with("_pop") { absence } else { Absence::Maybe };
            Value::of(sql).absent(absence)
        }
        "corr" | "covar_pop" | "covar_samp" | "regr_avgx" | "regr_avgy" | "regr_intercept" | "regr_r2"
        | "regr_slope" | "regr_sxx" | "regr_sxy" | "regr_syy" => {
            Value::of(Sql::Double).absent(Absence::Maybe)
        }
        _ => Value::unknown(),
    }
}

/// The value of a function that only windows have.
pub(super) fn window(name: &str, arguments: &[Value], rows: Rows) -> Option<Value> {
    let first = || arguments.first().cloned().unwrap_or_default().settled();
    Some(match name {
        "row_number" | "rank" | "dense_rank" => Value::of(Sql::BigInt),
        "ntile" => Value::of(Sql::Int),
        "percent_rank" | "cume_dist" => Value::of(Sql::Double),
        // The rows at the ends have none before or behind them, but for a default.
        "lag" | "lead" => {
            let absence = match arguments {
                [value, _, default] => Absence::any([value.absence, default.absence]),
                _ => Absence::Maybe,
            };
            match arguments.get(2) {
                Some(default) if default.form != first().form => first().plain().absent(absence),
                _ => first().absent(absence),
            }
        }
        "first_value" | "last_value" => {
            let value = first();
            let absence = over(rows, value.absence);
            value.absent(absence)
        }
        "nth_value" => first().absent(Absence::Maybe),
        _ => return None,
    })
}

fn over(rows: Rows, value: Absence) -> Absence {
    match rows {
        Rows::Some => value,
        Rows::PerhapsNone => Absence::Maybe,
        Rows::Unsure => value.max(Absence::Unsure),
    }
}

fn sum(of: &Sql) -> Sql {
    match of {
        Sql::SmallInt | Sql::Int => Sql::BigInt,
        Sql::BigInt => Sql::Numeric { whole: None, scale: Some(0) },
        Sql::Numeric { scale, .. } => Sql::Numeric { whole: None, scale: *scale },
        Sql::Real | Sql::Double | Sql::Interval => of.clone(),
        _ => Sql::Unknown,
    }
}

fn average(of: &Sql) -> Sql {
    match of {
        Sql::SmallInt | Sql::Int | Sql::BigInt | Sql::Numeric { .. } => {
            Sql::Numeric { whole: None, scale: None }
        }
        Sql::Real | Sql::Double => Sql::Double,
        Sql::Interval => Sql::Interval,
        _ => Sql::Unknown,
    }
}

const AGGREGATES: &[&str] = &[
    "any_value",
    "array_agg",
    "avg",
    "bit_and",
    "bit_or",
    "bit_xor",
    "bool_and",
    "bool_or",
    "corr",
    "count",
    "covar_pop",
    "covar_samp",
    "every",
    "json_agg",
    "json_object_agg",
    "jsonb_agg",
    "jsonb_object_agg",
    "max",
    "min",
    "mode",
    "percentile_cont",
    "percentile_disc",
    "regr_avgx",
    "regr_avgy",
    "regr_count",
    "regr_intercept",
    "regr_r2",
    "regr_slope",
    "regr_sxx",
    "regr_sxy",
    "regr_syy",
    "stddev",
    "stddev_pop",
    "stddev_samp",
    "string_agg",
    "sum",
    "var_pop",
    "var_samp",
    "variance",
];
