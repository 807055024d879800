//! The first pass over a file, by hand and linear: what the grammar should not have to know.
//!
//! - Comments, tabs and the newlines inside a statement become blanks. The text keeps its length, so every offset
//!   stays true to the file, and a newline that is left ends a statement.
//! - Brackets and texts are balanced here, and a broken one is reported where it *opens*. Its bytes become
//!   [`MARK`]s, which no rule of the grammar takes: what holds one is unreadable and known to be reported.
//! - The text is cut into units: one item each, and the head of each schema. The grammar reads them one by one,
//!   so a broken item never hides the next.
//! - Nesting ends at [`MAX_DEPTH`], so that nothing after this pass can run out of stack.

mod repair;

use crate::diagnostics::{Diagnostic, codes};
use crate::source::{FileId, Span};

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

/// Words that begin an item when a name follows. In a block that is not a schema's, such a line means that the
/// block was never closed.
const ITEM_WORDS: &[&[u8]] = &[
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
const CLAUSE_WORDS: &[&[u8]] = &[
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

/// What went before on this statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Before {
    /// Nothing: a statement may begin here.
    Start,
    Operand,
    /// A binary operator or a comma: the statement goes on.
    Joins,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Block {
    Schema,
    Enum,
    Plain,
}

struct Open {
    byte: u8,
    at: usize,
    /// Of the line that opens it.
    indent: usize,
    block: Block,
    too_deep: bool,
    /// What should close it may have been swallowed by a broken text: not to be reported.
    forgiven: bool,
}

pub(super) fn layout(file: FileId, text: &str) -> Layout {
    let first = scan(file, text, Vec::new());
    if first.suspects.is_empty() {
        return first.finished();
    }
    // Some block is never closed. Where lines are indented as usual, their indentation tells which one.
    let mut suspects = first.suspects;
    suspects.sort_unstable();
    scan(file, text, suspects).finished()
}

fn scan(file: FileId, text: &str, judged_by_indent: Vec<usize>) -> Scan<'_> {
    let mut scan = Scan {
        file,
        src: text.as_bytes(),
        text,
        out: text.as_bytes().to_vec(),
        at: 0,
        units: Vec::new(),
        marks: Vec::new(),
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
    };
    if text.starts_with('\u{feff}') {
        scan.out[..3].fill(b' ');
        scan.at = 3;
    }
    scan.run();
    scan
}

struct OpenUnit {
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
                b'"' => self.quoted(),
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
            faults: self.faults,
        }
    }

    fn at_item_level(&self) -> bool {
        self.stack.len() == self.schemas
    }

    fn in_brackets(&self) -> bool {
        self.stack.last().is_some_and(|open| open.byte != b'{')
    }

    fn in_enum(&self) -> bool {
        self.stack.last().is_some_and(|open| open.block == Block::Enum)
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.file, start, end)
    }

    fn fault(&mut self, diagnostic: Diagnostic) {
        self.faults.push(diagnostic);
    }

    fn mark(&mut self, start: usize, end: usize) {
        self.out[start..end].fill(MARK);
        self.marks.push(start);
    }

    fn begin_unit(&mut self) {
        if self.at_item_level() && self.unit.is_none() {
            let word = word_at(self.src, self.at);
            let word = WORDS_WITH_BLOCK.iter().find(|w| **w == word).copied();
            self.unit = Some(OpenUnit { start: self.at, indent: self.indent, word, has_block: false });
        }
    }

    fn end_unit(&mut self, end: usize, unclosed: usize, kind: UnitKind) {
        if let Some(unit) = self.unit.take() {
            self.units.push(Unit { kind, start: unit.start, end, unclosed });
        }
    }

    /// Where the next thing stands that is neither a blank, a blank line nor a plain comment.
    fn look_ahead(&mut self) -> usize {
        if self.at < self.looked.0 || self.at >= self.looked.1 {
            let mut to = self.at;
            loop {
                to = skip_blanks(self.src, to);
                match self.src.get(to) {
                    Some(b'\n') => to += 1,
                    Some(b'/') if self.src[to..].starts_with(b"//") && !is_doc(&self.src[to..]) => {
                        to = line_end(self.src, to)
                    }
                    _ => break,
                }
            }
            self.looked = (self.at, to);
        }
        self.looked.1
    }

    fn newline(&mut self) {
        self.line_start = true;
        let here = self.at;
        let next = self.look_ahead();
        if self.in_brackets() {
            if self.begins_statement(next) {
                self.unclosed_brackets(Some(next));
            } else {
                self.out[here] = b' ';
                self.at += 1;
                return;
            }
        }
        let goes_on = match self.before {
            Before::Start => false,
            Before::Joins => {
                !self.in_enum()
                    && !matches!(self.src.get(next), None | Some(b'}'))
                    && !is_doc(&self.src[next..])
            }
            Before::Operand => self.continues(next) || self.lone_brace(next),
        };
        if goes_on {
            self.out[here] = b' ';
            self.at += 1;
            return;
        }
        if self.at_item_level() && !self.missing_brace(next) {
            self.end_unit(here, 0, UnitKind::Item);
        }
        if !self.at_item_level() && self.before != Before::Start {
            self.close_by_indent(next);
        }
        self.before = Before::Start;
        self.angles = 0;
        self.at += 1;
    }

    /// Whether the line at `next` begins with what only ever continues a statement.
    fn continues(&self, next: usize) -> bool {
        let rest = &self.src[next..];
        if self.in_enum() || is_doc(rest) {
            return false;
        }
        match rest {
            [b'+' | b'-' | b'*' | b'/' | b'%' | b'|' | b'<' | b'>' | b'=', ..] | [b'!', b'=', ..] => true,
            _ => {
                let word = word_at(self.src, next);
                let after = skip_blanks(self.src, next + word.len());
                let follows = self.src.get(after);
                if follows == Some(&b':') {
                    return false;
                }
                match word {
                    b"because" | b"then" | b"where" | b"until" | b"and" | b"or" | b"between" | b"matches"
                    | b"is" => true,
                    // `in prod {` is a clause of its own.
                    b"in" => follows == Some(&b'['),
                    b"not" => matches!(word_at(self.src, after), b"in" | b"between"),
                    _ => false,
                }
            }
        }
    }

    fn comment(&mut self) {
        let end = line_end(self.src, self.at);
        let doc = is_doc(&self.src[self.at..]) && !self.in_brackets();
        if doc && self.before != Before::Operand {
            self.docs.get_or_insert(self.at);
            self.begin_unit_at_doc(self.at);
            for byte in &mut self.out[self.at..end] {
                if *byte == b'\t' || *byte == b'\r' {
                    *byte = b' ';
                }
            }
            // The newline stays: it ends the comment, not a unit.
            self.at = (end + 1).min(self.src.len());
            self.line_start = true;
            self.before = Before::Start;
            return;
        }
        if doc {
            let fault =
                Diagnostic::new(codes::W0101, self.span(self.at, end), "this `///` documents nothing").help(
                    "`///` stands on lines of its own above what it documents; for a remark write `//`",
                );
            self.fault(fault);
        }
        self.out[self.at..end].fill(b' ');
        self.at = end;
    }

    fn begin_unit_at_doc(&mut self, start: usize) {
        if self.at_item_level() && self.unit.is_none() {
            self.unit = Some(OpenUnit { start, indent: self.indent, word: None, has_block: false });
        }
    }

    fn quoted(&mut self) {
        self.begin_unit();
        let start = self.at;
        if self.src[start..].starts_with(b"\"\"\"") {
            match memchr::memmem::find(&self.src[start + 3..], b"\"\"\"") {
                Some(n) => self.at = start + 3 + n + 3,
                None => self.unclosed_raw(start),
            }
        } else {
            let mut at = start + 1;
            loop {
                match memchr::memchr3(b'"', b'\\', b'\n', &self.src[at..]).map(|n| at + n) {
                    Some(n) if self.src[n] == b'"' => {
                        self.at = n + 1;
                        break;
                    }
                    Some(n) if self.src[n] == b'\\' && self.src.get(n + 1).is_some_and(|&b| b != b'\n') => {
                        at = n + 2
                    }
                    Some(n) if self.src[n] == b'\\' => at = n + 1,
                    end => {
                        self.unclosed_text(start, end.unwrap_or(self.src.len()));
                        break;
                    }
                }
            }
        }
        self.before = Before::Operand;
    }

    /// What kind of block opens at `at`; cuts off the head of a schema.
    fn enter_block(&mut self, at: usize, is_schema: bool) -> Block {
        if is_schema {
            self.end_unit(at, 0, UnitKind::SchemaHead);
            self.schemas += 1;
            self.out[at] = b' ';
            return Block::Schema;
        }
        let is_enum = self.unit.as_ref().is_some_and(|unit| unit.word == Some(b"enum") && !unit.has_block);
        if let Some(unit) = &mut self.unit {
            unit.has_block = true;
        }
        if is_enum { Block::Enum } else { Block::Plain }
    }

    fn open(&mut self, byte: u8) {
        self.begin_unit();
        let mut block = Block::Plain;
        let too_deep = self.stack.len() + self.angles >= MAX_DEPTH;
        if too_deep {
            self.too_deep();
        } else if byte == b'{' {
            let is_schema = self.at_item_level()
                && self.unit.as_ref().is_some_and(|unit| unit.word == Some(b"schema") && !unit.has_block);
            block = self.enter_block(self.at, is_schema);
        }
        self.stack.push(Open { byte, at: self.at, indent: self.indent, block, too_deep, forgiven: false });
        self.before = if byte == b'{' { Before::Start } else { Before::Joins };
        self.at += 1;
    }

    fn close(&mut self, byte: u8) {
        let want = match byte {
            b')' => b'(',
            b']' => b'[',
            _ => b'{',
        };
        if byte == b'}' && self.stack.iter().any(|open| open.byte == b'{') {
            self.unclosed_brackets(Some(self.at));
        }
        let own_line = self.at == self.line_at + self.indent;
        if byte == b'}' && own_line {
            self.closer_by_indent();
        }
        match self.stack.last() {
            Some(open)
                if open.byte == want
                    && !(open.block == Block::Schema && own_line && self.indent > open.indent) =>
            {
                let (block, too_deep) = (open.block, open.too_deep);
                self.stack.pop();
                if too_deep {
                    self.mark(self.at, self.at + 1);
                }
                if byte == b'}' && self.at_item_level() && block != Block::Schema {
                    self.last_closed = Some((self.at, self.units.len()));
                }
                if block == Block::Schema {
                    self.end_unit(self.at, 0, UnitKind::Item);
                    self.end_schema(self.at, self.at + 1);
                    self.before = Before::Start;
                    self.at += 1;
                    return;
                }
            }
            _ => self.stray_closer(byte),
        }
        self.before = Before::Operand;
        self.at += 1;
    }

    fn end_schema(&mut self, start: usize, end: usize) {
        self.schemas -= 1;
        self.units.push(Unit { kind: UnitKind::SchemaEnd, start, end, unclosed: 0 });
        self.out[start..end].fill(b' ');
    }

    fn semicolon(&mut self) {
        if self.at_item_level() {
            self.out[self.at] = b'\n';
            self.end_unit(self.at, 0, UnitKind::Item);
        }
        self.before = Before::Start;
        self.at += 1;
    }

    fn word(&mut self) {
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
                    unit.word = WORDS_WITH_BLOCK.iter().find(|w| **w == word).copied();
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
            && matches!(word, b"and" | b"or" | b"in" | b"between" | b"matches");
        self.before = if joins { Before::Joins } else { Before::Operand };
        self.at = end;
    }

    fn sign(&mut self, byte: u8) {
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

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// `///`, but not `////`, which is a ruler.
fn is_doc(rest: &[u8]) -> bool {
    rest.starts_with(b"///") && rest.get(3) != Some(&b'/')
}

fn word_at(src: &[u8], at: usize) -> &[u8] {
    let rest = src.get(at..).unwrap_or_default();
    &rest[..rest.iter().position(|&b| !is_word(b)).unwrap_or(rest.len())]
}

fn skip_blanks(src: &[u8], mut at: usize) -> usize {
    while at < src.len() && matches!(src[at], b' ' | b'\t' | b'\r') {
        at += 1;
    }
    at
}

fn line_start(src: &[u8], at: usize) -> usize {
    memchr::memrchr(b'\n', &src[..at]).map_or(0, |n| n + 1)
}

fn line_end(src: &[u8], at: usize) -> usize {
    memchr::memchr(b'\n', &src[at..]).map_or(src.len(), |n| at + n)
}
