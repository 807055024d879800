//! Every kind of name and of setting, with every kind of character that nobody sees.

use polity::diagnostics::Diagnostic;
use polity::diagnostics::codes::E0126;
use polity::source::FileId;
use polity_tests::project::compile;

/// The source around a thing, so that only the text of the thing is in question.
const AROUND: &str = r#"
platform shop { environments: [dev, prod]; production: [prod] }
store docs: mongodb 7 { database: "docs" }
store cache: redis 7 {}
"#;

/// A place for a text, as `@`, by what it names there.
const PLACES: &[(&str, &str)] = &[
    // Stored names.
    ("a schema", r#"store main: postgres 15 {} schema core as @ in main { entity A { id: int key } }"#),
    ("a table", r#"store main: postgres 15 {} schema core in main { entity A as @ { id: int key } }"#),
    (
        "a shared table",
        r#"store main: postgres 15 {} tenancy by t: uuid
        tier one { isolation: row } schema core in main { global entity A as @ { id: int key } }"#,
    ),
    (
        "a column",
        r#"store main: postgres 15 {} schema core in main { entity A { id: int key; a: int as @ } }"#,
    ),
    (
        "a column of a record",
        r#"store main: postgres 15 {} struct R { a: int as @ }
        schema core in main { entity A { id: int key; r: R inline } }"#,
    ),
    (
        "a member of a record",
        r#"store main: postgres 15 {} schema core in main { entity A { id: int key; r: { a: int as @ } } }"#,
    ),
    (
        "a record",
        r#"store main: postgres 15 {} struct R as @ { a: int } schema core in main { entity A { id: int key; r: R } }"#,
    ),
    (
        "a named type",
        r#"store main: postgres 15 {} type N as @ = text(3) schema core in main { entity A { id: int key; n: N } }"#,
    ),
    (
        "an index",
        r#"store main: postgres 15 {} schema core in main { entity A { id: int key; a: int; index (a) as @ } }"#,
    ),
    (
        "a unique index",
        r#"store main: postgres 15 {} schema core in main { entity A { id: int key; a: int; unique (a) as @ } }"#,
    ),
    (
        "a view",
        r#"store main: postgres 15 {} schema core in main { entity A { id: int key }
        view V as @ { sql """select id from core.a"""; id: int } }"#,
    ),
    (
        "a column of a view",
        r#"store main: postgres 15 {} schema core in main { entity A { id: int key }
        view V { sql """select id from core.a"""; id: int as @ } }"#,
    ),
    ("a sequence", r#"store main: postgres 15 {} schema core in main { sequence s as @ }"#),
    ("a trail", r#"store main: postgres 15 {} schema core in main { audit log L as @ { retain 5y } }"#),
    (
        "a script",
        r#"store main: postgres 15 {} schema core in main { entity A { id: int key }
        sql once @ """insert into core.a (id) values (1)""" }"#,
    ),
    (
        "an enum",
        r#"store main: postgres 15 {} enum E as @ { a, b } schema core in main { entity A { id: int key; e: E } }"#,
    ),
    (
        "a value of an enum",
        r#"store main: postgres 15 {} enum E { a as @, b } schema core in main { entity A { id: int key; e: E } }"#,
    ),
    (
        "an arm of a reference",
        r#"store main: postgres 15 {} schema core in main { entity A { id: int key }
        entity B { id: int key }
        entity C { id: int key; r: -> A as @ | B as "B" } }"#,
    ),
    ("a collection", "entity A in docs as @ { id: int key }"),
    ("a field of a document", "entity A in docs { id: int key; a: int as @ }"),
    ("an index of a collection", "entity A in docs { id: int key; a: int; index (a) as @ }"),
    ("a language", "entity A in docs { id: int key; a: text; index words (a) using text language @ }"),
    ("a keyspace", "keyspace K as @ in cache { pattern \"k\"; value text; ttl 1h }"),
    ("a channel", "channel C as @ in cache { pattern \"c\"; value text }"),
    ("a pattern of keys", "keyspace K in cache { pattern @; value text; ttl 1h }"),
    ("a pattern of a channel", "channel C in cache { pattern @; value text }"),
    (
        "an earlier name of a table",
        r#"store main: postgres 15 {} schema core in main { entity A was @ { id: int key } }"#,
    ),
    (
        "an earlier name of a column",
        r#"store main: postgres 15 {} schema core in main { entity A { id: int key; a: int was @ } }"#,
    ),
    (
        "an earlier value",
        r#"store main: postgres 15 {} enum E { a was @, b } schema core in main { entity A { id: int key; e: E } }"#,
    ),
    // Settings of stores.
    ("a database of PostgreSQL", "store main: postgres 15 { database: @ }"),
    ("a database of MongoDB", "store more: mongodb 7 { database: @ }"),
    ("a database of one environment", "store main: postgres 15 { in prod { database: @ } }"),
    ("a variable of Terraform", "store main: postgres 15 { managed_by: terraform { variable: @ } }"),
    ("a chart", "store main: postgres 15 { managed_by: helm { chart: @ } }"),
    ("a namespace", "store main: postgres 15 { managed_by: helm { namespace: @ } }"),
    ("a secret", r#"store main: postgres 15 { url: secret(@, "key") }"#),
    ("a key of a secret", r#"store main: postgres 15 { url: secret("name", @) }"#),
    ("a variable of the environment", "store main: postgres 15 { url: env(@) }"),
    ("a region", "store main: postgres 15 { region: @ }"),
    ("an extension", "store main: postgres 15 { extensions: [@] }"),
    ("a measurement", "store main: postgres 15 { monitoring: { metrics: [@] } }"),
    ("a parameter of the server", "store main: postgres 15 { settings: { log_line_prefix: @ } }"),
    ("a library of the server", "store main: postgres 15 { settings: { shared_preload_libraries: [@] } }"),
    ("the name of a setting", "store main: postgres 15 { annotations: { @: 1 } }"),
    ("the name of a parameter", "store main: postgres 15 { settings: { @: 1 } }"),
    // Tenants and keys.
    ("a prefix", "tenancy by t: uuid tier one { isolation: schema, prefix: @ }"),
    ("the id of a tenant", "tenancy by t: text(80) tier one { isolation: row } tenant acme: one { id: @ }"),
    (
        "the region of a tenant",
        "tenancy by t: text(80) tier one { isolation: row } tenant acme: one { region: @ }",
    ),
    (
        "a store of a tier",
        "store main: postgres 15 {} tenancy by t: uuid tier one { isolation: row, store main { region: @ } }",
    ),
    ("a path of Vault", "encryption key k { provider: vault(@) }"),
    ("a key of AWS", "encryption key k { provider: aws_kms(@) }"),
    ("a file with a key", "encryption key k { provider: file(@) }"),
    ("a secret with a key", r#"encryption key k { provider: kubernetes_secret(@, "key") }"#),
    ("an entry with a key", r#"encryption key k { provider: kubernetes_secret("name", @) }"#),
];

/// One of each kind of hidden character.
const HIDDEN: &[char] = &[
    '\u{1}', '\u{8}', '\t', '\n', '\u{b}', '\r', '\u{1b}', '\u{1f}', '\u{7f}', '\u{80}', '\u{85}', '\u{9f}',
    '\u{61c}', '\u{200e}', '\u{200f}', '\u{2028}', '\u{2029}', '\u{202a}', '\u{202b}', '\u{202c}',
    '\u{202d}', '\u{202e}', '\u{2066}', '\u{2067}', '\u{2068}', '\u{2069}', '\u{feff}',
];

/// A whole source with this literal in a place.
fn source(place: &str, literal: &str) -> String {
    // Items stand on lines of their own.
    let mut items = place.to_owned();
    for item in ["tier ", "tenant ", "schema ", "tenancy ", "enum ", "struct ", "type "] {
        items = items.replace(&format!(" {item}"), &format!("\n{item}"));
    }
    format!("{AROUND}{}\n", items.replace('@', literal))
}

#[test]
fn no_name_and_no_setting_holds_what_nobody_sees() {
    let mut accepted = Vec::new();
    for (what, place) in PLACES {
        for hidden in HIDDEN {
            let by_number = format!("\"a\\u{{{:x}}}b\"", u32::from(*hidden));
            let raw = format!("\"\"\"a{hidden}b\"\"\"");
            for literal in [by_number, raw] {
                // The parser alone judges this, and it is quick.
                let source = source(place, &literal);
                let (_, found) = polity_syntax::parse_file(FileId(0), &source);
                if !is_refused(&source, &literal, &found) {
                    accepted.push(format!("{what}: {literal:?}"));
                }
            }
        }
        let source = source(place, "\"a\\nb\"");
        let compiled = compile(&source);
        if compiled.artifacts.is_some() || !is_refused(&source, "\"a\\nb\"", &compiled.diagnostics) {
            accepted.push(format!("{what}: compiled"));
        }
    }
    assert!(accepted.is_empty(), "{}", accepted.join("\n"));
}

/// Whether an error points at the text, and says why.
fn is_refused(source: &str, literal: &str, found: &[Diagnostic]) -> bool {
    let start = source.find(literal).expect("it stands there") as u32;
    let points = |error: &&Diagnostic| error.primary.as_ref().is_some_and(|at| at.span.start == start);
    found.iter().filter(points).any(|error| error.code == E0126)
}

/// So that each place above is one: what its text is about is all that is wrong with it.
#[test]
fn a_name_is_refused_for_nothing_else() {
    for (what, place) in PLACES {
        let found = compile(&source(place, "\"a b\"")).diagnostics;
        assert!(found.iter().all(|error| error.code != E0126), "{what}: {found:#?}");
        let syntax = found.iter().find(|error| error.is_error() && error.code.as_str() < "E0200");
        assert!(syntax.is_none(), "{what}: {syntax:#?}");
    }
}

/// Texts that are no names hold what they need: lines of a comment, of a reason, of a default, of what is carried along.
#[test]
fn what_is_no_name_may_have_lines() {
    let source = format!(
        "{AROUND}store main: postgres 15 {{ annotations: {{ note: \"a\\n\\tb\", more: [\"a\\nb\"] }} }}\n\
         schema core in main {{ entity A {{ id: int key; a: text = \"a\\u{{d}}\\nb\" check (a != \"\\u{{202e}}\") }} }}\n"
    );
    let found = compile(&source).diagnostics;
    assert!(found.iter().all(|error| !error.is_error()), "{found:#?}");
}
