//! Exact numbers, as the texts that they were written as.

use std::cmp::Ordering;

/// Compares two exact numbers without losing a digit.
pub(crate) fn compare(a: &str, b: &str) -> Ordering {
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
pub(crate) fn digits(number: &str) -> (usize, usize) {
    let number = number.trim_start_matches(['-', '+']);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    (whole.trim_start_matches('0').len(), fraction.trim_end_matches('0').len())
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
