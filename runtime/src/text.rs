//! Text that is checked when it is made. The patterns are those that the stores check as well.

use crate::Invalid;
use crate::check::{Pattern, compiled};

/// A new type of checked text: the name, and a judge of a `&str`.
macro_rules! checked_text {
    ($(#[$docs:meta])* $name:ident, $judge:expr) => {
        $(#[$docs])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            fn parse(text: &str) -> Result<Self, Invalid> {
                let judge: fn(&str) -> Result<(), Invalid> = $judge;
                judge(text).map(|()| Self(text.to_owned()))
            }
        }

        $crate::text::text_traits!($name, Self::parse);
    };
}

/// Implements the traits that every type of checked text has, given its name and the function that makes it.
macro_rules! text_traits {
    ($name:ident, $parse:expr) => {
        impl std::str::FromStr for $name {
            type Err = $crate::Invalid;
            fn from_str(text: &str) -> Result<Self, $crate::Invalid> {
                $parse(text)
            }
        }

        impl TryFrom<&str> for $name {
            type Error = $crate::Invalid;
            fn try_from(text: &str) -> Result<Self, $crate::Invalid> {
                text.parse()
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::Invalid;
            fn try_from(text: String) -> Result<Self, $crate::Invalid> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> String {
                text.as_str().to_owned()
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl std::ops::Deref for $name {
            type Target = str;
            fn deref(&self) -> &str {
                self.as_str()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        impl $crate::key::Segment for $name {
            fn write(&self, segment: &mut String) {
                segment.push_str(self.as_str());
            }
        }
    };
}

pub(crate) use {checked_text, text_traits};

checked_text! {
    /// An address that mail may be sent to. Its syntax is checked; whether it exists only a message can tell.
    Email, |text| judge(text, &EMAIL, "must be an e-mail address")
}

checked_text! {
    /// A telephone number as E.164 writes it: `+221771234567`.
    Phone, |text| judge(text, &PHONE, "must be a telephone number in E.164, such as `+221771234567`")
}

checked_text! {
    /// A web address, absolute: `https://example.org/a`.
    Url, |text| judge(text, &URL, "must be an absolute http or https address")
}

impl Email {
    /// The pattern that the stores check as well; a test compares it with the compiler's.
    pub const PATTERN: &'static str = r"^[^@\s]+@[^@\s.]+(\.[^@\s.]+)+$";
}

impl Phone {
    /// The pattern that the stores check as well; a test compares it with the compiler's.
    pub const PATTERN: &'static str = r"^\+[1-9][0-9]{1,14}$";
}

impl Url {
    /// The pattern that the stores check as well; a test compares it with the compiler's.
    pub const PATTERN: &'static str = r"^https?://[^\s/?#]+([/?#]\S*)?$";
}

impl crate::Language {
    /// The pattern that the stores check as well; a test compares it with the compiler's.
    pub const PATTERN: &'static str = concat!(
        "^([A-Za-z]{2,3}(-[A-Za-z]{3}){0,3}|[A-Za-z]{4,8})(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?",
        "(-([A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*(-[0-9A-WY-Za-wy-z](-[A-Za-z0-9]{2,8})+)*",
        "(-[xX](-[A-Za-z0-9]{1,8})+)?$",
    );
}

static EMAIL: Pattern = Pattern::new(|| compiled(Email::PATTERN));
static PHONE: Pattern = Pattern::new(|| compiled(Phone::PATTERN));
static URL: Pattern = Pattern::new(|| compiled(Url::PATTERN));
pub(crate) static LANGUAGE: Pattern = Pattern::new(|| compiled(crate::Language::PATTERN));

pub(crate) fn matches_scalar(text: &str, pattern: &Pattern) -> bool {
    pattern.is_match(text)
}

fn judge(text: &str, pattern: &Pattern, refused: &'static str) -> Result<(), Invalid> {
    if matches_scalar(text, pattern) { Ok(()) } else { Err(Invalid::new(refused)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn judged<T: std::str::FromStr<Err = Invalid> + AsRef<str>>(good: &[&str], bad: &[&str]) {
        for text in good {
            assert_eq!(text.parse::<T>().unwrap_or_else(|e| panic!("{text}: {e}")).as_ref(), *text);
        }
        for text in bad {
            assert!(text.parse::<T>().is_err(), "{text:?} was accepted");
        }
    }

    #[test]
    fn emails() {
        judged::<Email>(
            &["awa@example.sn", "a.b+c@mail.example.org", "é@exämple.org"],
            &["", "awa", "awa@", "@example.sn", "a@b", "a b@c.de", "a@b@c.de", "a@b..de", "a@b.de\n"],
        );
    }

    #[test]
    fn phones() {
        judged::<Phone>(
            &["+221771234567", "+12", "+123456789012345"],
            &["", "+", "221771234567", "+021771234567", "+1234567890123456", "+221 77", "+22177\n", "+٢٢١"],
        );
    }

    #[test]
    fn urls() {
        judged::<Url>(
            &["https://example.org", "http://localhost:8080/a?b#c", "https://[::1]/"],
            &[
                "",
                "example.org",
                "ftp://example.org",
                "https://",
                "https:///a",
                "https://a b",
                "javascript:alert(1)",
            ],
        );
    }

    #[test]
    fn reading_json_checks_too() {
        assert_eq!(serde_json::from_str::<Email>(r#""a@b.de""#).unwrap().as_str(), "a@b.de");
        assert_eq!(serde_json::from_str::<Email>(r#""\u0061@b.de""#).unwrap().as_str(), "a@b.de");
        let refused = serde_json::from_str::<Phone>(r#""0177""#).unwrap_err().to_string();
        assert!(refused.contains("E.164") && !refused.contains("0177"), "{refused}");
    }
}
