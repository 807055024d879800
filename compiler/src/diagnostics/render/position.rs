//! Lines and columns, for many places at the cost of one pass over a file.

use std::sync::OnceLock;

use crate::source::{FileId, Sources, Span};

/// The byte order mark, which editors hide and therefore no column counts.
pub(super) const BOM: char = '\u{feff}';

/// A place as editors show it: line and column from 1, the column in Unicode characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Position {
    pub(super) line: usize,
    pub(super) column: usize,
}

/// Finds positions in the files of a project; a file is scanned when it is first asked about.
pub(super) struct Positions<'a> {
    sources: &'a Sources,
    line_starts: Vec<OnceLock<Vec<usize>>>,
}

impl<'a> Positions<'a> {
    pub(super) fn new(sources: &'a Sources) -> Self {
        Self { sources, line_starts: vec![OnceLock::new(); sources.slots()] }
    }

    pub(super) fn start(&self, span: Span) -> Position {
        self.position(span.file, self.clamp(span).0)
    }

    /// One past the last character of the span.
    pub(super) fn end(&self, span: Span) -> Position {
        self.position(span.file, self.clamp(span).1)
    }

    /// The span's bytes, held inside its file and on the boundaries of characters, so that a mistaken span
    /// still draws something instead of failing.
    pub(super) fn clamp(&self, span: Span) -> (usize, usize) {
        let text = &self.sources.get(span.file).text;
        let start = floor_boundary(text, span.start as usize);
        let end = ceil_boundary(text, span.end as usize);
        (start, end.max(start))
    }

    pub(super) fn position(&self, file: FileId, offset: usize) -> Position {
        let text = &self.sources.get(file).text;
        let line = self.line_of(file, offset);
        let before = &text[self.line_start(file, line)..offset];
        Position { line: line + 1, column: before.chars().filter(|&c| c != BOM).count() + 1 }
    }

    /// The line, from 0, that holds `offset`.
    pub(super) fn line_of(&self, file: FileId, offset: usize) -> usize {
        self.starts(file).partition_point(|&start| start <= offset) - 1
    }

    /// Where a line, from 0, starts; past the last line, the end of the file.
    pub(super) fn line_start(&self, file: FileId, line: usize) -> usize {
        self.starts(file).get(line).copied().unwrap_or(self.sources.get(file).text.len())
    }

    fn starts(&self, file: FileId) -> &[usize] {
        self.line_starts[self.sources.slot(file)].get_or_init(|| {
            let text = self.sources.get(file).text.as_bytes();
            std::iter::once(0).chain(memchr::memchr_iter(b'\n', text).map(|n| n + 1)).collect()
        })
    }
}

/// The last boundary of characters that is not after `at`.
pub(super) fn floor_boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

/// The first boundary of characters that is not before `at`.
pub(super) fn ceil_boundary(text: &str, at: usize) -> usize {
    (at..text.len()).find(|&at| text.is_char_boundary(at)).unwrap_or(text.len())
}
