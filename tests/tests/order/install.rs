//! A platform brought into databases and out of them again, each file by the role that it is for.

use std::collections::BTreeMap;

use polity_catalog::relational::{Catalog, Texts};
use polity_tests::engines::Postgres;
use polity_tests::project;

use crate::describe::support::{Place, Platform, describe, report};

/// The servers that were started, one of each major version.
#[derive(Default)]
pub struct Servers {
    settings: &'static [&'static str],
    started: BTreeMap<u32, Option<Postgres>>,
}

impl Servers {
    /// Starts servers with these settings.
    pub fn with(settings: &'static [&'static str]) -> Self {
        Self { settings, started: BTreeMap::new() }
    }

    /// Returns a server without anything of the cases before; `None` where that version is not installed.
    pub fn of(&mut self, major: u32) -> Option<&mut Postgres> {
        let start = || match major {
            15 => Postgres::server_with(self.settings),
            _ => Postgres::server_of_with(major, self.settings),
        };
        let server = self.started.entry(major).or_insert_with(start).as_mut()?;
        let roles = server
            .run("select string_agg(quote_ident(rolname), ', ') from pg_roles where rolname ~ '^made_'");
        let roles = roles.expect("roles can be read");
        if !roles.is_empty() {
            server.run(&format!("drop role {roles}")).expect("their databases are gone");
        }
        Some(server)
    }
}

/// A platform, and two databases for each of its places: `schema.sql` is run in the first, the migration and its undo in the
/// second.
pub struct Trial<'t> {
    pub platform: &'t Platform,
    pub first: Postgres,
    pub second: Postgres,
}

impl<'t> Trial<'t> {
    pub fn new(platform: &'t Platform, server: &mut Postgres) -> Self {
        Self { platform, first: server.another(), second: server.another() }
    }

    /// Installs a place, holds it against what it was lowered to, and takes it back.
    pub fn there_and_back(&mut self, place: &Place) -> Result<(), String> {
        let scope = self.platform.scope(place);
        for file in ["roles.sql", "schema.sql"] {
            self.run(&self.first, place, file)?;
        }
        is_migrator_plain(&mut self.first, place);
        let live = describe(&mut self.first, &scope);
        same("lowered, then described", &place.catalog, &live, Texts::Structure)?;
        self.works(place)?;

        self.run(&self.second, place, "roles.sql")?;
        let before = (describe(&mut self.second, &scope), left(&mut self.second));
        self.run(&self.second, place, MIGRATION)?;
        same("by schema.sql, then by migration", &live, &describe(&mut self.second, &scope), Texts::Exact)?;
        self.run(&self.second, place, UNDO)?;
        same("before, then after the undo", &before.0, &describe(&mut self.second, &scope), Texts::Exact)?;
        difference(&before.1, &left(&mut self.second))
    }

    /// Checks that scheduled work runs, and that each view can be read by every role that has the right to.
    fn works(&self, place: &Place) -> Result<(), String> {
        let maintenance = format!("{}/maintenance.sql", place.folder);
        if let Some(text) = self.platform.artifacts.get(&maintenance) {
            let text = String::from_utf8_lossy(text);
            let cron = place.migrator.replace("_migrator", "_cron");
            self.first.script_as(&cron, &text).map_err(|error| format!("{maintenance}: {error}"))?;
        }
        let read = self.first.script(include_str!("read.sql"));
        read.map(drop).map_err(|error| format!("a view: {error}"))
    }

    /// Brings a place back that was undone, for those that stand beside it.
    pub fn again(&self, place: &Place) -> Result<(), String> {
        self.run(&self.second, place, MIGRATION)
    }

    fn run(&self, db: &Postgres, place: &Place, file: &str) -> Result<(), String> {
        let role = if file == "roles.sql" { "postgres" } else { &place.migrator };
        let path = format!("{}/{file}", place.folder);
        let done = db.script_as(role, &project::text(&self.platform.artifacts, &path));
        done.map(drop).map_err(|error| format!("{path}: {error}"))
    }
}

const MIGRATION: &str = "migrations/V0001__initial.sql";
const UNDO: &str = "migrations/U0001__initial.sql";

fn is_migrator_plain(db: &mut Postgres, place: &Place) {
    let asked =
        format!("select rolsuper or rolcreaterole from pg_roles where rolname = '{}'", place.migrator);
    assert_eq!(db.run(&asked).expect("reads"), "f", "{}", place.migrator);
}

fn same(what: &str, one: &Catalog, other: &Catalog, texts: Texts) -> Result<(), String> {
    let found = report(one, other, texts);
    if found.is_empty() { Ok(()) } else { Err(format!("{what}:\n{found}")) }
}

/// Everything in a database, whether or not a catalog could hold it.
fn left(db: &mut Postgres) -> String {
    db.run(include_str!("left.sql")).expect("the catalog can be read")
}

fn difference(before: &str, after: &str) -> Result<(), String> {
    let more = after
        .lines()
        .filter(|line| !before.lines().any(|known| known == *line))
        .map(|line| format!("+ {line}\n"));
    let less = before
        .lines()
        .filter(|line| !after.lines().any(|kept| kept == *line))
        .map(|line| format!("- {line}\n"));
    let found: String = more.chain(less).collect();
    if found.is_empty() {
        Ok(())
    } else {
        Err(format!("the undo leaves another database than roles.sql made:\n{found}"))
    }
}
