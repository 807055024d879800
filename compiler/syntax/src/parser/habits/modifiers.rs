//! Modifiers of other languages.

use pest::Parser;

use super::super::faults::{Unread, word, word_before};
use super::super::forms::{FOREIGN_MODIFIERS, form};
use super::super::grammar::Grammar;
use super::super::{Reader, Rule};
use super::Mend;
use crate::words::is_word_of_language;
use polity_text::diagnostics::codes;

/// Words that stand for others here.
const REPLACED: &[(&str, &str)] = &[
    ("primary key", "key"),
    ("primary", "key"),
    ("pk", "key"),
    ("auto_increment", "= identity()"),
    ("autoincrement", "= identity()"),
    ("identity", "= identity()"),
    ("auto_now_add", "= now()"),
    ("auto_now", "= now() on update now()"),
    ("default", "="),
    ("unsigned", "min 0"),
    ("readonly", "immutable"),
    ("final", "immutable"),
    ("on delete no action", "on delete restrict"),
    ("on delete set_null", "on delete set null"),
    ("on_delete cascade", "on delete cascade"),
    ("on_delete restrict", "on delete restrict"),
    ("on_delete set_null", "on delete set null"),
    ("ondelete cascade", "on delete cascade"),
    ("cascade", "on delete cascade"),
    (">=", "min"),
    ("<=", "max"),
];

impl Reader<'_> {
    /// Reports what other languages write after a type, if it is something of the kind.
    pub(in crate::parser) fn foreign_modifier(&mut self, unread: Unread<'_>) -> bool {
        let Some((length, mend)) = self.modifier_meant(unread) else { return false };
        let at = unread.head(length);
        self.mend(codes::E0119, at, format!("`{}` is no modifier", at.text.trim_end()), mend);
        true
    }

    /// How many bytes are wrong, and what was meant by them.
    fn modifier_meant(&self, unread: Unread<'_>) -> Option<(usize, Mend)> {
        let first = unread.first();
        let blanks = self.unit_text_before(unread.start);
        let blanks = blanks.len() - blanks.trim_end().len();
        if unread.begins_with("not null") || unread.begins_with("required") || first == "!" {
            let length = if first.len() > 1 && !unread.begins_with("required") {
                unread.length(2)
            } else {
                unread.length(1)
            };
            let mend = Mend::say("a field is required unless its type ends in `?`; leave it out");
            let at = unread.start - blanks..unread.start + length;
            return Some((length, mend.edit(at, "").certain()));
        }
        if ["null", "nullable", "optional"].iter().any(|word| unread.begins_with(word)) {
            let help = "a field that may be absent ends its type in `?`";
            let mend = match self.end_of_type(unread.start) {
                Some(end) => {
                    let whole = Mend::say(help).edit(unread.start - blanks..unread.start + first.len(), "");
                    if end + blanks == unread.start {
                        Mend::say(help).edit(end..unread.start + first.len(), "?").certain()
                    } else {
                        whole.edit(end..end, "?").certain()
                    }
                }
                None => Mend::say(help),
            };
            return Some((first.len(), mend));
        }
        if let Some(meant) = replaced(unread).or_else(|| self.bounds_meant(unread)) {
            return Some(meant);
        }
        if unread.begins_with("references") {
            return Some((first.len(), self.reference_meant(unread)));
        }
        let lower = first.to_ascii_lowercase();
        if lower != first && is_word_of_language(&lower) {
            return Some((
                first.len(),
                Mend::write(unread.start..unread.start + first.len(), lower).certain(),
            ));
        }
        let two_words = format!("{lower} {}", word(unread.after_first().text).to_ascii_lowercase());
        let help = form(FOREIGN_MODIFIERS, &two_words).or_else(|| form(FOREIGN_MODIFIERS, &lower))?;
        Some((first.len(), Mend::say(help)))
    }

    /// `between 1 and 3`, `> 0`, `on delete CASCADE`
    fn bounds_meant(&self, unread: Unread<'_>) -> Option<(usize, Mend)> {
        if unread.begins_with("between") {
            let low = unread.after_first();
            let and = low.from(low.text.find(' ')?);
            let low = low.text[..and.start - low.start].trim();
            let high = and.after_first();
            let high = &high.text[..high.text.find(' ').unwrap_or(high.text.len())];
            let length = high.as_ptr() as usize + high.len() - unread.text.as_ptr() as usize;
            let whole = unread.start..unread.start + length;
            let is_number =
                |text: &str| text.trim_start_matches('-').starts_with(|c: char| c.is_ascii_digit());
            return (and.begins_with("and") && is_number(low) && is_number(high))
                .then(|| ("between".len(), Mend::write(whole, format!("min {low} max {high}")).certain()));
        }
        let action = ["on delete", "on update"].into_iter().find(|words| unread.begins_with(words))?;
        let rest = unread.after_words(2);
        let words = word(rest.text).len();
        let lower = rest.text[..words].to_ascii_lowercase();
        let is_null = lower == "set" && rest.after_first().begins_with("null");
        let is_action = matches!(lower.as_str(), "cascade" | "restrict") || is_null;
        if action == "on delete" && !is_action {
            return None;
        }
        let is_small = unread.text.starts_with(action);
        (action == "on delete" && rest.text[..words] != lower || !is_small).then(|| {
            let length = rest.start + words - unread.start;
            let (length, text) = match rest.after_first() {
                null if is_null => (null.start + 4 - unread.start, format!("{action} set null")),
                _ => (length, format!("{action} {}", if is_action { &lower } else { &rest.text[..words] })),
            };
            (length, Mend::write(unread.start..unread.start + length, text).certain())
        })
    }

    /// `user_id: uuid references users (id)`: a reference is a type.
    fn reference_meant(&self, unread: Unread<'_>) -> Mend {
        let target = unread.after_first();
        let path = target.first_path();
        let bracket = target.from(path.len()).bracket();
        let end = bracket.map_or(target.start + path.len(), |b| b.start + b.text.len());
        match self.type_before(unread.start) {
            Some(ty) if !path.is_empty() => {
                Mend::write(ty.start..end, format!("-> {path}")).because("a reference is a type")
            }
            _ => Mend::say("a reference is a type: write `name: -> Entity`"),
        }
    }

    fn end_of_type(&self, before: usize) -> Option<usize> {
        self.type_before(before).map(|ty| ty.end)
    }

    /// The type of the field that ends before this place of the unit.
    pub(super) fn type_before(&self, before: usize) -> Option<std::ops::Range<usize>> {
        let line = self.unit_text_before(before);
        let mut colons = line.match_indices(':').map(|(at, _)| at);
        let at = colons.rfind(|at| !word_before(&line[..*at]).is_empty())?;
        let ty = line[at + 1..].trim_start();
        let start = before - ty.len();
        let read = Grammar::parse(Rule::ty, ty).ok()?.next()?;
        Some(start..start + read.as_span().end())
    }
}

/// Words that have others here in their place: how many bytes they are, and what was meant.
fn replaced(unread: Unread<'_>) -> Option<(usize, Mend)> {
    let begins = |words: &str| match words.starts_with(['<', '>']) {
        true => unread.text.starts_with(words),
        false => unread.begins_with(words),
    };
    let (words, ours) = REPLACED.iter().find(|(words, _)| begins(words))?;
    let length = if words.starts_with(['<', '>']) { 2 } else { unread.length(words.split(' ').count()) };
    let more = match unread.text.as_bytes().get(length) {
        Some(b':') if *words == "default" => 1,
        Some(b'(') if ours.starts_with("= ") => unread.from(length).bracket().map_or(0, |b| b.text.len()),
        _ => 0,
    };
    let mend = Mend::write(unread.start..unread.start + length + more, *ours);
    let mend = match *ours {
        "=" => Mend { help: "a default is written `= VALUE`".to_owned(), ..mend },
        "min" | "max" => Mend { help: format!("write `{ours} {}`", unread.from(2).first()), ..mend },
        _ => mend,
    };
    Some((length, mend.certain()))
}
