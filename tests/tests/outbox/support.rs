//! A shop whose rows publish, on a server of its own.

use polity_tests::engines::Postgres;
use polity_tests::project;

pub const SHOP: &str = include_str!("shop.polity");

/// Two people, by their keys.
pub const ANA: &str = "aaaaaaaa-0000-4000-8000-000000000001";
pub const BEN: &str = "bbbbbbbb-0000-4000-8000-000000000001";

pub fn installed(source: &str) -> Option<Postgres> {
    let db = Postgres::server()?;
    let artifacts = project::build(source);
    for (role, file) in [("postgres", "main/roles.sql"), ("shop_migrator", "main/schema.sql")] {
        db.script_as(role, &project::text(&artifacts, file)).unwrap_or_else(|e| panic!("{file}: {e}"));
    }
    Some(db)
}

/// The entries without their numbers and times, in order, and then none: a relay takes them.
pub fn taken(db: &mut Postgres) -> String {
    let entries =
        db.run("select operation, target, message, subjects from polity.outbox order by id").expect("reads");
    db.run("delete from polity.outbox").expect("empties");
    entries
}
