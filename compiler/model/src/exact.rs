//! Exact arithmetic on the numbers of a source.

use std::cmp::Ordering;

use smol_str::{SmolStr, format_smolstr};

/// The number of digits that an exact number has at most, those after the point included.
const DIGITS: u32 = 38;

/// A number of at most 38 digits: so many units of the `scale`-th digit after the point.
#[derive(Debug, Clone, Copy)]
pub struct Exact {
    units: i128,
    scale: u32,
}

impl Exact {
    pub const ZERO: Self = Self { units: 0, scale: 0 };
    pub const ONE: Self = Self { units: 1, scale: 0 };

    /// Reads digits with an optional sign and point; `None` where there are too many.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let fraction = fraction.trim_end_matches('0');
        let units = format!("{whole}{fraction}").parse().ok()?;
        let scale = u32::try_from(fraction.len()).ok().filter(|scale| *scale <= DIGITS)?;
        Some(Self { units, scale })
    }

    #[must_use]
    pub fn whole(units: i128) -> Self {
        Self { units, scale: 0 }
    }

    /// Ten to the power of `-scale`: the least step of numbers with so many digits after the point.
    #[must_use]
    pub fn step(scale: u32) -> Self {
        Self { units: 1, scale }
    }

    /// The greatest number of so many digits, `scale` of them after the point.
    #[must_use]
    pub fn nines(precision: u32, scale: u32) -> Option<Self> {
        Some(Self { units: power(precision)? - 1, scale })
    }

    #[must_use]
    pub fn plus(self, other: Self) -> Option<Self> {
        let (a, b, scale) = self.aligned(other)?;
        a.checked_add(b).map(|units| Self { units, scale }.trimmed())
    }

    #[must_use]
    pub fn minus(self, other: Self) -> Option<Self> {
        self.plus(other.negated())
    }

    #[must_use]
    pub fn times(self, other: Self) -> Option<Self> {
        let (a, b) = (self.trimmed(), other.trimmed());
        let scale = a.scale + b.scale;
        let units = a.units.checked_mul(b.units)?;
        (scale <= DIGITS).then(|| Self { units, scale }.trimmed())
    }

    /// The quotient, where it ends within 38 digits.
    #[must_use]
    pub fn over(self, other: Self) -> Option<Self> {
        let (mut a, b, _) = self.aligned(other)?;
        for scale in 0..=DIGITS {
            if b == 0 {
                return None;
            }
            if a % b == 0 {
                return Some(Self { units: a / b, scale });
            }
            a = a.checked_mul(10)?;
        }
        None
    }

    /// The quotient with `scale` digits after the point, a half rounded away from zero.
    #[must_use]
    pub fn over_rounded(self, other: Self, scale: u32) -> Option<Self> {
        let (a, b, _) = self.aligned(other)?;
        let a = a.checked_mul(power(scale)?)?;
        Some(Self { units: divided(a, b)?, scale }.trimmed())
    }

    /// The quotient of two whole numbers, its remainder lost.
    #[must_use]
    pub fn over_whole(self, other: Self) -> Option<Self> {
        let (a, b, _) = self.aligned(other)?;
        a.checked_div(b).map(Self::whole)
    }

    /// The remainder, with the sign of the dividend.
    #[must_use]
    pub fn remainder(self, other: Self) -> Option<Self> {
        let (a, b, scale) = self.aligned(other)?;
        a.checked_rem(b).map(|units| Self { units, scale }.trimmed())
    }

    #[must_use]
    pub fn negated(self) -> Self {
        Self { units: -self.units, ..self }
    }

    #[must_use]
    pub fn absolute(self) -> Self {
        Self { units: self.units.abs(), ..self }
    }

    /// The number with at most `scale` digits after the point, a half rounded away from zero.
    #[must_use]
    pub fn rounded(self, scale: u32) -> Self {
        if self.scale <= scale {
            return self;
        }
        let by = power(self.scale - scale).unwrap_or(i128::MAX);
        Self { units: divided(self.units, by).unwrap_or(0), scale }.trimmed()
    }

    /// The digits after the point, without zeros at the end.
    #[must_use]
    pub fn scale(self) -> u32 {
        self.trimmed().scale
    }

    #[must_use]
    pub fn is_zero(self) -> bool {
        self.units == 0
    }

    /// Its digits: `-0.5`.
    #[must_use]
    pub fn text(self) -> SmolStr {
        let Self { units, scale } = self.trimmed();
        if scale == 0 {
            return format_smolstr!("{units}");
        }
        let sign = if units < 0 { "-" } else { "" };
        let digits = format!("{:0>1$}", units.unsigned_abs(), scale as usize + 1);
        let (whole, fraction) = digits.split_at(digits.len() - scale as usize);
        format_smolstr!("{sign}{whole}.{fraction}")
    }

    fn trimmed(self) -> Self {
        let Self { mut units, mut scale } = self;
        while scale > 0 && units % 10 == 0 {
            (units, scale) = (units / 10, scale - 1);
        }
        Self { units, scale }
    }

    /// Both in units of the finer of the two.
    fn aligned(self, other: Self) -> Option<(i128, i128, u32)> {
        let scale = self.scale.max(other.scale);
        let units = |n: Self| n.units.checked_mul(power(scale - n.scale)?);
        Some((units(self)?, units(other)?, scale))
    }
}

impl PartialEq for Exact {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Exact {}

impl PartialOrd for Exact {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Exact {
    fn cmp(&self, other: &Self) -> Ordering {
        match self.aligned(*other) {
            Some((a, b, _)) => a.cmp(&b),
            // One has too many digits before the point to be said in the steps of the other.
            None => super::numbers::compare(&self.text(), &other.text()),
        }
    }
}

impl std::fmt::Display for Exact {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text())
    }
}

fn power(of_ten: u32) -> Option<i128> {
    10_i128.checked_pow(of_ten)
}

/// The quotient, a half rounded away from zero.
fn divided(a: i128, b: i128) -> Option<i128> {
    let (quotient, rest) = (a.checked_div(b)?, a.checked_rem(b)?);
    let away = if (a < 0) == (b < 0) { 1 } else { -1 };
    let is_half = rest.unsigned_abs() >= b.unsigned_abs() - rest.unsigned_abs();
    Some(if rest != 0 && is_half { quotient + away } else { quotient })
}

#[cfg(test)]
mod tests {
    use super::Exact;

    fn of(text: &str) -> Exact {
        Exact::read(text).unwrap_or_else(|| panic!("{text}"))
    }

    #[test]
    fn numbers_are_read_and_written_without_zeros_that_mean_nothing() {
        for (read, written) in
            [("-0.50", "-0.5"), ("007", "7"), ("0.001", "0.001"), ("10", "10"), ("-0", "0"), ("0.0", "0")]
        {
            assert_eq!(of(read).text(), written, "{read}");
        }
        assert!(Exact::read(&"9".repeat(39)).is_none());
        assert!(of("0.1") < of("0.11") && of("-2") > of("-10") && of("1.0") == of("1"));
        assert!(of(&"9".repeat(38)) > of("0.00000000000000000000000000000000000001"));
    }

    #[test]
    fn arithmetic_loses_no_digit() {
        assert_eq!(of("99.9").plus(of("0.1")), Some(of("100")));
        assert_eq!(of("0.1").times(of("0.1")), Some(of("0.01")));
        assert_eq!(of("1").over(of("8")), Some(of("0.125")));
        assert_eq!((of("1").over(of("3")), of("1").over(of("0"))), (None, None));
        assert_eq!(of("-7").over_whole(of("2")), Some(of("-3")));
        assert_eq!(of("-7.5").remainder(of("2")), Some(of("-1.5")));
        assert_eq!(of(&"9".repeat(38)).times(of("100")), None);
    }

    #[test]
    fn halves_go_away_from_zero() {
        for (number, scale, rounded) in [
            ("1.005", 2, "1.01"),
            ("-1.005", 2, "-1.01"),
            ("1.0049", 2, "1"),
            ("2.5", 0, "3"),
            ("-0.4", 0, "0"),
        ] {
            assert_eq!(of(number).rounded(scale), of(rounded), "{number}");
        }
        assert_eq!(of("2").over_rounded(of("3"), 4), Some(of("0.6667")));
        assert_eq!(of("-1").over_rounded(of("3"), 2), Some(of("-0.33")));
    }
}
