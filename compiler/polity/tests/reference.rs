//! The complete example of the reference: it parses and resolves, and all that stands in its way is what the compiler
//! says it does not carry out yet.

use polity::diagnostics::Diagnostic;
use polity::source::Sources;

#[test]
fn the_complete_example_meets_only_what_is_not_carried_out_yet() {
    let sources = Sources::single("example.polity", example());
    let found = polity::check(&sources, None);
    let told: Vec<String> = found.iter().map(|d| told(d, &sources)).collect();
    let stands_in_the_way = |told: &&str| told.starts_with('E') && !told.starts_with("E09");
    let others: Vec<&str> = told.iter().map(String::as_str).filter(stands_in_the_way).collect();
    assert!(others.is_empty(), "{}", others.join("\n"));
    insta::assert_snapshot!(told.join("\n"));
}

fn example() -> &'static str {
    let page = include_str!("../../docs/language.md");
    let (_, section) = page.split_once("\n## A complete example\n").expect("the reference has an example");
    let (_, block) = section.split_once("```polity\n").expect("it is a block of code");
    block.split_once("\n```").expect("the block ends").0
}

/// `E0901 entity User … | what is said`: the code, the line it is about, the message.
fn told(diagnostic: &Diagnostic, sources: &Sources) -> String {
    let line = diagnostic.primary.as_ref().map_or("", |label| {
        let (line, _) = sources.line_column(label.span);
        sources.get(label.span.file).text.lines().nth(line - 1).unwrap_or("").trim()
    });
    format!("{} {line} | {}", diagnostic.code, diagnostic.message)
}
