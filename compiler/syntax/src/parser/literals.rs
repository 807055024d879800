//! The contents of a token: numbers with their units, dates, texts with their escapes. The grammar takes any
//! run of digits, letters and `%` for one number, so that this file can say what is wrong with it.

use smol_str::{SmolStr, SmolStrBuilder};

use super::{Pair, Reader};
use crate::ast::{DurationUnit, Literal, LiteralKind, SizeUnit};
use polity_text::diagnostics::{Diagnostic, Help, codes};
use polity_text::source::Span;

const DURATIONS: &[(&str, DurationUnit, u64)] = &[
    ("ms", DurationUnit::Milliseconds, 1),
    ("s", DurationUnit::Seconds, 1_000),
    ("m", DurationUnit::Minutes, 60_000),
    ("h", DurationUnit::Hours, 3_600_000),
    ("d", DurationUnit::Days, 86_400_000),
    ("w", DurationUnit::Weeks, 604_800_000),
    ("mo", DurationUnit::Months, 0),
    ("y", DurationUnit::Years, 0),
];

const SIZES: &[(&str, SizeUnit)] = &[
    ("B", SizeUnit::Bytes),
    ("KB", SizeUnit::KB),
    ("MB", SizeUnit::MB),
    ("GB", SizeUnit::GB),
    ("TB", SizeUnit::TB),
    ("KiB", SizeUnit::KiB),
    ("MiB", SizeUnit::MiB),
    ("GiB", SizeUnit::GiB),
    ("TiB", SizeUnit::TiB),
];

const UNITS: &str =
    "units are `ms s m h d w mo y`, `B KB MB GB TB` and `KiB MiB GiB TiB`, glued to a whole number";

impl Reader<'_> {
    /// A number token, a signed one or a text.
    pub(super) fn literal(&mut self, pair: &Pair<'_>) -> Literal {
        let text = pair.as_str();
        let span = self.span(pair);
        if text.starts_with('"') {
            let (value, raw) = self.unquoted(pair);
            let kind = if raw { LiteralKind::RawText(value) } else { LiteralKind::Text(value) };
            return Literal { span, kind };
        }
        let kind = number(text).unwrap_or_else(|wrong| {
            self.push(wrong.diagnostic(text, span));
            LiteralKind::Broken
        });
        Literal { span, kind }
    }

    /// The value of a text, and whether it is a raw one.
    pub(super) fn unquoted(&mut self, pair: &Pair<'_>) -> (SmolStr, bool) {
        let text = pair.as_str();
        if let Some(raw) = text.strip_prefix("\"\"\"").and_then(|text| text.strip_suffix("\"\"\"")) {
            // What is stored must not depend on how a checkout ends its lines.
            return (
                if raw.contains('\r') { raw.replace("\r\n", "\n").into() } else { SmolStr::new(raw) },
                true,
            );
        }
        let inner = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
        if !inner.contains('\\') {
            return (SmolStr::new(inner), false);
        }
        let mut value = SmolStrBuilder::new();
        let mut rest = inner;
        while let Some(at) = rest.find('\\') {
            value.push_str(&rest[..at]);
            let start = pair.as_span().start() + 1 + (inner.len() - rest.len()) + at;
            let escape = &rest[at + 1..];
            let length = match escape.as_bytes().first() {
                Some(b'n') => push(&mut value, '\n'),
                Some(b't') => push(&mut value, '\t'),
                Some(b'"') => push(&mut value, '"'),
                Some(b'\\') => push(&mut value, '\\'),
                Some(b'u') => match code_point(escape) {
                    Some((char, length)) => {
                        value.push(char);
                        length
                    }
                    None => {
                        let span = self.at(start, start + 2);
                        self.push(
                            Diagnostic::new(codes::E0111, span, "this is not a character")
                                .help("write the code point in hexadecimal and braces, such as `\\u{e9}`"),
                        );
                        1
                    }
                },
                _ => {
                    let char = escape.chars().next();
                    let length = char.map_or(0, char::len_utf8);
                    let span = self.at(start, start + 1 + length);
                    let shown = char.map(String::from).unwrap_or_default();
                    self.push(Diagnostic::new(codes::E0111, span, format!("`\\{shown}` is no escape")).help(
                        "escapes are `\\n \\t \\\" \\\\ \\u{…}`; for a pattern write a raw text: `\"\"\"…\"\"\"`, or double the `\\`",
                    ));
                    length
                }
            };
            rest = &escape[length..];
        }
        value.push_str(rest);
        (value.finish(), false)
    }
}

fn push(value: &mut SmolStrBuilder, char: char) -> usize {
    value.push(char);
    1
}

/// The character that `u{e9}` names, and how many bytes name it.
fn code_point(escape: &str) -> Option<(char, usize)> {
    let digits = escape.strip_prefix("u{")?;
    let digits = &digits[..digits.find('}')?];
    if digits.is_empty() || digits.len() > 6 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let char = char::from_u32(u32::from_str_radix(digits, 16).ok()?)?;
    // A NUL ends a text in half of the stores.
    (char != '\0').then_some((char, digits.len() + 3))
}

/// A mistake in a number or a date.
enum Wrong {
    Date,
    Modulo { left: String, right: String },
    Exponent,
    Unit { suggestion: Option<String> },
    TooLarge,
    Underscore,
}

impl Wrong {
    fn diagnostic(self, text: &str, span: Span) -> Diagnostic {
        match self {
            Wrong::Date => Diagnostic::new(codes::E0110, span, format!("`{text}` is not a date"))
                .help("a date has four, two and two digits and is in the calendar, such as `2027-01-31`; a subtraction needs blanks around `-`"),
            Wrong::Modulo { left, right } => Diagnostic::new(codes::E0109, span, format!("`{text}` is neither a percentage nor a number"))
                .help(Help::instead(format!("{left} % {right}"), format!("for the remainder write `{left} % {right}`; `%` glued to a number makes it a percentage"))),
            Wrong::Exponent => Diagnostic::new(codes::E0109, span, format!("`{text}` is not a number"))
                .help(expanded(text).map_or_else(
                    || "numbers have no exponent; write all digits, with `_` between them where it helps".into(),
                    |digits| Help::instead(digits.clone(), format!("numbers have no exponent; write `{digits}`")),
                )),
            Wrong::Unit { suggestion } => Diagnostic::new(codes::E0109, span, format!("`{text}` is not a number with a unit"))
                .help(suggestion.map_or_else(|| UNITS.into(), |s| Help::write(s).and(&format!("; {UNITS}")))),
            Wrong::TooLarge => Diagnostic::new(codes::E0109, span, format!("`{text}` is too large"))
                .help("choose a larger unit, or a number below 2^63"),
            Wrong::Underscore => Diagnostic::new(codes::E0109, span, format!("`{text}` is not a number"))
                .help("`_` stands between two digits, such as `10_000`"),
        }
    }
}

fn number(text: &str) -> Result<LiteralKind, Wrong> {
    let (sign, text) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
    if text.contains('-') {
        return date(text).ok_or(Wrong::Date);
    }
    let split = text.find(|c: char| !(c.is_ascii_digit() || c == '_' || c == '.')).unwrap_or(text.len());
    let (digits, unit) = text.split_at(split);
    if digits.ends_with('_') || digits.contains("__") || digits.contains("_.") || digits.contains("._") {
        return Err(Wrong::Underscore);
    }
    let plain: String = digits.chars().filter(|&c| c != '_').collect();
    let parts = plain.split('.').count();
    match unit {
        "" if parts == 1 => {
            Ok(LiteralKind::Integer(SmolStr::from(format!("{sign}{}", without_zeros(&plain)))))
        }
        "" if parts == 2 => {
            Ok(LiteralKind::Decimal(SmolStr::from(format!("{sign}{}", without_zeros(&plain)))))
        }
        "" => Ok(LiteralKind::Version(SmolStr::from(plain))),
        "%" if parts <= 2 => {
            Ok(LiteralKind::Percent(SmolStr::from(format!("{sign}{}", without_zeros(&plain)))))
        }
        _ if unit.starts_with('%') => {
            Err(Wrong::Modulo { left: digits.to_owned(), right: unit[1..].to_owned() })
        }
        _ => with_unit(text, &plain, parts, unit),
    }
}

fn with_unit(text: &str, digits: &str, parts: usize, unit: &str) -> Result<LiteralKind, Wrong> {
    let duration = DURATIONS.iter().find(|(word, ..)| *word == unit).map(|(_, unit, _)| *unit);
    let size = SIZES.iter().find(|(word, _)| *word == unit).map(|(_, unit)| *unit);
    if parts == 1 {
        let count =
            || digits.parse::<u64>().ok().filter(|n| i64::try_from(*n).is_ok()).ok_or(Wrong::TooLarge);
        if let Some(unit) = duration {
            return Ok(LiteralKind::Duration { count: count()?, unit });
        }
        if let Some(unit) = size {
            return Ok(LiteralKind::Size { count: count()?, unit });
        }
    }
    if matches!(unit.as_bytes(), [b'e' | b'E', rest @ ..] if rest.iter().all(u8::is_ascii_digit)) {
        return Err(Wrong::Exponent);
    }
    let suggestion = meant_unit(unit).map(|unit| format!("{digits}{unit}")).filter(|_| parts == 1);
    Err(Wrong::Unit {
        suggestion: suggestion.or_else(|| one_unit(text)).or_else(|| without_fraction(digits, unit)),
    })
}

/// The unit that a longer or differently written word stands for.
fn meant_unit(word: &str) -> Option<&'static str> {
    let lower = word.to_ascii_lowercase();
    let known = match lower.as_str() {
        "millis" | "milliseconds" | "millisecond" | "msec" => "ms",
        "sec" | "secs" | "second" | "seconds" => "s",
        "min" | "mins" | "minute" | "minutes" => "m",
        "hour" | "hours" | "hr" | "hrs" | "h" => "h",
        "day" | "days" | "d" => "d",
        "week" | "weeks" | "w" => "w",
        "month" | "months" | "mon" => "mo",
        "year" | "years" | "yr" | "yrs" | "y" => "y",
        "byte" | "bytes" | "b" => "B",
        "k" => "KB",
        "m" => "MB",
        "g" => "GB",
        "t" => "TB",
        _ => return SIZES.iter().map(|(unit, _)| *unit).find(|unit| unit.eq_ignore_ascii_case(&lower)),
    };
    Some(known)
}

/// `1h30m` as `90m`.
fn one_unit(text: &str) -> Option<String> {
    let (mut rest, mut total, mut smallest) = (text, 0u64, None);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let letters = rest[digits..].find(|c: char| c.is_ascii_digit()).map_or(rest.len(), |n| digits + n);
        let (word, _, millis) =
            DURATIONS.iter().find(|(word, _, millis)| *word == &rest[digits..letters] && *millis > 0)?;
        total = total.checked_add(rest[..digits].parse::<u64>().ok()?.checked_mul(*millis)?)?;
        smallest = Some((word, millis));
        rest = &rest[letters..];
    }
    let (word, millis) = smallest?;
    total.is_multiple_of(*millis).then(|| format!("{}{word}", total / millis))
}

/// `1.5h` as `90m`.
fn without_fraction(digits: &str, unit: &str) -> Option<String> {
    let at = DURATIONS.iter().position(|(word, _, millis)| *word == unit && *millis > 0)?;
    let (whole, fraction) = digits.split_once('.')?;
    let scale = 10u64.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let count = whole.parse::<u64>().ok()?.checked_mul(scale)?.checked_add(fraction.parse().ok()?)?;
    let millis = count.checked_mul(DURATIONS[at].2)?;
    let (word, _, small) = DURATIONS[..at]
        .iter()
        .rev()
        .find(|(_, _, small)| *small > 0 && millis.is_multiple_of(scale * small))?;
    Some(format!("{}{word}", millis / scale / small))
}

/// `1e6` as `1_000_000`.
fn expanded(text: &str) -> Option<String> {
    let (digits, zeros) = text.split_once(['e', 'E'])?;
    let zeros = zeros.parse::<usize>().ok().filter(|&zeros| zeros <= 18)?;
    if digits.contains('.') {
        return None;
    }
    let all = format!("{digits}{}", "0".repeat(zeros));
    let mut grouped = String::new();
    for (i, digit) in all.chars().enumerate() {
        if i > 0 && (all.len() - i).is_multiple_of(3) {
            grouped.push('_');
        }
        grouped.push(digit);
    }
    Some(grouped)
}

/// `007` as `7`, `00.5` as `0.5`: an output must not take it for an octal number.
fn without_zeros(digits: &str) -> &str {
    let whole = digits.find('.').unwrap_or(digits.len());
    let zeros = digits[..whole].bytes().take_while(|&b| b == b'0').count();
    &digits[zeros.min(whole.saturating_sub(1))..]
}

fn date(text: &str) -> Option<LiteralKind> {
    let mut parts = text.split('-');
    let mut part = |length: usize| parts.next().filter(|p| p.len() == length)?.parse::<u16>().ok();
    let (year, month, day) = (part(4)?, part(2)? as u8, part(2)? as u8);
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        1..=12 => 31,
        _ => return None,
    };
    (year > 0 && (1..=days).contains(&day)).then_some(LiteralKind::Date { year, month, day })
}
