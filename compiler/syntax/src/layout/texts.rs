//! Repair of texts that are not closed, and of characters that stand for nothing outside of texts.

use super::words::{ITEM_WORDS, line_end, word_at};
use super::{Before, MARK, Scan};
use polity_text::diagnostics::{Diagnostic, codes};

impl Scan<'_> {
    /// A text ends with its line. Blocks that opened on this line and close inside the text are forgiven.
    pub(super) fn unclosed_text(&mut self, start: usize, end: usize) {
        let fault = Diagnostic::new(codes::E0103, self.span(start, start + 1), "this text is never closed")
            .here("opened here");
        let last = self.resumption(start, end);
        let last = start + self.src[start..last].trim_ascii_end().len();
        let fault = match self.src[start] {
            b'"' => fault
                .help("add `\"` where it ends; a text of several lines begins and ends with `\"\"\"`")
                .edit(self.span(last, last), "\""),
            _ => fault.help("a text begins and ends with `\"`, one of several lines with `\"\"\"`"),
        };
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
    pub(super) fn resume_in(&mut self, start: usize, end: usize) {
        let from = self.resumption(start, end);
        self.out[from..end].copy_from_slice(&self.src[from..end]);
        self.at = from;
    }

    /// Where the braces begin that end a line, or its end.
    fn resumption(&self, start: usize, end: usize) -> usize {
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
        from
    }

    /// A raw text that never ends: read on at the next item in the first column.
    pub(super) fn unclosed_raw(&mut self, start: usize) {
        let fault = Diagnostic::new(codes::E0103, self.span(start, start + 3), "this text is never closed")
            .here("opened here")
            .help("a text of several lines ends with `\"\"\"`, as it begins");
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

    /// A character that stands for nothing outside texts and comments.
    pub(super) fn stranger(&mut self) {
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
}

/// Characters that a message must name by number, because showing them shows nothing or reorders the line.
fn is_invisible(char: char) -> bool {
    matches!(char, '\u{a0}' | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202f}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}
