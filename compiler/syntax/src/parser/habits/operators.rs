//! Operators of other languages, and words of this one in capitals.

use super::super::Reader;
use super::super::faults::Unread;
use super::super::forms::{FOREIGN_OPERATORS, form};
use super::Mend;
use crate::words::is_word_of_language;
use polity_text::diagnostics::codes;

/// Words for operators that have a sign or another word here.
const SIGNS: &[(&str, &str)] =
    &[("xor", "!="), ("mod", "%"), ("isnull", "is null"), ("notnull", "is not null"), ("equals", "=")];

impl Reader<'_> {
    /// Reports what stands where an operator should, if another language has it for one.
    pub(in crate::parser) fn foreign_operator(&mut self, bad: Unread<'_>) -> bool {
        let first = bad.first();
        let lower = first.to_ascii_lowercase();
        let word = bad.head(first.len());
        // `is not NULL`, of which nothing is read.
        if first == "is" {
            let next = bad.after_first();
            let next =
                if next.begins_with("not") && next.first() == "not" { next.after_first() } else { next };
            return next.first() != "is" && !next.text.is_empty() && self.foreign_operator(next);
        }
        if lower != first && (is_word_of_language(&lower) || matches!(lower.as_str(), "true" | "false")) {
            let message = format!("`{first}` is written in small letters");
            self.mend(codes::E0112, word, message, Mend::write(word.range(), lower).certain());
            return true;
        }
        if first == "(" && self.unit_text_before(bad.start).trim_end().ends_with(" in") {
            let Some(bracket) = bad.bracket() else { return false };
            let list = format!("[{}]", &bracket.text[1..bracket.text.len() - 1]);
            let mend =
                Mend::write(bracket.range(), list).because("a list stands in square brackets").certain();
            self.mend(codes::E0112, word, "`(` begins no list", mend);
            return true;
        }
        // `===`, of which an operator was read already.
        let before = self.unit_text_before(bad.start);
        if first == "=" && (before.ends_with("==") || before.ends_with("!=")) {
            let ours = if before.ends_with("!=") { "!=" } else { "=" };
            let message = format!("`{}=` is no operator here", &before[before.len() - 2..]);
            let at = Unread { start: bad.start - 2, text: &bad.text[..1] };
            let mend = Mend::write(at.start..bad.start + 1, ours).certain();
            let span = self.at(at.start, bad.start + 1);
            self.mend(codes::E0112, at, message, mend);
            if let Some(primary) = self.diagnostics.last_mut().and_then(|last| last.primary.as_mut()) {
                primary.span = span;
            }
            return true;
        }
        if let Some((_, ours)) = SIGNS.iter().find(|(foreign, _)| *foreign == lower) {
            let message = format!("`{first}` is no operator here");
            self.mend(codes::E0112, word, message, Mend::write(word.range(), *ours).certain());
            return true;
        }
        let Some(help) = form(FOREIGN_OPERATORS, &lower) else { return false };
        self.mend(codes::E0112, word, format!("`{first}` is no operator here"), Mend::say(help));
        true
    }
}
