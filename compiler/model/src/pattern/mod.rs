//! The patterns of `matches`: the subset on which PostgreSQL's regular expressions, PCRE (MongoDB) and Rust agree.
//!
//! In: literal characters, `.`, `^` and `$`, `|`, groups `( )`, classes `[a-z]` and `[^a-z]`, the shorthands
//! `\d \w \s` with `\D \W \S` outside of classes, escaped punctuation, and greedy `* + ? {n} {n,} {n,m}` with
//! bounds up to 255 (PostgreSQL's limit). Out is whatever one of the three lacks or reads differently; what they read
//! alike only when it is written out is written out for them ([`portable()`]).

mod portable;
mod reader;

use std::cell::Cell;

use foldhash::{HashMap, HashMapExt};
use regex_lite::Regex;
use smol_str::SmolStr;

pub use portable::portable;
use reader::size;

/// Why a pattern is refused, as the end of "the pattern has …", and how to mend it.
#[derive(Debug, PartialEq, Eq)]
pub struct Refused {
    pub what: String,
    pub help: String,
}

/// Characters of all patterns of a project, each repetition written out.
const ALL_WRITTEN: usize = 500_000;

/// Characters of all texts that are held against patterns, each times those of its pattern.
const STEPS: usize = 10_000_000;

/// The patterns of a project that were admitted.
#[derive(Debug)]
pub struct Patterns {
    admitted: HashMap<SmolStr, Admitted>,
    /// How many characters others may have.
    left: usize,
    /// The number of [`STEPS`] that are left.
    steps: Cell<usize>,
}

#[derive(Debug)]
struct Admitted {
    regex: Regex,
    size: usize,
}

impl Default for Patterns {
    fn default() -> Self {
        Self { admitted: HashMap::new(), left: ALL_WRITTEN, steps: Cell::new(STEPS) }
    }
}

impl Patterns {
    /// Admits a pattern, or says why not.
    pub fn judge(&mut self, pattern: &SmolStr) -> Result<(), Refused> {
        if self.admitted.contains_key(pattern) {
            return Ok(());
        }
        let size = size(pattern)?;
        let Some(left) = self.left.checked_sub(size) else {
            return refused(
                &format!(
                    "{size} characters with each repetition written out, and those before it leave {} of the \
                     {ALL_WRITTEN} that a project may have",
                    self.left
                ),
                "say lengths with `length`, and give what many fields share a type of its own",
            );
        };
        // What is let pass must be readable to the engine that judges defaults and runs in the client.
        let regex = match Regex::new(pattern) {
            Ok(regex) => regex,
            Err(error) => {
                return refused(&format!("something that cannot be read: {error}"), "write it more simply");
            }
        };
        self.left = left;
        self.admitted.insert(pattern.clone(), Admitted { regex, size });
        Ok(())
    }

    /// Says why a pattern refuses a text, where it does. One that was refused itself refuses nothing.
    pub fn refuses(&self, pattern: &str, text: &str) -> Option<String> {
        let Admitted { regex, size } = self.admitted.get(pattern)?;
        let length = text.chars().count();
        match self.steps.get().checked_sub(length.saturating_mul(*size)) {
            Some(left) => {
                self.steps.set(left);
                (!regex.is_match(text)).then(|| format!("it does not match `{pattern}`"))
            }
            None => Some(format!(
                "its {length} characters, times the {size} of its pattern with each repetition written out, are more \
                 than the {} that are left of the {STEPS} steps of a project",
                self.steps.get()
            )),
        }
    }
}

fn refused<T>(what: &str, help: &str) -> Result<T, Refused> {
    Err(Refused { what: what.to_owned(), help: help.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::{Patterns, Refused};

    fn judge(pattern: &str) -> Result<(), Refused> {
        Patterns::default().judge(&pattern.into())
    }

    #[test]
    fn what_the_three_engines_share_is_admitted() {
        for pattern in [
            "^[A-Z0-9-]+$",
            "^ISM-[A-Z]{2}-[0-9]{8}$",
            "^[a-z0-9]+(-[a-z0-9]+)*$",
            r"^\d{3}\.\d{2}$",
            r"^[^@\s]+@[^@\s.]+(\.[^@\s.]+)+$",
            "^(a|b)?c*$",
            r"^[\w.-]+$",
            "é|à",
            "^[a-]$",
        ] {
            assert_eq!(judge(pattern), Ok(()), "{pattern}");
        }
    }

    #[test]
    fn texts_are_held_against_patterns_until_the_steps_are_used_up() {
        let mut patterns = Patterns::default();
        for pattern in ["^a*$", "^(a{1,99}){1,99}$"] {
            assert_eq!(patterns.judge(&pattern.into()), Ok(()));
        }
        assert_eq!(patterns.refuses("^a*$", "aaa"), None);
        assert_eq!(patterns.refuses("^a*$", "ab"), Some("it does not match `^a*$`".to_owned()));
        let said = patterns.refuses("^(a{1,99}){1,99}$", &"a".repeat(2_000)).expect("it is too much");
        assert!(said.starts_with("its 2000 characters, times the 980"), "{said}");
        assert_eq!(patterns.refuses("^a*$", "aaa"), None, "what is less goes on");
    }

    #[test]
    fn what_one_of_them_lacks_is_refused() {
        for (pattern, what) in [
            ("", "nothing"),
            ("(?i)a", "(?"),
            ("(?=a)b", "(?"),
            ("a+?", "lazy"),
            ("a++", "possessive"),
            (r"(a)\1", "back-reference"),
            (r"\bfoo", "anchor"),
            (r"\p{L}", "Unicode"),
            ("[[:alpha:]]", "inside a class"),
            ("a{256}", "beyond 255"),
            ("a{3,2}", "at most less"),
            ("(a", "nothing closes"),
            ("a)", "nothing opened"),
            ("*a", "nothing before"),
            ("[z-a]", "range"),
            (r"[\D]", "inside a class"),
            ("a||b", "nothing in it"),
            ("a\\", "backslash at its end"),
            (r"\n", "escape"),
            ("^*", "anchor"),
            ("[a-z&&b]", "inside a class"),
        ] {
            let found = judge(pattern).expect_err(pattern);
            assert!(found.what.contains(what), "{pattern}: {found:?}");
        }
    }

    #[test]
    fn repetitions_count_as_often_as_they_are_written_out() {
        for (pattern, size) in [
            ("abc", 3),
            ("[a-z]{2,63}", 63),
            ("(ab|c)*", 3),
            ("(a{2,}b){10}", 40),
            (r"^\d{3}$", 5),
            ("(a{100}){100}", 10_000),
        ] {
            assert_eq!(super::reader::size(pattern), Ok(size), "{pattern}");
        }
        let found = judge("((a{255}){255}){255}").expect_err("it is more than any engine takes");
        assert!(found.what.starts_with("16581375 characters"), "{found:?}");
    }

    #[test]
    fn deep_groups_are_refused_before_they_hurt() {
        assert!(judge(&"(".repeat(100_000)).is_err());
    }
}
