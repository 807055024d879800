//! A pattern, read character by character: what the three engines would each read otherwise is refused where it stands.

use super::{Refused, refused};

/// More groups in each other than this are refused; each of the three engines recurses.
const DEPTH: usize = 32;
/// PostgreSQL's limit (`RE_DUP_MAX`).
const REPEAT: u32 = 255;

/// Characters of one pattern with each repetition written out, as engines compile it: `(ab){50}` has a hundred.
const WRITTEN: usize = 10_000;

/// How many characters a pattern has with each repetition written out, where it means the same to the three engines.
pub(super) fn size(pattern: &str) -> Result<usize, Refused> {
    let mut reader = Reader { chars: pattern.chars().collect(), at: 0, written: 0 };
    if pattern.is_empty() {
        return refused("nothing in it", "leave `matches` out, or write what a value looks like");
    }
    reader.alternatives(0)?;
    if reader.at < reader.chars.len() {
        return refused("a `)` that nothing opened", "escape it as `\\)`, or remove it");
    }
    if reader.written > WRITTEN {
        return refused(
            &format!(
                "{} characters with each repetition written out, and may have {WRITTEN}",
                reader.written
            ),
            "repeat less inside of what is repeated, and say lengths with `length`",
        );
    }
    Ok(reader.written)
}

struct Reader {
    chars: Vec<char>,
    at: usize,
    /// Characters so far, with each repetition written out.
    written: usize,
}

impl Reader {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn eat(&mut self, c: char) -> bool {
        let is_next = self.peek() == Some(c);
        self.at += usize::from(is_next);
        is_next
    }

    fn alternatives(&mut self, depth: usize) -> Result<(), Refused> {
        if depth > DEPTH {
            return refused(&format!("more than {DEPTH} groups in each other"), "write it flatter");
        }
        loop {
            if !self.sequence(depth)? {
                return refused(
                    "an alternative with nothing in it",
                    "make the group optional instead: `(a|b)?`",
                );
            }
            if !self.eat('|') {
                return Ok(());
            }
        }
    }

    /// Whether there was anything in it.
    fn sequence(&mut self, depth: usize) -> Result<bool, Refused> {
        let mut any = false;
        while let Some(c) = self.peek() {
            if c == '|' || c == ')' {
                break;
            }
            let before = self.written;
            let repeatable = self.atom(depth)?;
            let times = self.repetition(repeatable)?;
            self.written = before.saturating_add((self.written - before).saturating_mul(times));
            any = true;
        }
        Ok(any)
    }

    /// One thing that may be repeated, or an anchor, which may not.
    fn atom(&mut self, depth: usize) -> Result<bool, Refused> {
        let Some(c) = self.peek() else { return Ok(false) };
        self.at += 1;
        if c != '(' {
            self.written = self.written.saturating_add(1);
        }
        match c {
            '^' | '$' => return Ok(false),
            '(' => {
                if self.peek() == Some('?') {
                    return refused(
                        "a group that begins with `(?`",
                        "look-around, flags and names differ between engines; use a plain group `( )`",
                    );
                }
                if self.peek() == Some('*') {
                    return refused("a `(*`", "escape the `*` as `\\*`");
                }
                self.alternatives(depth + 1)?;
                if !self.eat(')') {
                    return refused("a `(` that nothing closes", "close it, or escape it as `\\(`");
                }
            }
            '[' => self.class()?,
            '*' | '+' | '?' => {
                return refused(
                    &format!("a `{c}` with nothing before it to repeat"),
                    &format!("escape it as `\\{c}`"),
                );
            }
            '{' => return refused("a `{` with nothing before it to repeat", "escape it as `\\{`"),
            '}' | ']' => {
                return refused(&format!("a `{c}` that nothing opened"), &format!("escape it as `\\{c}`"));
            }
            '\\' => self.escape(false)?,
            c => plain(c)?,
        }
        Ok(true)
    }

    /// How often a repetition says what it repeats when it is written out.
    fn repetition(&mut self, repeatable: bool) -> Result<usize, Refused> {
        let Some(c) = self.peek().filter(|c| matches!(c, '*' | '+' | '?' | '{')) else { return Ok(1) };
        if !repeatable {
            return refused("an anchor that is repeated", "write `^` and `$` once");
        }
        self.at += 1;
        let times = if c == '{' { self.bounds()? } else { 1 };
        match self.peek() {
            Some('?') => refused(
                "a lazy repetition",
                "whether a whole value matches does not depend on it; leave the `?` out",
            ),
            Some('+') => refused("a possessive repetition", "PostgreSQL has none; leave the second `+` out"),
            Some('*' | '{') => refused("a repetition of a repetition", "put the inner one into a group"),
            _ => Ok(times),
        }
    }

    fn bounds(&mut self) -> Result<usize, Refused> {
        let low = self.bound()?;
        let Some(low) = low else {
            return refused(
                "a `{` that begins no `{n}` or `{n,m}`",
                "write a number first, or escape it as `\\{`",
            );
        };
        let high = if self.eat(',') { self.bound()? } else { Some(low) };
        if !self.eat('}') {
            return refused("a `{` that nothing closes", "write `{2}`, `{2,}` or `{2,5}`");
        }
        if high.is_some_and(|high| high < low) {
            return refused(&format!("a repetition of at least {low} and at most less"), "swap the two");
        }
        // `a{2,}` is `aaa*`.
        Ok(high.unwrap_or(low + 1).max(1) as usize)
    }

    fn bound(&mut self) -> Result<Option<u32>, Refused> {
        let start = self.at;
        while self.peek().is_some_and(|c| c.is_ascii_digit()) {
            self.at += 1;
        }
        let digits: String = self.chars[start..self.at].iter().collect();
        match digits.parse::<u32>() {
            _ if digits.is_empty() => Ok(None),
            Ok(n) if n <= REPEAT => Ok(Some(n)),
            _ => refused(
                &format!("a repetition beyond {REPEAT}"),
                &format!("PostgreSQL counts to {REPEAT}; say longer lengths with `length`"),
            ),
        }
    }

    /// `[a-z_]`, after its `[`.
    fn class(&mut self) -> Result<(), Refused> {
        self.eat('^');
        if self.peek() == Some(']') {
            return refused("a class that begins with `]`", "escape it: `[\\]]`");
        }
        let mut before: Option<char> = None;
        loop {
            let Some(c) = self.peek() else {
                return refused("a `[` that nothing closes", "close it, or escape it as `\\[`");
            };
            self.at += 1;
            match c {
                ']' => return Ok(()),
                '[' => {
                    return refused(
                        "a `[` inside a class",
                        "named classes differ between engines; write `a-z` or `0-9`, or escape it as `\\[`",
                    );
                }
                '-' => before = self.hyphen(before)?,
                '\\' => before = self.escaped_in_class()?,
                '&' | '~' if self.peek() == Some(c) => {
                    return refused(
                        &format!("`{c}{c}` inside a class"),
                        "Rust reads it as an operator; write it once",
                    );
                }
                c => {
                    plain(c)?;
                    before = Some(c);
                }
            }
        }
    }

    /// A `-` in a class, which is read: first or last it is a hyphen; between two characters, a range, which is read to
    /// its end. Gives the character with which another range may begin.
    fn hyphen(&mut self, before: Option<char>) -> Result<Option<char>, Refused> {
        if let (Some(low), Some(high)) = (before, self.peek())
            && high != ']'
        {
            self.at += 1;
            let high = if high == '\\' { self.escaped_in_class()? } else { Some(high) };
            return match high {
                Some(high) if high >= low && high != '[' => Ok(None),
                Some(high) => {
                    refused(&format!("a range from `{low}` to `{high}`"), "write the lower one first")
                }
                None => refused("a range that ends in a class", "end it with a character"),
            };
        }
        if before.is_none()
            && self.chars.get(self.at.wrapping_sub(2)).is_some_and(|c| !matches!(c, '[' | '^'))
            && self.peek() != Some(']')
        {
            return refused("a `-` whose meaning is unclear", "put the hyphen last: `[a-z0-9-]`");
        }
        Ok(Some('-'))
    }

    fn escaped_in_class(&mut self) -> Result<Option<char>, Refused> {
        let c = self.peek();
        self.escape(true)?;
        Ok(c.filter(|c| !c.is_ascii_alphanumeric()))
    }

    /// After a backslash.
    fn escape(&mut self, in_class: bool) -> Result<(), Refused> {
        let Some(c) = self.peek() else {
            return refused("a backslash at its end", "write `\\\\` for a backslash");
        };
        self.at += 1;
        match c {
            // Those of ASCII: engines are told them written out.
            'd' | 'w' | 's' => Ok(()),
            // In a class PostgreSQL has no negated shorthand.
            'D' | 'W' | 'S' if !in_class => Ok(()),
            'D' | 'W' | 'S' => {
                refused(&format!("`\\{c}` inside a class"), "negate the class instead: `[^0-9]`")
            }
            '0'..='9' => {
                refused(&format!("the back-reference `\\{c}`"), "Rust has none; write the text twice")
            }
            'b' | 'B' | 'A' | 'Z' | 'z' | 'G' | 'y' | 'Y' | 'm' | 'M' | '<' | '>' => {
                refused(&format!("the anchor `\\{c}`"), "the engines have different ones; use `^` and `$`")
            }
            'p' | 'P' | 'X' | 'R' => refused(
                &format!("the Unicode class `\\{c}`"),
                "PostgreSQL has none; list the characters: `[a-zà-ÿ]`",
            ),
            c if c.is_ascii_alphabetic() => refused(
                &format!("the escape `\\{c}`"),
                "write the character itself, or `\\u{…}` in the text around the pattern",
            ),
            c if c.is_ascii_punctuation() => Ok(()),
            _ => refused("an escape of a character that needs none", "leave the backslash out"),
        }
    }
}

fn plain(c: char) -> Result<(), Refused> {
    if c.is_control() {
        return refused("a control character", "no engine shows it; leave it out");
    }
    Ok(())
}
