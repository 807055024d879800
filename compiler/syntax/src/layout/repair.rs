//! Repair of blocks and brackets that are not closed, closed too often, or stand where they cannot: each is reported
//! once, where it opens, and read on as if it were fixed, so that nothing correct after it is reported.

use super::words::{CLAUSE_WORDS, ITEM_WORDS, is_word, line_start, skip_blanks, word_at};
use super::{Before, Block, MAX_DEPTH, Open, OpenUnit, Scan, UnitKind};
use polity_text::diagnostics::{Diagnostic, codes};

impl Scan<'_> {
    /// Reports the outermost of the open `(` and `[`, and forgets them all.
    pub(super) fn unclosed_brackets(&mut self, until: Option<usize>) {
        let (end, mut closers) = (self.end_of_code(self.at), String::new());
        while self.in_brackets() {
            let Some(open) = self.stack.pop() else { break };
            self.mark(open.at, open.at + 1);
            let close = if open.byte == b'(' { ')' } else { ']' };
            closers.push(close);
            if !self.in_brackets() {
                for byte in &mut self.out[open.at..self.at] {
                    if *byte == b'\n' {
                        *byte = b' ';
                    }
                }
            }
            if !self.in_brackets() && !open.too_deep && !open.forgiven {
                let what = if open.byte == b'(' { '(' } else { '[' };
                let mut fault = Diagnostic::new(
                    codes::E0102,
                    self.span(open.at, open.at + 1),
                    format!("this `{what}` is never closed"),
                )
                .here("opened here")
                .help(format!("add `{close}` where it ends"))
                .edit(self.span(end, end), closers.clone());
                if let Some(until) = until {
                    fault = fault.also(self.span(until, until + 1), "read on from here");
                }
                self.fault(fault);
            }
        }
    }

    /// Whether a new statement or item begins at `next`, so that an open bracket must have been forgotten.
    pub(super) fn begins_statement(&self, next: usize) -> bool {
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

    /// A `{` on a line of its own: said once, and read as if it stood where it belongs.
    pub(super) fn lone_brace(&mut self, next: usize) -> bool {
        let belongs = self.src.get(next) == Some(&b'{')
            && !self.in_enum()
            && self.src[..self.at].iter().rev().find(|b| !b" \t\r".contains(b)) != Some(&b'}')
            && (!self.at_item_level() || self.unit.is_some());
        if belongs && self.looked.0 == self.at {
            let end = self.out[..self.at].iter().rposition(|b| !b" \t\r".contains(b)).map_or(0, |n| n + 1);
            let fault =
                Diagnostic::new(codes::E0106, self.span(next, next + 1), "`{` stands on a line of its own")
                    .here("belongs to the line above")
                    .help("put `{` at the end of the line of what it opens");
            // A remark between them stays where it is.
            let moved = self.src[end..next].is_ascii() && self.src[end..next].trim_ascii().is_empty();
            self.fault(if moved { fault.edit(self.span(end, next + 1), " {").certain() } else { fault });
        }
        belongs
    }

    /// An item that opens no block though deeper lines follow: said once, and read as if the `{` were there.
    pub(super) fn missing_brace(&mut self, next: usize) -> bool {
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
        let end = self.end_of_code(self.at).max(start);
        // A broken text may have swallowed it.
        if self.marks.last().is_none_or(|&mark| mark < start) {
            // The last character, which may be several bytes.
            let last = self.src[..end].iter().rposition(|b| b & 0xC0 != 0x80).unwrap_or(0);
            let fault = Diagnostic::new(codes::E0107, self.span(last, end), "`{` is missing")
                .here("the block opens here")
                .help("write `{` at the end of this line")
                .edit(self.span(end, end), " {")
                .certain();
            self.fault(fault);
        }

        let block = self.enter_block(self.at, is_schema);
        if !is_schema {
            self.out[self.at] = b'{';
        }
        self.stack.push(Open { byte: b'{', at: self.at, indent, block, too_deep: false, forgiven: false });
        true
    }

    /// The end of what stands before a place, without the blanks and the comments behind it.
    pub(super) fn end_of_code(&self, at: usize) -> usize {
        let last = self.out[..at].iter().rposition(|b| !b" \t\r\n".contains(b));
        last.map_or(0, |last| last + 1)
    }

    pub(super) fn is_judged_by_indent(&self) -> bool {
        !self.judged_by_indent.is_empty()
            && self.stack.iter().any(|open| self.judged_by_indent.binary_search(&open.at).is_ok())
    }

    /// Closes the blocks inside an item that the line at `next` is not indented deeper than.
    pub(super) fn close_by_indent(&mut self, next: usize) {
        if !self.is_judged_by_indent() || matches!(self.src.get(next), None | Some(b'}' | b')' | b']')) {
            return;
        }
        let indent = next - line_start(self.src, next);
        let inner = self.stack[self.schemas + 1..].iter();
        let count = inner
            .rev()
            .take_while(|open| open.byte == b'{' && !open.too_deep && open.indent >= indent)
            .count();
        let end = self.end_of_code(self.at);
        // The closing braces take the place of the newline and of blanks after it.
        let room = self.src[self.at + 1..].iter().take_while(|b| b" \t".contains(b)).count();
        if count == 0 || room < count {
            return;
        }
        self.out[self.at..self.at + count].fill(b'}');
        self.out[self.at + count] = b'\n';
        let outermost = self.stack[self.stack.len() - count].at;
        self.stack.truncate(self.stack.len() - count);
        self.unclosed_block(Some(outermost), Some(next), (end, count));
    }

    /// At a `}` that stands on its own line below a block further left: what was opened in between is not closed.
    pub(super) fn closer_by_indent(&mut self) {
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
        let (kept, end) = (self.stack.len() - count, self.end_of_code(self.at));
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
        self.unclosed_block(Some(outermost), None, (end, count));
    }

    pub(super) fn too_deep(&mut self) {
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

    pub(super) fn stray_closer(&mut self, byte: u8) {
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
    pub(super) fn rejoin(&mut self) -> bool {
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

    /// An item cannot stand in a block that is not a schema's: what is open, and does not stand further left,
    /// was never closed.
    pub(super) fn item_begins(&mut self, is_schema: bool) {
        let (indent, cut) = (self.indent, self.docs.unwrap_or(self.at));
        let keeps = |open: &Open| open.indent < indent || (open.block == Block::Schema && !is_schema);
        if self.stack.last().is_none_or(|open| open.byte != b'{' || keeps(open)) {
            return;
        }
        let mut unclosed = 0;
        let (mut outermost, end) = (None, self.end_of_code(cut));
        while let Some(open) = self.stack.last() {
            if keeps(open) {
                break;
            }
            if open.block == Block::Schema {
                self.end_unit(cut, unclosed, UnitKind::Item);
                self.unclosed_block(outermost.take(), Some(self.at), (end, unclosed));
                unclosed = 0;
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
        self.unclosed_block(outermost, Some(self.at), (end, unclosed));
        self.end_unit(cut, unclosed, UnitKind::Item);
        self.begin_unit_at_doc(cut);
    }

    /// Reports a block, with the place where it ends and how many end there with it: those that it holds, and itself.
    pub(super) fn unclosed_block(
        &mut self,
        open: Option<usize>,
        until: Option<usize>,
        (end, count): (usize, usize),
    ) {
        let Some(open) = open else { return };
        let mut fault =
            Diagnostic::new(codes::E0101, self.span(open, open + 1), "this block is never closed")
                .here("opened here")
                .help("add `}` where it ends")
                .edit(self.span(end, end), "\n}".repeat(count.max(1)));
        if let Some(until) = until {
            fault = fault.also(self.span(until, until + 1), "what begins here stands outside of it");
        }
        self.suspects.push(open);
        self.fault(fault);
    }

    /// At the end of the file nothing may be open.
    pub(super) fn finish(&mut self) {
        self.unclosed_brackets(None);
        let (mut unclosed, mut outermost) = (0, None);
        let end = self.end_of_code(self.src.len());
        while let Some(open) = self.stack.pop() {
            if open.block == Block::Schema {
                self.unclosed_block(outermost.take(), None, (end, unclosed));
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
        self.unclosed_block(outermost, None, (end, unclosed));
        self.end_unit(self.src.len(), unclosed, UnitKind::Item);
    }
}
