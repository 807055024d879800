//! Tests of what correct source is read as.

use super::{assert_clean, entity, example, parse_file, said, tree};
use crate::ast::{ItemKind, Statement};
use crate::parse;
use polity_text::source::{FileId, Source, Sources};

#[test]
fn the_example_of_the_reference_is_read_whole() {
    assert_clean(example());
    assert!(!tree(example()).contains("Broken"));
}

/// Every kind of item, clause, modifier, type, value, shape and expression that the tree knows is in the example.
#[test]
fn the_example_shows_every_construct() {
    let tree = tree(example());
    let words: std::collections::BTreeSet<&str> = tree.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    let ast = concat!(
        include_str!("../ast/mod.rs"),
        include_str!("../ast/clauses.rs"),
        include_str!("../ast/expressions.rs"),
        include_str!("../ast/fields.rs"),
        include_str!("../ast/values.rs"),
    );
    let mut missing = Vec::new();
    for name in [
        "ItemKind",
        "ClauseKind",
        "ModifierKind",
        "TypeKind",
        "ValueKind",
        "ShapeKind",
        "ExprKind",
        "FateKind",
        "LiteralKind",
        "BinaryOp",
        "UnaryOp",
        "OnDelete",
        "Suffix",
        "DurationUnit",
        "SizeUnit",
    ] {
        let (_, body) = ast.split_once(&format!("pub enum {name} {{\n")).expect("the tree has it");
        let (body, _) = body.split_once("\n}\n").expect("it ends");
        let variants = body
            .lines()
            .filter_map(|line| line.strip_prefix("    "))
            .filter(|line| line.starts_with(|c: char| c.is_ascii_uppercase()));
        for variant in variants {
            let variant = variant.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or("");
            if !words.contains(variant) && variant != "Broken" {
                missing.push(format!("{name}::{variant}"));
            }
        }
    }
    assert!(missing.is_empty(), "the example does not show {}", missing.join(", "));
}

#[test]
fn any_word_can_be_the_name_of_a_field() {
    for word in [
        "key", "index", "in", "check", "include", "not", "and", "where", "because", "entity", "sql", "true",
        "removed",
    ] {
        assert_clean(&entity(&format!("{word}: int\n  other: {{ {word}: text, b: int }}")));
    }
}

#[test]
fn statements_go_on_where_they_cannot_end() {
    let one = entity("check (a in [1, 2] and b = 3)\n  retain 5y after at then delete");
    let many = entity(
        "check (\n    a in [\n      1, // one\n      2\n    ]\n    and b =\n      3\n  )\n  retain 5y after at\n    then delete",
    );
    assert_clean(&many);
    assert_eq!(tree(&one), tree(&many));
    let text = "waive a.b on C until 2027-01-01\n\n  // why\n  because \"x\"\n";
    assert_clean(text);
}

#[test]
fn braces_that_match_may_stand_in_any_column() {
    assert_clean(
        "schema core in main { entity A {\n    id: uuid key\n  } }\n\
         schema more in main {\n    entity B { id: uuid key\n      n: text }\n    entity C {\n  id: uuid key\n      }\n  }\n",
    );
}

#[test]
fn commas_separate_members_and_go_on_with_lists() {
    let text = "service api { read core.A, write core.B, core.C (id, name), delete D }\n";
    assert_clean(text);
    assert_eq!(
        tree(text),
        tree("service api {\n  read core.A\n  write core.B, core.C (id, name)\n  delete D\n}\n")
    );
    let text = "entity D in search from a.B { take name, price, extra: text }\n";
    assert_clean(text);
    assert!(tree(text).contains("Field("));
}

#[test]
fn words_of_operators_are_values_of_an_enum() {
    assert_clean("enum Word {\n  and\n  or\n  in\n  then\n  because, matches,\n  where }\n");
    let text = "enum Word {\n  and\n  or\n  is\n}\n";
    assert_eq!(tree(text), tree("enum Word { and, or, is }\n"));
}

#[test]
fn precedence_is_that_of_the_reference() {
    let same = |a: &str, b: &str| {
        let read = |condition: &str| {
            let shown = tree(&format!("policy p {{ rule r {{ require {condition} }} }}\n"));
            let words = shown.split(|c: char| !c.is_ascii_alphanumeric());
            words
                .filter(|word| !["", "Paren", "Expr", "span", "kind"].contains(word))
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(read(a), read(b), "{a}");
    };
    same("a or b and not c = d", "a or (b and (not (c = d)))");
    same("a + b * c - d || e = f", "(((a + (b * c)) - d) || e) = f");
    same("-a * b < c % 3 and x is not null", "(((-a) * b) < (c % 3)) and (x is not null)");
    same("x between 1 and 2 + 3 and y", "(x between 1 and (2 + 3)) and y");
    same("#personal in labels and a not in [1, 2]", "(#personal in labels) and (a not in [1, 2])");
    same("not a matches \"x\" or b", "(not (a matches \"x\")) or b");
}

#[test]
fn documentation_belongs_to_what_follows() {
    let text = "/// One.\n///\n///   Two.\nentity A in m {\n  /// Three\n  a: int\n}\n";
    let (file, said) = parse_file(FileId(0), text);
    assert!(said.is_empty());
    assert_eq!(file.items[0].docs, "One.\n\n  Two.");
    let ItemKind::Entity { body, .. } = &file.items[0].kind else { panic!("an entity") };
    assert_eq!(body.statements[0].docs, "Three");
    assert_eq!(said_of("entity A in m {\n  a: int /// no\n  /// nor this\n}\n"), ["2:10 W0101", "3:3 W0101"]);
    assert_eq!(said_of("//// a ruler\n// a remark\n"), Vec::<String>::new());
}

fn said_of(text: &str) -> Vec<String> {
    said(text).iter().map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" ")).collect()
}

#[test]
fn places_are_true_to_the_file() {
    let text = "\u{feff}// ünïcödé\r\nentity A in m {\r\n\tnäme: int\r\n\tb:\ttext(8)\t// é\r\n\tc: text = \"ü\" foo\r\n}\r\n";
    let (file, said) = parse_file(FileId(0), text);
    let places: Vec<&str> = said
        .iter()
        .filter_map(|d| d.primary.as_ref())
        .map(|label| &text[label.span.start as usize..label.span.end as usize])
        .collect();
    assert_eq!(places, ["ä", "foo"]);
    let ItemKind::Entity { body, header, .. } = &file.items[0].kind else { panic!("an entity") };
    assert_eq!(&text[header.name.span.start as usize..header.name.span.end as usize], "A");
    let field = body.statements.iter().find_map(|s| match &s.kind {
        Statement::Field(field) if field.name.text == "b" => Some(field),
        _ => None,
    });
    let span = field.expect("the field b").ty.span;
    assert_eq!(&text[span.start as usize..span.end as usize], "text(8)");
}

#[test]
fn literals_are_judged_to_the_letter() {
    let good = [
        "42",
        "10_000",
        "3.14",
        "85%",
        "0.5%",
        "250ms",
        "30s",
        "6mo",
        "5y",
        "512KB",
        "2GiB",
        "7B",
        "2024-02-29",
        "-5",
        "\"a\\u{e9}\\\"\"",
        "\"\"\"\\d \"x\" \"\"\"",
        "sqlite 3.42",
        "6.0.4",
    ];
    for literal in good {
        assert_clean(&format!("tier t {{ a: {literal} }}\n"));
    }
    let bad = [
        ("10%3", "E0109"),
        ("1e6", "E0109"),
        ("30days", "E0109"),
        ("1h30m", "E0109"),
        ("5 m", "E0109"),
        ("1.5h", "E0109"),
        ("1__0", "E0109"),
        ("9_", "E0109"),
        ("99999999999999999999y", "E0109"),
        ("2027-1-1", "E0110"),
        ("2027-02-29", "E0110"),
        ("2027-13-01", "E0110"),
        ("10-3-2", "E0110"),
        ("\"\\d\"", "E0111"),
        ("\"\\u{110000}\"", "E0111"),
        ("\"\\u{0}\"", "E0111"),
    ];
    for (literal, code) in bad {
        let text = format!("tier t {{ a: {literal} }}\n");
        assert_eq!(
            said_of(&text),
            [format!("1:{} {code}", if literal.contains('\\') { 14 } else { 13 })],
            "{literal}"
        );
    }
}

#[test]
fn raw_texts_do_not_depend_on_the_line_ends_of_a_checkout() {
    let text = "sql once \"a\" \"\"\"x\n  y\"\"\"\n";
    assert_eq!(tree(text), tree(&text.replace('\n', "\r\n")));
}

#[test]
fn groups_and_dead_letters_belong_to_the_keyspace() {
    let inside = "keyspace K in c { value stream { a: int, groups [x, y]; dead_letter Dead } }\n";
    let behind = "keyspace K in c { value stream { a: int } groups [x, y] dead_letter Dead }\n";
    let apart = "keyspace K in c {\n  value stream { a: int }\n  groups [x, y]\n  dead_letter Dead\n}\n";
    for text in [inside, behind, apart] {
        assert_clean(text);
        assert_eq!(tree(text), tree(apart));
    }
}

#[test]
fn files_are_read_in_parallel_and_kept_in_order() {
    let files = (0..40).map(|i| Source {
        path: format!("{i:02}.polity"),
        text: format!("entity E{i} in main {{\n  id: uuid key keyy\n}}\n").into(),
    });
    let sources = Sources::new(files.collect());
    let (tree, said) = parse(&sources);
    let names: Vec<String> = tree
        .files
        .iter()
        .map(|file| match &file.items[0].kind {
            ItemKind::Entity { header, .. } => header.name.text.to_string(),
            _ => String::new(),
        })
        .collect();
    assert_eq!(names, (0..40).map(|i| format!("E{i}")).collect::<Vec<_>>());
    let places: Vec<u32> =
        said.iter().filter_map(|d| d.primary.as_ref()).map(|label| label.span.file.0).collect();
    assert_eq!(places, (0..40).collect::<Vec<_>>());
}
