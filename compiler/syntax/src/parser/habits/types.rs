//! Types as other languages go on with them.

use super::super::Reader;
use super::super::faults::{Unread, word, word_before};
use super::super::forms::{FOREIGN_TYPES, form};
use super::Mend;
use polity_text::diagnostics::codes;

impl Reader<'_> {
    /// Reports unread text behind a type which shows that the type was meant to go on, and cannot.
    pub(in crate::parser) fn type_goes_on(&mut self, unread: Unread<'_>) -> bool {
        let Some((message, mend)) = self.type_meant_by(unread) else { return false };
        // A comma inside `<…>` cuts off a tail, which belongs to the same mistake.
        self.last_fault = Some(self.absolute(unread.start + unread.text.len()));
        self.mend(codes::E0118, unread.head(unread.first().len()), message, mend);
        true
    }

    /// The message, and what was meant.
    fn type_meant_by(&self, unread: Unread<'_>) -> Option<(&'static str, Mend)> {
        let (first, next) = (unread.first(), unread.after_first());
        let before = self.unit_text_before(unread.start);
        let ty = before.trim_end();
        let end = unread.start - (before.len() - ty.len());
        let ty = word_before(ty);
        let start = end - ty.len();
        let found = match first {
            "?" => {
                let mend = Mend::say("glue `?` to the type, before any modifier");
                let glued = self.type_before(unread.start).is_some_and(|ty| ty.end == end);
                let mend = if glued { mend.edit(end..unread.start + 1, "?").certain() } else { mend };
                ("`?` stands apart from its type", mend)
            }
            "[" if next.starts_with(']') => {
                let mend = Mend::say("glue `[]` to the type, before any modifier");
                let glued = self.type_before(unread.start).is_some_and(|ty| ty.end == end);
                let mend = if glued { mend.edit(end..next.start + 1, "[]").certain() } else { mend };
                ("`[]` stands apart from its type", mend)
            }
            "<" => ("this type takes no `<…>`", self.angles_meant(ty, start, unread)),
            "|" if matches!(word(next.text), "null" | "undefined" | "None") => {
                let end_of_null = next.start + word(next.text).len();
                let mend = Mend::say(format!("write `{ty}?`")).edit(end..end_of_null, "?").certain();
                ("a type that may be absent is no union", mend)
            }
            "|" if before.contains("->") => (
                "this `|` does not go on with the reference",
                Mend::say("one `->` stands before all arms: `-> Product | core.Provider`"),
            ),
            "|" => (
                "a value has one type",
                Mend::say("write one type; only a reference has several arms, `-> Product | core.Provider`"),
            ),
            _ if matches!(ty, "references" | "fk" | "foreignkey" | "ref") && !word(first).is_empty() => {
                let path = unread.first_path();
                let mend = Mend::write(start..unread.start + path.len(), format!("-> {path}"));
                ("a reference is written with an arrow", mend.certain())
            }
            "{" | "(" if ty.eq_ignore_ascii_case("enum") => (
                "an enum stands on its own",
                Mend::say("declare `enum Name { … }` and write its name as the type"),
            ),
            "(" if before.ends_with(ty) && !ty.is_empty() => (
                "the size of a type is made of whole numbers",
                Mend::say("write for example `text(80)` or `decimal(18, 2)`"),
            ),
            _ => {
                let (length, ours) = two_words(ty, first, next)?;
                ("this type has another name here", Mend::write(start..unread.start + length, ours))
            }
        };
        Some(found)
    }

    /// `List<int>`, `Map<string, int>`
    fn angles_meant(&self, ty: &str, start: usize, unread: Unread<'_>) -> Mend {
        let line = self.to_line_end(unread.start);
        let close = line.find('>').filter(|close| !line[1..*close].contains('<'));
        let inner = close.map_or("", |close| &line[1..close]);
        let whole = start..unread.start + close.map_or(1, |close| close + 1);
        let lower = ty.to_ascii_lowercase();
        if matches!(lower.as_str(), "map" | "record" | "dict" | "hashmap") {
            let value = inner.rsplit(',').next().map(str::trim).map(scalar).unwrap_or_default();
            let help = "the keys of a map are texts: write `map<T>` with the type of its values";
            return match value.is_empty() {
                true => Mend::say(help),
                false => Mend::write(whole, format!("map<{value}>")).because("the keys of a map are texts"),
            };
        }
        match form(FOREIGN_TYPES, &lower) {
            Some(ours) if !word(inner).is_empty() => {
                Mend::write(whole, ours.replace('T', &scalar(inner.trim())))
            }
            _ => Mend::say("a list is written `T[]`, a map with text keys `map<T>`"),
        }
    }
}

/// `double precision`, `character varying(80)`, `timestamp with time zone`: how many bytes of the rest belong to the type, and
/// what it is here.
fn two_words(ty: &str, first: &str, next: Unread<'_>) -> Option<(usize, String)> {
    let lower = first.to_ascii_lowercase();
    let size = next.bracket().map_or("", |bracket| bracket.text);
    match (ty.to_ascii_lowercase().as_str(), lower.as_str()) {
        ("double", "precision") => Some((first.len(), "float".to_owned())),
        ("character" | "char", "varying") => {
            let length = if size.is_empty() { first.len() } else { first.len() + size.len() };
            Some((length, format!("text{size}")))
        }
        ("timestamp", "with" | "without") if next.begins_with("time zone") => {
            let zone = next.after_first();
            Some((first.len() + (zone.start - next.start) + "zone".len() + 1, "timestamp".to_owned()))
        }
        _ => None,
    }
}

/// A scalar as TypeScript calls it, in our words.
fn scalar(name: &str) -> String {
    match name.to_ascii_lowercase().as_str() {
        "string" | "str" => "text".to_owned(),
        "boolean" => "bool".to_owned(),
        "number" | "integer" => "int".to_owned(),
        "double" => "float".to_owned(),
        _ => name.to_owned(),
    }
}
