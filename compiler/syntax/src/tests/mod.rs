//! Tests are texts: what is read, what is said, what is written.

mod formatting;
mod hostile;
mod mistakes;
mod reading;

use super::{format, parse_file};
use polity_text::source::{FileId, Sources};

/// The example of the reference that shows every construct.
fn example() -> &'static str {
    let page = include_str!("../../../docs/language.md");
    let (_, section) = page.split_once("\n## A complete example\n").expect("the reference has an example");
    let (_, block) = section.split_once("```polity\n").expect("it is a block of Polity");
    block.split_once("```").map_or(block, |(example, _)| example)
}

/// The tree of a text without its places, so that two layouts of one source give the same.
fn tree(text: &str) -> String {
    let (file, _) = parse_file(FileId(0), text);
    let shown = format!("{file:?}");
    let mut out = String::new();
    let mut rest = shown.as_str();
    while let Some(at) = rest.find("Span {") {
        out.push_str(&rest[..at]);
        rest = rest[at..].split_once('}').map_or("", |(_, rest)| rest);
    }
    out + rest
}

/// The messages about a text, each as `line:column code message`, in the order of the text.
fn said(text: &str) -> Vec<String> {
    let sources = Sources::single("test.polity", text);
    let (_, diagnostics) = parse_file(FileId(0), text);
    diagnostics
        .iter()
        .map(|d| {
            let span = d.primary.as_ref().expect("every mistake has a place").span;
            let (line, column) = sources.line_column(span);
            format!("{line}:{column} {} {}", d.code, d.message)
        })
        .collect()
}

/// The helps of what is said about a text.
fn helped(text: &str) -> Vec<String> {
    let (_, diagnostics) = parse_file(FileId(0), text);
    diagnostics.into_iter().map(|d| d.help.unwrap_or_default()).collect()
}

/// An entity with these statements.
fn entity(statements: &str) -> String {
    format!("entity A in main {{\n  id: uuid key\n  {statements}\n}}\n")
}

#[track_caller]
fn assert_clean(text: &str) {
    assert_eq!(said(text), Vec::<String>::new(), "in\n{text}");
}

/// The one layout of a text, after checking that it is stable, says the same and keeps every comment.
#[track_caller]
fn formatted(text: &str) -> String {
    let once = format(text).unwrap_or_else(|d| panic!("{:?} in\n{text}", d.first().map(|d| &d.message)));
    let twice = format(&once).unwrap_or_else(|d| panic!("{:?} in\n{once}", d.first().map(|d| &d.message)));
    assert_eq!(once, twice, "formatting again changes it");
    assert_eq!(tree(text), tree(&once), "formatting changes the meaning of\n{text}\nto\n{once}");
    once
}
