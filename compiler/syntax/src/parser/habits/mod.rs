//! Habits of SQL, Prisma, TypeScript and other languages: what was meant by a word, a sign or a statement that every one of
//! them knows, and how it is written here.

mod items;
mod modifiers;
mod operators;
mod signs;
mod statements;
mod types;

use std::ops::Range;

use super::Reader;
use super::faults::Unread;
use super::odd_signs::token_length;
use polity_text::diagnostics::{Code, Diagnostic};

/// A help with the changes that it proposes, at places of the unit.
pub(super) struct Mend {
    help: String,
    edits: Vec<(Range<usize>, String)>,
    is_certain: bool,
}

impl Mend {
    /// Words that propose no text.
    fn say(help: impl Into<String>) -> Self {
        Self { help: help.into(), edits: Vec::new(), is_certain: false }
    }

    /// "write `text`" in the place of these bytes.
    fn write(at: Range<usize>, text: impl Into<String>) -> Self {
        let text = text.into();
        Self { help: format!("write `{text}`"), edits: vec![(at, text)], is_certain: false }
    }

    fn edit(mut self, at: Range<usize>, text: impl Into<String>) -> Self {
        self.edits.push((at, text.into()));
        self
    }

    /// Words in front of the help.
    fn because(mut self, words: &str) -> Self {
        self.help = format!("{words}: {}", self.help);
        self
    }

    fn certain(mut self) -> Self {
        self.is_certain = true;
        self
    }
}

impl<'a> Unread<'a> {
    fn range(self) -> Range<usize> {
        self.start..self.start + self.text.len()
    }

    /// The first `length` bytes.
    fn head(self, length: usize) -> Self {
        Self { text: &self.text[..length], ..self }
    }

    /// Whether these words come first, however they are written.
    fn begins_with(self, words: &str) -> bool {
        let mut here = self;
        words.split(' ').all(|word| {
            let matches = here.first().eq_ignore_ascii_case(word);
            here = here.after_first();
            matches
        })
    }

    /// Returns what stands behind so many words.
    fn after_words(self, count: usize) -> Self {
        (0..count).fold(self, |here, _| here.after_first())
    }

    /// How many bytes the first words are.
    fn length(self, words: usize) -> usize {
        self.text[..self.after_words(words).start - self.start].trim_end().len()
    }

    /// The bracket that it begins with, from `(` to `)`.
    fn bracket(self) -> Option<Self> {
        let (mut depth, mut at) = (0usize, 0);
        while at < self.text.len() {
            let length = token_length(&self.text[at..]);
            match self.text.as_bytes()[at] {
                b'(' | b'[' => depth += 1,
                b')' | b']' => depth = depth.checked_sub(1)?,
                _ => {}
            }
            at += length;
            if depth == 0 {
                return (at > length).then(|| self.head(at));
            }
        }
        None
    }
}

impl Reader<'_> {
    /// Reports `at` with a mend.
    fn mend(&mut self, code: Code, at: Unread<'_>, message: impl Into<String>, mend: Mend) {
        let span = self.at(at.start, at.start + at.text.len());
        let mut diagnostic = Diagnostic::new(code, span, message).help(mend.help);
        for (at, text) in mend.edits {
            diagnostic = diagnostic.edit(self.at(at.start, at.end), text);
        }
        diagnostic.is_certain = mend.is_certain && !diagnostic.edits.is_empty();
        self.push(diagnostic);
    }

    /// The text from a place of the unit to the end of its line.
    fn to_line_end(&self, start: usize) -> &str {
        let rest = self.text.get(self.absolute(start)..).unwrap_or("");
        rest[..rest.find(['\n', ';', '}']).unwrap_or(rest.len())].trim_end()
    }
}
