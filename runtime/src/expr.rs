//! Defaults and computed fields: the functions and operators of the language, as the stores carry them out.

use std::str::FromStr;

use jiff::{RoundMode, TimestampRound, Unit};
use rust_decimal::RoundingStrategy;

use crate::{Date, Decimal, Invalid, IpNet, Timestamp, Uuid};

/// `now()`, to the microsecond, as stores keep it.
#[must_use]
pub fn now() -> Timestamp {
    let now = Timestamp::now();
    now.round(TimestampRound::new().smallest(Unit::Microsecond).mode(RoundMode::Trunc)).unwrap_or(now)
}

/// The day of `now()`, in UTC.
#[must_use]
pub fn today() -> Date {
    now().to_zoned_datetime(jiff::tz::TimeZone::UTC).date()
}

/// `uuid_v4()`
#[must_use]
pub fn uuid_v4() -> Uuid {
    Uuid::new_v4()
}

/// `uuid_v7()`; each is greater than those that this process made before.
#[must_use]
pub fn uuid_v7() -> Uuid {
    Uuid::now_v7()
}

/// A literal of the source, as the type that stands there.
///
/// # Errors
/// Where the text is no such value.
pub fn literal<T: FromStr>(text: &str) -> Result<T, Invalid> {
    text.parse().map_err(|_| Invalid::new("must be text of the right form"))
}

/// A literal of type `inet`, with or without a network.
///
/// # Errors
/// Where the text is no address.
pub fn address(text: &str) -> Result<IpNet, Invalid> {
    crate::stored::address(text)
}

/// A type of number that expressions compute with. A result that the type cannot hold is an error: nothing wraps
/// around, and nothing is infinite.
pub trait Number: Sized {
    /// # Errors
    /// Where the result does not fit the type.
    fn plus(self, other: Self) -> Result<Self, Invalid>;
    /// # Errors
    /// Where the result does not fit the type.
    fn minus(self, other: Self) -> Result<Self, Invalid>;
    /// # Errors
    /// Where the result does not fit the type.
    fn times(self, other: Self) -> Result<Self, Invalid>;
    /// Integers lose the remainder.
    ///
    /// # Errors
    /// Where the divisor is zero or the result does not fit the type.
    fn over(self, other: Self) -> Result<Self, Invalid>;
    /// # Errors
    /// Where the divisor is zero.
    fn modulo(self, other: Self) -> Result<Self, Invalid>;
    /// The number without its sign.
    ///
    /// # Errors
    /// Where the least number of the type has no opposite.
    fn absolute(self) -> Result<Self, Invalid>
    where
        Self: Default + PartialOrd,
    {
        if self <= Self::default() { Self::default().minus(self) } else { Ok(self) }
    }
}

macro_rules! checked {
    ($($ty:ty),*) => {$(
        impl Number for $ty {
            fn plus(self, other: Self) -> Result<Self, Invalid> {
                self.checked_add(other).ok_or_else(out_of_range)
            }
            fn minus(self, other: Self) -> Result<Self, Invalid> {
                self.checked_sub(other).ok_or_else(out_of_range)
            }
            fn times(self, other: Self) -> Result<Self, Invalid> {
                self.checked_mul(other).ok_or_else(out_of_range)
            }
            fn over(self, other: Self) -> Result<Self, Invalid> {
                self.checked_div(other).ok_or_else(out_of_range)
            }
            fn modulo(self, other: Self) -> Result<Self, Invalid> {
                self.checked_rem(other).ok_or_else(out_of_range)
            }
        }
    )*};
}

checked!(i16, i32, i64, Decimal);

impl Number for f64 {
    fn plus(self, other: Self) -> Result<Self, Invalid> {
        finite(self + other)
    }
    fn minus(self, other: Self) -> Result<Self, Invalid> {
        finite(self - other)
    }
    fn times(self, other: Self) -> Result<Self, Invalid> {
        finite(self * other)
    }
    fn over(self, other: Self) -> Result<Self, Invalid> {
        finite(self / other)
    }
    fn modulo(self, other: Self) -> Result<Self, Invalid> {
        finite(self % other)
    }
}

/// A result as a `decimal(_, scale)` keeps it: half is rounded away from zero, as PostgreSQL does.
#[must_use]
pub fn rounded(value: Decimal, scale: u32) -> Decimal {
    value.round_dp_with_strategy(scale, RoundingStrategy::MidpointAwayFromZero)
}

/// A number as another type of number, rounded as PostgreSQL's casts round where the other has no fraction.
///
/// # Errors
/// Where the other type cannot hold it.
pub fn number<A: TryInto<B>, B>(value: A) -> Result<B, Invalid> {
    value.try_into().map_err(|_| out_of_range())
}

/// `length(text)`, in characters.
///
/// # Errors
/// Where there are more than an `int` counts.
pub fn length(text: &str) -> Result<i32, Invalid> {
    number(text.chars().count())
}

fn finite(value: f64) -> Result<f64, Invalid> {
    if value.is_finite() { Ok(value) } else { Err(out_of_range()) }
}

fn out_of_range() -> Invalid {
    Invalid::new("cannot be computed: a result is out of range")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn now_has_microseconds() {
        assert_eq!(now().subsec_nanosecond() % 1000, 0);
        assert!(today() >= "2026-01-01".parse().unwrap());
    }

    #[test]
    fn version_seven_grows() {
        let ids: Vec<Uuid> = (0..1000).map(|_| uuid_v7()).collect();
        assert!(ids.is_sorted());
        assert_eq!((uuid_v7().get_version_num(), uuid_v4().get_version_num()), (7, 4));
    }

    #[test]
    fn results_that_do_not_fit_are_refused() {
        assert_eq!(7_i32.over(2), Ok(3));
        assert!(7_i32.over(0).is_err());
        assert!(i16::MAX.plus(1).is_err());
        assert!(Decimal::MAX.times(Decimal::TWO).is_err());
        assert!(1.0_f64.over(0.0).is_err());
        assert_eq!(number::<i32, i16>(40_000), Err(out_of_range()));
        assert_eq!((-7_i32).absolute(), Ok(7));
        assert!(i32::MIN.absolute().is_err());
    }

    #[test]
    fn halves_go_away_from_zero() {
        let rounded = |text: &str| rounded(text.parse().unwrap(), 2).to_string();
        assert_eq!((rounded("1.005"), rounded("-1.005")), ("1.01".to_owned(), "-1.01".to_owned()));
    }

    #[test]
    fn literals_are_of_their_type() {
        assert_eq!(literal::<crate::Country>("SN").unwrap().as_str(), "SN");
        assert!(literal::<crate::Country>("ZZ").is_err());
        assert!(literal::<Uuid>("no").is_err());
    }
}
