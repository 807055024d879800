//! A statement, or a value of an enum, of which nothing could be read: what it was meant to be.

use pest::Parser;

use super::faults::{Unread, is_clause, word};
use super::forms::{CLAUSES, TYPES, form, keywords, words_of};
use super::grammar::Grammar;
use super::{Pair, Reader, Rule};
use crate::ast::Name;
use crate::words::shortened;
use polity_text::diagnostics::{Diagnostic, Help, codes, did_you_mean, nearest};
use polity_text::source::Span;

impl Reader<'_> {
    /// A statement of which nothing could be read. `is_setting`: it stands among settings, not fields.
    pub(super) fn unread_statement(&mut self, pair: &Pair<'_>, is_setting: bool) {
        let unread = Unread::of(pair);
        let first = unread.first();
        let next = unread.after_first();
        let is_member = next.starts_with(':') && !word(first).is_empty();
        if self.is_known(unread, !is_member)
            || self.foreign_statement(unread, is_setting)
            || self.has_odd_sign(unread)
        {
            return;
        }
        if is_member {
            return if is_setting { self.unread_setting(unread) } else { self.unread_field(unread) };
        }
        if word(first).is_empty() && !unread.starts_with('"') {
            return self.no_word(unread);
        }
        if next.starts_with('=') && !next.text.starts_with("==") {
            let help = Help::instead(":", format!("write `{first}: …`"));
            let message = "`=` stands where a colon should".to_owned();
            return self.complain_at(codes::E0114, next, message, Some(help));
        }
        if is_clause(first) {
            return self.unread_clause(unread, is_setting);
        }
        if first == "table" || first == "column" || first == "field" {
            return self.no_statement(unread, Some("a field is written `name: type`".into()));
        }
        let follows_type = next.starts_with('-')
            || next.text.starts_with(|c: char| c.is_ascii_uppercase())
            || TYPES.contains(&word(next.text));
        let near = nearest(first, keywords(CLAUSES));
        // `inclde Address` is no field: what it includes has a name like a type, and no more.
        let includes = near == Some("include") && next.first_path().len() == next.text.len();
        if near.is_none() || follows_type && !is_setting && !includes {
            return self.no_colon(unread, is_setting);
        }
        self.no_statement(unread, did_you_mean(first, keywords(CLAUSES)).found());
    }

    /// A statement that begins with a sign.
    fn no_word(&mut self, unread: Unread<'_>) {
        let (code, message, help) = match unread.first() {
            "{" => (
                codes::E0106,
                "this block belongs to nothing".to_owned(),
                "`{` stands on the line of what it opens",
            ),
            first => (
                codes::E0117,
                format!("a statement cannot begin with `{first}`"),
                "a statement begins with a word: `name: …`, or a keyword",
            ),
        };
        self.complain_at(code, unread, message, Some(help.to_owned()));
    }

    /// A statement whose word is no keyword nor like one: a member without its colon, if anything follows.
    fn no_colon(&mut self, unread: Unread<'_>, is_setting: bool) {
        let (first, next) = (unread.first(), unread.after_first());
        if next.text.is_empty() {
            let help = if is_setting { "write `name: value`" } else { "write `name: type`" };
            return self.no_statement(unread, Some(help.into()));
        }
        // Nothing that a setting holds begins like `core.User`.
        if is_setting
            && next.text.starts_with(|c: char| c.is_ascii_alphabetic())
            && next.first_path().contains('.')
        {
            let help = "a statement begins with a keyword, or is a setting `name: value`";
            return self.no_statement(unread, Some(help.into()));
        }
        let help = Help::instead(format!("{first}:"), format!("write `{first}: {}`", shortened(next.text)));
        let span = self.at(unread.start, unread.start + first.len());
        let found =
            Diagnostic::new(codes::E0114, span, format!("a colon is missing after `{first}`")).help(help);
        self.push(if lacks_nothing_else(first, next.text, is_setting) { found.certain() } else { found });
    }

    fn no_statement(&mut self, unread: Unread<'_>, help: Option<Help>) {
        let message = format!("`{}` begins no statement", unread.first());
        self.complain_at(codes::E0116, unread, message, help);
    }

    fn unread_clause(&mut self, unread: Unread<'_>, is_setting: bool) {
        let keyword = unread.first();
        let next = unread.after_first();
        let form = form(CLAUSES, keyword).unwrap_or("");
        if keyword == "key" && next.starts_with('"') {
            let help = "the pattern of a key is written `pattern \"…\"`".to_owned();
            return self.complain_at(
                codes::E0117,
                unread,
                "a keyspace has no `key` clause".to_owned(),
                Some(help),
            );
        }
        let is_value =
            next.text.starts_with(['"', '[']) || next.text.starts_with(|c: char| c.is_ascii_digit());
        if is_setting
            && is_value
            && !form.contains('"')
            && !form.contains('[')
            && !matches!(keyword, "ttl" | "limit")
        {
            let help = format!("a setting takes one: `{keyword}: {}`", shortened(next.text));
            let help = Help::instead(format!("{keyword}:"), help);
            let end = Unread { text: keyword, start: unread.start };
            return self.complain_at(
                codes::E0114,
                end,
                format!("a colon is missing after `{keyword}`"),
                Some(help),
            );
        }
        if self.lacks_brackets(unread) {
            return;
        }
        let bad = self.furthest(Rule::clause, unread);
        self.unexpected(codes::E0117, bad, keyword, &format!("it is written `{form}`"), words_of(form));
    }

    /// `name: …`, where no type could be read.
    fn unread_field(&mut self, unread: Unread<'_>) {
        let name = unread.first();
        let given = unread.after_first().from(1);
        if self.is_clause_with_colon(unread) {
            let form = form(CLAUSES, name).unwrap_or("");
            let colon = unread.after_first();
            let colon = Unread { text: &colon.text[..1], ..colon };
            // `retain:5y` needs a blank in its place.
            let blank = if given.start == colon.start + 1 { " " } else { "" };
            return self.complain_at(
                codes::E0115,
                colon,
                format!("`{name}` takes no colon"),
                Some(Help::instead(blank, format!("it is written `{form}`"))),
            );
        }
        if given.text.is_empty() {
            let at = Unread { text: &unread.text[..name.len()], ..unread };
            return self.complain_at(
                codes::E0118,
                at,
                format!("the type of `{name}` is missing"),
                Some(format!("write `{name}: text`, or whatever it holds")),
            );
        }
        let help = self.type_meant(given);
        self.complain_at(codes::E0118, given, format!("the type of `{name}` cannot be read"), Some(help));
    }

    /// The type that was meant by what cannot be read as one.
    fn type_meant(&self, given: Unread<'_>) -> Help {
        let first = given.first();
        let entity = given.after_first();
        let entity = entity.text.trim_start_matches('>').trim_start();
        let is_entity = entity.starts_with(|c: char| c.is_ascii_uppercase());
        let text = match first {
            "[" => {
                let inner = given.text.trim_start_matches('[').trim();
                let inner = word(inner);
                if inner.is_empty() { "a list is written `T[]`".to_owned() } else { format!("a list is written `{inner}[]`") }
            }
            "?" => "`?` stands after the type, such as `text?`".to_owned(),
            "=" | "*" | "&" | "@" | ">" if is_entity => {
                return Help::instead(if first == "=" { "-" } else { "-> " }, format!("a reference is written `-> {}`", word(entity)));
            }
            "-" => "a reference is written `-> Entity`, `-> schema.Entity` or `-> Entity.field`".to_owned(),
            "map" => "a map is written `map<T>`; its keys are texts".to_owned(),
            _ if first.starts_with('"') && given.after_first().starts_with('|') => {
                "values that a field may have are an enum: declare `enum Name { … }` and write its name as the type".to_owned()
            }
            "(" => "write a type, such as `text(80)`".to_owned(),
            _ if first.starts_with('"') => "write a type, such as `text(80)`".to_owned(),
            _ => "a type is a name such as `text(80)`, a reference `-> Entity`, a record `{ … }` or `map<T>`; `?` makes it optional, `[]` a list".to_owned(),
        };
        text.into()
    }

    /// `name: …`, where no value could be read.
    fn unread_setting(&mut self, unread: Unread<'_>) {
        let name = unread.first();
        let given = unread.after_first().from(1);
        if given.text.is_empty() {
            let at = Unread { text: &unread.text[..name.len()], ..unread };
            return self.complain_at(
                codes::E0117,
                at,
                format!("the value of `{name}` is missing"),
                Some(format!("write `{name}: value`")),
            );
        }
        let bad = self.furthest(Rule::setting, unread);
        let help = "a value is a literal, a word with what belongs to it, a list `[…]` or a record `{ … }`";
        self.complain_at(
            codes::E0117,
            bad,
            format!("the value of `{name}` cannot be read"),
            Some(help.to_owned()),
        );
    }

    /// The field of a statement of which only `name:` could be read, so that who names it is not told it is missing.
    pub(super) fn name_of_broken_field(&self, pair: &Pair<'_>, is_setting: bool) -> Option<Name> {
        let unread = Unread::of(pair);
        let name = word(unread.text);
        let next = unread.after_first();
        let has_colon = next.starts_with(':') && !self.is_clause_with_colon(unread);
        let lacks_colon = !is_setting
            && pair.as_rule() == Rule::junk
            && !is_clause(name)
            && (next.starts_with('-') || TYPES.contains(&word(next.text)));
        let is_field = !name.is_empty() && (has_colon || lacks_colon);
        is_field.then(|| Name { text: name.into(), span: self.at(unread.start, unread.start + name.len()) })
    }

    /// A clause's word with a colon, where only clauses stand.
    pub(super) fn clause_with_colon(&mut self, name: &Name) {
        let form = form(CLAUSES, &name.text).unwrap_or("");
        let end = name.span.end as usize;
        let rest = self.text.get(end..).unwrap_or("");
        let colon = end + (rest.len() - rest.trim_start_matches(' ').len());
        let found = Diagnostic::new(codes::E0115, name.span, format!("`{}` takes no colon", name.text))
            .help(format!("it is written `{form}`"));
        self.push(found.edit(Span::new(self.file, end, colon + 1), ""));
    }

    /// `retain: 5y` and the like: a clause's word, and after the colon what no type begins with.
    fn is_clause_with_colon(&self, unread: Unread<'_>) -> bool {
        let given = unread.after_first().from(1);
        is_clause(unread.first())
            && given.text.starts_with(|c: char| c.is_ascii_digit() || "(\"[#".contains(c))
    }

    pub(super) fn unread_variant(&mut self, pair: &Pair<'_>) {
        let unread = Unread::of(pair);
        if self.is_known(unread, false) || self.has_odd_sign(unread) {
            return;
        }
        let first = unread.first();
        let help = if first.starts_with('"') {
            let name: String = first.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            let name = if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
                "name".to_owned()
            } else {
                name
            };
            let text = format!("{} as {first}", name.to_ascii_lowercase());
            Help::instead(text.clone(), format!("a value has a name; write `{text}`"))
        } else if first.starts_with(|c: char| c.is_ascii_digit()) {
            format!("a value has a name; write `name as \"{first}\"`").into()
        } else {
            "values are names, separated by commas or new lines".into()
        };
        self.complain_at(codes::E0117, unread, format!("unexpected `{first}` among the values"), Some(help));
    }
}

/// Whether a colon between a word and what follows it makes a member, and the word can have been meant for nothing but its name:
/// `has_many Post` and `int amount` are no fields of these names.
fn lacks_nothing_else(name: &str, rest: &str, is_setting: bool) -> bool {
    let is_value = match is_setting {
        true => rest.starts_with(|c: char| c.is_ascii_digit() || "\"[".contains(c)),
        false => (rest.starts_with("->") || TYPES.contains(&word(rest))) && !TYPES.contains(&name),
    };
    let rule = if is_setting { Rule::setting } else { Rule::field };
    let member = format!("{name}: {rest}");
    let read = Grammar::parse(rule, &member).ok().and_then(|mut pairs| pairs.next());
    let unread = read.map(|pair| member[pair.as_span().end()..].trim_start().to_ascii_lowercase());
    let is_whole = unread.is_some_and(|unread| {
        unread.is_empty()
            || !is_setting && ["not null", "primary key"].iter().any(|words| unread.starts_with(words))
    });
    is_value && is_whole && nearest(name, keywords(CLAUSES)).is_none()
}
