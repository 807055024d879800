//! A whole platform in, every file out; and what comes out, read by a parser that is not PostgreSQL's.

mod placements;

use std::fmt::Write;

use proptest::prelude::*;
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;

use super::sql::{Body, Ident, Literal, Remark};
use polity::{Artifacts, Options, compile};
use polity_text::source::Sources;

const SOURCE: &str = include_str!("tests/library.polity");

fn artifacts(source: &str) -> Artifacts {
    let compiled = compile(&Sources::single("library.polity", source), &Options::default());
    compiled.artifacts.unwrap_or_else(|| panic!("{:#?}", compiled.diagnostics))
}

fn text(artifacts: &Artifacts, path: &str) -> String {
    String::from_utf8(artifacts.get(path).unwrap_or_default().to_vec()).unwrap_or_default()
}

#[test]
fn a_whole_platform() {
    let all = artifacts(SOURCE);
    let mut shown = format!("{SOURCE}\n");
    for (path, content) in all.iter().filter(|(path, _)| path.starts_with("main/")) {
        // The migration is the schema in another frame; the tests on a real server compare them.
        if !path.contains("V0001") {
            let _ = write!(shown, "\n======== {path}\n{}", String::from_utf8_lossy(content));
        }
    }
    insta::assert_snapshot!(shown);
}

#[test]
fn the_migration_is_the_schema_in_another_frame() {
    let all = artifacts(SOURCE);
    let (schema, migration) =
        (text(&all, "main/schema.sql"), text(&all, "main/migrations/V0001__initial.sql"));
    let core = |text: &str| {
        let from = text.find("SET standard_conforming_strings").unwrap_or(0);
        let to = text.find("RESET ROLE").unwrap_or(0);
        text[from..to].to_owned()
    };
    assert!(core(&schema).len() > 1000);
    assert_eq!(core(&schema), core(&migration));
}

/// The kinds of statement that sqlparser knows; what it does not know PostgreSQL itself judges, in the tests on a
/// real server.
#[test]
fn tables_indexes_and_comments_are_good_sql() {
    let schema = text(&artifacts(SOURCE), "main/schema.sql");
    let mut read = 0;
    for statement in schema.split(";\n") {
        let statement = statement.trim_start_matches(|c: char| c.is_whitespace());
        let known = [
            "CREATE TABLE",
            "CREATE INDEX",
            "CREATE UNIQUE INDEX",
            "CREATE SEQUENCE",
            "CREATE VIEW",
            "GRANT SELECT",
        ];
        if !known.iter().any(|k| statement.starts_with(k)) || statement.contains("EXCLUDE USING") {
            continue;
        }
        let parsed = Parser::parse_sql(&PostgreSqlDialect {}, statement);
        assert!(parsed.is_ok(), "{statement}\n{parsed:?}");
        read += 1;
    }
    assert!(read > 10, "{read}");
}

#[test]
fn nothing_is_written_without_its_schema() {
    let schema = text(&artifacts(SOURCE), "main/schema.sql");
    for statement in schema.lines().filter(|l| l.starts_with("CREATE TABLE") || l.starts_with("CREATE VIEW"))
    {
        let name = statement.split(' ').nth(2).unwrap_or_default();
        assert!(name.contains('.'), "{statement}");
    }
}

proptest! {
    /// Whatever a name or a text holds, the parser reads one token and gets it back.
    #[test]
    fn quoted_texts_are_read_back(text in "[^\\x00]{0,40}") {
        use sqlparser::tokenizer::{Token, Tokenizer};
        // In standard strings a backslash is itself, which PostgreSqlDialect knows.
        let sql = format!("{} {}", Ident(&text), Literal(&text));
        if !text.is_empty() {
            let tokens = Tokenizer::new(&PostgreSqlDialect {}, &sql).tokenize();
            let tokens = tokens.map_err(|e| TestCaseError::fail(format!("{sql}: {e}")))?;
            let mut tokens = tokens.iter().filter(|t| !matches!(t, Token::Whitespace(_)));
            match tokens.next() {
                Some(Token::Word(word)) => prop_assert_eq!(&word.value, &text),
                other => prop_assert!(false, "{:?}", other),
            }
            match tokens.next() {
                Some(Token::SingleQuotedString(value)) => prop_assert_eq!(value, &text),
                other => prop_assert!(false, "{:?}", other),
            }
            prop_assert!(tokens.next().is_none());
        }
    }

    #[test]
    fn a_remark_and_a_body_end_where_they_should(text in "[^\\x00]{0,40}") {
        for line in Remark(&text).to_string().split(['\n', '\r']).filter(|l| !l.is_empty()) {
            prop_assert!(line.starts_with("--"));
        }
        let body = Body(&text).to_string();
        let tag = &body[..body[1..].find('$').unwrap_or(0) + 2];
        prop_assert_eq!(body.matches(tag).count(), 2);
    }
}

/// Inline records that hold others twice, level by level, below hand-written SQL that asks for the columns.
#[test]
fn records_that_double_are_judged_at_once() {
    let mut source =
        "platform shop { environments: [dev] }\nstore main: postgres 15 { database: \"shop\" }\nstruct L0 { x: int }\n".to_owned();
    for level in 1..=14 {
        let _ = writeln!(source, "struct L{level} {{ a: L{0} inline, b: L{0} inline }}", level - 1);
    }
    source += "schema core in main {\n  entity P { id: uuid key, tree: L14 inline }\n  \
               view V { sql \"\"\"select id, tree_x from core.p\"\"\"; id: uuid; tree_x: int }\n}\n";
    let found = compile(&Sources::single("test.polity", &source), &Options::default()).diagnostics;
    let codes: Vec<String> = found.iter().map(|d| d.code.to_string()).collect();
    assert_eq!(codes, ["E0521"], "{found:#?}");
}

/// Records that hold others twice, level by level, down to an encrypted and labelled field: paths without number lead
/// there.
#[test]
fn records_that_double_and_encrypt_are_judged_too() {
    let mut source = "platform shop { environments: [dev] }\n\
        encryption key pii { provider: vault(\"transit/pii\") }\n\
        store main: postgres 15 { database: \"shop\" }\n\
        policy p { rule seal { for field where #personal in labels\n apply encrypted with pii } }\nuse policy p\n\
        struct L0 { x: text #personal encrypted with pii }\n"
        .to_owned();
    for level in 1..=14 {
        let _ = writeln!(source, "struct L{level} {{ a: L{0}, b: L{0} }}", level - 1);
    }
    source += "schema core in main { entity P { id: uuid key, tree: L14 } }\n";
    let found = compile(&Sources::single("test.polity", &source), &Options::default()).diagnostics;
    let codes: Vec<String> = found.iter().map(|d| d.code.to_string()).collect();
    assert_eq!(codes, ["E0521"], "{found:#?}");
}

/// Whether a row that all tenants share can go tells one of them whether another refers to it.
#[test]
fn no_service_deletes_what_all_tenants_share() {
    let source = |lines: &str| {
        format!(
            "platform p {{ environments: [dev] }}
store main: postgres 15 {{ database: \"p\" }}
tenancy by tenant_id: uuid
tier small {{ isolation: row }}
schema core in main {{
  global entity Country {{ id: uuid key }}
  entity Note {{ id: uuid key }}
}}
service desk {{ {lines} }}
"
        )
    };
    let codes = |lines: &str| {
        let found = compile(&Sources::single("p.polity", &source(lines)), &Options::default()).diagnostics;
        found.iter().map(|d| d.code.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(codes("read core.Country\n  delete core.Note"), Vec::<String>::new());
    assert_eq!(codes("delete core.Country"), ["E0842"]);
}

/// PostgreSQL judges one partition at a time, whatever says that rows exclude each other.
#[test]
fn what_is_unique_in_a_partitioned_table_holds_the_partition() {
    let codes = |clause: &str| {
        let source = format!(
            "platform p {{ environments: [dev] }}
store main: postgres 17 {{ database: \"p\"; extensions: [btree_gist] }}
schema core in main {{
  entity Stay {{
    id: uuid
    kind: bool
    room: text(10)
    from: date
    to: date
    key (id, kind)
    partition by list (kind)
    {clause}
  }}
}}
"
        );
        let found = compile(&Sources::single("p.polity", &source), &Options::default()).diagnostics;
        found.iter().map(|d| d.code.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(codes("unique (room, kind)\n no overlap [from, to) per (kind, room)"), Vec::<String>::new());
    for clause in
        ["unique (room)", "unique (lower(room))", "no overlap [from, to) per (room)", "no overlap [from, to)"]
    {
        assert_eq!(codes(clause), ["E0512"], "{clause}");
    }
}

/// The names of constraints and indexes in a schema, each with what it is, in an order of their own.
fn names_and_definitions(members: &[&str]) -> Vec<(String, String)> {
    let source = format!(
        "platform p {{ environments: [dev] }}\nstore main: postgres 15 {{ database: \"p\"; extensions: [btree_gist] }}\n\
         schema core in main {{\n entity B {{ id: uuid key }}\n entity A {{\n{}\n }} }}\n",
        members.join("\n")
    );
    let schema = text(&artifacts(&source), "main/schema.sql");
    let lines = schema.lines().map(str::trim).filter_map(|line| {
        let (_, rest) = line.split_once("CONSTRAINT ").or_else(|| line.split_once(" INDEX "))?;
        let (name, definition) = rest.split_once(' ')?;
        Some((name.to_owned(), definition.trim_end_matches([',', ';']).to_owned()))
    });
    let mut found: Vec<(String, String)> = lines.collect();
    found.sort();
    found
}

/// Members of an entity, some of which would be called the same.
const MEMBERS: &[&str] = &[
    "id: uuid key",
    "n: int check (n > 1)",
    "m: int min 1 max 5",
    "b: -> B",
    "unique (n, m)",
    "unique (n, m) where n > 2",
    "check (n > 0 and m > 0)",
    "check (n < m)",
    "check (n < 9)",
    "check pkey (m > 3)",
    "check n_m_check (m > 4)",
    "index (n, m)",
    "index (n, m desc)",
    "index (m, n)",
    "index (m) as \"a_n_m_idx\"",
    "index (b)",
    // Two that only each other give way to.
    "check (m < 100)",
    "check (m > 0)",
    "index (m, id)",
    "index (m, id desc)",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    /// The order of lines decides nothing, and a line takes along only the names of what would be called as it is.
    #[test]
    fn names_follow_from_what_they_name(order in Just((0..MEMBERS.len()).collect::<Vec<_>>()).prop_shuffle()) {
        let all = names_and_definitions(MEMBERS);
        let shuffled: Vec<&str> = order.iter().map(|i| MEMBERS[*i]).collect();
        prop_assert_eq!(&names_and_definitions(&shuffled), &all);
        let names: std::collections::HashSet<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
        prop_assert_eq!(names.len(), all.len(), "no two are called the same: {:#?}", all);

        let left_out = order.iter().find(|i| **i > 3).expect("there are more");
        let fewer: Vec<&str> = shuffled.iter().filter(|member| **member != MEMBERS[*left_out]).copied().collect();
        let gone = |(name, definition): &&(String, String)| {
            !names_and_definitions(&fewer).contains(&(name.clone(), definition.clone()))
        };
        let alike = |name: &str| name.trim_end_matches(|c: char| c == '_' || c.is_ascii_hexdigit()).to_owned();
        let gone: std::collections::HashSet<String> = all.iter().filter(gone).map(|(name, _)| alike(name)).collect();
        prop_assert_eq!(gone.len(), 1, "{}: {:?}", MEMBERS[*left_out], gone);
    }
}
