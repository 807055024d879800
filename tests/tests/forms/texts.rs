//! Texts that are of a form, nearly so, or not at all.

use proptest::prelude::*;

/// A form, texts that it takes, and texts that it refuses.
pub const KNOWN: &[(&str, &[&str], &[&str])] = &[
    (
        "email",
        &["a@b.de", "ä@ö.de", "a\u{a0}@b.de"],
        &["a@b", "a@b..de", "a@b.de.", "a b@c.de", "a@b.de\n", "a@@b.de"],
    ),
    (
        "url",
        &["https://x.de", "http://x/ä"],
        &["ftp://x.de", "javascript:alert(1)", "mailto:a@b", "https://", "HTTPS://X.DE", "https://x de"],
    ),
    ("phone", &["+491701234567"], &["+49 170", "+0123456", "491701", "+49170\n", "+٤٩١٧٠"]),
    ("country", &["DE", "SN"], &["ZZ", "XX", "de", "DEU"]),
    ("currency", &["EUR", "XOF"], &["ABC", "ZZZ", "eur"]),
    ("language", &["de", "zh-Hant-TW", "en-x-a"], &["de_DE", "en-a", "de-", "french-", "abcdefghi"]),
    ("word", &["a_1"], &["ä", "你", "١", "a\n"]),
    ("digits", &["1", "1x", "1ä"], &["²", "１", "11"]),
    ("blank", &[" \u{b}a", "xä"], &["\u{a0}a", "\u{2003}a", "\u{85}a"]),
    ("dot", &["a b", "a\u{2028}b", "a\u{1F600}b", "a\rb"], &["a\nb", "ab"]),
    (
        "inet",
        &["10.0.0.1", "10.0.0.0/8", "::1", "fe80::1"],
        &["10.0.0.300", "1:2", "....", ":::", "10", "10.0.0.1/33", "::1/129", "fe80::1%eth0", "010.0.0.1"],
    ),
    (
        "time",
        &["10:00:00", "23:59:59.5"],
        &["24:00:00", "25:00:00", "10:60:00", "10:00:60", "10:00", "10:00:00.50"],
    ),
    (
        "date",
        &["2024-02-29", "0001-01-01", "9999-12-31"],
        &["2026-02-29", "2026-13-01", "0000-01-01", "infinity", "20260101"],
    ),
    (
        "timestamp",
        &["2026-01-01T00:00:00Z", "9999-12-30T21:59:59.5Z"],
        &[
            "2026-02-30T00:00:00Z",
            "2026-01-01T25:00:00Z",
            "2026-01-01T23:59:60Z",
            "9999-12-30T22:00:00Z",
            "0000-01-01T00:00:00Z",
            "infinity",
        ],
    ),
    ("interval", &["PT1.5S", "-PT1H30M"], &["P", "PT", "P1Y", "P1DT", "86400"]),
    (
        "bigint",
        &["9223372036854775807", "-9223372036854775808", "0"],
        &["9223372036854775808", "007", "-0", "+5", "1.0"],
    ),
    ("decimal", &["999.99", "-0.5", "1"], &["1000", "1.234", "1.", ".5", "1e2", "99999999999999999999"]),
];

/// Texts that fit one of the forms, nearly fit one, or fit none.
pub fn text() -> impl Strategy<Value = String> {
    let near = prop_oneof![
        "[a-z.+]{1,6}@[a-z]{1,5}(\\.[a-z]{1,4}){0,2}",
        "\\+?[0-9]{1,17}",
        "(http|https|ftp)://[a-z.:@]{0,9}[/?#]?[a-z/ ]{0,5}",
        "[a-z]{2,3}(-[A-Za-z]{3,4}){0,2}(-[A-Z]{2})?(-[0-9a-z]{1,5}){0,3}",
        "[A-Z]{2,3}",
        "[0-9]{1,3}(\\.[0-9]{1,3}){2,4}(/[0-9]{1,3})?",
        "[0-9a-f]{0,4}(::?[0-9a-f]{1,4}){0,8}(::)?",
        "[0-9]{2}:[0-9]{2}(:[0-6][0-9](\\.[0-9]{1,7})?)?",
        "[0-9]{4}-[01][0-9]-[0-3][0-9](T[0-2][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{1,6})?Z?)?",
        "-?PT?([0-9]{1,3}[HMSDY]){0,3}",
        "-?[0-9]{0,20}(\\.[0-9]{0,3})?",
        "[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}",
        "[ax \t\u{b}\u{a0}\u{2003}]{0,3}[^\u{0}]{0,2}",
        "a[^\u{0}]b",
        "[^\u{0}]{0,4}",
    ];
    // One sign more, wherever it does harm.
    (near, any::<prop::sample::Index>(), prop::option::weighted(0.3, "[@. \n\r\u{a0}\u{200b}\u{202e}+/é١-]"))
        .prop_map(|(text, at, more)| {
            let at = at.index(text.chars().count() + 1);
            let front: String = text.chars().take(at).collect();
            let rest: String = text.chars().skip(at).collect();
            front + &more.unwrap_or_default() + &rest
        })
}
