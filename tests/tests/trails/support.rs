//! A shop on a server of its own, and what its trail says of itself.

use polity::artifact::Artifacts;
use polity_tests::engines::Postgres;
use polity_tests::project;

pub const SHOP: &str = include_str!("shop.polity");

pub fn shop() -> Artifacts {
    project::build(SHOP)
}

/// A server with the shop, on which transactions can be prepared.
pub fn installed() -> Option<Postgres> {
    installed_with(&["max_prepared_transactions=4", "max_connections=50"])
}

pub fn installed_with(settings: &[&str]) -> Option<Postgres> {
    let db = Postgres::server_with(settings)?;
    install(&db, &shop());
    Some(db)
}

pub fn install(db: &Postgres, artifacts: &Artifacts) {
    for (role, file) in [("postgres", "main/roles.sql"), ("shop_migrator", "main/schema.sql")] {
        db.script_as(role, &project::text(artifacts, file)).unwrap_or_else(|e| panic!("{file}: {e}"));
    }
}

/// Rows that everybody writes.
pub fn with_rows(count: u32) -> Option<Postgres> {
    let mut db = installed()?;
    db.run(&format!("insert into core.rows (id) select generate_series(1, {count}); create role svc login in role shop_app"))
        .expect("rows");
    Some(db)
}

pub fn seal(db: &mut Postgres) -> String {
    db.run("select audit.trail_seal()").expect("seals")
}

/// The verdicts, each with its number of entries.
pub fn judged(db: &mut Postgres) -> String {
    db.run("select string_agg(concat_ws(' ', split_part(verdict, ' since', 1), entries), ', ' order by verdict, entries) from audit.trail_verify()")
        .expect("verifies")
}
