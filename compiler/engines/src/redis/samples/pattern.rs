//! Texts that a pattern of `matches` takes, for the subset of regular expressions that is admitted there.

use std::iter::Peekable;
use std::str::Chars;

/// Repetitions beyond the least that a pattern asks for, in samples that have to be longer.
const MOST_MORE: usize = 40;

/// Returns texts that the pattern takes but for what only its engine can judge, the shortest first: each alternative is
/// the first, each character the first of its class.
pub(super) fn samples(pattern: &str) -> impl Iterator<Item = String> {
    (0..=MOST_MORE).map(move |more| {
        let mut sampler = Sampler { rest: pattern.chars().peekable(), more };
        sampler.alternatives()
    })
}

struct Sampler<'p> {
    rest: Peekable<Chars<'p>>,
    more: usize,
}

impl Sampler<'_> {
    /// `a|b`, up to the parenthesis that ends it.
    fn alternatives(&mut self) -> String {
        let first = self.sequence();
        while self.rest.next_if_eq(&'|').is_some() {
            self.sequence();
        }
        first
    }

    fn sequence(&mut self) -> String {
        let mut out = String::new();
        while let Some(c) = self.rest.next_if(|c| !matches!(c, '|' | ')')) {
            let one = match c {
                '^' | '$' => String::new(),
                '(' => {
                    let inside = self.alternatives();
                    self.rest.next();
                    inside
                }
                '[' => self.class().to_string(),
                '.' => "a".to_owned(),
                '\\' => self.escaped().to_string(),
                c => c.to_string(),
            };
            let times = self.repetition();
            (0..times).for_each(|_| out.push_str(&one));
        }
        out
    }

    /// `*`, `+`, `?`, `{2}`, `{2,}`, `{2,5}`
    fn repetition(&mut self) -> usize {
        let (least, most) = match self.rest.peek() {
            Some('*') => (0, usize::MAX),
            Some('+') => (1, usize::MAX),
            Some('?') => (0, 1),
            Some('{') => {
                self.rest.next();
                let inside: String = std::iter::from_fn(|| self.rest.next_if(|c| *c != '}')).collect();
                let (least, most) = inside.split_once(',').unwrap_or((&inside, &inside));
                (least.parse().unwrap_or(0), most.parse().unwrap_or(usize::MAX))
            }
            _ => return 1,
        };
        self.rest.next();
        most.min(least + self.more)
    }

    /// A character of `\d`, `\w`, `\s`, of what these leave out, or an escaped sign.
    fn escaped(&mut self) -> char {
        match self.rest.next() {
            Some('d') => '0',
            Some('w' | 'D' | 'S') => 'a',
            Some('s') => ' ',
            Some('W') => '-',
            Some(sign) => sign,
            None => '\\',
        }
    }

    /// The first character of `[a-z]`, or one that `[^a-z]` takes.
    fn class(&mut self) -> char {
        let negated = self.rest.next_if_eq(&'^').is_some();
        let mut ranges: Vec<(char, char)> = Vec::new();
        while let Some(c) = self.rest.next() {
            let first = match c {
                ']' if !ranges.is_empty() => break,
                '\\' => {
                    let shorthand = self.rest.peek().copied();
                    let first = self.escaped();
                    match shorthand {
                        Some('d') => ranges.push(('0', '9')),
                        Some('w') => ranges.extend([('a', 'z'), ('A', 'Z'), ('0', '9'), ('_', '_')]),
                        Some('s') => ranges.extend([(' ', ' '), ('\t', '\r')]),
                        _ => ranges.push((first, first)),
                    }
                    continue;
                }
                c => c,
            };
            let mut ahead = self.rest.clone();
            let is_range = ahead.next() == Some('-') && ahead.next().is_some_and(|last| last != ']');
            let last = if is_range { self.rest.nth(1).unwrap_or(first) } else { first };
            ranges.push((first, last));
        }
        let has = |c: char| ranges.iter().any(|(first, last)| (*first..=*last).contains(&c));
        match negated {
            false => ranges.first().map_or('a', |(first, _)| *first),
            true => ('!'..='~').rev().find(|c| c.is_alphanumeric() && !has(*c)).unwrap_or('~'),
        }
    }
}
