//! Words and signs: what begins an item or a clause, and what joins two operands.

use super::{Before, MAX_DEPTH, Scan};
use polity_text::diagnostics::nearest;

/// Words that begin an item when a name follows. In a block that is not a schema's, such a line means that the
/// block was never closed.
pub(super) const ITEM_WORDS: &[&[u8]] = &[
    b"entity",
    b"enum",
    b"struct",
    b"type",
    b"view",
    b"store",
    b"schema",
    b"platform",
    b"keyspace",
    b"channel",
    b"tier",
    b"tenant",
    b"service",
    b"policy",
    b"global",
    b"label",
    b"waive",
    b"sequence",
    b"tenancy",
    b"backfill",
    b"encryption",
];

/// Words that begin a clause: on a new line inside an open bracket, after an operand, they mean that the bracket
/// was never closed.
pub(super) const CLAUSE_WORDS: &[&[u8]] = &[
    b"index",
    b"unique",
    b"check",
    b"retain",
    b"audit",
    b"partition",
    b"shard",
    b"order",
    b"compress",
    b"rollup",
    b"take",
    b"read",
    b"write",
    b"require",
    b"forbid",
    b"apply",
    b"help",
    b"alert",
    b"key",
    b"value",
    b"ttl",
    b"subject",
    b"include",
    b"pattern",
    b"limit",
    b"ref",
    b"parameter",
    b"rule",
    b"publish",
];

/// Items that are nothing without a block.
const WORDS_WITH_BLOCK: &[&[u8]] = &[
    b"entity",
    b"enum",
    b"struct",
    b"view",
    b"store",
    b"schema",
    b"platform",
    b"keyspace",
    b"channel",
    b"tier",
    b"service",
    b"policy",
    b"global",
    b"encryption",
];

impl Scan<'_> {
    pub(super) fn word(&mut self) {
        let word = word_at(self.src, self.at);
        let end = self.at + word.len();
        let first_on_line = self.at == self.line_at + self.indent;
        if self.before == Before::Start && first_on_line && ITEM_WORDS.contains(&word) {
            let next = skip_blanks(self.src, end);
            let name = word_at(self.src, next);
            if next > end && !name.is_empty() && !matches!(name, b"as" | b"was" | b"because") {
                self.item_begins(word == b"schema");
            }
        }
        if self.at_item_level() {
            match &mut self.unit {
                None => self.begin_unit(),
                // The documentation began the unit; this is its first word.
                Some(unit) if self.before == Before::Start && unit.word.is_none() => {
                    unit.word = opener_word(word);
                    unit.indent = self.indent;
                }
                Some(_) => {}
            }
        }
        if word == b"map" && self.src.get(end) == Some(&b'<') {
            if self.stack.len() + self.angles >= MAX_DEPTH {
                self.too_deep();
            }
            self.angles += 1;
            self.before = Before::Joins;
            self.at = end + 1;
            return;
        }
        let part_of_path = self.at > 0 && matches!(self.src[self.at - 1], b'.' | b'#');
        let joins = self.before == Before::Operand
            && !part_of_path
            && !self.in_enum()
            && !self.is_former_name()
            && matches!(word, b"and" | b"or" | b"in" | b"between" | b"matches");
        self.before = if joins { Before::Joins } else { Before::Operand };
        self.at = end;
    }

    /// Whether the word here is what something was called before: `was in` joins nothing.
    fn is_former_name(&self) -> bool {
        let before = self.src[..self.at].trim_ascii_end();
        let word = before.iter().rposition(|byte| !is_word(*byte)).map_or(0, |at| at + 1);
        &before[word..] == b"was"
    }

    pub(super) fn sign(&mut self, byte: u8) {
        self.begin_unit();
        let last = if self.at > 0 { self.src[self.at - 1] } else { b' ' };
        self.before = match byte {
            b'>' if last == b'-' => Before::Operand,
            b'>' if self.angles > 0 => {
                self.angles -= 1;
                Before::Operand
            }
            // `list<int>`, as other languages write it: its `>` ends a statement too.
            b'<' if is_word(last) => {
                self.angles += 1;
                Before::Joins
            }
            b'%' if last.is_ascii_digit() => Before::Operand,
            b'*' if last == b'.' => Before::Operand,
            b',' | b'+' | b'-' | b'*' | b'/' | b'%' | b'|' | b'=' | b'<' | b'>' => Before::Joins,
            _ => Before::Operand,
        };
        self.at += 1;
    }
}

pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// `///`, but not `////`, which is a ruler.
pub(super) fn is_doc(rest: &[u8]) -> bool {
    rest.starts_with(b"///") && rest.get(3) != Some(&b'/')
}

pub(super) fn word_at(src: &[u8], at: usize) -> &[u8] {
    let rest = src.get(at..).unwrap_or_default();
    &rest[..rest.iter().position(|&b| !is_word(b)).unwrap_or(rest.len())]
}

pub(super) fn skip_blanks(src: &[u8], mut at: usize) -> usize {
    while at < src.len() && matches!(src[at], b' ' | b'\t' | b'\r') {
        at += 1;
    }
    at
}

pub(super) fn line_start(src: &[u8], at: usize) -> usize {
    memchr::memrchr(b'\n', &src[..at]).map_or(0, |n| n + 1)
}

pub(super) fn line_end(src: &[u8], at: usize) -> usize {
    memchr::memchr(b'\n', &src[at..]).map_or(src.len(), |n| at + n)
}

/// The word of an item that needs a block. What is nearly `schema` is one, so that the items in it are still items.
pub(super) fn opener_word(word: &[u8]) -> Option<&'static [u8]> {
    let known = WORDS_WITH_BLOCK.iter().find(|known| **known == word).copied();
    known.or_else(|| {
        let is_item = ITEM_WORDS.contains(&word);
        let text = std::str::from_utf8(word).ok().filter(|_| !is_item)?;
        nearest(text, ["schema"]).map(|_| b"schema".as_slice())
    })
}
