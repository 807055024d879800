//! Ranges of numbers and of lengths, and what arithmetic makes of them.

use crate::Scalar;
use crate::exact::Exact;

/// The numbers that a value may be. An end that is `None` is not known, or there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Range {
    pub low: Option<Exact>,
    pub high: Option<Exact>,
    /// Zero is known to be none of them.
    pub is_not_zero: bool,
}

impl Range {
    pub(super) const ANY: Self = Self { low: None, high: None, is_not_zero: false };

    pub(super) fn of(low: Exact, high: Exact) -> Self {
        Self { low: Some(low), high: Some(high), is_not_zero: false }
    }

    pub(super) fn one(number: Exact) -> Self {
        Self::of(number, number)
    }

    /// The numbers of a type.
    pub(super) fn of_scalar(scalar: Scalar) -> Self {
        let of = |low: i128, high: i128| Self::of(Exact::whole(low), Exact::whole(high));
        match scalar {
            Scalar::SmallInt => of(i16::MIN.into(), i16::MAX.into()),
            Scalar::Int => of(i32::MIN.into(), i32::MAX.into()),
            Scalar::BigInt => of(i64::MIN.into(), i64::MAX.into()),
            Scalar::Decimal { precision, scale } => Exact::nines(precision.into(), scale.into())
                .map_or(Self::ANY, |most| Self::of(most.negated(), most)),
            _ => Self::ANY,
        }
    }

    #[must_use]
    pub fn admits_zero(self) -> bool {
        !self.is_not_zero
            && self.low.is_none_or(|low| low <= Exact::ZERO)
            && self.high.is_none_or(|high| high >= Exact::ZERO)
    }

    /// The numbers that are in both.
    pub(super) fn within(self, other: Self) -> Self {
        let tighter = |a: Option<Exact>, b: Option<Exact>, pick: fn(Exact, Exact) -> Exact| match (a, b) {
            (Some(a), Some(b)) => Some(pick(a, b)),
            (a, b) => a.or(b),
        };
        Self {
            low: tighter(self.low, other.low, Exact::max),
            high: tighter(self.high, other.high, Exact::min),
            is_not_zero: self.is_not_zero || other.is_not_zero,
        }
    }

    /// The numbers that are in one of the two, and those between.
    pub(super) fn with(self, other: Self) -> Self {
        Self {
            low: self.low.zip(other.low).map(|(a, b)| a.min(b)),
            high: self.high.zip(other.high).map(|(a, b)| a.max(b)),
            is_not_zero: !self.admits_zero() && !other.admits_zero(),
        }
    }

    pub(super) fn plus(self, other: Self) -> Self {
        let sum = |a: Option<Exact>, b: Option<Exact>| a?.plus(b?);
        Self { low: sum(self.low, other.low), high: sum(self.high, other.high), is_not_zero: false }
    }

    pub(super) fn negated(self) -> Self {
        let end = |number: Option<Exact>| number.map(Exact::negated);
        Self { low: end(self.high), high: end(self.low), ..self }
    }

    pub(super) fn minus(self, other: Self) -> Self {
        self.plus(other.negated())
    }

    pub(super) fn times(self, other: Self) -> Self {
        let is_not_zero = !self.admits_zero() && !other.admits_zero();
        if let (Some(a), Some(b), Some(c), Some(d)) = (self.low, self.high, other.low, other.high) {
            let all = [a.times(c), a.times(d), b.times(c), b.times(d)];
            if let [Some(first), rest @ ..] = all
                && rest.iter().all(Option::is_some)
            {
                let rest = rest.iter().flatten();
                let (low, high) = rest.fold((first, first), |(low, high), n| (low.min(*n), high.max(*n)));
                return Self { low: Some(low), high: Some(high), is_not_zero };
            }
        }
        let is_positive = self.is_positive() && other.is_positive();
        Self { low: is_positive.then_some(Exact::ZERO), high: None, is_not_zero }
    }

    /// The quotient, where the least step of the divisor is known.
    pub(super) fn over(self, other: Self, step: Option<Exact>) -> Self {
        let quotient = |number: Option<Exact>, by: Option<Exact>| number?.over_rounded(by?, 6);
        let (low, high) = match (other.low, other.high) {
            (Some(least), _) if least > Exact::ZERO => self.shrunk(least, &quotient),
            // Zero itself has no quotient.
            (Some(least), _) if least.is_zero() && step.is_some() => {
                self.shrunk(step.unwrap_or(Exact::ONE), &quotient)
            }
            (_, Some(most)) if most < Exact::ZERO => self.negated().shrunk(most.negated(), &quotient),
            _ => {
                let most = quotient(self.furthest(), step);
                (most.map(Exact::negated), most)
            }
        };
        Self { low, high, is_not_zero: false }
    }

    /// The ends divided by a number that is nearest to zero and greater, or zero where an end is on its far side.
    fn shrunk(
        self,
        least: Exact,
        quotient: &dyn Fn(Option<Exact>, Option<Exact>) -> Option<Exact>,
    ) -> (Option<Exact>, Option<Exact>) {
        let low = self.low.map(|low| low.min(Exact::ZERO));
        let high = self.high.map(|high| high.max(Exact::ZERO));
        (quotient(low, Some(least)), quotient(high, Some(least)))
    }

    /// The remainder, with the sign of the dividend and nearer to zero than the divisor.
    pub(super) fn modulo(self, other: Self) -> Self {
        let most = match (self.furthest(), other.furthest()) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        let low = if self.is_positive() { Some(Exact::ZERO) } else { most.map(Exact::negated) };
        Self { low, high: most, is_not_zero: false }
    }

    pub(super) fn absolute(self) -> Self {
        let low = match (self.low, self.high) {
            (Some(low), _) if low > Exact::ZERO => low,
            (_, Some(high)) if high < Exact::ZERO => high.negated(),
            _ => Exact::ZERO,
        };
        Self { low: Some(low), high: self.furthest(), ..self }
    }

    pub(super) fn rounded(self, scale: u32) -> Self {
        let end = |number: Option<Exact>| number.map(|number| number.rounded(scale));
        Self { low: end(self.low), high: end(self.high), is_not_zero: false }
    }

    pub(super) fn least(self, other: Self) -> Self {
        let high = match (self.high, other.high) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        Self { high, ..self.with(other) }
    }

    pub(super) fn greatest(self, other: Self) -> Self {
        self.negated().least(other.negated()).negated()
    }

    fn is_positive(self) -> bool {
        self.low.is_some_and(|low| low >= Exact::ZERO)
    }

    /// The greatest distance from zero. That the least whole number of a type has no opposite is no news.
    fn furthest(self) -> Option<Exact> {
        let (low, high) = (self.low?.absolute(), self.high?.absolute());
        Some(if high.plus(Exact::ONE) == Some(low) { high } else { low.max(high) })
    }
}

/// The characters that a text may have, the bytes or the elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Length {
    pub least: u64,
    /// `None`: there is no end.
    pub most: Option<u64>,
}

impl Length {
    pub(super) const ANY: Self = Self { least: 0, most: None };

    pub(super) fn of(least: u64, most: u64) -> Self {
        Self { least, most: Some(most) }
    }

    pub(super) fn plus(self, other: Self) -> Self {
        let most = self.most.zip(other.most).map(|(a, b)| a.saturating_add(b));
        Self { least: self.least.saturating_add(other.least), most }
    }

    pub(super) fn with(self, other: Self) -> Self {
        Self { least: self.least.min(other.least), most: self.most.zip(other.most).map(|(a, b)| a.max(b)) }
    }

    pub(super) fn within(self, other: Self) -> Self {
        let most = match (self.most, other.most) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        Self { least: self.least.max(other.least), most }
    }
}
