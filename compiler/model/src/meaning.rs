//! The meaning of every operator, function and cast, by the types of its operands: one for all stores and the client.
//! The resolver takes the types of results from here, and `docs/expressions.md` is written from it.

use super::Scalar;
use super::expr::{BinaryOp, Function};

/// How a value follows from its operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Meaning {
    /// A sum or product of whole numbers.
    Whole,
    WholeQuotient,
    Remainder,
    /// A sum or product of decimals.
    Exact,
    Quotient,
    Double,
    /// A number of days between two.
    Days,
    /// A length of time between two moments.
    Between,
    ShiftedMoment,
    ShiftedDay,
    ShiftedTime,
    /// A sum of lengths of time.
    Lengths,
    ScaledLength,
    /// A whole number, of a decimal or of a float.
    RoundedAway,
    RoundedToEven,
    /// A decimal with so many digits.
    Digits,
    Nearest,
    /// A text, and what it is written like.
    Written,
    Read,
    /// The day or the time of a moment, and the moment at which a day begins.
    PartInUtc,
    Midnight,
    Same,
}

impl Meaning {
    /// The meaning in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Meaning::Whole => "exact; a result beyond the type refuses the row",
            Meaning::WholeQuotient => "the remainder is lost: `-7 / 2` is `-3`",
            Meaning::Remainder => "the remainder has the sign of the dividend: `-7 % 3` is `-1`",
            Meaning::Exact => "exact; a field rounds to its digits, a half away from zero",
            Meaning::Quotient => "to 16 digits at least; a field rounds to its own, a half away from zero",
            Meaning::Double => "a double, as IEEE 754 computes",
            Meaning::Days => "the days from the second to the first",
            Meaning::Between => "the time from the second to the first",
            Meaning::ShiftedMoment => {
                "days have 24 hours; months and years are those of the calendar in UTC, and a day that a month lacks is its last"
            }
            Meaning::ShiftedDay => {
                "counted from midnight, and the day on which that ends: part of a day is lost"
            }
            Meaning::ShiftedTime => "goes round at midnight",
            Meaning::Lengths => "longer or shorter by the second",
            Meaning::ScaledLength => "so many times as long",
            Meaning::RoundedAway => {
                "rounded, a half away from zero: `2.5` is `3`; beyond the type refuses the row"
            }
            Meaning::RoundedToEven => {
                "rounded, a half to even: `2.5` is `2`; beyond the type refuses the row"
            }
            Meaning::Digits => {
                "rounded to its digits, a half away from zero; more before the point refuse the row"
            }
            Meaning::Nearest => "the nearest double",
            Meaning::Written => {
                "as it is written: digits, `true`, ISO 8601 in UTC, the hexadecimal digits of a uuid"
            }
            Meaning::Read => "what the text says; a text that says none refuses the row",
            Meaning::PartInUtc => "the part in UTC",
            Meaning::Midnight => "the moment at which the day begins in UTC",
            Meaning::Same => "the same",
        }
    }
}

/// The type of what arithmetic makes of two operands, and how; `None` where it makes nothing of them.
#[must_use]
pub fn arithmetic(op: BinaryOp, a: Scalar, b: Scalar) -> Option<(Scalar, Meaning)> {
    use BinaryOp as B;
    use Scalar as S;
    if a.is_number() && b.is_number() {
        return of_numbers(op, a, b);
    }
    Some(match (op, a, b) {
        (B::Add | B::Subtract, S::Timestamp, S::Interval) | (B::Add, S::Interval, S::Timestamp) => {
            (S::Timestamp, Meaning::ShiftedMoment)
        }
        (B::Add | B::Subtract, S::Date, S::Interval) | (B::Add, S::Interval, S::Date) => {
            (S::Date, Meaning::ShiftedDay)
        }
        (B::Add | B::Subtract, S::Time, S::Interval) => (S::Time, Meaning::ShiftedTime),
        (B::Subtract, S::Timestamp, S::Timestamp) => (S::Interval, Meaning::Between),
        (B::Add | B::Subtract, S::Interval, S::Interval) => (S::Interval, Meaning::Lengths),
        (B::Subtract, S::Date, S::Date) => (S::Int, Meaning::Days),
        (B::Multiply | B::Divide, S::Interval, n) if n.is_number() => (S::Interval, Meaning::ScaledLength),
        (B::Multiply, n, S::Interval) if n.is_number() => (S::Interval, Meaning::ScaledLength),
        _ => return None,
    })
}

/// Numbers are computed as the wider of the two, two `smallint` as `int`; of decimals no digit of a sum or product is
/// lost.
fn of_numbers(op: BinaryOp, a: Scalar, b: Scalar) -> Option<(Scalar, Meaning)> {
    if a == Scalar::Float || b == Scalar::Float {
        return (op != BinaryOp::Modulo).then_some((Scalar::Float, Meaning::Double));
    }
    let is_whole = a.is_whole() && b.is_whole();
    let meaning = match op {
        BinaryOp::Divide if is_whole => Meaning::WholeQuotient,
        BinaryOp::Divide => Meaning::Quotient,
        BinaryOp::Modulo => Meaning::Remainder,
        _ if is_whole => Meaning::Whole,
        _ => Meaning::Exact,
    };
    if is_whole {
        let wide = a == Scalar::BigInt || b == Scalar::BigInt;
        return Some((if wide { Scalar::BigInt } else { Scalar::Int }, meaning));
    }
    let ((p1, s1), (p2, s2)) = (digits(a)?, digits(b)?);
    let is_product = op == BinaryOp::Multiply;
    let scale = if is_product { s1 + s2 } else { s1.max(s2) };
    let whole = if is_product { (p1 - s1) + (p2 - s2) } else { (p1 - s1).max(p2 - s2) + 1 };
    Some((Scalar::Decimal { precision: whole + scale, scale }, meaning))
}

/// The type that holds values of both, where there is one.
#[must_use]
pub fn common(a: Scalar, b: Scalar) -> Option<Scalar> {
    match (a, b) {
        (a, b) if a == b => Some(a),
        (a, b) if a.is_text() && b.is_text() => Some(Scalar::Text { max: None }),
        (a, b) if !a.is_number() || !b.is_number() => None,
        (Scalar::Float, _) | (_, Scalar::Float) => Some(Scalar::Float),
        (a, b) if a.is_whole() && b.is_whole() => {
            Some(if a == Scalar::BigInt || b == Scalar::BigInt { Scalar::BigInt } else { Scalar::Int })
        }
        (a, b) => {
            let ((p1, s1), (p2, s2)) = (digits(a)?, digits(b)?);
            let scale = s1.max(s2);
            Some(Scalar::Decimal { precision: (p1 - s1).max(p2 - s2) + scale, scale })
        }
    }
}

/// The digits of an exact number, and how many of them stand after the point.
fn digits(scalar: Scalar) -> Option<(u16, u16)> {
    match scalar {
        Scalar::Decimal { precision, scale } => Some((precision, scale)),
        Scalar::SmallInt => Some((5, 0)),
        Scalar::Int => Some((10, 0)),
        Scalar::BigInt => Some((19, 0)),
        _ => None,
    }
}

/// The meaning of a cast; `None` where there is none.
#[must_use]
pub fn cast(from: Scalar, to: Scalar) -> Option<Meaning> {
    let from_text = matches!(from, Scalar::Text { .. } | Scalar::Char { .. });
    let shapes = |s: Scalar| {
        matches!(
            s,
            Scalar::GeoPoint
                | Scalar::GeoLine
                | Scalar::GeoPolygon
                | Scalar::Vector { .. }
                | Scalar::Bytes
                | Scalar::Password
        )
    };
    Some(match (from, to) {
        (a, b) if shapes(a) || shapes(b) => return None,
        (a, b) if a == b => Meaning::Same,
        (Scalar::Float, b) if b.is_whole() => Meaning::RoundedToEven,
        (a, b) if a.is_number() && b.is_whole() => Meaning::RoundedAway,
        (a, Scalar::Decimal { .. }) if a.is_number() => Meaning::Digits,
        (a, Scalar::Float) if a.is_number() => Meaning::Nearest,
        (a, Scalar::Text { max: None }) if a.is_text() => Meaning::Same,
        (_, Scalar::Text { max: None }) => Meaning::Written,
        (_, to) if from_text && !to.is_text() => Meaning::Read,
        (Scalar::Date, Scalar::Timestamp) => Meaning::Midnight,
        (Scalar::Timestamp, Scalar::Date | Scalar::Time) => Meaning::PartInUtc,
        _ => return None,
    })
}

/// A function: what it takes and gives, and when its value is absent.
#[derive(Debug)]
pub struct Called {
    pub function: Function,
    pub form: &'static str,
    pub gives: &'static str,
    pub absent: Absent,
}

/// When the value of an operator or a function is absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Absent {
    /// Where one of its operands is.
    WithAny,
    /// Where all of them are.
    WithAll,
    Never,
}

impl Absent {
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Absent::WithAny => "where an operand is",
            Absent::WithAll => "where all operands are",
            Absent::Never => "never",
        }
    }
}

/// Every function of the language.
pub const FUNCTIONS: &[Called] = &[
    called(Function::Now, "now()", "the moment; for a `date` or a `time`, its part in UTC", Absent::Never),
    called(Function::UuidV4, "uuid_v4()", "a new uuid, by chance", Absent::Never),
    called(Function::UuidV7, "uuid_v7()", "a new uuid that begins with the moment", Absent::Never),
    called(Function::Identity, "identity()", "the next number of the entity; a default only", Absent::Never),
    called(
        Function::Lower,
        "lower(t)",
        "the text with the letters `A` to `Z` small, and no others changed",
        Absent::WithAny,
    ),
    called(
        Function::Upper,
        "upper(t)",
        "the text with the letters `a` to `z` large, and no others changed",
        Absent::WithAny,
    ),
    called(Function::Trim, "trim(t)", "the text without blanks (U+0020) at its ends", Absent::WithAny),
    called(
        Function::Length,
        "length(x)",
        "the characters (code points) of a text, the bytes of `bytes`, the elements of a list",
        Absent::WithAny,
    ),
    called(Function::Abs, "abs(n)", "the number without its sign, of its own type", Absent::WithAny),
    called(
        Function::Round,
        "round(n)`, `round(n, 2)",
        "a decimal with no or so many digits after the point, a half away from zero; a `float` as a whole one, a half to even",
        Absent::WithAny,
    ),
    called(
        Function::DateTrunc,
        "date_trunc(\"month\", t)",
        "the beginning of the `second`, `minute`, `hour`, `day`, `week` (Monday), `month`, `quarter` or `year` in UTC",
        Absent::WithAny,
    ),
    called(Function::Coalesce, "coalesce(a, b, …)", "the first that is there", Absent::WithAll),
    called(Function::Least, "least(a, b, …)", "the least that is there", Absent::WithAll),
    called(Function::Greatest, "greatest(a, b, …)", "the greatest that is there", Absent::WithAll),
];

const fn called(function: Function, form: &'static str, gives: &'static str, absent: Absent) -> Called {
    Called { function, form, gives, absent }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_has_a_meaning() {
        for (name, function) in Function::ALL {
            let called: Vec<&Called> =
                FUNCTIONS.iter().filter(|called| called.function == *function).collect();
            assert!(matches!(called[..], [called] if called.form.starts_with(name)), "{name}");
        }
    }

    #[test]
    fn no_digit_of_a_sum_or_product_is_lost() {
        let decimal = |precision, scale| Scalar::Decimal { precision, scale };
        let of = |op, a, b| arithmetic(op, a, b).map(|(scalar, _)| scalar);
        assert_eq!(of(BinaryOp::Multiply, decimal(4, 2), decimal(5, 1)), Some(decimal(9, 3)));
        assert_eq!(of(BinaryOp::Add, decimal(4, 2), Scalar::SmallInt), Some(decimal(8, 2)));
        assert_eq!(of(BinaryOp::Add, Scalar::SmallInt, Scalar::SmallInt), Some(Scalar::Int));
        assert_eq!(of(BinaryOp::Modulo, Scalar::Float, Scalar::Int), None);
        assert_eq!(common(decimal(4, 2), Scalar::BigInt), Some(decimal(21, 2)));
    }
}
