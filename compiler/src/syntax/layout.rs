//! The first pass over a file, by hand and linear: what the grammar should not have to know.
//!
//! - Comments, tabs and the newlines inside a statement become blanks. The text keeps its length, so every offset
//!   stays true to the file, and a newline that is left ends a statement.
//! - Brackets and texts are balanced here, and a broken one is reported where it *opens*. Its bytes become
//!   [`MARK`]s, which no rule of the grammar takes: what holds one is unreadable and known to be reported.
//! - The text is cut into units: one item each, and the head of each schema. The grammar reads them one by one,
//!   so a broken item never hides the next.
//! - Nesting ends at [`MAX_DEPTH`], so that nothing after this pass can run out of stack.

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
                byte if byte < b' ' || byte >= 0x7f => self.stranger(),
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

    fn is_judged_by_indent(&self) -> bool {
        !self.judged_by_indent.is_empty()
            && self.stack.iter().any(|open| self.judged_by_indent.binary_search(&open.at).is_ok())
    }

    /// Closes the blocks inside an item that the line at `next` is not indented deeper than.
    fn close_by_indent(&mut self, next: usize) {
        if !self.is_judged_by_indent() || matches!(self.src.get(next), None | Some(b'}' | b')' | b']')) {
            return;
        }
        let indent = next - line_start(self.src, next);
        let inner = self.stack[self.schemas + 1..].iter();
        let count = inner
            .rev()
            .take_while(|open| open.byte == b'{' && !open.too_deep && open.indent >= indent)
            .count();
        // The closing braces take the place of the newline and of blanks after it.
        let room = self.src[self.at + 1..].iter().take_while(|b| b" \t".contains(b)).count();
        if count == 0 || room < count {
            return;
        }
        self.out[self.at..self.at + count].fill(b'}');
        self.out[self.at + count] = b'\n';
        let outermost = self.stack[self.stack.len() - count].at;
        self.stack.truncate(self.stack.len() - count);
        self.unclosed_block(Some(outermost), Some(next));
    }

    /// At a `}` that stands on its own line below a block further left: what was opened in between is not closed.
    fn closer_by_indent(&mut self) {
        let indent = self.indent;
        if !self.is_judged_by_indent()
            || !self.stack.iter().any(|open| open.byte == b'{' && open.indent == indent)
        {
            return;
        }
        let count = self
            .stack
            .iter()
            .rev()
            .take_while(|open| open.byte == b'{' && !open.too_deep && open.indent > indent)
            .count();
        let kept = self.stack.len() - count;
        let Some(outermost) = self.stack.get(kept).map(|open| open.at) else { return };
        if kept < self.schemas {
            return;
        }
        if kept == self.schemas {
            self.stack.truncate(kept);
            self.end_unit(self.at, count, UnitKind::Item);
        } else {
            let room = self.src[..self.at].iter().rev().take_while(|b| b" \t\n".contains(b)).count();
            if room < count {
                return;
            }
            self.stack.truncate(kept);
            self.out[self.at - count..self.at].fill(b'}');
        }
        self.unclosed_block(Some(outermost), None);
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

    /// A `{` on a line of its own: said once, and read as if it stood where it belongs.
    fn lone_brace(&mut self, next: usize) -> bool {
        let belongs = self.src.get(next) == Some(&b'{')
            && !self.in_enum()
            && self.src[..self.at].iter().rev().find(|b| !b" \t\r".contains(b)) != Some(&b'}')
            && (!self.at_item_level() || self.unit.is_some());
        if belongs && self.looked.0 == self.at {
            let fault =
                Diagnostic::new(codes::E0106, self.span(next, next + 1), "`{` stands on a line of its own")
                    .here("belongs to the line above")
                    .help("put `{` at the end of the line of what it opens");
            self.fault(fault);
        }
        belongs
    }

    /// An item that opens no block though deeper lines follow: said once, and read as if the `{` were there.
    fn missing_brace(&mut self, next: usize) -> bool {
        let Some(unit) = &self.unit else { return false };
        let next_indent = next - line_start(self.src, next);
        if unit.has_block
            || unit.word.is_none()
            || next >= self.src.len()
            || next_indent <= unit.indent
            || self.before == Before::Start
        {
            return false;
        }
        let is_schema = unit.word == Some(b"schema");
        let (start, indent) = (unit.start, unit.indent);
        let end = self.src[..self.at].iter().rposition(|b| !b" \t\r".contains(b)).map_or(start, |n| n + 1);
        // A broken text may have swallowed it.
        if self.marks.last().is_none_or(|&mark| mark < start) {
            let fault = Diagnostic::new(codes::E0107, self.span(end.max(1) - 1, end), "`{` is missing")
                .here("the block opens here")
                .help("write `{` at the end of this line");
            self.fault(fault);
        }

        let block = self.enter_block(self.at, is_schema);
        if !is_schema {
            self.out[self.at] = b'{';
        }
        self.stack.push(Open { byte: b'{', at: self.at, indent, block, too_deep: false, forgiven: false });
        true
    }

    /// Whether a new statement or item begins at `next`, so that an open bracket must have been forgotten.
    fn begins_statement(&self, next: usize) -> bool {
        let word = word_at(self.src, next);
        if word.is_empty() || word[0].is_ascii_digit() {
            return false;
        }
        let after = skip_blanks(self.src, next + word.len());
        let named = after > next + word.len() && self.src.get(after).is_some_and(|&b| is_word(b));
        self.src.get(after) == Some(&b':')
            || self.before == Before::Operand && CLAUSE_WORDS.contains(&word)
            || named && ITEM_WORDS.contains(&word)
    }

    /// Reports the outermost of the open `(` and `[`, and forgets them all.
    fn unclosed_brackets(&mut self, until: Option<usize>) {
        while self.in_brackets() {
            let Some(open) = self.stack.pop() else { break };
            self.mark(open.at, open.at + 1);
            if !self.in_brackets() {
                for byte in &mut self.out[open.at..self.at] {
                    if *byte == b'\n' {
                        *byte = b' ';
                    }
                }
            }
            if !self.in_brackets() && !open.too_deep && !open.forgiven {
                let what = if open.byte == b'(' { '(' } else { '[' };
                let close = if open.byte == b'(' { ')' } else { ']' };
                let mut fault = Diagnostic::new(
                    codes::E0102,
                    self.span(open.at, open.at + 1),
                    format!("this `{what}` is never closed"),
                )
                .here("opened here")
                .help(format!("add `{close}` where it ends"));
                if let Some(until) = until {
                    fault = fault.also(self.span(until, until + 1), "read on from here");
                }
                self.fault(fault);
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

    /// A text ends with its line. Blocks that opened on this line and close inside the text are forgiven.
    fn unclosed_text(&mut self, start: usize, end: usize) {
        let fault = Diagnostic::new(codes::E0103, self.span(start, start + 1), "this text is never closed")
            .here("opened here")
            .help("add `\"` where it ends; for a text of several lines write `\"\"\"` before and after it");
        self.fault(fault);
        self.mark(start, end);
        self.at = end;
        let swallowed = &self.src[start..end];
        while let Some(open) = self.stack.last_mut().filter(|open| open.byte != b'{') {
            let closer = if open.byte == b'(' { b')' } else { b']' };
            if open.at >= self.line_at && swallowed.contains(&closer) {
                let at = open.at;
                self.stack.pop();
                self.out[at] = MARK;
                self.marks.push(at);
            } else {
                open.forgiven = true;
                break;
            }
        }
        self.resume_in(start, end);
    }

    /// Goes on at the braces that end a line which a broken text swallowed: ` {`, or as many `}` as blocks opened
    /// on this line.
    fn resume_in(&mut self, start: usize, end: usize) {
        let opened = self.stack.iter().filter(|open| open.byte == b'{' && open.at >= self.line_at).count();
        let (mut at, mut from, mut closers) = (end, end, 0);
        while at > start + 1 {
            at -= 1;
            match self.src[at] {
                b' ' | b'\t' | b'\r' => {}
                b'}' if closers < opened => {
                    closers += 1;
                    from = at;
                }
                b'{' if closers == 0 && self.src[at - 1] == b' ' => {
                    from = at;
                    break;
                }
                _ => break,
            }
        }
        self.out[from..end].copy_from_slice(&self.src[from..end]);
        self.at = from;
    }

    /// A raw text that never ends: read on at the next item in the first column.
    fn unclosed_raw(&mut self, start: usize) {
        let fault = Diagnostic::new(codes::E0103, self.span(start, start + 3), "this text is never closed")
            .here("opened here")
            .help("add `\"\"\"` where it ends");
        self.fault(fault);
        let mut end = start;
        self.at = loop {
            end = line_end(self.src, end);
            if end >= self.src.len() {
                break end;
            }
            if ITEM_WORDS.contains(&word_at(self.src, end + 1)) {
                break end;
            }
            end += 1;
        };
        self.mark(start, self.at);
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

    fn too_deep(&mut self) {
        if !self.deep_reported {
            self.deep_reported = true;
            let fault = Diagnostic::new(codes::E0105, self.span(self.at, self.at + 1), "nested too deeply")
                .here(format!("the {}th level", MAX_DEPTH + 1))
                .help(format!(
                    "nesting ends at {MAX_DEPTH}; give the inner part a name of its own (a `struct`)"
                ));
            self.fault(fault);
        }
        self.mark(self.at, self.at + 1);
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

    fn stray_closer(&mut self, byte: u8) {
        if byte == b'}' && self.rejoin() {
            return;
        }
        let between = self.src.get(self.stray_end..self.at);
        let continues_run = between.is_some_and(|between| between.iter().all(|b| b" \t\r\n)]}".contains(b)));
        if !continues_run {
            let mut fault = Diagnostic::new(
                codes::E0104,
                self.span(self.at, self.at + 1),
                format!("nothing is open here for this `{}` to close", byte as char),
            )
            .help("remove it, or open its block where it should begin");
            if let Some(open) = self.stack.last().filter(|open| open.block != Block::Schema) {
                fault = fault.also(self.span(open.at, open.at + 1), "this is what is open");
            }
            self.fault(fault);
        }
        self.stray_end = self.at + 1;
        if self.at_item_level() && self.unit.is_none() {
            self.out[self.at] = b' ';
        } else {
            self.mark(self.at, self.at + 1);
        }
    }

    /// Statements between the end of an item and a `}` too many belong to that item: its own `}` came too early.
    fn rejoin(&mut self) -> bool {
        let Some((early, before)) = self.last_closed.filter(|_| self.at_item_level()) else { return false };
        let Some(item) = self.units.get(before).filter(|unit| (unit.start..unit.end).contains(&early)) else {
            return false;
        };
        let start = item.start;
        let loose = &self.units[before + 1..];
        let starts = loose.iter().map(|unit| unit.start).chain(self.unit.as_ref().map(|unit| unit.start));
        let is_statement =
            |at: usize| !self.src[at..].starts_with(b"/") && !ITEM_WORDS.contains(&word_at(self.src, at));
        let mut count = 0;
        for at in starts {
            if !is_statement(at) {
                return false;
            }
            count += 1;
        }
        if count == 0 || loose.iter().any(|unit| unit.kind != UnitKind::Item) {
            return false;
        }
        let fault =
            Diagnostic::new(codes::E0104, self.span(early, early + 1), "this `}` closes its block too early")
                .also(self.span(self.at, self.at + 1), "so nothing is left for this one to close")
                .help("remove one of the two");
        self.fault(fault);
        self.units.truncate(before);
        self.out[early] = b' ';
        self.unit = Some(OpenUnit { start, indent: 0, word: None, has_block: true });
        self.last_closed = None;
        true
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

    /// An item cannot stand in a block that is not a schema's: what is open, and does not stand further left,
    /// was never closed.
    fn item_begins(&mut self, is_schema: bool) {
        let (indent, cut) = (self.indent, self.docs.unwrap_or(self.at));
        let keeps = |open: &Open| open.indent < indent || (open.block == Block::Schema && !is_schema);
        if self.stack.last().is_none_or(|open| open.byte != b'{' || keeps(open)) {
            return;
        }
        let mut unclosed = 0;
        let mut outermost = None;
        while let Some(open) = self.stack.last() {
            if keeps(open) {
                break;
            }
            if open.block == Block::Schema {
                self.end_unit(cut, unclosed, UnitKind::Item);
                unclosed = 0;
                self.unclosed_block(outermost.take(), Some(self.at));
                outermost = self.stack.last().map(|open| open.at);
                self.end_schema(cut, cut);
            } else {
                let at = open.at;
                if open.byte == b'{' && !open.too_deep {
                    unclosed += 1;
                } else {
                    self.mark(at, at + 1);
                }
                outermost = Some(at);
            }
            self.stack.pop();
        }
        self.unclosed_block(outermost, Some(self.at));
        self.end_unit(cut, unclosed, UnitKind::Item);
        self.begin_unit_at_doc(cut);
    }

    fn unclosed_block(&mut self, open: Option<usize>, until: Option<usize>) {
        let Some(open) = open else { return };
        let mut fault =
            Diagnostic::new(codes::E0101, self.span(open, open + 1), "this block is never closed")
                .here("opened here")
                .help("add `}` where it ends");
        if let Some(until) = until {
            fault = fault.also(self.span(until, until + 1), "what begins here stands outside of it");
        }
        self.suspects.push(open);
        self.fault(fault);
    }

    /// A character that stands for nothing outside texts and comments.
    fn stranger(&mut self) {
        self.begin_unit();
        let rest = &self.text[self.at..];
        let char = rest.chars().next().unwrap_or(' ');
        let run: usize = rest
            .chars()
            .take_while(|c| !c.is_ascii() || c.is_ascii_control() && !"\n\r\t".contains(*c))
            .map(char::len_utf8)
            .sum();
        let end = self.at + run.max(1);
        let shown = if char.is_control() || is_invisible(char) {
            format!("U+{:04X}", char as u32)
        } else {
            char.to_string()
        };
        let fault = Diagnostic::new(
            codes::E0108,
            self.span(self.at, end),
            format!("the character `{shown}` has no meaning here"),
        )
        .help("names are made of ASCII letters, digits and `_`; anything may stand in a text or a comment");
        self.fault(fault);
        self.mark(self.at, end);
        self.at = end;
        self.before = Before::Operand;
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

    /// At the end of the file nothing may be open.
    fn finish(&mut self) {
        self.unclosed_brackets(None);
        let mut unclosed = 0;
        let mut outermost = None;
        while let Some(open) = self.stack.pop() {
            if open.block == Block::Schema {
                self.unclosed_block(outermost.take(), None);
                self.end_unit(self.src.len(), unclosed, UnitKind::Item);
                unclosed = 0;
                self.end_schema(self.src.len(), self.src.len());
            } else if open.byte == b'{' && !open.too_deep {
                unclosed += 1;
            } else {
                self.mark(open.at, open.at + 1);
            }
            outermost = Some(open.at);
        }
        self.unclosed_block(outermost, None);
        self.end_unit(self.src.len(), unclosed, UnitKind::Item);
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// `///`, but not `////`, which is a ruler.
fn is_doc(rest: &[u8]) -> bool {
    rest.starts_with(b"///") && rest.get(3) != Some(&b'/')
}

/// Characters that a message must name by number, because showing them shows nothing or reorders the line.
fn is_invisible(char: char) -> bool {
    matches!(char, '\u{a0}' | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202f}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
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
