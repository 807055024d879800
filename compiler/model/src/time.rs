//! Days of the calendar, and lengths of time.

/// A day of the calendar, such as the last one of a waiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    pub year: u16,
    pub month: u8,
    pub day: u8,
}

impl std::str::FromStr for Date {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const EXPECTED: &str = "a day is expected, such as 2027-06-30";
        let parts: Vec<&str> = text.split('-').collect();
        let [year, month, day] = parts[..] else { return Err(EXPECTED) };
        if year.len() != 4 || month.len() != 2 || day.len() != 2 {
            return Err(EXPECTED);
        }
        let date = Date {
            year: year.parse().map_err(|_| EXPECTED)?,
            month: month.parse().map_err(|_| EXPECTED)?,
            day: day.parse().map_err(|_| EXPECTED)?,
        };
        let fits = (1..=12).contains(&date.month) && (1..=31).contains(&date.day);
        fits.then_some(date).ok_or("there is no such day")
    }
}

impl std::fmt::Display for Date {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// A length of time as written: engines that have a calendar take it as it is, the others in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Duration {
    pub count: u64,
    pub unit: DurationUnit,
}

/// A unit in which a source counts time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DurationUnit {
    Milliseconds,
    Seconds,
    Minutes,
    Hours,
    Days,
    Weeks,
    Months,
    Years,
}

impl Duration {
    /// The shortest this can be, in milliseconds: a month has 28 days, a year 365. For an upper bound that a
    /// store without a calendar must keep.
    #[must_use]
    pub fn at_least_milliseconds(self) -> u64 {
        self.milliseconds(28, 365)
    }

    /// The longest this can be, in milliseconds: a month has 31 days, a year 366. For a lower bound.
    #[must_use]
    pub fn at_most_milliseconds(self) -> u64 {
        self.milliseconds(31, 366)
    }

    fn milliseconds(self, month_days: u64, year_days: u64) -> u64 {
        use DurationUnit as U;
        const DAY: u64 = 86_400_000;
        let unit = match self.unit {
            U::Milliseconds => 1,
            U::Seconds => 1_000,
            U::Minutes => 60_000,
            U::Hours => 3_600_000,
            U::Days => DAY,
            U::Weeks => 7 * DAY,
            U::Months => month_days * DAY,
            U::Years => year_days * DAY,
        };
        self.count.saturating_mul(unit)
    }

    /// Whether it counts months or years, whose length depends on the calendar.
    #[must_use]
    pub fn is_calendar(self) -> bool {
        matches!(self.unit, DurationUnit::Months | DurationUnit::Years)
    }
}

impl std::fmt::Display for Duration {
    /// As the source writes it: `24h`, `6mo`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        use DurationUnit as U;
        let unit = match self.unit {
            U::Milliseconds => "ms",
            U::Seconds => "s",
            U::Minutes => "m",
            U::Hours => "h",
            U::Days => "d",
            U::Weeks => "w",
            U::Months => "mo",
            U::Years => "y",
        };
        write!(f, "{}{unit}", self.count)
    }
}
