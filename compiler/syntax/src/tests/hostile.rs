//! No input panics, hangs or runs out of stack, and damage in one place leaves the others readable.

use proptest::prelude::*;

use super::{example, format, formatted, parse_file, said};
use polity_text::source::FileId;

/// Reads a text and checks what must hold of whatever comes of it.
fn survive(text: &str) {
    let (file, diagnostics) = parse_file(FileId(0), text);
    for diagnostic in &diagnostics {
        let labels = diagnostic.primary.iter().chain(&diagnostic.others);
        for label in labels {
            let (start, end) = (label.span.start as usize, label.span.end as usize);
            assert!(start <= end && end <= text.len(), "{start}..{end} of {}", text.len());
            assert!(text.is_char_boundary(start), "{start} splits a character: {diagnostic:?}");
        }
        assert!(!diagnostic.message.is_empty());
    }
    if !diagnostics.iter().any(polity_text::diagnostics::Diagnostic::is_error) {
        assert!(!format!("{file:?}").contains("Broken"), "something is broken that nobody reported: {text}");
        formatted(text);
    } else if format(text).is_ok() {
        // What can be laid out in spite of its mistakes says the same afterwards.
        formatted(text);
    }
}

#[test]
fn a_missing_brace_is_pointed_at_behind_any_character() {
    survive("schema entity // entity \u{fffd}\r\n   :");
    survive("entity A in m // é\n  a: int\n");
}

#[test]
fn nesting_ends_at_a_limit() {
    let deep = |open: &str, close: &str, n: usize| format!("{}{}", open.repeat(n), close.repeat(n));
    for n in [127, 128, 129, 1000, 10_000] {
        for (open, close) in
            [("(", ")"), ("[", "]"), ("{ a: ", " }"), ("(", ""), ("[{ a: ", ""), ("", ")"), ("f(", ")")]
        {
            survive(&format!(
                "policy p {{\n  rule r {{\n    require {}\n  }}\n}}\nenum A {{ b }}\n",
                deep(open, close, n)
            ));
            survive(&format!("tier t {{\n  a: {}\n}}\n", deep(open, close, n)));
        }
        survive(&format!("entity A in m {{\n  a: {}\n}}\n", deep("map<", ">", n).replace("<>", "<int>")));
        survive(&format!("entity A in m {{\n  a: {}int{}\n}}\n", "{ a: ".repeat(n), " }".repeat(n)));
        for prefix in ["not ", "- ", "-", "!", "not -"] {
            survive(&format!("policy p {{\n  rule r {{\n    require {}a\n  }}\n}}\n", prefix.repeat(n)));
        }
        for operator in [" + ", " and ", " = ", " || ", " is null ", "-"] {
            survive(&format!(
                "policy p {{\n  rule r {{\n    require {}a\n  }}\n}}\n",
                format!("a{operator}").repeat(n)
            ));
        }
        survive(&format!("entity A in m {{\n  a: int{}\n}}\n", "?".repeat(n)));
        survive(&format!("{}entity A in m {{\n", "schema a in b {\n".repeat(n)));
    }
}

#[test]
fn nesting_up_to_the_limit_is_fine() {
    let text = format!("tier t {{\n  a: {}1{}\n}}\n", "[".repeat(127), "]".repeat(127));
    assert_eq!(said(&text), Vec::<String>::new());
    let text = format!("tier t {{\n  a: {}1{}\n}}\nenum A {{ b }}\n", "[".repeat(128), "]".repeat(128));
    assert_eq!(said(&text).len(), 1);
    assert!(said(&text)[0].contains("E0105"));
}

#[test]
fn huge_files_take_linear_time() {
    let cases = [
        "\n".repeat(300_000),
        "// c\n".repeat(100_000),
        "/// c\n".repeat(50_000),
        "}".repeat(100_000),
        "a: int\n".repeat(20_000),
        "\"\n".repeat(20_000),
        "x".repeat(1_000_000),
        "@".repeat(100_000),
        "é".repeat(100_000),
        format!("entity A in m {{\n{}}}\n", "a: int x\n".repeat(10_000)),
        format!("entity A in m {{\n{}}}\n", "// c\n".repeat(100_000)),
        format!("entity A in m {{\n  a: int // c\n{}}}\n", "\n// c\n".repeat(50_000)),
        format!("entity A in m {{\n{}", "entity B {\n".repeat(10_000)),
        format!("entity A in m {{ {} }}\n", "a: int, ".repeat(10_000)),
        format!("entity A in m {{ {} }}\n", "a: int x, ".repeat(5_000)),
        format!("service a {{ read {}b }}\n", "b, ".repeat(20_000)),
        format!("service a {{ read {}b c }}\n", "b, ".repeat(20_000)),
        format!("tier a {{ b: \"{}\" }}\n", "\\n".repeat(100_000)),
    ];
    for text in cases {
        // That none of them takes quadratic time is told by the test coming to an end.
        let (_, diagnostics) = parse_file(FileId(0), &text);
        assert!(diagnostics.len() <= text.len(), "{} messages for {text:.30}…", diagnostics.len());
    }
}

#[test]
fn damage_is_local() {
    let broken = "\nentity Last in main {\n  id: uuid keyy\n}\n";
    let expected = "is no modifier";
    let whole = example();
    let bytes = whole.as_bytes();
    let mut hidden = Vec::new();
    let mut worst = (0, 0);
    // Every place takes a minute; a prime stride visits all kinds of them.
    for at in (0..whole.len()).filter(|at| b"{}()[]\",:\n".contains(&bytes[*at])).step_by(11) {
        for damaged in [
            format!("{}{}{broken}", &whole[..at], &whole[at + 1..]),
            format!("{}{}{}{broken}", &whole[..at], bytes[at] as char, &whole[at..]),
        ] {
            let said = said(&damaged);
            if !said.iter().any(|line| line.contains("`keyy`") && line.contains(expected)) {
                hidden.push(format!(
                    "at {at}: {:?}",
                    &whole[at.saturating_sub(20)..(at + 10).min(whole.len())]
                ));
            }
            worst = worst.max((said.len(), at));
        }
    }
    assert!(hidden.is_empty(), "the error of the last entity is hidden by damage\n{}", hidden.join("\n"));
    assert!(
        worst.0 <= 12,
        "{} messages for damage at {}: {:?}",
        worst.0,
        worst.1,
        &whole[worst.1.saturating_sub(40)..worst.1 + 10]
    );
}

/// Texts that have broken the parser once.
#[test]
fn survivors() {
    survive("entity A in m {\n  a: [\n  /// ÿ\n  b c\n}\n");
    survive("policy p {\n  rule r {\n    require [{ a: [{ a: \n  }\n}\nenum A { b }\n");
    survive("{\n/// �\n}");
}

fn piece() -> impl Strategy<Value = String> {
    let words = [
        "entity",
        "A",
        "in",
        "m",
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        "\"",
        "\"\"\"",
        "//",
        "///",
        "\n",
        " ",
        ":",
        ",",
        ";",
        "=",
        "->",
        "key",
        "index",
        "a",
        "5m",
        "10%3",
        "#x",
        "#",
        "<",
        ">",
        "map<",
        "not",
        "-",
        "and",
        "schema",
        "because",
        "\\",
        "\u{feff}",
        "é",
        "\r\n",
        "\t",
        "\0",
        "\u{1}",
        "?",
        "[]",
        "..",
        "1..2",
        "2027-01-01",
        "platform",
        "value",
        "stream",
        "json",
        "take",
        "read",
        "*",
        ".",
        "'",
        "enum",
        "/",
        "|",
        "global",
    ];
    prop_oneof![
        8 => prop::sample::select(words.to_vec()).prop_map(str::to_owned),
        1 => any::<String>(),
        1 => any::<Vec<u8>>().prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_survived(pieces in prop::collection::vec(piece(), 0..60)) {
        survive(&pieces.concat());
        survive(&pieces.join(" "));
    }

    #[test]
    fn damaged_sources_are_survived(at in any::<prop::sample::Index>(), to in any::<prop::sample::Index>(), with in piece()) {
        let example = example();
        let boundary = |at: usize| (0..=at).rev().find(|at| example.is_char_boundary(*at)).unwrap_or(0);
        let (a, b) = (boundary(at.index(example.len())), boundary(to.index(example.len())));
        survive(&format!("{}{with}{}", &example[..a], &example[a..]));
        let (a, b) = (a.min(b), a.max(b));
        survive(&format!("{}{with}{}", &example[..a], &example[b..]));
    }
}
