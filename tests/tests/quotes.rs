//! SQL that is accepted says the same to PostgreSQL: what the compiler takes for a text, a remark or a name is no table to
//! the server.

use std::cell::RefCell;
use std::time::Duration;

use polity_tests::engines::Postgres;
use polity_tests::project::compile;
use polity_tests::proof::prove;
use proptest::prelude::*;

/// The query that stands somewhere in each text. The compiler refuses it where it sees it (E0315), since no source has
/// its table, and so does the server.
const UNKNOWN: &str = "(select count(*) from core.unknown)";

/// Signs that begin or end something, and what may stand between them.
const SIGNS: &[&str] = &[
    "'",
    "'",
    "''",
    "\"",
    "\"",
    "$$",
    "$a$",
    "$1$",
    "$a",
    "/*",
    "*/",
    "--",
    "--",
    "\n",
    "\n",
    "\r",
    " ",
    " ",
    "\t",
    "\u{b}",
    "\u{a0}",
    "\\",
    "\\'",
    "E'",
    "e'",
    "U&'",
    "u&\"",
    "N'",
    "B'",
    "X'",
    "x",
    "1",
    "1.e",
    "0x",
    "_",
    "a",
    "é",
    "||",
    "->",
    "->>",
    "~",
    "-",
    "/",
    "*",
    "@",
    "#",
    "&",
    "!",
    "=",
    "::text",
    ".",
    ",",
    "(",
    ")",
    ";",
    "uescape '!'",
    "select",
    "as b",
];

/// Values that are whole to one reader at least, so that a part of all texts is accepted.
const VALUES: &[&str] = &[
    "'a'",
    "'it''s'",
    "E'a\\'b'",
    "e'\\\\'",
    "$$a$$",
    "$x$ ' $x$",
    "$1$ x $1$",
    "N'x'",
    "U&'\\0061'",
    "a",
    "\"a\"",
    "1",
    "a::text",
    "'a' -- '\n",
    "'a' /* ' */",
    "'a'\n'b'",
    "E'a'\n'b\\''",
    "/* ' */ a",
    "-- '\na",
    "/* /* */ ' */ a",
    "a$b",
];

const OPERATORS: &[&str] = &[
    " || ",
    "||",
    " || -- '\n",
    "||/* ' */",
    "||--'\n",
    " ||/* ' */",
    ", ",
    ",/* \" */",
    " ->> ",
    "->>--'\n",
    " = ",
    " -",
    "- /* $$ */",
    "/-- '\n",
    "%/* ' */",
    "~*/* ' */",
    " is distinct from ",
];

/// The operators that some lexer takes for one operator together with the remark behind them.
const GLUED: &[&str] = &[
    "||", " || ", "->>", " -> ", "#>>", "@>", "<", ">=", "<>", "~", "~*", "-", "+", "*", "%", "=", "&&",
    "::", ",",
];

const QUOTES: &[&str] = &["'", "\"", "$$", "$x$", "$1$", "E'"];

/// A list of columns in which the unknown table stands, hidden or not.
fn columns() -> impl Strategy<Value = String> {
    let value = prop_oneof![3 => prop::sample::select(VALUES).prop_map(str::to_owned), 1 => hidden()];
    let next = (prop::sample::select(OPERATORS), value.clone())
        .prop_map(|(operator, value)| format!("{operator}{value}"));
    (value, prop::collection::vec(prop_oneof![2 => next, 1 => glued()], 1..5))
        .prop_map(|(first, rest)| first + &rest.concat())
}

/// A text, a remark or a name, more or less, in which it stands.
fn hidden() -> impl Strategy<Value = String> {
    let sign = prop::sample::select(SIGNS);
    let noise = prop::collection::vec(sign, 0..6).prop_map(|signs| signs.concat());
    let opens = prop::sample::select(vec!["'", "$$", "/* ", "-- ", "\"", "E'", "", "$x$", "' || "]);
    (opens, noise.clone(), noise)
        .prop_map(|(opens, before, behind)| format!("{opens}{before}{UNKNOWN}{behind}{}", closing(opens)))
}

/// Two remarks with a quote in each, and between them the unknown table: a text to whoever sees no remark.
fn glued() -> impl Strategy<Value = String> {
    let remark = |quote: &str, is_line: bool| {
        if is_line { format!("-- {quote}\n") } else { format!("/* {quote} */") }
    };
    (prop::sample::select(GLUED), prop::sample::select(QUOTES), any::<[bool; 3]>()).prop_map(
        move |(operator, quote, [first, second, is_apart])| {
            let (opens, closes) = (remark(quote, first), remark(quote.trim_start_matches('E'), second));
            let blank = if is_apart { " " } else { "" };
            format!("{operator}{blank}{opens} '' || {UNKNOWN}::text {closes}")
        },
    )
}

/// The characters that end what the characters `opens` began.
fn closing(opens: &str) -> &str {
    match opens {
        "/* " => " */",
        "-- " => "\n",
        "E'" | "' || " => "'",
        same => same,
    }
}

#[test]
fn proof_that_nothing_hides_in_a_text() {
    let Some(mut db) = Postgres::database() else { return };
    db.run("create schema core; create table core.t (a text)").expect("a table");
    let db = RefCell::new(db);
    let accepted = RefCell::new(0);
    prove("quotes", Duration::from_secs(5), &columns(), |columns| {
        let query = format!("select {columns} as last from core.t");
        let source = format!(
            "platform p {{ environments: [dev] }}\nstore main: postgres 15 {{ database: \"p\" }}\n\
             schema core in main {{ entity T as \"t\" {{ id: uuid key; a: text? }}\n\
             view V {{ last: text?\nsql \"\"\"{query}\"\"\" }} }}\n"
        );
        if compile(&source).diagnostics.iter().any(|found| found.is_error()) {
            return Ok(());
        }
        *accepted.borrow_mut() += 1;
        let told = db.borrow_mut().run(&query).err().map(|error| error.to_string()).unwrap_or_default();
        prop_assert!(!told.contains("relation \"core.unknown\""), "the server sees it: {query:?}");
        Ok(())
    });
    assert!(accepted.into_inner() > 0, "no text was accepted, so nothing was tried");
}
