//! Lengths of time: PostgreSQL has a calendar and takes months and years as they are.

use polity_model::{Duration, DurationUnit};

/// The words of a duration in `interval '…'`, such as `5 years`.
pub(super) fn words(duration: Duration) -> String {
    let unit = match duration.unit {
        DurationUnit::Milliseconds => "milliseconds",
        DurationUnit::Seconds => "seconds",
        DurationUnit::Minutes => "minutes",
        DurationUnit::Hours => "hours",
        DurationUnit::Days => "days",
        DurationUnit::Weeks => "weeks",
        DurationUnit::Months => "months",
        DurationUnit::Years => "years",
    };
    let unit = if duration.count == 1 { unit.trim_end_matches('s') } else { unit };
    format!("{} {unit}", duration.count)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(count: u64, unit: DurationUnit) -> Duration {
        Duration { count, unit }
    }

    #[test]
    fn one_is_singular() {
        assert_eq!(words(of(1, DurationUnit::Months)), "1 month");
        assert_eq!(words(of(5, DurationUnit::Years)), "5 years");
    }
}
