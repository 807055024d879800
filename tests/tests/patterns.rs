//! Patterns of texts: the stores check the same as the client. The runtime keeps patterns of its own, since a generated
//! crate does not depend on the compiler.

use std::str::FromStr;
use std::time::Duration;

use polity_model::Scalar;
use polity_runtime::{Country, Currency, Email, Language, Phone, Url};
use polity_tests::proof::prove;
use proptest::prelude::*;

#[test]
fn the_patterns_are_the_same() {
    assert_eq!(Scalar::Email.pattern(), Some(Email::PATTERN));
    assert_eq!(Scalar::Phone.pattern(), Some(Phone::PATTERN));
    assert_eq!(Scalar::Url.pattern(), Some(Url::PATTERN));
    assert_eq!(Scalar::Language.pattern(), Some(Language::PATTERN));
}

/// A default of the source is one that the client takes.
#[test]
fn the_compiler_knows_the_codes_that_the_client_knows() {
    let letters = || b'A'..=b'Z';
    for (a, b) in letters().flat_map(|a| letters().map(move |b| (a, b))) {
        let country = String::from_utf8(vec![a, b]).expect("ASCII");
        assert_eq!(Scalar::Country.admits(&country), client_takes::<Country>(&country), "{country}");
        for c in letters() {
            let currency = String::from_utf8(vec![a, b, c]).expect("ASCII");
            assert_eq!(Scalar::Currency.admits(&currency), client_takes::<Currency>(&currency), "{currency}");
        }
    }
    for language in ["fr", "zh-Hant-TW", "sl-rozaj-biske", "french-", "x-private", "fr_FR", "en-a"] {
        assert_eq!(Scalar::Language.admits(language), client_takes::<Language>(language), "{language}");
    }
}

fn stores_take(scalar: Scalar, text: &str) -> bool {
    let pattern = scalar.pattern().expect("a text with a pattern");
    polity_runtime::regex_lite::Regex::new(pattern).expect("a pattern").is_match(text)
}

fn client_takes<T: FromStr>(text: &str) -> bool {
    text.parse::<T>().is_ok()
}

/// Texts that fit one of the patterns, nearly fit one, or fit none.
fn text() -> impl Strategy<Value = String> {
    let near = prop_oneof![
        "[a-z.+]{1,8}@[a-z]{1,5}(\\.[a-z]{1,4}){0,2}",
        "\\+?[0-9]{1,17}",
        "(http|https|ftp)://[a-z.:@]{0,9}[/?#]?[a-z/ ]{0,5}",
        "[A-Za-z]{1,9}(-[A-Za-z0-9]{1,9}){0,3}",
        "[a-z]{2,3}(-[a-z]{3}){0,2}(-[A-Z][a-z]{3})?(-[A-Z]{2}|-[0-9]{3})?(-[a-z0-9]{5}){0,2}(-[a-x]-[a-z0-9]{2,4}){0,2}",
        "[A-Z]{1,4}",
        "\\PC{0,12}",
    ];
    // One sign more, wherever it does harm.
    (near, any::<prop::sample::Index>(), prop::option::of("[@. \n\r\u{a0}+/é-]")).prop_map(
        |(text, at, more)| {
            let at = at.index(text.chars().count() + 1);
            let front: String = text.chars().take(at).collect();
            let rest: String = text.chars().skip(at).collect();
            front + &more.unwrap_or_default() + &rest
        },
    )
}

#[test]
fn proof_that_what_one_takes_the_other_takes() {
    prove("patterns", Duration::from_secs(3), &text(), |text| {
        prop_assert_eq!(client_takes::<Email>(&text), stores_take(Scalar::Email, &text));
        prop_assert_eq!(client_takes::<Phone>(&text), stores_take(Scalar::Phone, &text));
        prop_assert_eq!(client_takes::<Url>(&text), stores_take(Scalar::Url, &text));
        prop_assert_eq!(client_takes::<Country>(&text), stores_take(Scalar::Country, &text));
        prop_assert_eq!(client_takes::<Currency>(&text), stores_take(Scalar::Currency, &text));
        prop_assert_eq!(client_takes::<Language>(&text), stores_take(Scalar::Language, &text));
        Ok(())
    });
}
