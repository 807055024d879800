//! One pair on a server: the older schema is installed with its rows, led on, and held against the newer one.

use std::collections::BTreeSet;

use polity_catalog::Identified;
use polity_catalog::relational::{Catalog, Grant, Object, Texts};
use polity_engines::change::ChangeFile;
use polity_engines::postgres_change::between;
use polity_engines::postgres_describe::{QUERIES, Query, SETTINGS, Scope, catalog};
use polity_tests::engines::Postgres;
use postgres::{Client, Statement};

use super::pairs::Pair;
use super::rows::Rows;
use crate::describe::support::{by_name, report};

/// The end of a try.
#[derive(Debug)]
pub enum Outcome {
    /// It is none for a catalog, for a reason.
    Apart(String),
    /// The catalog of the newer one was reached.
    Held {
        renames: usize,
        rows: usize,
    },
    Missed(String),
}

/// The settings of a session that runs migrations.
const SET: &str =
    "SET search_path = pg_catalog, pg_temp; SET client_min_messages = warning; SET row_security = off;";

/// A schema that is installed.
struct Installed {
    catalog: Catalog,
    /// Everything that no catalog holds.
    beside: Vec<Vec<Option<String>>>,
}

/// A server, with the queries that describe a database planned once: there are many to describe.
pub struct Bench {
    server: Postgres,
    queries: Vec<Statement>,
}

impl Bench {
    pub fn of(mut server: Postgres) -> Self {
        let client = server.client();
        client.batch_execute("SET plan_cache_mode = force_generic_plan").expect("it is a setting");
        let prepared = |query: &Query| client.prepare(query.sql).expect("it is a query");
        let queries = QUERIES.iter().map(prepared).collect();
        Self { server, queries }
    }
}

/// Tries a pair; the server has nothing of others.
pub fn tried(pair: &Pair, bench: &mut Bench) -> Outcome {
    let outcome = with_roles(pair, bench);
    // A script may leave settings of its session.
    bench
        .server
        .client()
        .batch_execute("RESET SESSION AUTHORIZATION; RESET ROLE")
        .expect("it is the superuser's");
    outcome
}

/// Makes the roles of a pair, and drops those that it leaves.
fn with_roles(pair: &Pair, bench: &mut Bench) -> Outcome {
    let own: BTreeSet<String> = roles(&mut bench.server);
    let server = &mut bench.server;
    for role in &pair.roles {
        let role = role.replace('"', "\"\"");
        server.run(&format!("CREATE ROLE \"{role}\"")).expect("the role is new");
    }
    let outcome = led(pair, bench).unwrap_or_else(Outcome::Apart);
    let server = &mut bench.server;
    for role in roles(server).difference(&own) {
        let role = role.replace('"', "\"\"");
        // What one role was given to do with another goes with either.
        drop(server.run(&format!("DROP OWNED BY \"{role}\"")));
        drop(server.run(&format!("DROP ROLE \"{role}\"")));
    }
    outcome
}

fn roles(server: &mut Postgres) -> BTreeSet<String> {
    let rows =
        server.rows("SELECT rolname FROM pg_roles WHERE rolname !~ '^pg_'").expect("roles can be read");
    rows.into_iter().filter_map(|row| row.into_iter().next().flatten()).collect()
}

/// Leads one schema to the other; `Err` where it is no pair for a catalog.
fn led(pair: &Pair, bench: &mut Bench) -> Result<Outcome, String> {
    let new = taken_back(bench, &pair.new)?;
    let old = taken_back(bench, &pair.old)?;
    let kinds = differing(&old.beside, &new.beside);
    let differences = old.catalog.differences(&new.catalog, Texts::Exact);
    match (differences.is_empty(), kinds.is_empty()) {
        (true, true) => return Err("does not differ".to_owned()),
        (_, false) => {
            return Err(format!(
                "differs in what no catalog holds: {}",
                kinds.into_iter().collect::<Vec<_>>().join(", ")
            ));
        }
        (false, true) => {}
    }
    if let Some(kind) = administered(&old.catalog, &new.catalog) {
        return Err(format!("differs in what an administrator says: {kind}"));
    }
    let mut older = bench.server.another();
    older.script(&pair.old).map_err(|_| "does not apply".to_owned())?;
    if !pair.seed.is_empty() {
        older.script(&pair.seed).map_err(|_| "has rows that do not fit".to_owned())?;
    }
    let rows = Rows::of(&mut older, &old.catalog, &new.catalog, &pair.renamed.things);
    let change = between(&old.catalog, &new.catalog, &pair.renamed, "postgres");
    let missed = |said: String| {
        let files = change.files.iter().map(|file| format!("-- {}\n{}", file.name, file.text));
        Outcome::Missed(format!("{said}\n{}", files.collect::<String>()))
    };
    for file in &change.files {
        if let Err(said) = run(&mut older, file) {
            return Ok(missed(format!("{}: {said}", file.name)));
        }
    }
    let reached = match installed(&mut older) {
        Ok(reached) => reached,
        Err(said) => return Ok(missed(said)),
    };
    let found = report(&by_name(&new.catalog), &by_name(&reached.catalog), Texts::Exact);
    if !found.is_empty() {
        return Ok(missed(format!("reached otherwise: {found}")));
    }
    if reached.beside != new.beside {
        return Ok(missed(format!(
            "what no catalog holds is another: {:?}",
            differing(&reached.beside, &new.beside)
        )));
    }
    if let Err(said) = rows.are_there(&mut older) {
        return Ok(missed(format!("its rows: {said}")));
    }
    let renames = change.files.iter().map(|file| file.text.matches(" RENAME ").count()).sum();
    Ok(Outcome::Held { renames, rows: rows.count() })
}

/// Runs a file: whole or not at all, or statement by statement.
fn run(db: &mut Postgres, file: &ChangeFile) -> Result<(), String> {
    match file.phase.is_transaction() {
        true => db.script(&format!("{SET}\nBEGIN;\n{}\nCOMMIT;\n", file.text)),
        false => db.script(&format!("{SET}\n{}", file.text)),
    }
    .map(drop)
}

/// Describes a schema that is taken back.
fn taken_back(bench: &mut Bench, sql: &str) -> Result<Installed, String> {
    let Bench { server, queries } = bench;
    let client = server.client();
    client.batch_execute("BEGIN").expect("begins");
    let outcome = match client.batch_execute(sql) {
        Ok(()) => described(server, queries),
        Err(_) => Err("does not apply".to_owned()),
    };
    // A schema may end the transaction by itself: what it left is none of the next one's.
    server.client().batch_execute("ROLLBACK").expect("ends");
    outcome
}

/// Describes everything in a database.
fn installed(db: &mut Postgres) -> Result<Installed, String> {
    db.client().batch_execute("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY").expect("begins");
    let prepared = |query: &Query| db.client().prepare(query.sql).expect("it is a query");
    let queries: Vec<Statement> = QUERIES.iter().map(prepared).collect();
    let installed = described(db, &queries);
    db.client().batch_execute("ROLLBACK").expect("ends");
    installed
}

/// Describes everything in a database, within a transaction.
fn described(db: &mut Postgres, queries: &[Statement]) -> Result<Installed, String> {
    db.client().batch_execute("RESET ROLE; RESET SESSION AUTHORIZATION").expect("the superuser reads");
    let mut scope = Scope { database: true, whole: true, ..Scope::default() };
    let names = |client: &mut Client, query: &str| -> Vec<String> {
        let rows = client.query(query, &[]).expect("names can be read");
        rows.iter().map(|row| row.get::<_, String>(0)).collect()
    };
    let client = db.client();
    let schemas = names(
        client,
        "SELECT nspname::text FROM pg_namespace n WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
            AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_namespace'::regclass AND d.objid = n.oid AND d.deptype = 'e')",
    );
    scope.schemas.extend(schemas.iter().map(|name| name.as_str().into()));
    let extensions = names(client, "SELECT extname::text FROM pg_extension WHERE extname <> 'plpgsql'");
    scope.extensions.extend(extensions.iter().map(|name| name.as_str().into()));
    let roles =
        names(client, "SELECT rolname::text FROM pg_roles WHERE rolname !~ '^pg_' AND rolname <> 'postgres'");
    scope.roles.extend(roles.iter().map(|name| name.as_str().into()));
    client.batch_execute(SETTINGS).expect("the settings are known");
    let mut rows = Vec::new();
    for (query, statement) in QUERIES.iter().zip(queries) {
        let answer = client.query(statement, &[&scope.parameter()]);
        let answer = answer.unwrap_or_else(|error| panic!("{}: {error:?}", query.name));
        rows.extend(answer.into_iter().map(|row| (query.name, row.get::<_, String>(0))));
    }
    let beside = db.rows(include_str!("beside.sql")).unwrap_or_else(|error| panic!("{error}"));
    let catalog =
        catalog(rows).map_err(|error| format!("holds what no catalog can: a row of {}", error.query))?;
    Ok(Installed { catalog: catalog.objects().map(given).collect(), beside })
}

/// The object itself; a right on what an administrator owns is one that the owner of all gives.
fn given(object: &Object) -> Object {
    match object {
        Object::Grant(grant) => {
            Grant { by: Some(grant.by.clone().unwrap_or_else(|| "postgres".into())), ..grant.clone() }.into()
        }
        object => object.clone(),
    }
}

/// The kinds of things that only one of two databases has.
fn differing(old: &[Vec<Option<String>>], new: &[Vec<Option<String>>]) -> BTreeSet<String> {
    let only = |first: &[Vec<Option<String>>], second: &[Vec<Option<String>>]| -> BTreeSet<String> {
        first.iter().filter(|row| !second.contains(row)).filter_map(|row| row[0].clone()).collect()
    };
    &only(old, new) | &only(new, old)
}

/// A kind of objects that an administrator states, and in which two catalogs differ.
fn administered(old: &Catalog, new: &Catalog) -> Option<&'static str> {
    let kind = |object: &Object| match object {
        Object::Role(_) => Some("roles"),
        Object::Extension(_) => Some("extensions"),
        Object::DefaultPrivileges(_) => Some("default privileges"),
        _ => None,
    };
    let only = |first: &Catalog, second: &Catalog| {
        first.objects().find_map(|object| kind(object).filter(|_| second.get(&object.id()) != Some(object)))
    };
    only(old, new).or_else(|| only(new, old))
}
