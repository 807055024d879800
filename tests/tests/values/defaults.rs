//! Defaults as the stores take them, in the forms that their own checks ask for.

use polity_tests::engines::Postgres;
use polity_tests::project::{build, text};

use super::DEFAULTS;

/// Each column of a row that says only its key, as PostgreSQL prints it.
const ROW: &[(&str, &str)] = &[
    ("big", "4000000000"),
    ("product", "1000000000000"),
    ("quotient", "0.125"),
    ("remainder", "-1"),
    ("sum", "100.0"),
    ("\"cast\"", "15"),
    ("words", "abc-DEF"),
    ("count", "3"),
    ("sku", "AB-1"),
    ("since", "2026-01-01 00:00:00+00"),
    ("clock", "08:30:00"),
    ("host(address)", "2001:db8::1"),
    ("object", "507f1f77bcf86cd799439011"),
    ("moment", "2026-01-01 00:00:00+00"),
    ("later", "2026-01-02 12:00:00+00"),
    ("wait", "90 days"),
    ("texts", "{abc,d}"),
    ("moments", "{\"2026-01-01 00:00:00+00\"}"),
    ("waits", "{\"90 days\",00:00:00.25}"),
    ("times", "{08:30:00}"),
    ("states", "{NEW,OLD}"),
    ("bigs", r#"{"x": "5", "y": "-5"}"#),
    ("days", r#"{"x": "2026-01-01"}"#),
    ("instants", r#"{"x": "2026-01-01T00:00:00Z"}"#),
    ("lengths", r#"{"x": "PT2160H"}"#),
    ("clocks", r#"{"x": "08:30:00"}"#),
    ("money", r#"{"x": "1234567890.0123456789"}"#),
    ("lists", r#"{"x": ["5"]}"#),
    (
        "whole - 'at' - 'id'",
        concat!(
            r#"{"a": "5", "b": true, "c": "1.5", "d": "2026-01-01", "e": "10:00:00", "f": 1, "#,
            r#""g": "2026-01-01T00:00:00Z", "h": "PT2160H", "i": "10.0.0.1", "l": ["9007199254740993"], "#,
            r#""m": {"x": "2026-01-01"}, "s": "NEW", "u": "018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2b10", "#,
            r#""in_": {"level": 3}, "named": "here"}"#
        ),
    ),
    ("wholes", r#"[{"level": 3}, {"note": "n", "level": 4}]"#),
    ("spread_level", "2"),
    ("spread_note", ""),
    ("maybe_level", "3"),
    ("maybe_note", "x"),
    (
        "\"any\"",
        r#"{"no": null, "day": "2026-01-01", "list": [1.0, 0.1, -2], "text": "é", "wait": "PT2160H"}"#,
    ),
];

/// A row that takes every default passes every check, whatever the session's zone and styles are.
#[test]
fn a_row_of_defaults_goes_in_whatever_the_session_says() {
    let artifacts = build(DEFAULTS);
    let hostile = ["timezone=Asia/Kolkata", "datestyle=SQL,DMY", "intervalstyle=sql_standard"];
    let Some(mut db) = Postgres::server_with(&hostile) else { return };
    db.script(&text(&artifacts, "main/roles.sql")).expect("roles");
    db.script_as("forms_migrator", &text(&artifacts, "main/schema.sql")).expect("the schema");
    db.run("insert into core.form (key_of) values (1)").expect("a row of defaults");
    db.run("set timezone to 'UTC'; set datestyle to 'ISO'; set intervalstyle to 'postgres'").expect("plain");
    for (column, value) in ROW {
        let found = db.run(&format!("select ({column})::text from core.form")).expect(column);
        assert_eq!(found, *value, "{column}");
    }
    let moment = db.run("select (whole ->> 'at')::timestamptz between now() - interval '1 hour' and now() and whole ->> 'at' like '%Z' from core.form");
    assert_eq!(moment.expect("a moment"), "t");
    assert!(build(DEFAULTS).get("rust/src/core.rs").is_some());
}
