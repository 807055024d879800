//! The first pass over a file, by hand and linear: what the grammar should not have to know.
//!
//! - Comments, tabs and the newlines inside a statement become blanks. The text keeps its length, so every offset
//!   stays true to the file, and a newline that is left ends a statement.
//! - Brackets and texts are balanced here, and a broken one is reported where it *opens*. Its bytes become
//!   [`MARK`]s, which no rule of the grammar takes: what holds one is unreadable and known to be reported.
//! - The text is cut into units: one item each, and the head of each schema. The grammar reads them one by one,
//!   so a broken item never hides the next.
//! - Nesting ends at [`MAX_DEPTH`], so that nothing after this pass can run out of stack.

mod brackets;
mod lines;
mod quotes;
mod remarks;
mod repair;
mod texts;
mod words;

use std::ops::Range;

use polity_text::diagnostics::Diagnostic;
use polity_text::source::{FileId, Span};
use words::{is_word, opener_word, skip_blanks, word_at};

/// Put in place of a byte that is broken and reported.
const MARK: u8 = 1;

/// How deep brackets may nest.
pub(super) const MAX_DEPTH: usize = 128;

pub(super) struct Layout {
    /// As long as the file, byte for byte in place.
    pub(super) text: String,
    pub(super) units: Vec<Unit>,
    /// Where marks stand, ascending.
    pub(super) marks: Vec<usize>,
    /// The comments and the texts of other languages, none of which the grammar sees.
    pub(super) unseen: Vec<Range<usize>>,
    pub(super) faults: Vec<Diagnostic>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum UnitKind {
    Item,
    /// `schema core in main`, without its `{`; what follows stands in the schema until its `SchemaEnd`.
    SchemaHead,
    SchemaEnd,
}

#[derive(Debug)]
pub(super) struct Unit {
    pub(super) kind: UnitKind,
    pub(super) start: usize,
    pub(super) end: usize,
    /// How many `}` are missing at its end.
    pub(super) unclosed: usize,
}

/// The kind of the last token in the statement so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Before {
    /// Nothing: a statement may begin here.
    Start,
    Operand,
    /// A binary operator or a comma: the statement goes on.
    Joins,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Block {
    Schema,
    Enum,
    Plain,
}

pub(super) struct Open {
    byte: u8,
    at: usize,
    /// The indent of the line that opens it.
    indent: usize,
    block: Block,
    too_deep: bool,
    /// Whether a broken text may have swallowed its closing bracket, so that none is reported as missing.
    forgiven: bool,
}

pub(super) fn layout(file: FileId, text: &str) -> Layout {
    // Where all is well, no column means anything.
    let trusting = scan(file, text, Vec::new(), false);
    if trusting.faults.is_empty() {
        return trusting.finished();
    }
    let first = scan(file, text, Vec::new(), true);
    if first.suspects.is_empty() {
        return first.finished();
    }
    // Some block is never closed. Where lines are indented as usual, their indentation tells which one.
    let mut suspects = first.suspects;
    suspects.sort_unstable();
    scan(file, text, suspects, true).finished()
}

fn scan(file: FileId, text: &str, judged_by_indent: Vec<usize>, doubts_columns: bool) -> Scan<'_> {
    let mut scan = Scan {
        file,
        src: text.as_bytes(),
        text,
        out: text.as_bytes().to_vec(),
        at: 0,
        units: Vec::new(),
        marks: Vec::new(),
        unseen: Vec::new(),
        faults: Vec::new(),
        stack: Vec::new(),
        schemas: 0,
        before: Before::Start,
        angles: 0,
        indent: 0,
        line_start: true,
        line_at: 0,
        docs: None,
        unit: None,
        looked: (0, 0),
        deep_reported: false,
        stray_end: usize::MAX,
        last_closed: None,
        suspects: Vec::new(),
        judged_by_indent,
        doubts_columns,
    };
    if text.starts_with('\u{feff}') {
        scan.out[..3].fill(b' ');
        scan.at = 3;
    }
    scan.run();
    scan
}

pub(super) struct OpenUnit {
    start: usize,
    indent: usize,
    word: Option<&'static [u8]>,
    has_block: bool,
}

struct Scan<'a> {
    file: FileId,
    src: &'a [u8],
    text: &'a str,
    out: Vec<u8>,
    at: usize,
    units: Vec<Unit>,
    marks: Vec<usize>,
    unseen: Vec<Range<usize>>,
    faults: Vec<Diagnostic>,
    stack: Vec<Open>,
    /// How many of the stack's lowest blocks are schemas.
    schemas: usize,
    before: Before,
    /// Open `<` of `map<` in this statement.
    angles: usize,
    indent: usize,
    line_start: bool,
    line_at: usize,
    /// Where the documentation before this statement begins.
    docs: Option<usize>,
    unit: Option<OpenUnit>,
    /// From which newline on we looked past blank lines and comments, and what we found there.
    looked: (usize, usize),
    deep_reported: bool,
    stray_end: usize,
    /// The `}` that ended an item's block last, and how many units went before that item.
    last_closed: Option<(usize, usize)>,
    /// Where blocks open that were found to be unclosed.
    suspects: Vec<usize>,
    /// The suspects of the pass before: inside them indentation tells where a block ends.
    judged_by_indent: Vec<usize>,
    /// Whether a `}` further right than the schema that it would close is taken for one too many.
    doubts_columns: bool,
}

impl Scan<'_> {
    fn run(&mut self) {
        while self.at < self.src.len() {
            if self.line_start {
                self.indent = skip_blanks(self.src, self.at) - self.at;
                self.line_at = self.at;
                self.line_start = false;
            }
            let byte = self.src[self.at];
            match byte {
                b' ' => self.at += 1,
                blank @ (b'\t' | b'\r') => {
                    if self.out[self.at] == blank {
                        self.out[self.at] = b' ';
                    }
                    self.at += 1;
                }
                b'\n' => self.newline(),
                b'/' if self.src[self.at..].starts_with(b"//") => self.comment(),
                b'/' | b'-' | b'#' if self.foreign_comment() => {}
                b'"' => self.quoted(),
                b'\'' | b'`' | b'$' if self.foreign_text() => {}
                byte @ (b'(' | b'[' | b'{') => self.open(byte),
                byte @ (b')' | b']' | b'}') => self.close(byte),
                b';' => self.semicolon(),
                byte if is_word(byte) => self.word(),
                byte if !(b' '..0x7f).contains(&byte) => self.stranger(),
                byte => self.sign(byte),
            }
            if !matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b'/') {
                self.docs = None;
            }
        }
        self.finish();
    }

    fn finished(mut self) -> Layout {
        self.marks.sort_unstable();
        self.faults.sort_by_key(|fault| fault.primary.as_ref().map(|label| label.span.start));
        Layout {
            text: String::from_utf8(self.out).unwrap_or_default(),
            units: self.units,
            marks: self.marks,
            unseen: self.unseen,
            faults: self.faults,
        }
    }

    pub(super) fn at_item_level(&self) -> bool {
        self.stack.len() == self.schemas
    }

    pub(super) fn in_brackets(&self) -> bool {
        self.stack.last().is_some_and(|open| open.byte != b'{')
    }

    pub(super) fn in_enum(&self) -> bool {
        self.stack.last().is_some_and(|open| open.block == Block::Enum)
    }

    pub(super) fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.file, start, end)
    }

    pub(super) fn fault(&mut self, diagnostic: Diagnostic) {
        self.faults.push(diagnostic);
    }

    pub(super) fn mark(&mut self, start: usize, end: usize) {
        self.out[start..end].fill(MARK);
        self.marks.push(start);
    }

    pub(super) fn begin_unit(&mut self) {
        if self.at_item_level() && self.unit.is_none() {
            let word = opener_word(word_at(self.src, self.at));
            self.unit = Some(OpenUnit { start: self.at, indent: self.indent, word, has_block: false });
        }
    }

    pub(super) fn end_unit(&mut self, end: usize, unclosed: usize, kind: UnitKind) {
        if let Some(unit) = self.unit.take() {
            self.units.push(Unit { kind, start: unit.start, end, unclosed });
        }
    }
}
