//! Tests of the messages about incorrect source: one for each mistake, at its own place, with how to fix it.

use super::{entity, helped, said};

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    assert_eq!(said(text), expected, "in\n{text}");
}

#[test]
fn ten_mistakes_in_ten_places_are_ten_messages() {
    check(
        r#"platform shop {
  environments [dev]
}
store main postgres 15 {
  backup: { every: 1d, retain: 30days }
}
schema core in main {
  entit Customer {
    id:   uuid key
    name: text uniqe
    born: date = 2027-1-1
    index (name desk)
    check (a == 3)
  }
  entity Order {
    id:     uuid key
    total   decimal(18, 2)
    retain: 5y
    note:   text "never closed
    index (id)
  }
}
"#,
        &[
            "2:3 E0114 a colon is missing after `environments`",
            "4:7 E0114 a colon is missing after `main`",
            "5:32 E0109 `30days` is not a number with a unit",
            "8:3 E0116 `entit` begins no item",
            "10:16 E0119 `uniqe` is no modifier",
            "11:18 E0110 `2027-1-1` is not a date",
            "12:17 E0117 unexpected `desk` in `index`",
            "13:14 E0112 `==` is no operator here",
            "17:5 E0114 a colon is missing after `total`",
            "18:11 E0115 `retain` takes no colon",
            "19:18 E0103 this text is never closed",
        ],
    );
}

#[test]
fn unclosed_blocks_are_reported_where_they_open() {
    let rest = "entity B in m {\n  id: uuid key keyy\n}\n";
    let keyy = |line: usize| format!("{line}:16 E0119 `keyy` is no modifier");
    check(
        &format!("entity A in m {{\n  id: uuid\n{rest}"),
        &["1:15 E0101 this block is never closed", &keyy(4)],
    );
    check(
        &format!("store s: redis 7 {{\n  in prod {{\n    a: 1\n}}\n{rest}"),
        &["2:11 E0101 this block is never closed", &keyy(6)],
    );
    check(
        &format!("entity A in m {{\n  with {{\n    a: 1\n  id: uuid\n  index (id\n}}\n{rest}"),
        &["2:8 E0101 this block is never closed", "5:9 E0102 this `(` is never closed", &keyy(8)],
    );
    check(
        &format!("schema c in m {{\n  entity A {{\n    id: uuid\n}}\n{rest}"),
        &["2:12 E0101 this block is never closed", &keyy(6)],
    );
    check(
        &format!(
            "schema c in m {{\n  entity A {{\n    id: uuid\n\n  entity C {{\n    id: uuid\n  }}\n}}\n{rest}"
        ),
        &["2:12 E0101 this block is never closed", &keyy(10)],
    );
}

#[test]
fn blocks_that_close_too_early_are_put_together_again() {
    check(
        "entity A in m {\n  id: uuid }\n  b: intt x\n}\nentity B in m {\n  c: int y\n}\n",
        &[
            "2:12 E0104 this `}` closes its block too early",
            "3:11 E0119 `x` is no modifier",
            "6:10 E0119 `y` is no modifier",
        ],
    );
    check("entity A in m {\n  id: uuid\n}\n}\n", &["4:1 E0104 nothing is open here for this `}` to close"]);
    check(
        "entity A in m {\n  check (a))\n  b: int x\n}\n",
        &["2:12 E0104 nothing is open here for this `)` to close", "3:10 E0119 `x` is no modifier"],
    );
}

#[test]
fn broken_texts_end_with_their_line() {
    check(
        "keyspace A in c { pattern \"a; ttl 5m }\nkeyspace B in c { pattern \"b\"; ttl 5 m }\n",
        &["1:27 E0103 this text is never closed", "2:36 E0109 `5 m` is two words"],
    );
    check(
        "policy p \"Our rules {\n  rule r {\n    require a\n    forbid == b\n  }\n}\n",
        &["1:10 E0103 this text is never closed", "4:12 E0117 unexpected `=` in `forbid`"],
    );
    check(
        "tier t {\n  a: [\n    \"x,\n    \"y\"\n  ]\n  b: 1 2\n}\n",
        &["3:5 E0103 this text is never closed", "6:8 E0117 unexpected `2` after the value"],
    );
    check(
        "sql once \"a\" \"\"\"\n  select\nentity B in m {\n  id: uuid keyy\n}\n",
        &["1:14 E0103 this text is never closed", "4:12 E0119 `keyy` is no modifier"],
    );
}

#[test]
fn braces_belong_to_the_line_of_what_they_open() {
    check(
        "entity A in m\n{\n  a: int x\n}\n",
        &["2:1 E0106 `{` stands on a line of its own", "3:10 E0119 `x` is no modifier"],
    );
    check(
        "entity A in m\n  a: int x\n}\nentity B in m { b: int }\n",
        &["1:13 E0107 `{` is missing", "2:10 E0119 `x` is no modifier"],
    );
    check("entity A in m\nentity B in m { b: int }\n", &["1:1 E0107 the block of this `entity` is missing"]);
}

#[test]
fn clauses_and_members_are_told_apart() {
    check(&entity("index: (id)"), &["3:8 E0115 `index` takes no colon"]);
    check(&entity("name text(80)"), &["3:3 E0114 a colon is missing after `name`"]);
    check(&entity("name = text(80)"), &["3:8 E0114 `=` stands where a colon should"]);
    check(&entity("a: int b: int"), &["3:10 E0124 `b` begins a new member"]);
    check(&entity("a: int check (b)\n  index (a) index (b)"), &["4:13 E0124 `index` begins a new statement"]);
    check(&entity("index (a), index (b)"), &["3:12 E0124 a comma does not end a clause"]);
    check(&entity("id2: uuid key (id)"), &["3:17 E0119 unexpected `(` after the modifiers"]);
    check("store s: redis 7 {\n  database \"x\"\n}\n", &["2:3 E0114 a colon is missing after `database`"]);
    check(
        "keyspace K in c {\n  ttl: 5m\n  key \"x\"\n  value sorted_set of text\n}\n",
        &[
            "2:3 E0115 `ttl` takes no colon",
            "3:3 E0117 a keyspace has no `key` clause",
            "4:20 E0117 unexpected `of`",
        ],
    );
}

#[test]
fn what_is_no_setting_is_not_taken_for_one() {
    check("service s {\n  frob core.A\n}\n", &["2:3 E0116 `frob` begins no statement"]);
    check("keyspace K in c { pattern \"a\"; value foo of text; ttl 5m }\n", &["1:42 E0117 unexpected `of`"]);
    check(
        &entity("a: map<text, int>\n  b: int|text\n  c: enum { x, y }"),
        &[
            "3:9 E0118 this type takes no `<…>`",
            "4:9 E0118 a value has one type",
            "5:11 E0118 an enum stands on its own",
        ],
    );
    check("schema c in m x {}\n", &["1:15 E0125 unexpected `x` before the `{`"]);
    check("sql after \"\"\"select 1\"\"\"\n", &["1:11 E0125 unexpected `\"\"\"` in `sql`"]);
}

#[test]
fn misspelt_words_are_compared_with_known_ones() {
    let help = |text: &str| helped(text).join("\n");
    assert!(help(&entity("a: int uniqe")).contains("did you mean `unique`?"));
    assert!(help(&entity("indx (a)")).contains("did you mean `index`?"));
    assert!(help(&entity("index (a) wher b = 1")).contains("did you mean `where`?"));
    assert!(help("entiy A in m { a: int }\n").contains("did you mean `entity`?"));
    assert!(help("table A in m { a: int }\n").contains("here it is called `entity`"));
    assert!(help("entity A frm b.C { a: int }\n").contains("did you mean `from`?"));
    assert!(help(&entity("index btre (a)")).contains("using btree"));
    assert!(help(&entity("a: text not null")).contains("ends in `?`"));
    assert!(help(&entity("a: text default 5")).contains("= VALUE"));
    assert!(help(&entity("a: list<int>")).contains("`int[]`"));
    assert!(help(&entity("a: [int]")).contains("`int[]`"));
    assert!(help(&entity("check (a like \"x\")")).contains("matches"));
}

#[test]
fn names_are_in_the_case_of_their_kind() {
    check(
        "entity my_thing in m {\n  userID: int\n}\nenum A { OPEN }\nstore Main: redis 7 {}\n",
        &[
            "1:8 E0122 `my_thing` should be in UpperCamel",
            "2:3 E0121 `userID` should be in lower_snake",
            "4:10 E0121 `OPEN` should be in lower_snake",
            "5:7 E0121 `Main` should be in lower_snake",
        ],
    );
    assert_eq!(
        helped("entity my_thing in m {\n  userID: int\n}\nenum A { OPEN }\n"),
        [
            "write `MyThing`; how it is stored can be said with `as \"…\"`",
            "write `user_id`",
            "write `open`, or `open as \"OPEN\"` if it is stored so",
        ]
    );
}

#[test]
fn what_is_said_twice_is_said() {
    check(
        &entity("a: int unique #x = 1 unique #x = 2"),
        &[
            "3:24 E0120 `unique` is said twice",
            "3:31 E0120 `#x` is said twice",
            "3:34 E0120 `=` is said twice",
        ],
    );
    check("entity A in m in n { a: int }\n", &["1:15 E0120 `in` is said twice"]);
    check(
        &entity("index (a desc asc) where b where c"),
        &["3:17 E0120 `asc` is said twice", "3:30 E0120 `where` is said twice"],
    );
}

#[test]
fn operators_are_those_of_the_language() {
    check(
        &entity("check (a == 1 && b <> 2 or !c)"),
        &[
            "3:12 E0112 `==` is no operator here",
            "3:17 E0112 `&&` is no operator here",
            "3:22 E0112 `<>` is no operator here",
            "3:30 E0112 `!` is no operator here",
        ],
    );
    check(&entity("check (1 < a < 3)"), &["3:16 E0113 comparisons do not chain"]);
    check(&entity("a: text # personal"), &["3:11 E0123 this `#` has no label"]);
}

#[test]
fn a_broken_item_does_not_hide_its_statements() {
    check("entity 9 in m {\n  a: int x\n}\n", &["1:8 E0125 `9` is no name", "2:10 E0119 `x` is no modifier"]);
    check(
        "entity A as users {\n  a: int x\n}\n",
        &["1:10 E0125 unexpected `as` before the `{`", "2:10 E0119 `x` is no modifier"],
    );
    check(
        "entity {\n  a: int x\n}\n",
        &["1:1 E0125 this `entity` has no name", "2:10 E0119 `x` is no modifier"],
    );
    check("a: int\nb: int\nindex (c)\n", &["1:1 E0116 `a` stands outside of any block"]);
}

#[test]
fn a_broken_statement_leaves_its_field_in_the_tree() {
    let tree = super::tree(&entity("a: [int]\n  b: int wrong"));
    assert!(tree.contains("\"a\"") && tree.contains("\"b\""), "{tree}");
}

#[test]
fn the_rest_of_a_broken_list_is_not_judged() {
    check(
        "service s { read core.A (id name), core.B, core.C }\n",
        &["1:29 E0117 unexpected `name` in `read`"],
    );
    check(
        "tier t { a: 1 x, b: 2 z }\n",
        &["1:15 E0117 unexpected `x` after the value", "1:23 E0117 unexpected `z` after the value"],
    );
}

#[test]
fn messages_never_name_a_rule_of_the_grammar() {
    let grammar = include_str!("../grammar.pest");
    let rules: Vec<&str> = grammar
        .lines()
        .filter_map(|line| line.split_once('=').map(|(name, _)| name.trim()))
        .filter(|name| name.contains('_') && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'))
        .filter(|name| !["append_only", "max_length", "dead_letter", "accept_leak"].contains(name))
        .collect();
    assert!(rules.len() > 20);
    let example = super::example();
    for (at, _) in example.match_indices(|c: char| "({\"=:,".contains(c)).step_by(9) {
        let broken = format!("{}~{}", &example[..at], &example[at + 1..]);
        for line in said(&broken).into_iter().chain(helped(&broken)) {
            let words: Vec<&str> = line.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).collect();
            for rule in &rules {
                let shown = words.contains(rule) && !example.contains(rule);
                assert!(!shown, "`{rule}` in `{line}`");
            }
        }
    }
}
