//! A platform of all three stores, with a place for a hostile text wherever the language takes one.

use std::collections::BTreeMap;
use std::ops::Range;

use polity::artifact::Artifacts;
use polity::source::{Source, Sources};
use polity::{Compilation, Options};
use proptest::prelude::*;

/// How many tables, collections, enums and keyspaces there are.
pub const THINGS: usize = 16;

/// The names of the places for texts that each thing has; the thing's number follows the name: `table0`.
const OF_A_THING: [&str; 14] = [
    "note",
    "note_name",
    "table",
    "column",
    "index",
    "docs",
    "default",
    "json",
    "value",
    "collection",
    "field",
    "check",
    "pattern",
    "condition",
];

/// The places for texts that there are once: names, texts of settings, and where secrets live.
const ONCE: [&str; 13] = [
    "schema",
    "prefix",
    "note_in_prod",
    "region",
    "database",
    "collections",
    "namespace",
    "variable",
    "secret",
    "secret_key",
    "environment_variable",
    "store_docs",
    "channel",
];

/// A text for each place, by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Texts(BTreeMap<String, String>);

impl Texts {
    /// Texts that nobody could object to, all different.
    pub fn harmless() -> Self {
        Self(places().map(|place| (place.clone(), harmless(&place))).collect())
    }

    /// Each of these in every place of its thing; the first also where there is only one.
    pub fn each(pieces: &[&str]) -> Self {
        let mut texts = Self::harmless();
        for (i, piece) in pieces.iter().enumerate() {
            for place in OF_A_THING {
                // An index and its table share one space of names.
                let end = if place == "index" { " index" } else { "" };
                texts.0.insert(format!("{place}{i}"), format!("{piece}{end}"));
            }
        }
        for (place, piece) in ONCE.iter().zip(pieces.iter().cycle()) {
            texts.0.insert((*place).to_owned(), (*piece).to_owned());
        }
        texts.distinct()
    }

    /// Returns them with another text in one place.
    pub fn with(mut self, place: &str, text: &str) -> Self {
        self.0.insert(place.to_owned(), text.to_owned());
        self
    }

    pub fn get(&self, place: &str) -> &str {
        &self.0[place]
    }

    pub fn of(&self, place: &str, thing: usize) -> &str {
        self.get(&format!("{place}{thing}"))
    }

    /// A doc comment as the language reads it: lines without the blanks at their ends.
    pub fn docs(&self, place: &str) -> String {
        let lines: Vec<&str> = self.get(place).split('\n').map(str::trim_end).collect();
        lines.join("\n")
    }

    pub fn calm(&mut self, place: &str) {
        let text = harmless(place);
        assert_ne!(
            self.0.insert(place.to_owned(), text.clone()),
            Some(text),
            "`{place}` is refused as it is"
        );
    }

    /// Two tables of one name are refused, and say nothing of the text.
    fn distinct(mut self) -> Self {
        for place in OF_A_THING {
            for i in 1..THINGS {
                if (0..i).any(|before| self.of(place, before) == self.of(place, i)) {
                    let second = format!("{place}{i}");
                    self.0.insert(second.clone(), harmless(&second));
                }
            }
        }
        self
    }
}

/// Any texts.
pub fn texts() -> impl Strategy<Value = Texts> {
    let names: Vec<String> = places().collect();
    proptest::collection::vec(text(), names.len())
        .prop_map(move |texts| Texts(names.iter().cloned().zip(texts).collect()).distinct())
}

/// A text of pieces that some reader between the source and an engine could take for its own, in any order and with
/// anything between.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        6 => proptest::sample::select(PIECES).prop_map(str::to_owned),
        2 => any::<char>().prop_map(|c| c.to_string()),
        1 => "[a-z]{1,4}",
    ];
    prop_oneof![
        20 => proptest::collection::vec(piece, 1..6).prop_map(|pieces| pieces.concat()),
        4 => proptest::sample::select(PIECES).prop_map(str::to_owned),
        1 => proptest::sample::select(PIECES).prop_map(|piece| piece.chars().cycle().take(10_000).collect()),
    ]
}

pub const PIECES: &[&str] = &[
    "'",
    "\"",
    "`",
    "$$",
    "$polity$",
    "$1",
    "${x}",
    "$store",
    "--",
    "/*",
    "*/",
    "//",
    "#",
    "\\",
    "\\'",
    "\\n",
    "{{",
    "}}",
    "{%",
    "%}",
    "{#",
    "\n",
    "\r",
    "\r\n",
    "\t",
    " ",
    "no",
    "1e3",
    "~",
    "null",
    "true",
    "0x1f",
    "12:30",
    "2027-01-31",
    "<<",
    "=",
    "on",
    ": ",
    "- ",
    "? ",
    "&a",
    "*a",
    "!!str",
    "%s",
    "%I",
    ":x",
    "\\gexec",
    "\u{202e}",
    "\u{2066}",
    "\u{200f}",
    "\u{feff}",
    "\u{85}",
    "\u{2028}",
    "\u{7f}",
    "\u{1}",
    "\u{1b}[31m",
    "é",
    "日本",
    "🐘",
    "👩‍👩‍👧",
    "__proto__",
    "$where",
    "a.b",
    "_id",
    "<b>",
    "]]>",
    "[x](y)",
    "```",
    "|",
    "@",
    ";",
    "';DROP TABLE x;--",
    "]=]",
    "$(id)",
    "&&",
    "\u{fffd}",
    "x",
];

fn places() -> impl Iterator<Item = String> {
    let things = (0..THINGS).flat_map(|i| OF_A_THING.map(move |place| format!("{place}{i}")));
    things.chain(ONCE.map(str::to_owned))
}

fn harmless(place: &str) -> String {
    format!("a_{place}")
}

/// The source, and which place the text of each of its lines is from.
pub struct Platform {
    pub source: String,
    lines: Vec<(Range<usize>, String)>,
}

impl Platform {
    pub fn of(texts: &Texts) -> Self {
        let mut out = Self { source: String::new(), lines: Vec::new() };
        out.stores(texts);
        for i in 0..THINGS {
            out.thing(texts, i);
        }
        out
    }

    /// Compiles the source of the hostile platform.
    pub fn compile(&self) -> Compilation {
        polity::compile(
            &Sources::new(vec![Source {
                path: "hostile.polity".to_owned(),
                text: self.source.as_str().into(),
            }]),
            &Options::default(),
        )
    }

    /// The places that are refused, which the errors point at; or everything that was written.
    pub fn judge(&self) -> Result<Artifacts, Vec<String>> {
        let compilation = self.compile();
        let mut refused = Vec::new();
        for error in compilation.diagnostics.iter().filter(|d| d.is_error()) {
            let span = error.primary.as_ref().expect("an error has a place").span;
            let at = span.start as usize..span.end as usize;
            let line = self.lines.iter().find(|(line, _)| line.start <= at.start && at.start < line.end);
            let Some((_, place)) = line else {
                panic!(
                    "{} {} points at none of the texts: {:?}",
                    error.code,
                    error.message,
                    self.source.get(at)
                );
            };
            assert!(!error.message.is_empty());
            refused.push(place.clone());
        }
        match compilation.artifacts {
            Some(artifacts) if refused.is_empty() => Ok(polity_tests::project::with_tenants(artifacts)),
            Some(_) => panic!("files are written though something is refused: {refused:?}"),
            None => {
                assert!(!refused.is_empty(), "nothing is written and nobody says why");
                Err(refused)
            }
        }
    }

    fn plain(&mut self, text: &str) {
        self.source.push_str(text);
        self.source.push('\n');
    }

    /// A line that holds the text of a place where it says `@`.
    fn line(&mut self, form: &str, place: &str, texts: &Texts) {
        let begin = self.source.len();
        self.plain(&form.replacen('@', &literal(texts.get(place)), 1));
        self.lines.push((begin..self.source.len(), place.to_owned()));
    }

    fn docs(&mut self, place: &str, texts: &Texts) {
        let begin = self.source.len();
        for line in texts.get(place).split('\n') {
            self.plain(&format!("/// {line}"));
        }
        self.lines.push((begin..self.source.len(), place.to_owned()));
    }

    fn stores(&mut self, texts: &Texts) {
        self.plain("platform rough { environments: [dev, prod]; production: [prod] }");
        self.docs("store_docs", texts);
        self.plain("store main: postgres 15 {");
        self.line("database: @", "database", texts);
        self.plain("managed_by: terraform {");
        self.line("variable: @", "variable", texts);
        self.plain("}");
        self.line("url: secret(@, \"key\")", "secret", texts);
        self.plain("settings: {");
        self.line("log_line_prefix: @", "prefix", texts);
        self.plain("}\nannotations: {");
        for i in 0..THINGS {
            self.line(&format!("note{i}: @"), &format!("note{i}"), texts);
            self.line(&format!("named{i}: {{ @: 1 }}"), &format!("note_name{i}"), texts);
        }
        self.plain("}\nalert connections > 80% for 5m severity critical");
        self.plain("in prod {");
        self.line("annotations: { note0: @ }", "note_in_prod", texts);
        self.plain("}\n}");
        self.plain("store documents: mongodb 6 {");
        self.line("database: @", "collections", texts);
        self.line("managed_by: helm { chart: \"bitnami/mongodb\", namespace: @ }", "namespace", texts);
        self.line("url: secret(\"name\", @)", "secret_key", texts);
        self.plain("}\nstore cache: redis 7 {");
        self.line("url: env(@)", "environment_variable", texts);
        self.line("region: @", "region", texts);
        self.plain("}");
        self.line("schema core as @ in main {\n}", "schema", texts);
        self.line(&format!("channel Notices in cache {{ pattern {}; value text }}", "@"), "channel", texts);
    }

    fn thing(&mut self, texts: &Texts, i: usize) {
        let at = |place: &str| format!("{place}{i}");
        self.docs(&at("docs"), texts);
        self.plain(&format!("enum Word{i} {{"));
        self.line("first as @", &at("value"), texts);
        self.plain("second as \"second value\"\n}");

        self.plain("schema core in main {");
        self.docs(&at("docs"), texts);
        self.line(&format!("entity T{i} as @ {{"), &at("table"), texts);
        self.plain(&format!("id: int key\nmark{i}: int = 1"));
        self.docs(&at("docs"), texts);
        self.line("a: text = \"\" as @", &at("column"), texts);
        self.line("b: text = @", &at("default"), texts);
        self.line("j: json = { k: @ }", &at("json"), texts);
        self.plain(&format!("word: Word{i} = first"));
        self.line("c: text? check (c != @)", &at("check"), texts);
        self.line(
            "index picked (mark, word) as @".replace("mark", &format!("mark{i}")).as_str(),
            &at("index"),
            texts,
        );
        self.line("unique (c) where a = @", &at("condition"), texts);
        self.plain("}\n}");

        self.docs(&at("docs"), texts);
        self.line(&format!("entity D{i} in documents as @ {{"), &at("collection"), texts);
        self.plain("id: int key");
        self.docs(&at("docs"), texts);
        self.line("a: text? as @", &at("field"), texts);
        self.plain(&format!("word: Word{i}?"));
        self.line("c: text? check (c != @)", &at("check"), texts);
        self.plain("}");

        self.docs(&at("docs"), texts);
        self.plain(&format!("keyspace K{i} in cache {{"));
        self.pattern(&format!("x{i}:{{word: Word{i}}}:{{id: int}}"), &at("pattern"), texts);
        self.plain(&format!("value hash {{ word: Word{i}, text: text? }}\nttl 1h\n}}"));
    }

    /// A pattern whose end is the place's text; braces are doubled there, as the language asks.
    fn pattern(&mut self, front: &str, place: &str, texts: &Texts) {
        let begin = self.source.len();
        let text = texts.get(place).replace('{', "{{").replace('}', "}}");
        let all = format!("pattern {}", literal(&format!("{front}:{text}")));
        self.plain(&all);
        self.lines.push((begin..self.source.len(), place.to_owned()));
    }
}

/// A text as the language writes it. What would end the line, or not be seen, is written by its number.
pub fn literal(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => out.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
            c => out.push(c),
        }
    }
    out + "\""
}
