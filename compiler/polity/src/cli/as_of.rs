//! The day against which waivers are held.

use std::time::{SystemTime, UNIX_EPOCH};

use polity_model::Date;

/// Shared by the commands that judge rules.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct AsOf {
    /// The day against which the last days of waivers are held, as YYYY-MM-DD [default: today, UTC]
    #[arg(long, value_name = "DAY")]
    as_of: Option<Date>,
}

impl AsOf {
    pub(super) fn day(&self) -> Option<Date> {
        self.as_of.or_else(today)
    }
}

fn today() -> Option<Date> {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs();
    civil(seconds / 86_400)
}

/// The day of the Gregorian calendar that lies so many days after 1970-01-01.
///
/// The year is counted from March, so that the day of a leap year comes last: Howard Hinnant, "chrono-compatible
/// low-level date algorithms", `civil_from_days`.
fn civil(days: u64) -> Option<Date> {
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    Some(Date {
        year: u16::try_from(year).ok()?,
        month: u8::try_from(month).ok()?,
        day: u8::try_from(day).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_through_leap_years() {
        let shown = |days| civil(days).map(|date| date.to_string()).unwrap_or_default();
        assert_eq!(shown(0), "1970-01-01");
        assert_eq!(shown(11_016), "2000-02-29");
        assert_eq!(shown(11_017), "2000-03-01");
        assert_eq!(shown(47_540), "2100-02-28");
        assert_eq!(shown(47_541), "2100-03-01");
        assert_eq!(shown(20_778), "2026-11-21");
    }
}
