//! Clauses of a trail, and what comes of them outside of the database.

use polity_tests::project;

use super::support::{SHOP, shop};

#[test]
fn a_job_seals_as_often_as_the_source_says() {
    let jobs = project::text(&shop(), "main/maintenance.sql");
    assert!(jobs.contains("-- Seals the entries of audit.trail, every 10s. Schedule: * * * * * (UTC).\nCALL audit.trail_seal_all();"), "{jobs}");
    // A schedule knows no seconds: within its minute it seals six times.
    let schema = project::text(&shop(), "main/schema.sql");
    assert!(schema.contains("FOR turn IN 1 .. 6 LOOP") && schema.contains("pg_catalog.pg_sleep(10)"));
    // Where a minute has no whole number of turns, it has one more.
    let between = project::build(&SHOP.replace("seal every 10s", "seal every 45s"));
    let schema = project::text(&between, "main/schema.sql");
    assert!(schema.contains("FOR turn IN 1 .. 2 LOOP") && schema.contains("pg_catalog.pg_sleep(30)"));
    // One that says nothing is sealed every minute, and one that is chained strictly never.
    assert!(
        jobs.contains("-- Seals the entries of audit.books, every 1m. Schedule: * * * * * (UTC)."),
        "{jobs}"
    );
    assert!(!jobs.contains("audit.strictly"), "{jobs}");
    let seldom = project::build(&SHOP.replace("seal every 10s", "seal every 1h"));
    let jobs = project::text(&seldom, "main/maintenance.sql");
    assert!(jobs.contains("every 1h. Schedule: 0 * * * * (UTC)."), "{jobs}");
}

#[test]
fn entries_that_nobody_seals_raise_an_alert() {
    let rules = project::text(&shop(), "monitoring/rules.yml");
    let rule = r#"max by (trail) (polity_trail_open_seconds{store="main",log="audit.Trail"}) > 30"#;
    assert!(rules.contains(rule), "{rules}");
    assert!(rules.contains(r#"log="audit.Books"}) > 180"#), "{rules}");
    assert!(!rules.contains("audit.Strictly"), "{rules}");
    let exporter = project::text(&shop(), "main/exporter.yml");
    assert!(exporter.contains("FROM audit.trail_open()") && exporter.contains("open_seconds"), "{exporter}");
}

/// The queries of the exporter run with the rights that it has.
#[test]
fn the_exporter_reads_how_old_the_oldest_open_entry_is() {
    let Some(mut db) = super::support::with_rows(3) else { return };
    let exporter = project::text(&shop(), "main/exporter.yml");
    let start = exporter.find("query: |\n").expect("a query") + "query: |\n".len();
    let query = &exporter[start..exporter.find("  master").expect("its end")];
    db.run("create role exporter login in role pg_monitor").expect("an exporter");
    let mut monitor = db.session("exporter").expect("logs in");
    let rows = monitor.simple_query(query).expect("reads");
    let shown: Vec<String> = rows
        .iter()
        .filter_map(|message| match message {
            postgres::SimpleQueryMessage::Row(row) => Some(format!("{} {}", row.get(1)?, row.get(2)?)),
            _ => None,
        })
        .collect();
    assert_eq!(shown, ["audit.books 0", "audit.trail 3"]);
    assert!(monitor.simple_query("select * from audit.trail").is_err(), "and nothing else");
}
