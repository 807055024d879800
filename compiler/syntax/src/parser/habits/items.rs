//! Items as other languages begin them.

use super::super::Reader;
use super::super::faults::{Unread, word};
use super::Mend;
use polity_text::diagnostics::codes;

/// Two words that begin an item elsewhere, and the word that does here.
const OPENERS: &[(&str, &str)] = &[
    ("create table", "entity"),
    ("create collection", "entity"),
    ("create view", "view"),
    ("create schema", "schema"),
    ("create sequence", "sequence"),
    ("create enum", "enum"),
    ("create type", "struct"),
    ("create role", "service"),
    ("export interface", "struct"),
    ("export class", "struct"),
    ("export type", "type"),
    ("export enum", "enum"),
    ("const enum", "enum"),
    ("abstract class", "struct"),
    ("public class", "struct"),
    ("data class", "struct"),
    ("pub struct", "struct"),
    ("pub enum", "enum"),
    ("materialized view", "view"),
];

impl Reader<'_> {
    /// Reports an item of another language that two words begin. Gives those words, and the word that was meant.
    pub(in crate::parser) fn foreign_item<'u>(
        &mut self,
        unread: Unread<'u>,
    ) -> Option<(&'u str, &'static str)> {
        let (words, meant) = OPENERS.iter().find(|(words, _)| unread.begins_with(words))?;
        let name = unread.after_words(2);
        let both = unread.head(unread.text[..name.start - unread.start].trim_end().len());
        let mend = if *words == "materialized view" {
            let end = name.start + word(name.text).len();
            let help = format!("write `view {} materialized`", word(name.text));
            Mend { help, ..Mend::write(both.range(), *meant) }.edit(end..end, " materialized")
        } else {
            Mend { help: format!("here it is called `{meant}`"), ..Mend::write(both.range(), *meant) }
        };
        self.mend(codes::E0116, both, format!("`{}` begins no item", both.text), mend);
        Some((both.text, *meant))
    }

    /// `type Address { … }`, which is a struct, and `type Colour = "red" | "green"`, which is an enum.
    pub(in crate::parser) fn type_of_typescript(&mut self, unread: Unread<'_>, bad: Unread<'_>) -> bool {
        let name = unread.after_first().first();
        let first = bad.head(bad.first().len());
        let mend = if bad.starts_with('{') {
            let help = format!("write `struct {name} {{ … }}`");
            Mend { help, ..Mend::write(unread.head("type".len()).range(), "struct") }
        } else if bad.starts_with('"') {
            let values: Vec<&str> = bad.text.split('|').map(|value| value.trim().trim_matches('"')).collect();
            if !values.iter().all(|value| !value.is_empty() && word(value) == *value) {
                return false;
            }
            Mend::write(unread.range(), format!("enum {name} {{ {} }}", values.join(", ")))
        } else {
            return false;
        };
        self.mend(codes::E0125, first, format!("unexpected `{}` in `type`", first.text), mend);
        true
    }
}
