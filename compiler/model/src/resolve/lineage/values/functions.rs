//! The values of PostgreSQL's functions (its manual, 9.3 to 9.19). One that is not listed has an unknown type.

use sqlparser::ast::Expr;

use super::common::{digits, is_whole};
use super::expressions::whole_number;
use super::{Absence, Form, Sql, Value};

const TEXT: Sql = Sql::Text { max: None };

/// One arm for each group of functions of one type.
pub(super) fn value(name: &str, arguments: &[Value], exprs: &[Option<&Expr>]) -> Value {
    let nothing = Value::unknown();
    let first = arguments.first().unwrap_or(&nothing);
    let absence = Absence::any(arguments.iter().map(|value| value.absence));
    let fixed = |at: usize| exprs.get(at).copied().flatten().and_then(whole_number);
    // NULL exactly where something that it is given is.
    let of = |sql: Sql| Value::of(sql).absent(absence);
    // NULL also for some values.
    let perhaps = |sql: Sql| Value::of(sql).absent(Absence::Maybe);
    let always = Value::of;
    match name {
        "length" | "char_length" | "character_length" | "octet_length" | "bit_length" | "strpos"
        | "ascii" | "cardinality" | "jsonb_array_length" | "json_array_length" | "family" | "masklen" => {
            of(Sql::Int)
        }
        "array_length" | "array_position" | "array_ndims" | "array_lower" | "array_upper" => {
            perhaps(Sql::Int)
        }
        "lower" | "upper" if matches!(first.sql, Sql::Other(_)) => nothing,
        "lower" | "upper" | "initcap" | "replace" | "repeat" | "translate" | "reverse" | "quote_literal"
        | "quote_ident" | "encode" | "to_char" | "host" | "regexp_replace" | "normalize" | "to_hex"
        | "chr" | "jsonb_pretty" => of(TEXT),
        "array_to_string" => of(TEXT),
        "concat" | "concat_ws" | "format" => always(TEXT),
        "trim" | "btrim" | "ltrim" | "rtrim" => of_text(first, None).absent(absence),
        "split_part" => of_text(first, None).absent(absence),
        "left" | "right" => of_text(first, fixed(1)).absent(absence),
        "substr" | "substring" if arguments.len() == 3 => of_text(first, fixed(2)).absent(absence),
        "substr" | "substring" if matches!(arguments.get(1), Some(value) if is_whole(&value.sql)) => {
            of_text(first, None).absent(absence)
        }
        "substring" => of_text(first, None).absent(Absence::Maybe),
        "lpad" | "rpad" => of(Sql::Text { max: fixed(1) }),
        "md5" => of(Sql::Text { max: Some(32) }),
        "nullif" => first.clone().absent(Absence::Maybe),
        "abs" => first.clone().plain().absent(absence),
        "round" | "trunc" => match (arguments.len(), exprs.get(1).copied().flatten()) {
            (1, _) => rounded(first),
            (_, Some(_)) => {
                let (whole, scale) = digits(&first.sql);
                let (most, one_more) = (fixed(1).and_then(|digits| u16::try_from(digits).ok()), 1);
                let scale = match (scale, most) {
                    (Some(scale), Some(most)) => Some(scale.min(most)),
                    (_, most) => most,
                };
                of(Sql::Numeric { whole: whole.map(|digits| digits + one_more), scale })
            }
            _ => nothing,
        },
        "ceil" | "ceiling" | "floor" => rounded(first),
        "sign" => match first.sql {
            Sql::Numeric { .. } => of(Sql::Numeric { whole: Some(1), scale: Some(0) }),
            _ => of(Sql::Double),
        },
        "mod" if arguments.iter().all(|value| is_whole(&value.sql)) => of(arguments
            .iter()
            .map(|value| &value.sql)
            .fold(Sql::SmallInt, |wide, sql| super::common::number(&wide, sql))),
        "mod" | "power" | "sqrt" | "exp" | "ln" | "log" | "div" => match first.sql {
            Sql::Numeric { .. }
                if arguments.iter().all(|value| !matches!(value.sql, Sql::Double | Sql::Real)) =>
            {
                of(Sql::Numeric { whole: None, scale: None })
            }
            Sql::Unknown => nothing,
            _ if name == "mod" || name == "div" => nothing,
            _ => of(Sql::Double),
        },
        "random" | "pi" => always(Sql::Double),
        "sin" | "cos" | "tan" | "asin" | "acos" | "atan" | "atan2" | "degrees" | "radians" | "cbrt" => {
            of(Sql::Double)
        }
        "now" | "current_timestamp" | "transaction_timestamp" | "statement_timestamp" | "clock_timestamp" => {
            always(Sql::Timestamp)
        }
        "current_date" => always(Sql::Date),
        "localtimestamp" => always(Sql::LocalTimestamp),
        "localtime" => always(Sql::Time),
        "current_time" => always(Sql::Other("time with time zone".into())),
        "to_timestamp" | "make_timestamptz" => of(Sql::Timestamp),
        "make_timestamp" => of(Sql::LocalTimestamp),
        "make_date" | "to_date" => of(Sql::Date),
        "make_time" => of(Sql::Time),
        "make_interval" | "age" | "justify_days" | "justify_hours" | "justify_interval" => of(Sql::Interval),
        "date_part" => of(Sql::Double),
        "date_trunc" => match arguments.get(1).map(|value| &value.sql) {
            Some(Sql::Timestamp | Sql::Date | Sql::Literal) => of(Sql::Timestamp),
            Some(sql @ (Sql::LocalTimestamp | Sql::Interval)) => of(sql.clone()),
            _ => nothing,
        },
        "date_bin" => match arguments.get(1).map(|value| &value.sql) {
            Some(sql @ (Sql::Timestamp | Sql::LocalTimestamp)) => of(sql.clone()),
            _ => nothing,
        },
        "gen_random_uuid" | "uuidv4" | "uuidv7" => always(Sql::Uuid),
        "jsonb_build_object" | "jsonb_build_array" => always(Sql::Jsonb),
        "json_build_object" | "json_build_array" => always(Sql::JsonText),
        "to_jsonb" | "jsonb_set" | "jsonb_insert" | "jsonb_strip_nulls" => of(Sql::Jsonb),
        "to_json" | "row_to_json" | "array_to_json" => of(Sql::JsonText),
        "jsonb_extract_path" | "jsonb_path_query_first" => perhaps(Sql::Jsonb),
        "jsonb_extract_path_text" | "json_extract_path_text" => perhaps(TEXT),
        "jsonb_typeof" | "json_typeof" => of(TEXT),
        "jsonb_array_elements" => of(Sql::Jsonb),
        "jsonb_array_elements_text" => perhaps(TEXT),
        "jsonb_object_keys" => of(TEXT),
        "jsonb_path_exists" | "starts_with" | "regexp_like" | "isfinite" => of(Sql::Bool),
        "string_to_array" | "regexp_split_to_array" => {
            of(Sql::Array(Box::new(Value::of(TEXT).absent(Absence::Unsure))))
        }
        "array_append" | "array_cat" | "array_remove" => match &first.sql {
            Sql::Array(element) => {
                let element = (**element).clone().plain().absent(Absence::Unsure);
                Value::of(Sql::Array(Box::new(element))).absent(Absence::Unsure)
            }
            _ => nothing,
        },
        "unnest" => match &first.sql {
            Sql::Array(element) => (**element).clone(),
            _ => nothing,
        },
        "generate_series" => match &first.sql {
            Sql::SmallInt | Sql::Int if arguments.iter().all(|value| value.sql == Sql::Int) => of(Sql::Int),
            Sql::BigInt => of(Sql::BigInt),
            Sql::Timestamp | Sql::LocalTimestamp => of(first.sql.clone()),
            Sql::Date => of(Sql::Timestamp),
            _ => nothing,
        },
        "sha224" | "sha256" | "sha384" | "sha512" | "decode" | "convert_to" => of(Sql::Bytea),
        "current_setting" => perhaps(TEXT),
        "version" => always(TEXT),
        "grouping" => always(Sql::Int),
        _ => nothing,
    }
}

/// A number without digits behind its point.
pub(super) fn rounded(of: &Value) -> Value {
    let sql = match of.sql {
        Sql::Numeric { whole, .. } => Sql::Numeric { whole: whole.map(|digits| digits + 1), scale: Some(0) },
        Sql::SmallInt | Sql::Int | Sql::BigInt | Sql::Real | Sql::Double => Sql::Double,
        _ => Sql::Unknown,
    };
    Value::of(sql).absent(of.absence)
}

/// A part of a text, of so many characters at most.
pub(super) fn shortened(of: &Value, most: Option<u32>) -> Value {
    of_text(of, most).absent(of.absence)
}

fn of_text(of: &Value, most: Option<u32>) -> Value {
    let max = match of.sql {
        Sql::Text { max } => max,
        Sql::Literal => of.longest(),
        Sql::Bytea => return Value::of(Sql::Bytea),
        _ => return Value::unknown(),
    };
    let max = match (max, most) {
        (Some(max), Some(most)) => Some(max.min(most)),
        (max, most) => max.or(most),
    };
    Value { form: Form::Any, ..Value::of(Sql::Text { max }) }
}
