//! Limits on values. Each function takes the name of what it judges (empty for a value on its own) and says in its
//! error what must hold, never what was given. What may be absent is judged where it is there; of a list or a map,
//! each value is judged.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::LazyLock;

use regex_lite::Regex;

use crate::{Decimal, Invalid};

/// The result of a check.
pub type Checked = Result<(), Invalid>;

/// A pattern that is compiled when it is first needed.
pub type Pattern = LazyLock<Regex>;

/// `min`
pub fn at_least<T: PartialOrd + Display>(name: &str, value: &impl Each<T>, least: T) -> Checked {
    each(name, value, |value| require(*value >= least, || format!("must be at least {least}")))
}

/// `max`
pub fn at_most<T: PartialOrd + Display>(name: &str, value: &impl Each<T>, most: T) -> Checked {
    each(name, value, |value| require(*value <= most, || format!("must be at most {most}")))
}

/// `length least..`, counted in characters.
pub fn least_characters(name: &str, value: &impl Each<str>, least: usize) -> Checked {
    let holds = |text: &str| least == 0 || text.chars().nth(least - 1).is_some();
    each(name, value, |text| require(holds(text), || format!("must have {least} characters or more")))
}

/// `length ..most`, `text(most)`, counted in characters.
pub fn most_characters(name: &str, value: &impl Each<str>, most: usize) -> Checked {
    // There are never more characters than bytes, so that most values are judged without counting.
    let holds = |text: &str| text.len() <= most || text.chars().nth(most).is_none();
    each(name, value, |text| require(holds(text), || format!("must have at most {most} characters")))
}

/// `char(count)`
pub fn exact_characters(name: &str, value: &impl Each<str>, count: usize) -> Checked {
    each(name, value, |text| {
        require(text.chars().count() == count, || format!("must have exactly {count} characters"))
    })
}

/// `matches`
pub fn matches(name: &str, value: &impl Each<str>, pattern: &Regex) -> Checked {
    each(name, value, |text| require(pattern.is_match(text), || format!("must match `{}`", pattern.as_str())))
}

/// `length least..` of a list, a map or bytes.
pub fn least_items(name: &str, value: &impl Items, least: usize) -> Checked {
    let holds = value.count().is_none_or(|count| count >= least);
    require(holds, || format!("must hold {least} or more")).map_err(|e| e.within(name))
}

/// `length ..most` of a list, a map or bytes.
pub fn most_items(name: &str, value: &impl Items, most: usize) -> Checked {
    let holds = value.count().is_none_or(|count| count <= most);
    require(holds, || format!("must hold at most {most}")).map_err(|e| e.within(name))
}

/// `vector(count)`
pub fn dimensions(name: &str, value: &impl Each<[f32]>, count: usize) -> Checked {
    each(name, value, |vector| {
        require(vector.len() == count, || format!("must have {count} dimensions"))?;
        require(vector.iter().all(|x| x.is_finite()), || "must have finite numbers only".to_owned())
    })
}

/// `decimal(precision, scale)`: digits before the point and after it.
pub fn digits(name: &str, value: &impl Each<Decimal>, precision: u32, scale: u32) -> Checked {
    each(name, value, |value| {
        let value = value.normalize();
        let whole = value.trunc().abs().mantissa().checked_ilog10().map_or(0, |n| n + 1);
        let before = precision.saturating_sub(scale);
        require(value.scale() <= scale, || format!("must have at most {scale} digits after the point"))?;
        require(whole <= before, || format!("must have at most {before} digits before the point"))
    })
}

/// Judges a value, or each of those in a list or a map, where there is one.
pub fn each<T: ?Sized>(name: &str, value: &impl Each<T>, mut judge: impl FnMut(&T) -> Checked) -> Checked {
    value.each(&mut judge).map_err(|e| if name.is_empty() { e } else { e.within(name) })
}

/// Compiles a pattern of the source; [`pattern!`](crate::pattern) does so once.
///
/// # Panics
/// Where it is no pattern, which the compiler does not let pass.
#[must_use]
pub fn compiled(source: &str) -> Regex {
    Regex::new(source).unwrap_or_else(|error| panic!("`{source}`: {error}"))
}

fn require(holds: bool, reason: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { Err(Invalid::new(reason())) }
}

/// A value of type `T`, or something that holds any number of them.
pub trait Each<T: ?Sized> {
    /// # Errors
    /// The first that `judge` gives.
    fn each(&self, judge: &mut dyn FnMut(&T) -> Checked) -> Checked;
}

macro_rules! single {
    ($($ty:ty => $target:ty),*) => {$(
        impl Each<$target> for $ty {
            fn each(&self, judge: &mut dyn FnMut(&$target) -> Checked) -> Checked {
                judge(self)
            }
        }
    )*};
}

single!(i16 => i16, i32 => i32, i64 => i64, f64 => f64, Decimal => Decimal, String => str, Vec<f32> => [f32]);

impl Each<str> for &str {
    fn each(&self, judge: &mut dyn FnMut(&str) -> Checked) -> Checked {
        judge(self)
    }
}

impl<T: ?Sized, U: Each<T>> Each<T> for Option<U> {
    fn each(&self, judge: &mut dyn FnMut(&T) -> Checked) -> Checked {
        self.iter().try_for_each(|value| value.each(judge))
    }
}

impl<T: ?Sized, U: Each<T>> Each<T> for Box<U> {
    fn each(&self, judge: &mut dyn FnMut(&T) -> Checked) -> Checked {
        (**self).each(judge)
    }
}

impl<T: ?Sized, U: Each<T>> Each<T> for Vec<U> {
    fn each(&self, judge: &mut dyn FnMut(&T) -> Checked) -> Checked {
        self.iter().try_for_each(|value| value.each(judge))
    }
}

impl<T: ?Sized, U: Each<T>> Each<T> for BTreeMap<String, U> {
    fn each(&self, judge: &mut dyn FnMut(&T) -> Checked) -> Checked {
        self.iter().try_for_each(|(key, value)| value.each(judge).map_err(|e| e.within(key)))
    }
}

/// A list, a map or bytes, whose items can be counted; the count is `None` where an optional one is absent.
pub trait Items {
    fn count(&self) -> Option<usize>;
}

impl<T> Items for Vec<T> {
    fn count(&self) -> Option<usize> {
        Some(self.len())
    }
}

impl<T> Items for BTreeMap<String, T> {
    fn count(&self) -> Option<usize> {
        Some(self.len())
    }
}

impl<T: Items> Items for Option<T> {
    fn count(&self) -> Option<usize> {
        self.as_ref().and_then(Items::count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(result: Checked, message: &str) {
        assert_eq!(result.unwrap_err().to_string(), message);
    }

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn bounds_include_themselves() {
        at_least("n", &0, 0).unwrap();
        at_most("n", &5, 5).unwrap();
        refused(at_least("n", &-1, 0), "`n` must be at least 0");
        refused(at_most("n", &decimal("1.01"), decimal("1.00")), "`n` must be at most 1.00");
        refused(at_least("", &f64::NAN, 0.0), "the value must be at least 0");
    }

    #[test]
    fn what_is_absent_is_not_judged_and_what_is_listed_is() {
        at_least("n", &None::<i32>, 0).unwrap();
        refused(at_least("n", &Some(-1), 0), "`n` must be at least 0");
        refused(
            most_characters("tags", &vec!["a".to_owned(), "abc".to_owned()], 2),
            "`tags` must have at most 2 characters",
        );
        let map = BTreeMap::from([("x".to_owned(), -1)]);
        refused(at_least("by", &map, 0), "`by.x` must be at least 0");
        least_items("tags", &None::<Vec<String>>, 1).unwrap();
        refused(least_items("tags", &Vec::<String>::new(), 1), "`tags` must hold 1 or more");
        refused(most_items("tags", &vec![1_u8, 2], 1), "`tags` must hold at most 1");
    }

    #[test]
    fn characters_are_counted_and_not_bytes() {
        most_characters("", &"ééé", 3).unwrap();
        refused(most_characters("", &"éééé", 3), "the value must have at most 3 characters");
        least_characters("", &"", 0).unwrap();
        least_characters("", &"é", 1).unwrap();
        refused(least_characters("", &"é", 2), "the value must have 2 characters or more");
        refused(least_characters("", &"", 1), "the value must have 1 characters or more");
        exact_characters("", &"né", 2).unwrap();
        refused(exact_characters("", &"né ", 2), "the value must have exactly 2 characters");
    }

    #[test]
    fn digits_are_counted_on_both_sides() {
        digits("", &decimal("9999.99"), 6, 2).unwrap();
        digits("", &decimal("9999.9900"), 6, 2).unwrap();
        digits("", &decimal("-0.5"), 2, 2).unwrap();
        refused(digits("", &decimal("10000"), 6, 2), "the value must have at most 4 digits before the point");
        refused(digits("", &decimal("0.001"), 6, 2), "the value must have at most 2 digits after the point");
    }

    #[test]
    fn vectors_have_their_dimensions() {
        dimensions("v", &vec![0.0, 1.0], 2).unwrap();
        refused(dimensions("v", &vec![0.0], 2), "`v` must have 2 dimensions");
        refused(dimensions("v", &Some(vec![0.0, f32::NAN]), 2), "`v` must have finite numbers only");
    }

    #[test]
    fn a_pattern_is_shown_and_the_value_is_not() {
        let digits = compiled("^[0-9]+$");
        refused(matches("pin", &"secret", &digits), "`pin` must match `^[0-9]+$`");
        refused(matches("pin", &"1\n", &digits), "`pin` must match `^[0-9]+$`");
    }
}
