//! Limits on values. Each function says in its error what must hold, never what was given.

use std::fmt::Display;
use std::sync::LazyLock;

use regex_lite::Regex;

use crate::{Decimal, Invalid};

/// The result of a check.
pub type Checked = Result<(), Invalid>;

/// A pattern that is compiled when it is first needed.
pub type Pattern = LazyLock<Regex>;

/// `min`
pub fn at_least<T: PartialOrd + Display>(value: &T, least: &T) -> Checked {
    require(value >= least, || format!("must be at least {least}"))
}

/// `max`
pub fn at_most<T: PartialOrd + Display>(value: &T, most: &T) -> Checked {
    require(value <= most, || format!("must be at most {most}"))
}

/// `length least..`, counted in characters.
pub fn least_characters(value: &str, least: usize) -> Checked {
    // Bytes are at least characters, so that most values are judged without counting.
    require(
        value.len() >= least && value.chars().nth(least.saturating_sub(1)).is_some() || least == 0,
        || format!("must have at least {least} characters"),
    )
}

/// `length ..most`, `text(most)`, counted in characters.
pub fn most_characters(value: &str, most: usize) -> Checked {
    require(value.len() <= most || value.chars().nth(most).is_none(), || {
        format!("must have at most {most} characters")
    })
}

/// `char(count)`
pub fn exact_characters(value: &str, count: usize) -> Checked {
    require(value.chars().count() == count, || format!("must have exactly {count} characters"))
}

/// `length least..` of a list, a map or bytes.
pub fn least_items(count: usize, least: usize) -> Checked {
    require(count >= least, || format!("must hold at least {least}"))
}

/// `length ..most` of a list, a map or bytes.
pub fn most_items(count: usize, most: usize) -> Checked {
    require(count <= most, || format!("must hold at most {most}"))
}

/// `vector(count)`
pub fn dimensions(vector: &[f32], count: usize) -> Checked {
    require(vector.len() == count, || format!("must have {count} dimensions"))?;
    require(vector.iter().all(|x| x.is_finite()), || "must have finite numbers only".to_owned())
}

/// `matches`
pub fn matches(value: &str, pattern: &Regex) -> Checked {
    require(pattern.is_match(value), || format!("must match `{}`", pattern.as_str()))
}

/// Compiles a pattern of the source; used by generated statics.
///
/// # Panics
/// Where it is no pattern, which the compiler does not let pass.
#[must_use]
pub fn pattern(source: &str) -> Regex {
    Regex::new(source).unwrap_or_else(|error| panic!("`{source}`: {error}"))
}

/// `decimal(precision, scale)`: digits before the point and after it.
pub fn digits(value: &Decimal, precision: u32, scale: u32) -> Checked {
    let value = value.normalize();
    let whole = value.trunc().abs().mantissa().checked_ilog10().map_or(0, |n| n + 1);
    require(value.scale() <= scale, || format!("must have at most {scale} digits after the point"))?;
    require(whole <= precision.saturating_sub(scale), || {
        format!("must have at most {} digits before the point", precision.saturating_sub(scale))
    })
}

fn require(holds: bool, reason: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { Err(Invalid::new(reason())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(result: Checked, reason: &str) {
        assert_eq!(result.unwrap_err().reason(), reason);
    }

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn bounds_include_themselves() {
        at_least(&0, &0).unwrap();
        at_most(&5, &5).unwrap();
        refused(at_least(&-1, &0), "must be at least 0");
        refused(at_most(&decimal("1.01"), &decimal("1.00")), "must be at most 1.00");
        refused(at_least(&f64::NAN, &0.0), "must be at least 0");
    }

    #[test]
    fn characters_are_counted_and_not_bytes() {
        most_characters("ééé", 3).unwrap();
        refused(most_characters("éééé", 3), "must have at most 3 characters");
        least_characters("", 0).unwrap();
        least_characters("é", 1).unwrap();
        refused(least_characters("é", 2), "must have at least 2 characters");
        refused(least_characters("", 1), "must have at least 1 characters");
        exact_characters("né", 2).unwrap();
        refused(exact_characters("né ", 2), "must have exactly 2 characters");
    }

    #[test]
    fn digits_are_counted_on_both_sides() {
        digits(&decimal("9999.99"), 6, 2).unwrap();
        digits(&decimal("9999.9900"), 6, 2).unwrap();
        digits(&decimal("-0.5"), 2, 2).unwrap();
        refused(digits(&decimal("10000"), 6, 2), "must have at most 4 digits before the point");
        refused(digits(&decimal("0.001"), 6, 2), "must have at most 2 digits after the point");
    }

    #[test]
    fn vectors_have_their_dimensions() {
        dimensions(&[0.0, 1.0], 2).unwrap();
        refused(dimensions(&[0.0], 2), "must have 2 dimensions");
        refused(dimensions(&[0.0, f32::NAN], 2), "must have finite numbers only");
    }

    #[test]
    fn a_pattern_is_shown_and_the_value_is_not() {
        refused(matches("secret", &pattern("^[0-9]+$")), "must match `^[0-9]+$`");
        refused(matches("1\n", &pattern("^[0-9]+$")), "must match `^[0-9]+$`");
    }
}
