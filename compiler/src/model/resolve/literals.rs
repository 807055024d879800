//! Literals where one of a certain form is asked for.

use smol_str::SmolStr;

use super::Resolver;
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::E0319;
use crate::model::Duration;
use crate::model::types::Number;
use crate::syntax::ast::{Literal, LiteralKind, SizeUnit};

impl Resolver<'_> {
    /// A length of time, longer than nothing.
    pub(super) fn duration(&mut self, literal: &Literal) -> Option<Duration> {
        let duration = self.any_duration(literal)?;
        if duration.count == 0 {
            self.error(
                Diagnostic::new(E0319, literal.span, format!("`{duration}` is no time at all"))
                    .help("write how long, for example `30s`"),
            );
            return None;
        }
        Some(duration)
    }

    /// A duration that may be of no length, where a rule that knows what it is for says what is wrong with that.
    pub(super) fn any_duration(&mut self, literal: &Literal) -> Option<Duration> {
        match literal.kind {
            LiteralKind::Duration { count, unit } => Some(Duration { count, unit: unit.into() }),
            _ => self.refuse_literal(literal, "a duration", "30s"),
        }
    }

    /// A whole number from `low` to `high`.
    pub(super) fn whole(&mut self, literal: &Literal, low: u64, high: u64) -> Option<u64> {
        if let LiteralKind::Integer(digits) = &literal.kind
            && let Ok(number) = digits.parse::<u64>()
            && (low..=high).contains(&number)
        {
            return Some(number);
        }
        let what = if high == u64::MAX {
            format!("a whole number from {low}")
        } else {
            format!("a whole number from {low} to {high}")
        };
        self.refuse_literal(literal, &what, &low.max(1).to_string())
    }

    /// A number with or without decimals.
    pub(super) fn number(&mut self, literal: &Literal) -> Option<Number> {
        match &literal.kind {
            LiteralKind::Integer(digits) | LiteralKind::Decimal(digits) => Some(Number(digits.clone())),
            _ => self.refuse_literal(literal, "a number", "0"),
        }
    }

    pub(super) fn refuse_literal<T>(&mut self, literal: &Literal, what: &str, example: &str) -> Option<T> {
        if literal.kind != LiteralKind::Broken {
            self.error(
                Diagnostic::new(E0319, literal.span, format!("{what} is expected"))
                    .help(format!("for example `{example}`")),
            );
        }
        None
    }
}

/// A size in bytes, unless it is beyond what 64 bits can say.
pub(super) fn bytes(count: u64, unit: SizeUnit) -> Option<u64> {
    count.checked_mul(match unit {
        SizeUnit::Bytes => 1,
        SizeUnit::KB => 1_000,
        SizeUnit::MB => 1_000_000,
        SizeUnit::GB => 1_000_000_000,
        SizeUnit::TB => 1_000_000_000_000,
        SizeUnit::KiB => 1 << 10,
        SizeUnit::MiB => 1 << 20,
        SizeUnit::GiB => 1 << 30,
        SizeUnit::TiB => 1 << 40,
    })
}

/// Compares two exact numbers without losing a digit.
pub(in crate::model) fn compare(a: &str, b: &str) -> std::cmp::Ordering {
    use std::cmp::Ordering;
    let parts = |text: &str| {
        let negative = text.starts_with('-');
        let text = text.trim_start_matches(['-', '+']);
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let whole = whole.trim_start_matches('0').to_owned();
        let fraction = fraction.trim_end_matches('0').to_owned();
        let zero = whole.is_empty() && fraction.is_empty();
        (negative && !zero, whole, fraction)
    };
    let ((a_negative, a_whole, a_fraction), (b_negative, b_whole, b_fraction)) = (parts(a), parts(b));
    let size = || {
        a_whole
            .len()
            .cmp(&b_whole.len())
            .then_with(|| a_whole.cmp(&b_whole))
            .then_with(|| a_fraction.cmp(&b_fraction))
    };
    match (a_negative, b_negative) {
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
        (false, false) => size(),
        (true, true) => size().reverse(),
    }
}

/// Digits before and after the point, without leading and trailing zeros.
pub(super) fn digits(number: &str) -> (usize, usize) {
    let number = number.trim_start_matches(['-', '+']);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    (whole.trim_start_matches('0').len(), fraction.trim_end_matches('0').len())
}

/// The text of a literal, for messages.
pub(super) fn shown(literal: &Literal) -> SmolStr {
    match &literal.kind {
        LiteralKind::Null => "null".into(),
        LiteralKind::Bool(value) => if *value { "true" } else { "false" }.into(),
        LiteralKind::Integer(text) | LiteralKind::Decimal(text) | LiteralKind::Version(text) => text.clone(),
        LiteralKind::Text(_) | LiteralKind::RawText(_) => "a text".into(),
        LiteralKind::Duration { .. } => "a duration".into(),
        LiteralKind::Size { .. } => "a size".into(),
        LiteralKind::Percent(_) => "a percentage".into(),
        LiteralKind::Date { .. } => "a date".into(),
        LiteralKind::Broken => "unknown".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::{compare, digits};
    use std::cmp::Ordering;

    #[test]
    fn exact_numbers_are_compared_by_value() {
        for (a, b, order) in [
            ("10", "9", Ordering::Greater),
            ("0.10", "0.1", Ordering::Equal),
            ("-0", "0", Ordering::Equal),
            ("-2", "-10", Ordering::Greater),
            ("0.09", "0.1", Ordering::Less),
            ("99999999999999999999", "100000000000000000000", Ordering::Less),
        ] {
            assert_eq!(compare(a, b), order, "{a} {b}");
        }
    }

    #[test]
    fn zeros_at_the_ends_do_not_count() {
        assert_eq!(digits("-0012.3400"), (2, 2));
    }
}
