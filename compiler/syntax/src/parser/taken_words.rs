//! Words that name nothing, because where a name may be left out they would be read as one: `index unique (email)` is no
//! index called "unique".

use super::odd_signs::token_length;
use super::{Kids, Pair, Reader, Rule};
use crate::ast::Name;
use crate::words::is_word_of_language;
use polity_text::diagnostics::{Diagnostic, Help, codes};
use polity_text::source::Span;

/// The methods of an index. In `index WORD (…)` one of these is the method, any other word the index's name.
pub(super) const INDEX_METHODS: &[&str] =
    &["btree", "hash", "gin", "gist", "brin", "geo", "text", "trigram", "vector", "wildcard"];

/// Words of other languages that stand between `index`, `unique` or `check` and the bracket, and name nothing there.
const FOREIGN: &[&str] = &[
    "clustered",
    "concurrently",
    "constraint",
    "exists",
    "foreign",
    "fulltext",
    "nonclustered",
    "nulls_not_distinct",
    "primary",
    "references",
    "sparse",
    "spatial",
];

/// A clause whose name may be left out, as it is written.
struct Written<'a> {
    keyword: &'static str,
    /// The words before the bracket.
    words: Vec<&'a str>,
    /// From `(` to `)`.
    columns: &'a str,
    /// From the keyword to the `)`.
    span: Span,
}

impl Reader<'_> {
    /// Whether the words between a keyword and its bracket name nothing, which is reported with the form that was meant.
    pub(super) fn names_nothing(&mut self, clause: &Pair<'_>) -> bool {
        let keyword = match clause.as_rule() {
            Rule::index => "index",
            Rule::unique => "unique",
            Rule::check => "check",
            Rule::no_overlap => "no overlap",
            _ => return false,
        };
        let mut kids = Kids::of(clause.clone());
        let mut words = Vec::new();
        while let Some(name) = kids.take(Rule::name) {
            words.push(name);
        }
        let Some(columns) = kids.next() else { return false };
        let Some(taken) = taken(keyword, &words) else { return false };
        let name = self.name(taken);
        let start = clause.as_span().start();
        let written = Written {
            keyword,
            words: words.iter().map(Pair::as_str).collect(),
            columns: columns.as_str().trim_end(),
            span: self.at(start, start + columns.as_span().end() - start),
        };
        let found = word_as_name(&name, if keyword == "index" { "index" } else { "constraint" });
        let (text, is_whole) = meant(&written);
        self.push(if is_whole {
            found.help(Help::from(format!("write `{text}`"))).edit(written.span, text)
        } else {
            found.help(format!("it is written `{text}`"))
        });
        true
    }

    /// The name of an item of which words name none: tiers and services.
    pub(super) fn check_word(&mut self, name: &Name, what: &str) {
        if is_word_of_language(&name.text) {
            let other = format!("{}_{what}", name.text);
            let help = Help::instead(other.clone(), format!("choose another name, such as `{other}`"));
            self.push(word_as_name(name, what).help(help));
        }
    }
}

fn word_as_name(name: &Name, what: &str) -> Diagnostic {
    let message = if is_word_of_language(&name.text) {
        format!("`{}` is a word of the language and names no {what}", name.text)
    } else {
        format!("`{}` names no {what}", name.text)
    };
    Diagnostic::new(codes::E0128, name.span, message)
}

/// The first of the words that names nothing here.
fn taken<'w, 'i>(keyword: &str, words: &'w [Pair<'i>]) -> Option<&'w Pair<'i>> {
    let names_nothing = |word: &str| is_word_of_language(word) || FOREIGN.contains(&word);
    let is_method = |word: &str| keyword == "index" && INDEX_METHODS.contains(&word);
    match words {
        [word] => Some(word).filter(|word| names_nothing(word.as_str()) && !is_method(word.as_str())),
        [name, method] => {
            let method = Some(method).filter(|m| names_nothing(m.as_str()) && !is_method(m.as_str()));
            Some(name).filter(|name| names_nothing(name.as_str()) || is_method(name.as_str())).or(method)
        }
        _ => None,
    }
}

/// The clause that was meant, and whether it is whole or shows only the form.
fn meant(written: &Written<'_>) -> (String, bool) {
    let Written { keyword, columns, .. } = written;
    let whole = |text: String| (text, true);
    match (*keyword, written.words.as_slice()) {
        (_, ["primary" | "key", ..]) => whole(format!("key {columns}")),
        ("check", ["unique", ..]) if columns.contains(['=', '<', '>', '"']) => {
            (format!("check {columns}, or unique (COLUMN, …)"), false)
        }
        ("index" | "check", ["unique", ..]) | ("unique", ["index" | "constraint", ..]) => {
            whole(format!("unique {columns}"))
        }
        ("unique", ["nulls_not_distinct" | "nulls" | "distinct", ..]) => {
            whole(format!("unique {columns} nulls not distinct"))
        }
        ("unique", ["deferrable"]) => whole(format!("unique {columns} deferrable")),
        ("index", ["using", method]) => whole(format!("index {columns} using {method}")),
        ("index", ["using" | "by"]) => (format!("index {columns} using METHOD"), false),
        ("index", [method, ..]) if INDEX_METHODS.contains(method) => {
            whole(format!("index {columns} using {method}"))
        }
        ("index", ["hashed"]) => whole(format!("index {columns} using hash")),
        ("index", ["fulltext"]) => whole(format!("index {columns} using text")),
        ("index", ["spatial"]) => whole(format!("index {columns} using geo")),
        ("index" | "unique", [direction @ ("desc" | "asc"), ..]) => {
            whole(format!("{keyword} {}", with_each(columns, direction)))
        }
        ("index", [end @ ("first" | "last")]) => {
            whole(format!("index {}", with_each(columns, &format!("nulls {end}"))))
        }
        ("index", ["nulls"]) => ("index (COLUMN nulls first)".to_owned(), false),
        ("index" | "unique", ["sparse"]) => (format!("{keyword} {columns} where FIELD is not null"), false),
        ("index" | "unique", ["where", ..]) => {
            (format!("{keyword} (COLUMN, …) where {}", without_brackets(columns)), false)
        }
        ("index", ["include"]) => (format!("index (COLUMN, …) include {columns}"), false),
        ("index", ["language" | "with" | "as"]) => {
            (format!("index {columns} {}", tail(written.words[0])), false)
        }
        ("no overlap", ["where", ..]) => (format!("no overlap {columns} where CONDITION"), false),
        // A name, and behind it what is none.
        (_, [name, word]) if !is_word_of_language(name) && is_word_of_language(word) => {
            whole(format!("{keyword} {name} {columns}"))
        }
        _ => whole(format!("{keyword} {columns}")),
    }
}

fn tail(word: &str) -> &'static str {
    match word {
        "language" => "language \"english\"",
        "with" => "with { … }",
        _ => "as \"stored\"",
    }
}

/// The columns that stand in `(…)`.
fn without_brackets(columns: &str) -> &str {
    let inner = columns.strip_prefix('(').and_then(|inner| inner.strip_suffix(')'));
    inner.unwrap_or(columns).trim()
}

/// The columns, each with a direction behind it.
fn with_each(columns: &str, direction: &str) -> String {
    let (mut depth, mut out) = (0usize, String::from("("));
    let mut rest = without_brackets(columns);
    while !rest.is_empty() {
        let (token, behind) = rest.split_at(token_length(rest));
        match token {
            "(" | "[" => depth += 1,
            ")" | "]" => depth = depth.saturating_sub(1),
            "," if depth == 0 => out.push_str(&format!(" {direction}")),
            _ => {}
        }
        out.push_str(token);
        rest = behind;
    }
    format!("{out} {direction})")
}
