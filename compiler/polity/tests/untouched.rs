//! An edit changes what it is about: what stands inside of a text or a comment beside it stays, byte for byte.

use polity::diagnostics::mend;
use polity::source::Sources;

/// Contents that would be mistakes if they stood outside of a text.
const HOSTILE: &[&str] = &[
    "a -- b",
    "see -- #1 == 2",
    "a // b",
    "x # y z",
    "# personal",
    "/* c",
    "a == b AND c <> d && !e",
    "}{",
    ") ] }",
    "([{",
    "a; index b; key (c)",
    "a, b int not null",
    "5 m, 1 h",
    "x = null",
    "between 1 and 3",
    "@id @@unique([a])",
    "s: text ? NOT NULL",
    "references users (id)",
    "d\u{e9}j\u{e0} \u{2014} \u{1f600}",
];

/// How a text or a comment begins and ends, and what it is once it is mended.
const AROUND: &[[&str; 4]] = &[
    ["\"", "\"", "\"", "\""],
    ["\"\"\"", "\"\"\"", "\"\"\"", "\"\"\""],
    ["'", "'", "\"", "\""],
    ["'''", "'''", "'''", "'''"],
    ["E'", "'", "E'", "'"],
    ["`", "`", "`", "`"],
    ["$$", "$$", "$$", "$$"],
    ["'", "", "'", ""],
];

const REMARKS: &[[&str; 4]] = &[
    ["// ", "", "// ", ""],
    ["-- ", "", "// ", ""],
    ["# a ", "", "// a ", ""],
    ["-- 'x' ", "", "// 'x' ", ""],
    ["/* ", " */", "// ", ""],
    ["/*\r\n * ", "\r\n */", "// ", ""],
];

/// Statements around a text, each with a mistake that is mended.
const STATEMENTS: [&str; 14] = [
    "s: text = TEXT not null",
    "s: text required = TEXT  t: text",
    "s: text ? = TEXT",
    "check (a == TEXT)",
    "check (a <> TEXT AND b != TEXT)",
    "check (a in (TEXT, \"z)\", TEXT))",
    "check (TEXT = null)",
    "check a != TEXT",
    "check unique (a || TEXT)",
    "index desc (a || TEXT, b)",
    "constraint c check (a = TEXT)",
    "s: text @default(TEXT)",
    "s: text default TEXT",
    "s: text as TEXT, retain 5 y",
];

/// A project with these statements, each in an entity of its own.
fn project(statements: &[String]) -> String {
    let entity = |(n, statement): (usize, &String)| {
        format!(
            "  entity Order{n} {{\n    id: uuid key\n    a: text\n    b: text\n    {statement}\n    n: int not null\n  }}\n"
        )
    };
    let entities: String = statements.iter().enumerate().map(entity).collect();
    format!(
        "platform shop {{\n  environments: [dev]\n}}\nstore main: postgres 15 {{ database: 'shop' }}\nschema core in main {{\n{entities}}}\n"
    )
}

/// The source with all that is certain mended, or all that is proposed.
fn mended(source: &str, only_certain: bool) -> String {
    let mut text = source.to_owned();
    for _ in 0..6 {
        let sources = Sources::single("shop.polity", &text);
        let found = polity::check(&sources, None);
        match mend(&sources, found.iter().filter(|d| d.is_certain || !only_certain)).pop() {
            Some(file) => text = file.text,
            None => break,
        }
    }
    text
}

/// Holds the content that stands so in a source against what is left of it: by all edits for some, for all by those that are
/// made unasked.
fn kept(source: &str, before: [&str; 2], after: [&str; 2], n: usize) -> Result<(), String> {
    let content = HOSTILE[n];
    let whole = |[open, close]: [&str; 2]| format!("{open}{content}{close}");
    let (before, after) = (whole(before), whole(after));
    let count = |text: &str| match before == after {
        true => text.matches(&before).count(),
        false => text.matches(&before).count() + text.matches(&after).count(),
    };
    for only_certain in [true, false].into_iter().filter(|only_certain| *only_certain || n.is_multiple_of(4))
    {
        let text = mended(source, only_certain);
        if count(&text) != count(source) {
            let lost = source.lines().filter(|line| line.contains(content) && !text.contains(line.trim()));
            let lost = lost.collect::<Vec<_>>().join("\n");
            return Err(format!(
                "{} times {before}, {} times {after}:\n{lost}\n{text}",
                count(source),
                count(&text)
            ));
        }
    }
    Ok(())
}

#[test]
fn what_stands_inside_of_a_text_stays() {
    let mut failures = Vec::new();
    for [open, close, after_open, after_close] in AROUND {
        for (n, content) in HOSTILE.iter().enumerate() {
            let text = format!("{open}{content}{close}");
            let statements = STATEMENTS.map(|statement| statement.replace("TEXT", &text));
            // Of two on a line the second would close the first.
            let once = |statement: &String| !close.is_empty() || statement.matches(&text).count() == 1;
            let statements: Vec<String> = statements.into_iter().filter(once).collect();
            failures.extend(kept(&project(&statements), [open, close], [after_open, after_close], n).err());
        }
    }
    assert!(failures.is_empty(), "{}: {}", failures.len(), failures[..failures.len().min(2)].join("\n"));
}

#[test]
fn what_stands_inside_of_a_comment_stays() {
    let mut failures = Vec::new();
    for [open, close, after_open, after_close] in REMARKS {
        for (n, content) in HOSTILE.iter().enumerate() {
            let remark = format!("{open}{content}{close}");
            let behind = STATEMENTS.map(|statement| format!("{} {remark}", statement.replace("TEXT", "'x'")));
            let inside = STATEMENTS.map(|statement| statement.replace("TEXT", &format!("{remark}\n 'x'")));
            for statements in [behind, inside] {
                failures
                    .extend(kept(&project(&statements), [open, close], [after_open, after_close], n).err());
            }
        }
    }
    assert!(failures.is_empty(), "{}: {}", failures.len(), failures[..failures.len().min(2)].join("\n"));
}

/// A text in single quotes as what it says in double ones; one of which two things can be said is left.
#[test]
fn a_text_in_single_quotes_says_the_same_in_double_ones() {
    let texts = [
        ("'it''s'", "\"it's\""),
        ("''", "\"\""),
        ("''''", "''''"),
        ("'say \"hi\"'", "\"say \\\"hi\\\"\""),
        ("'it''s \"x\"'", "\"it's \\\"x\\\"\""),
        ("\"it''s\"", "\"it''s\""),
        (r"'it\'s'", r"'it\'s'"),
        (r"'C:\new'", r"'C:\new'"),
        ("'''a'''", "'''a'''"),
    ];
    for (written, meant) in texts {
        let text = mended(&project(&[format!("s: text = {written}")]), true);
        assert!(text.contains(&format!("s: text = {meant}\n")), "{written}\n{text}");
    }
}

/// Behind a text that is never closed nobody knows what stands inside of one.
#[test]
fn nothing_is_certain_behind_a_text_that_is_never_closed() {
    for open in ["\"", "'", "\"\"\"", "/* "] {
        let statement =
            format!("check (a == b)\n    s: text = {open}a\n    check (a == b) -- c\n    check (a = null)");
        let text = mended(&project(&[statement]), true);
        assert!(text.contains("check (a = b)\n"), "{text}");
        assert!(text.contains("check (a == b) -- c\n    check (a = null)"), "{text}");
    }
}
