//! Newlines and comments: where a statement ends, and where it goes on.

use super::remarks::foreign_end;
use super::words::{is_doc, line_end, skip_blanks, word_at};
use super::{Before, OpenUnit, Scan, UnitKind};
use polity_text::diagnostics::{Diagnostic, codes};

impl Scan<'_> {
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
                    Some(b'/' | b'-' | b'#') => match foreign_end(self.src, to) {
                        Some(end) => to = end,
                        None => break,
                    },
                    _ => break,
                }
            }
            self.looked = (self.at, to);
        }
        self.looked.1
    }

    pub(super) fn newline(&mut self) {
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
                    b"because" | b"when" | b"then" | b"else" | b"end" | b"where" | b"until" | b"and"
                    | b"or" | b"between" | b"matches" | b"is" => true,
                    // `in prod {` is a clause of its own.
                    b"in" => follows == Some(&b'['),
                    b"not" => matches!(word_at(self.src, after), b"in" | b"between"),
                    _ => false,
                }
            }
        }
    }

    pub(super) fn comment(&mut self) {
        let end = line_end(self.src, self.at);
        let doc = is_doc(&self.src[self.at..]) && !self.in_brackets();
        if doc && self.before != Before::Operand {
            self.docs.get_or_insert(self.at);
            self.begin_unit_at_doc(self.at);
            self.no_nul(self.at, end);
            // The newline stays: it ends the comment, not a unit.
            self.at = (end + 1).min(self.src.len());
            self.line_start = true;
            self.before = Before::Start;
            return;
        }
        if doc {
            let fault =
                Diagnostic::new(codes::W0101, self.span(self.at, end), "this `///` documents nothing")
                    .help("`///` stands on lines of its own above what it documents; for a remark write `//`")
                    .edit(self.span(self.at, self.at + 3), "//")
                    .certain();
            self.fault(fault);
        }
        self.out[self.at..end].fill(b' ');
        self.unseen.push(self.at..end);
        self.at = end;
    }

    /// A NUL ends a text in half of the stores, so neither a text nor a documentation holds one.
    pub(super) fn no_nul(&mut self, start: usize, end: usize) {
        if let Some(at) = memchr::memchr(0, &self.src[start..end]) {
            let fault = Diagnostic::new(
                codes::E0108,
                self.span(start + at, start + at + 1),
                "a NUL stands in no text",
            )
            .help("leave it out");
            self.fault(fault);
        }
    }

    pub(super) fn begin_unit_at_doc(&mut self, start: usize) {
        if self.at_item_level() && self.unit.is_none() {
            self.unit = Some(OpenUnit { start, indent: self.indent, word: None, has_block: false });
        }
    }

    pub(super) fn semicolon(&mut self) {
        if self.at_item_level() {
            self.out[self.at] = b'\n';
            self.end_unit(self.at, 0, UnitKind::Item);
        }
        self.before = Before::Start;
        self.at += 1;
    }
}
