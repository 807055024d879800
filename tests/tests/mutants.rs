//! Whatever somebody types wrongly, the compiler says what it is: sources with words and signs left out, put in, exchanged or
//! cut off are checked and built in processes of their own, and so is what their own edits make of them.

use std::process::{Command, Stdio};
use std::time::Duration;

use polity::diagnostics::render::{Format, render};
use polity::diagnostics::{codes, mend};
use polity::source::Sources;
use polity::{Options, compile};
use polity_tests::proof::prove;
use proptest::collection::vec;
use proptest::prelude::any;
use proptest::test_runner::TestCaseError;

/// The variable that names the file of mutants to a process.
const MUTANT: &str = "POLITY_MUTANTS";

/// The line that a process prints before each mutant.
const BEGUN: &str = "begun";

/// Mutants that one process compiles.
const MUTANTS: usize = 50;

/// Seconds of a processor that these may take; next to other tests they are longer.
const SECONDS: u32 = 30;

/// The kind of a change, its place, and another place or piece.
type Change = (u8, u32, u32);

/// Texts that are put in: words of this language and of others, and signs.
const PIECES: &[&str] = &[
    "index",
    "unique",
    "key",
    "check",
    "where",
    "primary key (a)",
    "foreign key (a) references B (c)",
    "not null",
    "null",
    "default",
    "references",
    "varchar(80)",
    "user: User",
    "uuid()",
    "@id",
    "@@index([a])",
    "@default(",
    "model",
    "interface",
    "type X = {",
    "create table",
    "materialized view",
    "string",
    "serial",
    "??",
    "?",
    "=>",
    "->",
    ";",
    ",",
    ":",
    "::",
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "\"",
    "\"\"\"",
    "'",
    "'a'",
    "`",
    "``",
    "#",
    "# a b",
    "--",
    "-- x",
    "/*",
    "*/",
    "/* é */",
    "///",
    "//",
    "<",
    ">",
    "Map<string, int>",
    "|",
    "| null",
    "=",
    "==",
    "===",
    "!==",
    "!",
    "&&",
    "AND",
    "IS NOT NULL",
    "in (1, 2)",
    "on delete",
    "ON DELETE CASCADE",
    "on delete SET NULL",
    "between 1 and",
    "between",
    ">= 0",
    "5 m",
    "1e9",
    "99999999999999999999",
    "é",
    "\u{202e}",
    "\0",
    "\t",
    "\n",
    "\r\n",
    " ",
    "sql(\"",
    "case when",
    "end",
    "constraint",
    "constraint c check (",
    "if",
    "\\",
    "$",
    "%",
    ".",
    "..",
    "timestamp with time zone",
    "double precision",
    "character varying(3)",
    "s: enum(a, b)",
    "readonly a: int",
    "\"a\": int",
    "a?: text",
];

#[test]
fn proof_that_no_mutant_brings_the_compiler_down() {
    let sources = sources();
    let change = (any::<u8>(), any::<u32>(), any::<u32>());
    let mutant = (0..sources.len(), vec(change, 1..6));
    prove("mutants", Duration::from_secs(8), &vec(mutant, MUTANTS), |mutants| {
        let mutated = |(source, changes): &(usize, Vec<Change>)| {
            changes.iter().fold(sources[*source].to_owned(), |text, change| changed(&text, *change))
        };
        survived(&mutants.iter().map(mutated).collect::<Vec<_>>()).map_err(TestCaseError::fail)
    });
}

/// The examples of the pages of all codes.
fn sources() -> Vec<&'static str> {
    let blocks =
        |page: &'static str| page.split("```polity\n").skip(1).filter_map(|rest| rest.split_once("\n```"));
    codes::ALL.iter().flat_map(|code| blocks(code.page())).map(|(block, _)| block).collect()
}

/// The text with one change, at a place that `at` says.
fn changed(text: &str, (what, at, other): Change) -> String {
    let ends: Vec<usize> = pieces(text);
    if ends.len() < 3 {
        return text.to_owned();
    }
    let at = at as usize % (ends.len() - 1);
    let (from, to) = (ends[at], ends[at + 1]);
    let second = other as usize % (ends.len() - 1);
    let piece = PIECES[other as usize % PIECES.len()];
    match what % 6 {
        0 => format!("{}{}", &text[..from], &text[to..]),
        1 => format!("{}{piece}{}", &text[..from], &text[from..]),
        2 => format!("{} {piece} {}", &text[..from], &text[to..]),
        3 => format!("{}{}{}", &text[..to], &text[ends[second]..ends[second + 1]], &text[to..]),
        4 => format!("{}\n{piece}\n{}", &text[..from], &text[from..]),
        _ => text[..from].to_owned(),
    }
}

/// Where words and signs begin, and the end.
fn pieces(text: &str) -> Vec<usize> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut ends = Vec::new();
    let mut before = ' ';
    for (at, char) in text.char_indices() {
        if !(is_word(char) && is_word(before)) {
            ends.push(at);
        }
        before = char;
    }
    ends.push(text.len());
    ends
}

/// Compiles texts in another process, and says at which one that ended where it did not end well.
fn survived(texts: &[String]) -> Result<(), String> {
    let own = std::env::current_exe().map_err(|e| e.to_string())?;
    let (_, module) = module_path!().split_once("::").unwrap_or_default();
    let file = tempfile::NamedTempFile::new().map_err(|e| e.to_string())?;
    serde_json::to_writer(&file, texts).map_err(|e| e.to_string())?;
    let output = Command::new("sh")
        .arg("-c")
        .arg(format!("ulimit -t {SECONDS}; ulimit -c 0; exec \"$0\" \"$@\""))
        .arg(own)
        .args([&format!("{module}::compiles_the_mutants_that_it_is_given"), "--exact", "--nocapture"])
        .env(MUTANT, file.path())
        .stdin(Stdio::null())
        .output()
        .map_err(|e| e.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    let errors = String::from_utf8_lossy(&output.stderr).chars().take(400).collect::<String>();
    let begun = String::from_utf8_lossy(&output.stdout).lines().filter(|line| *line == BEGUN).count();
    let text = begun.checked_sub(1).and_then(|at| texts.get(at));
    Err(format!("{}\n{errors}\n{}", output.status, text.map_or("before the first", String::as_str)))
}

/// No test by itself, but what [`survived`] starts.
#[test]
fn compiles_the_mutants_that_it_is_given() {
    let Some(file) = std::env::var_os(MUTANT) else { return };
    let file = std::fs::File::open(file).expect("the mutants are there");
    let texts: Vec<String> = serde_json::from_reader(file).expect("each is a text");
    for text in texts {
        println!("\n{BEGUN}");
        compiled(text);
    }
}

/// Compiles a text, and what its own edits make of it.
fn compiled(mut text: String) {
    for _ in 0..3 {
        let sources = Sources::single("mutant.polity", &text);
        let compilation = compile(&sources, &Options::default());
        let found = &compilation.diagnostics;
        assert_eq!(
            found.iter().all(|d| !d.is_error()),
            compilation.artifacts.is_some(),
            "errors keep artifacts back"
        );
        for format in [Format::Plain, Format::Json, Format::Sarif] {
            assert!(!render(found, &sources, format).is_empty() || found.is_empty());
        }
        let Some(mended) = mend(&sources, found).pop() else { return };
        text = mended.text;
    }
}
