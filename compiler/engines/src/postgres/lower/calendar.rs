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

/// The five fields of cron that come nearest to `every`, never later; `minute` spreads jobs over the hour.
pub(super) fn cron(every: Duration, minute: u32) -> String {
    const MINUTE: u64 = 60_000;
    const HOUR: u64 = 60 * MINUTE;
    const DAY: u64 = 24 * HOUR;
    let length = every.at_least_milliseconds();
    if length < HOUR {
        // The largest part of an hour that is not longer, so that the hour divides evenly.
        let minutes = (length / MINUTE).max(1);
        let step = (1..=minutes).rev().find(|m| 60 % m == 0).unwrap_or(1);
        if step == 1 { "* * * * *".to_owned() } else { format!("*/{step} * * * *") }
    } else if length < DAY {
        let hours = length / HOUR;
        let step = (1..=hours).rev().find(|h| 24 % h == 0).unwrap_or(1);
        if step == 1 { format!("{minute} * * * *") } else { format!("{minute} */{step} * * *") }
    } else if length < 7 * DAY {
        format!("{minute} 3 * * *")
    } else {
        format!("{minute} 3 * * 0")
    }
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

    #[test]
    fn a_schedule_is_never_later_than_was_asked() {
        let shown: Vec<String> = [
            (10, DurationUnit::Seconds),
            (5, DurationUnit::Minutes),
            (7, DurationUnit::Minutes),
            (1, DurationUnit::Hours),
            (5, DurationUnit::Hours),
            (1, DurationUnit::Days),
            (2, DurationUnit::Weeks),
        ]
        .map(|(count, unit)| cron(of(count, unit), 17))
        .to_vec();
        assert_eq!(
            shown,
            [
                "* * * * *",
                "*/5 * * * *",
                "*/6 * * * *",
                "17 * * * *",
                "17 */4 * * *",
                "17 3 * * *",
                "17 3 * * 0"
            ]
        );
    }
}
