//! Statements of other languages.

use pest::Parser;

use super::super::faults::{Unread, word};
use super::super::grammar::Grammar;
use super::super::{Reader, Rule};
use super::Mend;
use polity_text::diagnostics::codes;

/// Words that other languages begin a clause with, and the words for it here.
const CLAUSES: &[(&str, &str)] = &[
    ("append_only", "append only"),
    ("expire", "ttl"),
    ("expires", "ttl"),
    ("expiry", "ttl"),
    ("expiration", "ttl"),
    ("expire_after", "ttl"),
    ("select", "read"),
    ("view", "read"),
    ("remove", "delete"),
    ("modify", "update"),
    ("extends", "include"),
    ("inherits", "include"),
    ("implements", "include"),
    ("mixin", "include"),
];

/// Words that stand before a field elsewhere, and what says the same here.
const BEFORE_FIELDS: &[(&str, &str)] = &[
    ("readonly", "a field that never changes is `immutable`, behind its type"),
    ("final", "a field that never changes is `immutable`, behind its type"),
    ("const", "a field that never changes is `immutable`, behind its type"),
    ("optional", "a field that may be absent ends its type in `?`"),
    ("required", "a field is required unless its type ends in `?`; leave the word out"),
    ("repeated", "a list is written `T[]`"),
    ("public", "leave the word out; who may read a field is said by services"),
    ("private", "leave the word out; who may read a field is said by services"),
    ("protected", "leave the word out; who may read a field is said by services"),
    ("static", "leave the word out; a field is written `name: type`"),
    ("let", "leave the word out; a field is written `name: type`"),
    ("var", "leave the word out; a field is written `name: type`"),
    ("column", "leave the word out; a field is written `name: type`"),
    ("field", "leave the word out; a field is written `name: type`"),
    ("property", "leave the word out; a field is written `name: type`"),
    ("attribute", "leave the word out; a field is written `name: type`"),
];

impl Reader<'_> {
    /// Reports a statement of another language, if it is one.
    pub(in crate::parser) fn foreign_statement(&mut self, unread: Unread<'_>, is_setting: bool) -> bool {
        let first = unread.first();
        let found = if is_setting { None } else { constraint(unread, None).or_else(|| member(unread)) };
        let found = found.or_else(|| self.clause_meant(unread, is_setting));
        if let Some((at, mend)) = found {
            // A comma cuts off a tail, which belongs to the same mistake.
            self.last_fault = Some(self.absolute(unread.start + unread.text.len()));
            self.mend(codes::E0116, at, format!("`{}` begins no statement", at.text), mend);
            return true;
        }
        let next = unread.after_first();
        if !is_setting && next.text.starts_with("=>") && !word(first).is_empty() {
            let arrow = next.head(2);
            let mend = Mend::write(unread.start..arrow.start + 2, format!("{first}: ->"));
            let mend = Mend { help: format!("a reference is written `{first}: -> Entity`"), ..mend };
            self.mend(codes::E0114, arrow, "`=>` stands where a colon should", mend);
            return true;
        }
        false
    }

    /// A clause under the name that it has elsewhere.
    fn clause_meant<'u>(&self, unread: Unread<'u>, is_setting: bool) -> Option<(Unread<'u>, Mend)> {
        let first = unread.first();
        let word_at = unread.head(first.len());
        let next = unread.after_first();
        if next.starts_with(':') || next.starts_with('=') {
            return None;
        }
        if unread.begins_with("materialized") {
            let help =
                "a view is materialized before its `{`: `view NAME materialized refresh every 1h { … }`";
            return Some((word_at, Mend::say(help)));
        }
        if unread.begins_with("grant") && is_setting {
            return Some((
                word_at,
                Mend::say("write what it may do itself: `read core.User`, `write core.User`"),
            ));
        }
        let (_, ours) = CLAUSES.iter().find(|(foreign, _)| first.eq_ignore_ascii_case(foreign))?;
        let text = format!("{ours}{}", &unread.text[first.len()..]);
        let fits = Grammar::parse(Rule::clause, &text).is_ok_and(|mut pairs| {
            pairs.next().is_some_and(|pair| pair.as_span().end() == text.trim_end().len())
        });
        let among = matches!(*ours, "ttl" | "read" | "delete" | "update") == is_setting;
        (fits && among).then(|| (word_at, Mend::write(word_at.range(), *ours)))
    }

    /// Reports `index n`, `check n > 3` and the like, which lack nothing but their brackets.
    pub(in crate::parser) fn lacks_brackets(&mut self, unread: Unread<'_>) -> bool {
        let keyword = unread.first();
        if !matches!(keyword, "index" | "unique" | "key" | "check") {
            return false;
        }
        let next = unread.after_first();
        let line = self.to_line_end(next.start);
        let on = next.after_first();
        if matches!(keyword, "index" | "unique") && on.begins_with("on") {
            // `index idx on users (n)`, `index idx on n`
            let target = on.after_first();
            let bracket = target.from(target.first_path().len()).bracket().or_else(|| target.bracket());
            let columns = bracket.map_or_else(|| format!("({})", target.text), |b| b.text.to_owned());
            let name = next.first();
            let text = format!("{keyword} {name} {columns}");
            let mend = Mend::write(unread.range(), text);
            self.mend(codes::E0117, on.head(2), format!("unexpected `on` in `{keyword}`"), mend);
            return true;
        }
        let rule = if keyword == "check" { Rule::expr } else { Rule::columns };
        let bracketed = format!("({line})");
        let probe = if keyword == "check" { line } else { bracketed.as_str() };
        let length = if keyword == "check" { line.len() } else { bracketed.len() };
        let fits = !line.is_empty()
            && !line.starts_with('(')
            && Grammar::parse(rule, probe)
                .is_ok_and(|mut pairs| pairs.next().is_some_and(|p| p.as_span().end() == length));
        if !fits {
            return false;
        }
        let what = if keyword == "check" { "a condition stands" } else { "columns stand" };
        let mend = Mend::write(next.start..next.start + line.len(), bracketed.clone());
        let mend =
            Mend { help: format!("{what} in parentheses: write `{keyword} {bracketed}`"), ..mend }.certain();
        self.last_fault = Some(self.absolute(unread.start + unread.text.len()));
        let first = next.head(next.first().len());
        self.mend(codes::E0117, first, format!("unexpected `{}` in `{keyword}`", first.text), mend);
        true
    }
}

/// `primary key (a, b)`, `foreign key (a) references B (id)`, `constraint c check (…)`, and what is written here.
fn constraint<'u>(unread: Unread<'u>, name: Option<&str>) -> Option<(Unread<'u>, Mend)> {
    let named = name.map(|name| format!(" {name}")).unwrap_or_default();
    let (words, text) = if unread.begins_with("constraint") {
        let name = unread.after_first();
        let (_, mend) = constraint(name.after_first(), Some(name.first()))?;
        let (_, text) = mend.edits.into_iter().next()?;
        (1, text)
    } else if unread.begins_with("primary key") || unread.begins_with("primary") {
        let count = if unread.begins_with("primary key") { 2 } else { 1 };
        let rest = unread.after_words(count);
        let rest = if rest.starts_with(':') { rest.from(1) } else { rest };
        let columns = rest.bracket().or_else(|| rest.after_first().bracket())?;
        (count, format!("key {}", columns.text))
    } else if unread.begins_with("foreign key") {
        (2, foreign_key(unread.after_words(2))?)
    } else {
        let keyword =
            ["check", "unique", "index", "key"].into_iter().find(|word| unread.begins_with(word))?;
        let bracket = unread.after_first().bracket()?;
        let is_ours = name.is_none() && unread.first() == keyword;
        let text = if keyword == "key" {
            format!("key {}", bracket.text)
        } else {
            format!("{keyword}{named} {}", bracket.text)
        };
        (1, Some(text).filter(|_| !is_ours)?)
    };
    let rest = unread.after_words(words);
    let at = unread.head(unread.text[..rest.start - unread.start].trim_end().len());
    Some((at, Mend::write(unread.range(), text)))
}

/// `(a) references B (id) on delete cascade` as `ref (a) -> B (id) on delete cascade`.
fn foreign_key(rest: Unread<'_>) -> Option<String> {
    let rest = if rest.starts_with('(') { rest } else { rest.after_first() };
    let columns = rest.bracket()?;
    let target = rest.from(columns.text.len());
    if !target.begins_with("references") {
        return None;
    }
    let target = target.after_first();
    let path = target.first_path();
    let rest = target.from(path.len());
    let (keys, rest) = match rest.bracket() {
        Some(keys) => (format!(" {}", keys.text), rest.from(keys.text.len())),
        None => (String::new(), rest),
    };
    let action = rest.text.to_ascii_lowercase().replace("no action", "restrict");
    Some(format!("ref {} -> {path}{keys} {action}", columns.text).trim_end().to_owned())
}

/// A field as other languages begin it.
fn member<'u>(unread: Unread<'u>) -> Option<(Unread<'u>, Mend)> {
    let first = unread.first();
    let next = unread.after_first();
    if let Some(name) = first.strip_prefix('"').and_then(|text| text.strip_suffix('"'))
        && next.starts_with(':')
        && word(name) == name
        && !name.is_empty()
    {
        let at = unread.head(first.len());
        return Some((at, Mend::write(at.range(), name).because("the name of a field is no text").certain()));
    }
    if next.text.starts_with("?:") && !word(first).is_empty() {
        let ty = next.from(2);
        let text = format!("{first}: {}?", ty.first_path());
        let whole = unread.start..ty.start + ty.first_path().len();
        let mend = Mend::write(whole, text).because("`?` stands behind the type").certain();
        return Some((next.head(1), mend));
    }
    let (_, help) = BEFORE_FIELDS.iter().find(|(word, _)| *word == first)?;
    let name = word(next.text);
    let is_field = !name.is_empty() && !next.after_first().text.is_empty();
    is_field.then(|| (unread.head(first.len()), Mend::say(*help)))
}
