//! Members of records that PostgreSQL keeps as jsonb, held to what stands beside them, and the ranges of columns.

use polity_tests::engines::Postgres;
use polity_tests::project::{build, text};

const SOURCE: &str = r#"
platform members { environments: [dev] }
store main: postgres 15 { database: "members" }
struct Span { lo: int; hi: int check (hi > lo); t: text? check (length(t) < 3) }
struct Sizes { b: bytes length 2..4; f: float; v: int min 1 }
schema core in main {
  entity Held {
    id:    int   key
    one:   Span  = { lo: 1, hi: 2 }
    maybe: Span?
    nest:  { p: Span, q: int check (q > 5) } = { p: { lo: 1, hi: 2 }, q: 6 }
    many:  Sizes[] = []
    day:   date = 2026-01-01
    at:    timestamp = 2026-01-01
    clock: time = "10:00:00"
    wait:  interval = 1d
    size:  float = 1.5
    days:  date[] = []
    sizes: float[] = []
  }
}
"#;

#[test]
fn members_of_jsonb_and_ends_of_columns_hold() {
    let Some(mut db) = Postgres::server() else { return };
    let artifacts = build(SOURCE);
    db.script(&text(&artifacts, "main/roles.sql")).expect("roles");
    db.script_as("members_migrator", &text(&artifacts, "main/schema.sql")).expect("the schema");
    db.run("insert into core.held (id) values (0)").expect("the defaults");
    let rows: &[(&str, &str, bool)] = &[
        ("one", r#"{"lo": 1, "hi": 9, "t": "ab"}"#, true),
        ("one", r#"{"lo": 5, "hi": 1}"#, false),
        ("one", r#"{"lo": 1, "hi": 9, "t": "abc"}"#, false),
        ("maybe", r#"{"lo": 5, "hi": 1}"#, false),
        ("maybe", r#"{"lo": 1, "hi": 5, "t": null}"#, true),
        ("nest", r#"{"p": {"lo": 1, "hi": 2}, "q": 7}"#, true),
        ("nest", r#"{"p": {"lo": 1, "hi": 2}, "q": 1}"#, false),
        ("nest", r#"{"p": {"lo": 3, "hi": 2}, "q": 7}"#, false),
        ("many", r#"[{"b": "AQI=", "f": 1.5, "v": 1}, {"b": "AQIDBA==", "f": -1e308, "v": 1}]"#, true),
        ("many", r#"[{"b": "AQ==", "f": 1.5, "v": 1}]"#, false),
        ("many", r#"[{"b": "AQIDBAU=", "f": 1.5, "v": 1}]"#, false),
        ("many", r#"[{"b": "AQJ=", "f": 1.5, "v": 1}]"#, false),
        ("many", r#"[{"b": "AQI=", "f": 1e400, "v": 1}]"#, false),
        ("many", r#"[{"b": "AQI=", "f": 1.5, "v": 0}]"#, false),
        ("day", "9999-12-31", true),
        ("day", "infinity", false),
        ("day", "0001-01-01 BC", false),
        ("day", "10000-01-01", false),
        ("at", "-infinity", false),
        ("at", "9999-12-31T00:00:00Z", false),
        ("clock", "24:00:00", false),
        ("clock", "23:59:59.999999", true),
        ("wait", "1 month", false),
        ("wait", "40 days 01:00:00", true),
        ("size", "NaN", false),
        ("size", "-Infinity", false),
        ("days", "{2026-01-01,infinity}", false),
        ("days", "{2026-01-01}", true),
        ("sizes", "{1,NaN}", false),
    ];
    for (id, (column, value, right)) in rows.iter().enumerate() {
        let taken = db.run(&format!("insert into core.held (id, {column}) values ({}, '{value}')", id + 1));
        assert_eq!(taken.is_ok(), *right, "{column} {value}: {taken:?}");
    }
}

/// A value that PostgreSQL computes into jsonb has the form that its own check and the client want, a length of time too that is
/// less than nothing.
#[test]
fn what_is_computed_into_jsonb_has_its_form() {
    let source = r#"
platform computed { environments: [dev] }
store main: postgres 15 { database: "computed" }
struct Stay { before: interval, behind: interval, none: interval, now: timestamp }
schema core in main {
  entity Held {
    id:   int  key
    stay: Stay = {
      before: timestamp(2020-01-01) - now(), behind: now() - timestamp(2020-01-01), none: now() - now(), now: now()
    }
  }
}
"#;
    let Some(mut db) = Postgres::server() else { return };
    let artifacts = build(source);
    db.script(&text(&artifacts, "main/roles.sql")).expect("roles");
    db.script_as("computed_migrator", &text(&artifacts, "main/schema.sql")).expect("the schema");
    let insert = "insert into core.held (id) values (1)
        returning stay ->> 'before', stay ->> 'behind', stay ->> 'none'";
    let rows = db.rows(insert).expect("its own default is taken");
    let [before, behind, none] = [0, 1, 2].map(|at| rows[0][at].clone().expect("a text"));
    assert_eq!((before, none.as_str()), (format!("-{behind}"), "PT0S"));
    assert!(behind.starts_with("PT") && behind.parse::<polity_runtime::Interval>().is_ok(), "{behind}");
}
