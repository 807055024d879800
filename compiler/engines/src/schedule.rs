//! Schedules, as cron knows them.

use polity_model::Duration;

/// Returns the five fields of cron that come nearest to `every`, never later; `minute` spreads jobs over the hour.
#[must_use]
pub fn cron(every: Duration, minute: u32) -> String {
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
    use polity_model::DurationUnit;

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
        .map(|(count, unit)| cron(Duration { count, unit }, 17))
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
