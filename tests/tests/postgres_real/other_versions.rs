//! The shop on the other major versions of PostgreSQL, without the parts that need PostGIS.

use polity::artifact::Artifacts;
use polity_tests::engines::Postgres;
use polity_tests::project;

use super::catalog::difference;
use super::support::{SHOP, catalog, person, prepare, run_as};

/// The shop for a major version of PostgreSQL; only the store's version and the place of a person differ.
fn shop(major: u32) -> Artifacts {
    let source = SHOP
        .replace("postgres 15", &format!("postgres {major}"))
        .replace("[postgis, ", "[")
        .replace("    place:     geo.point?\n", "")
        .replace("    index near (place) using geo\n", "");
    assert!(!source.contains("geo") && !source.contains("postgis"), "{source}");
    project::build(&source)
}

fn installs_and_undoes(major: u32) {
    let artifacts = shop(major);
    let Some(mut db) = Postgres::server_of(major) else { return };
    let version = db.run("show server_version_num").expect("reads");
    assert!(version.starts_with(&major.to_string()), "{version}");
    prepare(&mut db, &artifacts);
    let before = catalog(&mut db);
    run_as(&db, "shop_migrator", &artifacts, "main/migrations/V0001__initial.sql");
    let by_migration = catalog(&mut db);

    let mut other = db.another();
    prepare(&mut other, &artifacts);
    run_as(&other, "shop_migrator", &artifacts, "main/schema.sql");
    let by_schema = catalog(&mut other);
    assert!(by_schema.lines().count() > 300, "{by_schema}");
    assert!(by_schema == by_migration, "{}", difference(&by_schema, &by_migration));
    rows_are_kept_right(&mut other);
    maintenance_runs(&mut other);
    drop(other);

    run_as(&db, "shop_migrator", &artifacts, "main/migrations/U0001__initial.sql");
    let after = catalog(&mut db);
    assert!(after == before, "{}", difference(&before, &after));

    let Some(mut db) = Postgres::server() else { return };
    let artifacts = shop(15);
    prepare(&mut db, &artifacts);
    run_as(&db, "shop_migrator", &artifacts, "main/schema.sql");
    let (ours, theirs) = (shape(&catalog(&mut db)), shape(&by_schema));
    assert!(ours == theirs, "{}", difference(&ours, &theirs));
}

/// A row goes in, is audited, and is refused where its check, its generated column or its partition says so.
fn rows_are_kept_right(db: &mut Postgres) {
    let id = db.run(&person(&[])).expect("a plain person is allowed");
    assert_eq!(id.as_bytes()[14], b'7', "a uuid of version 7: {id}");
    for (column, value, why) in [
        ("phone", "'0771234'", "people_phone_format"),
        ("balance", "'NaN'", "people_balance_max"),
        ("lines", r#"'[{"name": "x", "count": 0}]'"#, "people_lines_shape"),
        ("lines", r#"'[{"name": "12345678901", "count": 2}]'"#, "people_lines_name_length"),
        ("states", "'{OLD}'", "people_states_values"),
        ("\"full\"", "'somebody'", "428C9"),
    ] {
        let error = db.run(&person(&[(column, value)])).expect_err(column);
        assert_eq!(error.constraint.as_deref().unwrap_or(&error.sqlstate), why, "{column}: {error}");
    }
    db.run(&format!("insert into core.purchases (buyer, amount) values ('{id}', 1)")).expect("buys");
    let first = "select \"full\", (select count(*) from core.purchases), (select count(*) from audit.trail) from core.people";
    assert_eq!(db.run(first).expect("reads"), "Awa Diop|1|1");
    db.run("update core.people set first = 'Binta'").expect("changes");
    assert_eq!(db.run(first).expect("reads"), "Binta Diop|1|2");
}

/// Every procedure that is to run on a schedule runs.
fn maintenance_runs(db: &mut Postgres) {
    let procedures = db
        .run("select format('call %I.%I()', pronamespace::regnamespace::text, proname) from pg_proc \
               where prokind = 'p' and pronargs = 0 and pronamespace = 'polity'::regnamespace order by proname")
        .expect("reads");
    assert!(!procedures.is_empty());
    for call in procedures.lines() {
        db.run(call).unwrap_or_else(|e| panic!("{call}: {e}"));
    }
}

/// Columns, constraints and indexes: what every version prints alike. From 18 on `NOT NULL` has a constraint in the
/// catalog and `uuid_v7` is the server's own.
fn shape(catalog: &str) -> String {
    let kept = |line: &&str| {
        ["column ", "constraint ", "index "].iter().any(|kind| line.starts_with(kind))
            && !(line.starts_with("constraint ") && line.contains(" NOT NULL "))
    };
    let lines: Vec<String> =
        catalog.lines().filter(kept).map(|line| line.replace("polity.uuid_v7()", "uuidv7()")).collect();
    lines.join("\n")
}

#[test]
fn postgresql_14_takes_what_is_written_for_it() {
    installs_and_undoes(14);
}

#[test]
fn postgresql_16_takes_what_is_written_for_it() {
    installs_and_undoes(16);
}

#[test]
fn postgresql_17_takes_what_is_written_for_it() {
    installs_and_undoes(17);
}

#[test]
fn postgresql_18_takes_what_is_written_for_it() {
    installs_and_undoes(18);
}
