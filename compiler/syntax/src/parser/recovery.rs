//! Items of which nothing could be read: what was meant, and what can be saved. A misspelt keyword is read as the
//! word that was meant, so that nobody is told that the item does not exist; a block behind a broken header is
//! judged all the same.

use pest::Parser;

use super::faults::{Unread, is_clause};
use super::forms::{FOREIGN_ITEMS, ITEMS, form, keywords, words_of};
use super::grammar::Grammar;
use super::{Reader, Rule};
use crate::ast::{Docs, Item};
use polity_text::diagnostics::{Help, codes, nearest};

/// With more items of one file that begin with a misspelt word, the file is in another language.
const MISSPELT: usize = 1_000;

impl Reader<'_> {
    pub(super) fn unreadable_item(&mut self, text: &str) -> Option<Item> {
        let start = start_of_item(text);
        let unread = Unread { text: text[start..].trim_end(), start };
        let span = self.at(start, start + unread.text.len());
        let broken = Some(Item { docs: Docs::default(), span, kind: super::broken(unread.text) });
        if unread.text.is_empty() {
            let docs = text.len() - text.trim_start().len();
            if text[docs..].starts_with("///") {
                let span = self.at(docs, text.trim_end().len());
                self.report(codes::W0101, span, "this `///` documents nothing");
            }
            return None;
        }
        let first = unread.first();
        let head = unread.text.find(['{', '\n']).unwrap_or(unread.text.len());
        if self.is_marked(start, start + head) {
            self.outside = false;
            self.judge_block(unread, first);
            return broken;
        }
        if form(ITEMS, first).is_some() && !unread.after_first().starts_with(':') {
            self.outside = false;
            self.broken_header(unread, first);
            self.judge_block(unread, first);
            return broken;
        }
        if let Some((words, meant)) = self.foreign_item(unread) {
            self.outside = false;
            return self.read_as(unread, words, meant).or(broken);
        }
        let meant = || form(FOREIGN_ITEMS, first).or_else(|| nearest(first, keywords(ITEMS)));
        let meant = if self.misspelt < MISSPELT { meant() } else { None };
        let next = unread.after_first();
        if let Some(meant) = meant.filter(|_| !next.starts_with(':') && !is_clause(first)) {
            self.outside = false;
            self.misspelt += 1;
            let help = if form(FOREIGN_ITEMS, first).is_some() {
                format!("here it is called `{meant}`")
            } else {
                format!("did you mean `{meant}`?")
            };
            let help = Help::instead(meant, help);
            self.complain_at(codes::E0116, unread, format!("`{first}` begins no item"), Some(help));
            return self.read_as(unread, first, meant).or(broken);
        }
        // After the first of a run, the others only follow from the same mistake.
        if !std::mem::replace(&mut self.outside, true) && !self.has_odd_sign(unread) {
            self.no_item(unread);
        }
        broken
    }

    fn no_item(&mut self, unread: Unread<'_>) {
        let (first, next) = (unread.first(), unread.after_first());
        let (message, help) = if first == "import" || first == "use" || first == "include" {
            (
                format!("`{first}` begins no item"),
                "every file of the project is read; there is nothing to import".to_owned(),
            )
        } else if next.starts_with(':') || is_clause(first) {
            (
                format!("`{first}` stands outside of any block"),
                "put it between the `{` and the `}` of an item".to_owned(),
            )
        } else {
            let known = keywords(ITEMS).map(|word| format!("`{word}`")).collect::<Vec<_>>().join(" ");
            (format!("`{first}` begins no item"), format!("items begin with {known}"))
        };
        self.complain_at(codes::E0116, unread, message, Some(help));
    }

    /// Reads the unit again with another first word.
    fn read_as(&mut self, unread: Unread<'_>, first: &str, meant: &str) -> Option<Item> {
        let text = format!("{meant}{}", &unread.text[first.len()..]);
        // What follows the word keeps its place in the file.
        let base = self.base;
        self.shift = (unread.start + first.len()) as isize - meant.len() as isize;
        let rule = if meant == "schema" { Rule::schema_unit } else { Rule::unit };
        let item = match Grammar::parse(rule, &text) {
            Ok(pairs) => self.item(pairs),
            Err(_) => {
                self.judge_block(Unread { text: &text, start: 0 }, meant);
                None
            }
        };
        self.base = base;
        self.shift = 0;
        item
    }

    fn broken_header(&mut self, unread: Unread<'_>, first: &str) {
        if self.has_odd_sign(Unread { text: unread.text.split('{').next().unwrap_or(""), ..unread }) {
            return;
        }
        let form = form(ITEMS, first).unwrap_or("");
        let bad = self.furthest(Rule::unit, unread);
        if first == "type" && self.type_of_typescript(unread, bad) {
            return;
        }
        let last_word = unread.text.split_whitespace().last().unwrap_or("");
        if bad.text.is_empty() && form.contains("{ ") && !last_word.ends_with('}') {
            let help = format!("it is written `{form}`");
            return self.complain_at(
                codes::E0107,
                unread,
                format!("the block of this `{first}` is missing"),
                Some(help),
            );
        }
        if bad.text.starts_with(|c: char| c.is_ascii_digit()) && bad.start == unread.after_first().start {
            let help = "a name begins with a letter".to_owned();
            return self.complain_at(codes::E0125, bad, format!("`{}` is no name", bad.first()), Some(help));
        }
        if bad.text.starts_with('{') && bad.start == unread.after_first().start {
            let at = Unread { text: first, ..unread };
            return self.complain_at(
                codes::E0125,
                at,
                format!("this `{first}` has no name"),
                Some(format!("it is written `{form}`")),
            );
        }
        self.unexpected(codes::E0125, bad, first, &format!("it is written `{form}`"), words_of(form));
    }

    /// Judges the statements of a block whose header could not be read.
    fn judge_block(&mut self, unread: Unread<'_>, first: &str) {
        let Some(brace) = unread.text.find('{') else { return };
        let fields = matches!(first, "entity" | "struct" | "view" | "global");
        if first == "enum" {
            return;
        }
        let rule = if fields { Rule::fields } else { Rule::settings };
        let shift = self.shift;
        if let Ok(pairs) = Grammar::parse(rule, &unread.text[brace..]) {
            self.shift += (unread.start + brace) as isize;
            for pair in pairs {
                self.body(pair);
            }
        }
        self.shift = shift;
    }
}

/// Past separators and documentation.
fn start_of_item(text: &str) -> usize {
    let mut at = 0;
    loop {
        at += text[at..].len() - text[at..].trim_start_matches([' ', '\n', ';', ',']).len();
        if !text[at..].starts_with("///") {
            return at;
        }
        at += text[at..].find('\n').unwrap_or(text[at..].len());
    }
}
