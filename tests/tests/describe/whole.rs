//! Things for which no source has a word: a description has them where somebody asks for all that a catalog can hold.

use polity_catalog::relational::{Catalog, DifferenceKind, Texts};
use polity_engines::postgres_describe::Scope;
use polity_tests::engines::Postgres;

use super::support::{describe, described};

const FIRST: &str = "CREATE SCHEMA spare;
CREATE ROLE spare_other;
CREATE SEQUENCE spare.numbers;
CREATE TABLE spare.bills (id bigint);
CREATE TYPE spare.mood AS ENUM ('calm', 'wild');
CREATE TYPE spare.place AS (street text, floor integer);
CREATE DOMAIN spare.positive AS integer CONSTRAINT above CHECK (VALUE > 0);";

/// Statements, each with the differences that they make.
const CHANGES: &[(&str, &[&str])] = &[
    ("ALTER SEQUENCE spare.numbers INCREMENT 2", &["sequence spare.numbers: step"]),
    ("ALTER SEQUENCE spare.numbers MAXVALUE 99", &["sequence spare.numbers: most"]),
    ("ALTER SEQUENCE spare.numbers CACHE 7", &["sequence spare.numbers: cache"]),
    ("ALTER SEQUENCE spare.numbers CYCLE", &["sequence spare.numbers: cycle"]),
    ("ALTER SEQUENCE spare.numbers AS integer", &["sequence spare.numbers: type"]),
    ("ALTER SEQUENCE spare.numbers OWNED BY spare.bills.id", &["sequence spare.numbers: column"]),
    ("ALTER TYPE spare.mood ADD VALUE 'gone'", &["type spare.mood: enum"]),
    ("ALTER TYPE spare.mood RENAME VALUE 'wild' TO 'mad'", &["type spare.mood: enum[1]"]),
    ("COMMENT ON TYPE spare.mood IS 'x'", &["type spare.mood: comment"]),
    ("ALTER TYPE spare.mood OWNER TO spare_other", &["type spare.mood: owner"]),
    (
        "ALTER TYPE spare.mood RENAME TO temper",
        &["type spare.mood: only in the first", "type spare.temper: only in the second"],
    ),
    ("ALTER TYPE spare.place ALTER ATTRIBUTE floor TYPE bigint", &["type spare.place: composite[1][1]"]),
    ("ALTER DOMAIN spare.positive SET DEFAULT 3", &["type spare.positive: domain.default"]),
    ("ALTER DOMAIN spare.positive SET NOT NULL", &["type spare.positive: domain.required"]),
    (
        "ALTER DOMAIN spare.positive ADD CONSTRAINT below CHECK (VALUE < 9)",
        &["type spare.positive: domain.checks.below"],
    ),
    (
        "DROP DOMAIN spare.positive; CREATE DOMAIN spare.positive AS bigint CONSTRAINT above CHECK (VALUE > 0)",
        &["type spare.positive: domain.base"],
    ),
];

#[test]
fn types_and_details_of_sequences_are_described_where_somebody_asks_for_them() {
    for major in [14, 17, 18] {
        let Some(db) = Postgres::server_of(major) else { continue };
        are_described(db);
    }
}

fn are_described(mut db: Postgres) {
    db.script(FIRST).unwrap_or_else(|said| panic!("{said}"));
    let scope = |whole| Scope { schemas: ["spare".into()].into(), whole, ..Scope::default() };
    for (sql, expected) in CHANGES {
        for whole in [true, false] {
            let before = describe(&mut db, &scope(whole));
            let client = db.client();
            client.batch_execute("BEGIN").expect("begins");
            client.batch_execute(sql).unwrap_or_else(|error| panic!("{sql}: {error:?}"));
            let after = described(client, &scope(whole));
            client.batch_execute("ROLLBACK").expect("is rolled back");
            let expected = if whole { *expected } else { &[] };
            assert_eq!(named(&before, &after), expected, "{sql}");
        }
    }
    let whole = describe(&mut db, &scope(true));
    let read = Catalog::from_json(&whole.to_json()).expect("it is a catalog");
    assert_eq!(read, whole);
}

fn named(first: &Catalog, second: &Catalog) -> Vec<String> {
    let shown = first.differences(second, Texts::Exact).into_iter().map(|found| match &found.kind {
        DifferenceKind::Attribute { path, .. } => format!("{}: {path}", found.object),
        _ => found.to_string(),
    });
    shown.collect()
}
