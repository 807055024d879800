//! The values of operators and casts, by the tables of PostgreSQL's manual (9.1 to 9.9, 9.16).

use smol_str::SmolStr;
use sqlparser::ast::{
    ArrayElemTypeDef, BinaryOperator, CharacterLength, DataType, ExactNumberInfo, Expr, TimezoneInfo,
};
use sqlparser::tokenizer::Span;

use super::super::scope::Column;
use super::super::{Refused, Tracer};
use super::common::{Clash, common, digits, is_number, is_whole, number};
use super::expressions::{condition, words};
use super::holds::{has_zone, is_text};
use super::{Absence, Form, Sql, Value};

impl Tracer<'_> {
    pub(super) fn binary(&self, whole: &Expr, left: &Value, op: &BinaryOperator, right: &Value) -> Value {
        use BinaryOperator as B;
        let absence = Absence::any([left.absence, right.absence]);
        self.operator_is_steady(left, op, right);
        match op {
            B::And | B::Or => {
                if let Expr::BinaryOp { left: l, right: r, .. } = whole {
                    self.must_be_condition(l, left);
                    self.must_be_condition(r, right);
                }
                condition([left, right])
            }
            B::Eq | B::NotEq | B::Lt | B::LtEq | B::Gt | B::GtEq => {
                self.held_against(whole, left, right);
                condition([left, right])
            }
            B::PGRegexMatch
            | B::PGRegexIMatch
            | B::PGRegexNotMatch
            | B::PGRegexNotIMatch
            | B::PGLikeMatch
            | B::PGILikeMatch
            | B::PGNotLikeMatch
            | B::PGNotILikeMatch
            | B::PGOverlap
            | B::PGStartsWith
            | B::AtArrow
            | B::ArrowAt
            | B::Question
            | B::QuestionAnd
            | B::QuestionPipe => condition([left, right]),
            B::Plus | B::Minus | B::Multiply | B::Divide | B::Modulo => {
                if [left, right].iter().any(|value| computes_nothing(&value.sql)) {
                    let (l, r) = (left.name(self.platform), right.name(self.platform));
                    self.refuse(
                        whole,
                        format!("PostgreSQL has no `{op}` between `{l}` and `{r}`"),
                        "cast one of them",
                    );
                    return Value::unknown();
                }
                Value::of(computed(&left.sql, op, &right.sql)).absent(absence)
            }
            B::StringConcat => Value::of(joined(left, right)).absent(absence),
            B::Arrow | B::HashArrow => match left.sql {
                Sql::Jsonb | Sql::JsonText => Value::of(left.sql.clone()).absent(Absence::Maybe),
                _ => Value::unknown(),
            },
            B::LongArrow | B::HashLongArrow => match left.sql {
                Sql::Jsonb | Sql::JsonText => Value::of(Sql::Text { max: None }).absent(Absence::Maybe),
                _ => Value::unknown(),
            },
            B::HashMinus => Value::of(Sql::Jsonb).absent(absence),
            _ => Value::unknown(),
        }
    }

    /// Reports a comparison of what PostgreSQL does not compare.
    pub(super) fn held_against(&self, whole: &Expr, left: &Value, right: &Value) {
        let is_day = |sql: &Sql| matches!(sql, Sql::Date | Sql::LocalTimestamp);
        for (one, other) in [(left, right), (right, left)] {
            let is_read = other.sql == Sql::Literal && !has_zone(other);
            if one.sql == Sql::Timestamp && (is_day(&other.sql) || is_read) {
                self.zoned.borrow_mut().push("what this moment is compared with".to_owned());
            }
        }
        let (Some(a), Some(b)) = (family(&left.sql), family(&right.sql)) else {
            for (literal, other) in [(left, right), (right, left)] {
                if literal.sql == Sql::Literal && !reads_as(literal, &other.sql) {
                    let name = other.sql.name(self.platform);
                    self.refuse(
                        whole,
                        format!("this text is no `{name}`, with which it is compared"),
                        "write a value of that type",
                    );
                }
            }
            return;
        };
        if a != b {
            let (l, r) = (left.name(self.platform), right.name(self.platform));
            self.refuse(whole, format!("PostgreSQL compares no `{l}` with a `{r}`"), "cast one of them");
        }
    }

    pub(super) fn refuse_clash(&self, whole: &Expr, clash: &Clash) {
        let (l, r) = (clash.0.name(self.platform), clash.1.name(self.platform));
        self.refuse(whole, format!("one value cannot be both `{l}` and `{r}`"), "cast one of them");
    }

    pub(in crate::resolve::lineage) fn refuse_columns(&self, left: &Column, right: &Column, clash: &Clash) {
        let (l, r) = (clash.0.name(self.platform), clash.1.name(self.platform));
        let name = if left.name.is_empty() { "these columns".into() } else { format!("`{}`", left.name) };
        let message = format!("{name} cannot be both `{l}` and `{r}`");
        let help = "cast one of them, so that both sides give one type".to_owned();
        let at = if right.at == Span::empty() { left.at } else { right.at };
        let refused = Refused { at, message, help };
        let mut all = self.refused.borrow_mut();
        if !all.contains(&refused) {
            all.push(refused);
        }
    }

    /// The common value of two columns of a set operation.
    pub(in crate::resolve::lineage) fn together(&self, left: &Value, right: &Value) -> Result<Value, Clash> {
        common(self.platform, left, right)
    }
}

/// The types within which PostgreSQL compares; `None` for what may be compared with more than is known here.
fn family(sql: &Sql) -> Option<u8> {
    Some(match sql {
        sql if is_number(sql) => 0,
        Sql::Text { .. } => 1,
        Sql::Bool => 2,
        Sql::Uuid => 3,
        Sql::Date | Sql::LocalTimestamp | Sql::Timestamp => 4,
        Sql::Time => 5,
        Sql::Interval => 6,
        Sql::Inet => 7,
        Sql::Jsonb => 8,
        Sql::Bytea => 9,
        Sql::Array(_) => 10,
        _ => return None,
    })
}

/// Whether the texts of a constant can be read as another type.
pub(in crate::resolve) fn reads_as(literal: &Value, sql: &Sql) -> bool {
    let Form::Texts(texts) = &literal.form else { return true };
    texts.iter().map(|text| text.trim()).all(|text| match sql {
        Sql::SmallInt => text.parse::<i16>().is_ok(),
        Sql::Int => text.parse::<i32>().is_ok(),
        Sql::BigInt => text.parse::<i64>().is_ok(),
        Sql::Numeric { .. } | Sql::Real | Sql::Double => text.parse::<f64>().is_ok(),
        Sql::Bool => {
            let word = text.to_ascii_lowercase();
            let begins = |of: &str| !word.is_empty() && of.starts_with(word.as_str());
            ["true", "false", "yes", "no"].iter().any(|of| begins(of))
                || ["on", "off", "of", "1", "0"].contains(&word.as_str())
        }
        Sql::Uuid => {
            let digits: Vec<u8> = text.bytes().filter(|byte| !b"{}-".contains(byte)).collect();
            digits.len() == 32 && digits.iter().all(u8::is_ascii_hexdigit)
        }
        _ => true,
    })
}

/// Whether there is no arithmetic of it at all.
fn computes_nothing(sql: &Sql) -> bool {
    matches!(sql, Sql::Text { .. } | Sql::Bool | Sql::Uuid | Sql::Bytea)
}

fn computed(left: &Sql, op: &BinaryOperator, right: &Sql) -> Sql {
    use BinaryOperator as B;
    let (plus, minus) = (*op == B::Plus, *op == B::Minus);
    match (left, right) {
        (a, Sql::Literal | Sql::Null) if is_number(a) => arithmetic(a, op, a),
        (Sql::Literal | Sql::Null, b) if is_number(b) => arithmetic(b, op, b),
        (a, b) if is_number(a) && is_number(b) => arithmetic(a, op, b),
        (Sql::Jsonb, Sql::Text { .. } | Sql::Literal | Sql::Int | Sql::SmallInt) if minus => Sql::Jsonb,
        (Sql::Date, b) if (plus || minus) && is_whole(b) => Sql::Date,
        (a, Sql::Date) if plus && is_whole(a) => Sql::Date,
        (Sql::Date, Sql::Date) if minus => Sql::Int,
        (Sql::Date | Sql::LocalTimestamp, Sql::Interval) if plus || minus => Sql::LocalTimestamp,
        (Sql::Interval, Sql::Date | Sql::LocalTimestamp) if plus => Sql::LocalTimestamp,
        (Sql::Date, Sql::Time) | (Sql::Time, Sql::Date) if plus => Sql::LocalTimestamp,
        (Sql::Timestamp, Sql::Interval) if plus || minus => Sql::Timestamp,
        (Sql::Interval, Sql::Timestamp) if plus => Sql::Timestamp,
        (
            Sql::Date | Sql::LocalTimestamp | Sql::Timestamp,
            Sql::Date | Sql::LocalTimestamp | Sql::Timestamp,
        ) if minus => Sql::Interval,
        (Sql::Time, Sql::Interval) if plus || minus => Sql::Time,
        (Sql::Time, Sql::Time) if minus => Sql::Interval,
        (Sql::Interval, Sql::Interval) if plus || minus => Sql::Interval,
        (Sql::Interval, b) if is_number(b) && (*op == B::Multiply || *op == B::Divide) => Sql::Interval,
        (a, Sql::Interval) if is_number(a) && *op == B::Multiply => Sql::Interval,
        _ => Sql::Unknown,
    }
}

fn arithmetic(left: &Sql, op: &BinaryOperator, right: &Sql) -> Sql {
    use BinaryOperator as B;
    let wider = number(left, right);
    let Sql::Numeric { .. } = wider else {
        let is_float = matches!(wider, Sql::Real | Sql::Double);
        return if is_float && left != right { Sql::Double } else { wider };
    };
    let ((a, b), (c, d)) = (digits(left), digits(right));
    let both = |a: Option<u16>, b: Option<u16>, of: fn(u16, u16) -> u16| Some(of(a?, b?));
    match op {
        B::Plus | B::Minus => {
            Sql::Numeric { whole: both(a, c, u16::max).map(|digits| digits + 1), scale: both(b, d, u16::max) }
        }
        B::Multiply => {
            Sql::Numeric { whole: both(a, c, u16::saturating_add), scale: both(b, d, u16::saturating_add) }
        }
        B::Modulo => Sql::Numeric { whole: c, scale: both(b, d, u16::max) },
        _ => Sql::Numeric { whole: None, scale: None },
    }
}

/// `||`
fn joined(left: &Value, right: &Value) -> Sql {
    match (&left.sql, &right.sql) {
        (array @ Sql::Array(_), _) | (_, array @ Sql::Array(_)) => match array {
            Sql::Array(element) => {
                let others = [left, right].into_iter().map(|value| match &value.sql {
                    Sql::Array(element) => element.absence,
                    _ => value.absence,
                });
                let absence = Absence::any(others);
                Sql::Array(Box::new((**element).clone().plain().absent(absence)))
            }
            _ => Sql::Unknown,
        },
        (Sql::Jsonb, _) | (_, Sql::Jsonb) => match (&left.sql, &right.sql) {
            (Sql::Jsonb | Sql::Literal, Sql::Jsonb | Sql::Literal) => Sql::Jsonb,
            (Sql::Text { .. }, _) | (_, Sql::Text { .. }) => Sql::Text { max: None },
            _ => Sql::Unknown,
        },
        (Sql::Bytea, Sql::Bytea) => Sql::Bytea,
        (Sql::Unknown | Sql::Other(_) | Sql::Extension(_), _)
        | (_, Sql::Unknown | Sql::Other(_) | Sql::Extension(_)) => Sql::Unknown,
        (a, b) if is_text(a) && is_text(b) => {
            let max = |value: &Value| match value.sql {
                Sql::Text { max } => max,
                _ => value.longest(),
            };
            Sql::Text { max: max(left).zip(max(right)).map(|(a, b)| a.saturating_add(b)) }
        }
        (a, b) if is_text(a) || is_text(b) => Sql::Text { max: None },
        _ => Sql::Unknown,
    }
}

/// Whether PostgreSQL has a cast; where it is not certain that there is none, there may be.
pub(super) fn castable(from: &Value, to: &Sql) -> bool {
    if from.sql == Sql::Literal {
        return reads_as(from, to);
    }
    let (Some(a), Some(b)) = (family(&from.sql), family(to)) else { return true };
    let is_int = |sql: &Sql| *sql == Sql::Int;
    a == b
        || matches!((&from.sql, to), (_, Sql::Text { .. }) | (Sql::Text { .. }, _))
        || matches!(
            (&from.sql, to),
            (Sql::Bool, to) if is_int(to)
        )
        || is_int(&from.sql) && *to == Sql::Bool
        || matches!(
            (&from.sql, to),
            (Sql::LocalTimestamp | Sql::Timestamp, Sql::Time)
                | (Sql::Time, Sql::Interval)
                | (Sql::Interval, Sql::Time)
                | (Sql::Jsonb, Sql::Bool)
        )
        || from.sql == Sql::Jsonb && is_number(to)
        // From PostgreSQL 18 on.
        || from.sql == Sql::Bytea && (is_whole(to) || *to == Sql::Uuid)
        || *to == Sql::Bytea && (is_whole(&from.sql) || from.sql == Sql::Uuid)
}

/// Whether what a cast gives depends on the time zone or the date style of the session.
pub(super) fn is_zoned(from: &Value, to: &Sql) -> bool {
    let is_moment = |sql: &Sql| matches!(sql, Sql::Date | Sql::Time | Sql::LocalTimestamp | Sql::Timestamp);
    match (&from.sql, to) {
        (Sql::Timestamp, Sql::Date | Sql::Time | Sql::LocalTimestamp) => true,
        (Sql::Date | Sql::LocalTimestamp, Sql::Timestamp) => true,
        (from, Sql::Text { .. }) => is_moment(from) || *from == Sql::Interval,
        (Sql::Text { .. }, to) => is_moment(to),
        _ => false,
    }
}

/// One arm for each type that can be named in SQL and is known here.
pub(in crate::resolve) fn sql_of_data_type(ty: &DataType) -> Sql {
    let text = |length: &Option<CharacterLength>, none: Option<u32>| {
        let max = match length {
            Some(CharacterLength::IntegerLength { length, .. }) => u32::try_from(*length).ok(),
            Some(CharacterLength::Max) => None,
            None => none,
        };
        Sql::Text { max }
    };
    match ty {
        DataType::Character(length) | DataType::Char(length) => text(length, Some(1)),
        DataType::CharacterVarying(length) | DataType::CharVarying(length) | DataType::Varchar(length) => {
            text(length, None)
        }
        DataType::Text => Sql::Text { max: None },
        DataType::Uuid => Sql::Uuid,
        DataType::Numeric(info) | DataType::Decimal(info) | DataType::Dec(info) => match info {
            ExactNumberInfo::None => Sql::Numeric { whole: None, scale: None },
            ExactNumberInfo::Precision(precision) => {
                Sql::Numeric { whole: u16::try_from(*precision).ok(), scale: Some(0) }
            }
            ExactNumberInfo::PrecisionAndScale(precision, scale) => {
                let scale = u16::try_from(*scale).ok();
                let whole = u16::try_from(*precision).ok().zip(scale);
                Sql::Numeric { whole: whole.map(|(precision, scale)| precision.saturating_sub(scale)), scale }
            }
        },
        DataType::SmallInt(_) | DataType::Int2(_) => Sql::SmallInt,
        DataType::Int(_) | DataType::Int4(_) | DataType::Integer(_) => Sql::Int,
        DataType::BigInt(_) | DataType::Int8(_) => Sql::BigInt,
        DataType::Float(ExactNumberInfo::Precision(bits)) if *bits < 25 => Sql::Real,
        DataType::Real | DataType::Float4 => Sql::Real,
        DataType::Float(_) | DataType::Float8 | DataType::DoublePrecision | DataType::Double(_) => {
            Sql::Double
        }
        DataType::Bool | DataType::Boolean => Sql::Bool,
        DataType::Date => Sql::Date,
        DataType::Time(_, TimezoneInfo::None | TimezoneInfo::WithoutTimeZone) => Sql::Time,
        DataType::Timestamp(_, TimezoneInfo::None | TimezoneInfo::WithoutTimeZone) => Sql::LocalTimestamp,
        DataType::Timestamp(..) => Sql::Timestamp,
        DataType::Interval { .. } => Sql::Interval,
        DataType::JSON => Sql::JsonText,
        DataType::JSONB => Sql::Jsonb,
        DataType::Bytea => Sql::Bytea,
        DataType::Array(ArrayElemTypeDef::SquareBracket(element, _)) => match sql_of_data_type(element) {
            Sql::Unknown => Sql::Unknown,
            array @ Sql::Array(_) => array,
            element => Sql::Array(Box::new(Value::of(element).absent(Absence::Unsure))),
        },
        DataType::Custom(name, modifiers) => match (&words(name)[..], &modifiers[..]) {
            ([name], []) => named_type(name),
            ([schema, name], []) if schema == "pg_catalog" => named_type(name),
            _ => Sql::Unknown,
        },
        other => Sql::Other(SmolStr::from(other.to_string().to_lowercase())),
    }
}

fn named_type(name: &str) -> Sql {
    match name {
        "inet" => Sql::Inet,
        "int2" => Sql::SmallInt,
        "int4" => Sql::Int,
        "int8" => Sql::BigInt,
        "float4" => Sql::Real,
        "float8" => Sql::Double,
        "bool" => Sql::Bool,
        "text" => Sql::Text { max: None },
        "varchar" => Sql::Text { max: None },
        "numeric" => Sql::Numeric { whole: None, scale: None },
        "timestamptz" => Sql::Timestamp,
        "jsonb" => Sql::Jsonb,
        "uuid" => Sql::Uuid,
        "name" | "oid" | "regclass" | "regtype" | "cidr" | "macaddr" | "money" | "point" | "xml"
        | "tsvector" | "tsquery" => Sql::Other(name.into()),
        _ => Sql::Unknown,
    }
}
