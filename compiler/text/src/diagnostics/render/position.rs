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

/// How many bytes are counted at once; a file may be one line of a megabyte with a mistake in every word.
const STEP: usize = 256;

/// Finds positions in the files of a project; a file is scanned when it is first asked about.
pub(super) struct Positions<'a> {
    sources: &'a Sources,
    line_starts: Vec<OnceLock<Vec<usize>>>,
    /// The number of characters, in each file, that start before each multiple of [`STEP`] bytes.
    characters: Vec<OnceLock<Vec<usize>>>,
}

impl<'a> Positions<'a> {
    pub(super) fn new(sources: &'a Sources) -> Self {
        let (line_starts, characters) =
            (vec![OnceLock::new(); sources.slots()], vec![OnceLock::new(); sources.slots()]);
        Self { sources, line_starts, characters }
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
        let line = self.line_of(file, offset);
        let before = self.characters(file, offset) - self.characters(file, self.line_start(file, line));
        Position { line: line + 1, column: before + 1 }
    }

    /// How many characters that an editor shows start before `offset`.
    fn characters(&self, file: FileId, offset: usize) -> usize {
        let text = &self.sources.get(file).text;
        let steps = self.characters[self.sources.slot(file)].get_or_init(|| {
            let ends = (STEP..=text.len()).step_by(STEP);
            let counts = ends.scan(0, |total, end| {
                *total += shown(text, end - STEP, end);
                Some(*total)
            });
            std::iter::once(0).chain(counts).collect()
        });
        let step = offset / STEP;
        steps[step] + shown(text, step * STEP, offset)
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

/// How many characters start in these bytes, the byte order mark left out.
fn shown(text: &str, from: usize, to: usize) -> usize {
    let starts = text.as_bytes()[from..to].iter().filter(|byte| (**byte as i8) >= -0x40).count();
    let whole = &text[ceil_boundary(text, from)..ceil_boundary(text, to)];
    starts - whole.matches(BOM).count()
}

/// The last boundary of characters that is not after `at`.
pub(super) fn floor_boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

/// The first boundary of characters that is not before `at`.
pub(super) fn ceil_boundary(text: &str, at: usize) -> usize {
    (at..text.len()).find(|&at| text.is_char_boundary(at)).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_counts_what_an_editor_shows_of_the_line() {
        let words =
            ["a", "\u{e9}", "\u{1f600}", "\u{feff}", "\n", "\r\n", "long enough to reach over a step "];
        for seed in 0..40_usize {
            let text: String = (0..seed * 9).map(|i| words[(i * i + seed) % (2 + seed % 6)]).collect();
            let sources = Sources::single("a.polity", &text);
            let positions = Positions::new(&sources);
            for (offset, _) in text.char_indices().chain([(text.len(), ' ')]) {
                let before = &text[..offset];
                let line = before.rfind('\n').map_or(0, |end| end + 1);
                let column = before[line..].chars().filter(|c| *c != BOM).count() + 1;
                let expected = Position { line: before.matches('\n').count() + 1, column };
                assert_eq!(positions.position(FileId(0), offset), expected, "{text:?} at {offset}");
            }
        }
    }
}
