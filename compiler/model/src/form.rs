//! The form of a value that is kept as a text: one pattern for every store, the values inside of jsonb and the client.

use std::borrow::Cow;

use super::Scalar;
use super::codes;

/// The days of a calendar from the year 1 to 9999, as a pattern without its ends.
const DAY: &str = concat!(
    // Days that every month has, then the others month by month, then the days that a leap year adds.
    "([0-9]{4}-((0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31)|",
    "([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29)",
);

/// A time of day without zeros at the end of a second's part, so that equal times are equal texts.
const TIME: &str = "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{0,5}[1-9])?";

/// A time of day, however many digits are written.
const CLOCK: &str = "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,9})?";

/// A part of an IPv4 address.
const OCTET: &str = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";

/// The first and the last day that every store and the client hold.
pub const DAYS: [&str; 2] = ["0001-01-01", "9999-12-31"];

/// The first moment, and the one before which the last that every store and the client hold lies.
pub const MOMENTS: [&str; 2] = ["0001-01-01T00:00:00Z", "9999-12-30T22:00:00Z"];

/// The end of all finite doubles.
pub const FINITE: &str = "1.7976931348623157e308";

impl Scalar {
    /// The pattern of the text that holds such a value where a store has no type for it: in jsonb, and of some scalars in a
    /// column or a document. `None` for what has a type of its own even in JSON, and for free text.
    #[must_use]
    pub fn form(self) -> Option<Cow<'static, str>> {
        let whole = |pattern: &str| Some(format!("^({pattern})$").into());
        match self {
            Scalar::BigInt => Some(format!("^({})$", whole_numbers()).into()),
            Scalar::Decimal { precision, scale } => Some(decimal(precision, scale).into()),
            Scalar::Uuid => Some("^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$".into()),
            Scalar::ObjectId => Some("^[0-9a-f]{24}$".into()),
            // Base64 whose last character says no more than its bits.
            Scalar::Bytes | Scalar::BlindIndex | Scalar::Pseudonym => Some(base64("").into()),
            // Its first byte in base64, so that nobody stores a value in clear by mistake.
            Scalar::Sealed => Some(base64("A[Q-Za-f][A-Za-z0-9+/]{2}").into()),
            Scalar::Inet => Some(address().into()),
            Scalar::Date => whole(DAY),
            Scalar::Time => whole(TIME),
            Scalar::Timestamp => Some(format!("^{DAY}T{CLOCK}Z$").into()),
            // Hours, minutes and seconds; a day has as many hours as its place on the calendar.
            Scalar::Interval => {
                let seconds = "[0-9]{1,12}([.][0-9]{1,9})?S";
                Some(format!("^-?PT([0-9]{{1,9}}H([0-9]{{1,9}}M)?({seconds})?|[0-9]{{1,9}}M({seconds})?|{seconds})$").into())
            }
            // A PHC string, so that nobody stores a password in clear by mistake.
            Scalar::Password => Some(r"^\$argon2id\$".into()),
            _ => self.pattern().map(Cow::Borrowed),
        }
    }
}

/// The whole numbers of 64 bits, each in one form.
fn whole_numbers() -> String {
    const MOST: &str = "9223372036854775807";
    let mut all = vec!["-?[1-9][0-9]{0,17}".to_owned()];
    for (at, digit) in MOST.char_indices() {
        let (front, rest) = (&MOST[..at], MOST.len() - at - 1);
        let low = if at == 0 { '1' } else { '0' };
        if let Some(below) = char::from_u32(u32::from(digit) - 1).filter(|below| *below >= low) {
            let below = if below == low { below.to_string() } else { format!("[{low}-{below}]") };
            let rest = if rest == 0 { String::new() } else { format!("[0-9]{{{rest}}}") };
            all.push(format!("-?{front}{below}{rest}"));
        }
    }
    all.push(format!("-?{MOST}"));
    format!("0|{}|-9223372036854775808", all.join("|"))
}

/// So many digits in all, of which `scale` after the point.
fn decimal(precision: u16, scale: u16) -> String {
    let before = match precision.saturating_sub(scale) {
        0 => "0".to_owned(),
        1 => "[0-9]".to_owned(),
        digits => format!("(0|[1-9][0-9]{{0,{}}})", digits - 1),
    };
    // Of `decimal(2, 4)` only the last two of the four digits after the point may differ from zero.
    let zeros = "0".repeat(scale.saturating_sub(precision).into());
    let after = match scale {
        0 => String::new(),
        _ if !zeros.is_empty() => format!("([.]0{{1,{}}}|[.]{zeros}[0-9]{{1,{precision}}})?", zeros.len()),
        scale => format!("([.][0-9]{{1,{scale}}})?"),
    };
    format!("^-?{before}{after}$")
}

fn base64(first: &str) -> String {
    format!("^{first}([A-Za-z0-9+/]{{4}})*([A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{{2}}[AEIMQUYcgkosw048]=)?$")
}

/// An address or a network: IPv4 and IPv6 without a zone, a network as wide as the address not being one.
fn address() -> String {
    let v4 = format!("{OCTET}([.]{OCTET}){{3}}");
    let part = "[0-9a-f]{1,4}";
    // Eight parts, or fewer around one `::`.
    let mut v6 = vec![format!("({part}:){{7}}{part}"), format!("({part}:){{1,7}}:")];
    v6.extend((1..=6).map(|before| format!("({part}:){{1,{before}}}(:{part}){{1,{}}}", 7 - before)));
    v6.push(format!(":(:{part}){{1,7}}"));
    v6.push(format!("::(ffff:)?{v4}"));
    v6.push("::".to_owned());
    format!("^({v4}(/([0-9]|[12][0-9]|3[01]))?|({})(/([0-9]|[1-9][0-9]|1[01][0-9]|12[0-7]))?)$", v6.join("|"))
}

/// One of these codes, all as long as the first, written by their first letters.
fn one_of(codes: impl Iterator<Item = &'static str>) -> String {
    let mut by_front: Vec<(&str, String)> = Vec::new();
    for code in codes {
        let (front, last) = code.split_at(code.len() - 1);
        match by_front.last_mut() {
            Some((known, letters)) if *known == front => letters.push_str(last),
            _ => by_front.push((front, last.to_owned())),
        }
    }
    let all: Vec<String> = by_front
        .into_iter()
        .map(
            |(front, letters)| {
                if letters.len() == 1 { format!("{front}{letters}") } else { format!("{front}[{letters}]") }
            },
        )
        .collect();
    format!("^({})$", all.join("|"))
}

/// The pattern of the codes of countries.
pub(crate) static COUNTRIES: std::sync::LazyLock<String> =
    std::sync::LazyLock::new(|| one_of(codes::countries()));

/// The pattern of the codes of currencies.
pub(crate) static CURRENCIES: std::sync::LazyLock<String> =
    std::sync::LazyLock::new(|| one_of(codes::currencies()));

#[cfg(test)]
mod tests {
    use super::*;
    use regex_lite::Regex;

    #[track_caller]
    fn judged(scalar: Scalar, good: &[&str], bad: &[&str]) {
        let form = scalar.form().expect("it has a form");
        let regex = Regex::new(&form).expect("a pattern");
        for text in good {
            assert!(regex.is_match(text), "{scalar:?} refuses {text}");
        }
        for text in bad {
            assert!(!regex.is_match(text), "{scalar:?} takes {text}");
        }
    }

    #[test]
    fn forms_hold_the_ranges_of_types() {
        judged(
            Scalar::BigInt,
            &[
                "0",
                "7",
                "-1",
                "9223372036854775807",
                "-9223372036854775808",
                "9199999999999999999",
                "1000000000000000000",
            ],
            &[
                "",
                "-0",
                "007",
                "+5",
                "9223372036854775808",
                "-9223372036854775809",
                "9300000000000000000",
                "10000000000000000000",
            ],
        );
        judged(
            Scalar::Decimal { precision: 5, scale: 2 },
            &["0", "999.99", "-0.50", "1.5", "12"],
            &["1000", "1.234", "1.", ".5", "1e2", "007", "+1"],
        );
        judged(
            Scalar::Decimal { precision: 2, scale: 4 },
            &["0.0099", "0", "0.00"],
            &["0.01", "1", "0.00999"],
        );
        judged(Scalar::Decimal { precision: 3, scale: 3 }, &["0.999", "0"], &["1", "0.9999"]);
        judged(
            Scalar::Date,
            &["2024-02-29", "2000-02-29", "2026-12-31", "2026-02-28", "0001-01-01"],
            &[
                "2026-02-29",
                "1900-02-29",
                "2026-02-30",
                "2026-04-31",
                "2026-13-01",
                "2026-00-10",
                "2026-01-00",
                "20260101",
            ],
        );
        judged(
            Scalar::Time,
            &["00:00:00", "23:59:59.5", "10:00:00.000001"],
            &["24:00:00", "10:60:00", "10:00:60", "10:00", "10:00:00.50"],
        );
        judged(
            Scalar::Timestamp,
            &["2026-01-31T00:00:00Z", "2026-01-31T23:59:59.123456Z"],
            &[
                "2026-02-30T00:00:00Z",
                "2026-01-01T25:00:00Z",
                "2026-01-01T00:00:00+02:00",
                "2026-01-01",
                "2026-01-01T23:59:60Z",
            ],
        );
        judged(
            Scalar::Interval,
            &["PT1.5S", "PT1H", "-PT1H30M", "PT1H0.5S", "PT0S"],
            &["P", "PT", "P1D", "P1Y", "P1DT", "PT1S1H"],
        );
        judged(Scalar::Bytes, &["", "AQ==", "AQI=", "AQID"], &["AQ", "AQJ=", "AR==", "%%%%", "A==="]);
        judged(
            Scalar::Inet,
            &[
                "10.0.0.1",
                "10.0.0.0/8",
                "::",
                "::1",
                "1::",
                "fe80::1",
                "1:2:3:4:5:6:7:8",
                "::ffff:1.2.3.4",
                "1::8",
                "2001:db8::/32",
            ],
            &[
                "10.0.0.300",
                "1:2",
                "....",
                ":::",
                "10",
                "10.0.0.1/33",
                "10.0.0.1/32",
                "::1/129",
                "fe80::1%eth0",
                "010.0.0.1",
                "1::2::3",
                "1:2:3:4:5:6:7:8:9",
            ],
        );
        judged(Scalar::Country, &["DE", "ZW"], &["ZZ", "de", "DEU", "UK"]);
        judged(Scalar::Currency, &["EUR", "XXX"], &["ABC", "eur"]);
    }

    /// Nothing of another form is an address to those who read it, and what is of the form is one.
    #[test]
    fn addresses_are_those_that_clients_read() {
        let regex = Regex::new(&address()).expect("a pattern");
        for text in [
            "1::2:3",
            "1:2:3:4:5:6::",
            "::2:3:4:5:6:7:8",
            "1:2:3:4:5:6:7::",
            "a:b::c:d",
            "::ffff:0.0.0.0",
            "0:0:0:0:0:0:0:1",
        ] {
            assert_eq!(regex.is_match(text), text.parse::<std::net::IpAddr>().is_ok(), "{text}");
        }
    }
}
