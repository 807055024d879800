//! Every script of a relational store, run with hostile words in every name.

use std::collections::BTreeSet;

use polity::artifact::Artifacts;
use polity_tests::engines::Postgres;
use polity_tests::project::{build, on_disk};

use super::cell::Cell;
use super::cell::SHELLS;
use super::everything::{Tiers, all_ran, alone, artifacts};
use super::words::{SETS, Words};

pub const PERSON: &str = "99999999-0000-4000-8000-000000000009";

/// A server of its own whose databases have the names that the source gives them.
pub struct Tables {
    pub words: Words,
    pub cell: Cell,
    pub server: Postgres,
    host: String,
    /// Scripts that were run.
    ran: BTreeSet<String>,
}

impl Tables {
    pub fn of(words: Words, tiers: Tiers) -> Option<Self> {
        Self::of_files(words, &artifacts(words, tiers))
    }

    pub fn of_files(words: Words, emitted: &Artifacts) -> Option<Self> {
        let server = Postgres::server()?;
        let (programs, connection) = server.for_scripts("postgres")?;
        let (_, host) = connection.split_once(" host=").expect("it has one");
        let host = host.to_owned();
        let mut cell = Cell::new(on_disk(emitted));
        cell.finds(programs);
        Some(Self { words, cell, server, host, ran: BTreeSet::new() })
    }

    /// The database that tenants share.
    pub fn shared(&self) -> String {
        self.words.schema("db")
    }

    pub fn create(&mut self, database: &str) {
        self.server.run(&format!("create database \"{}\"", database.replace('"', "\"\""))).expect("creates");
    }

    /// As libpq reads it.
    pub fn connection(&self, database: &str, user: &str) -> String {
        let name = database.replace('\\', r"\\").replace('\'', r"\'");
        format!("dbname='{name}' user={user} host={}", self.host)
    }

    /// Runs an emitted file with psql, in an empty folder.
    pub fn file(&mut self, database: &str, user: &str, path: &str) -> Result<String, String> {
        self.ran.insert(path.to_owned());
        let (file, connection) =
            (self.cell.file(path).display().to_string(), self.connection(database, user));
        let arguments = ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", &connection, "-f", &file];
        self.cell.run("psql", &arguments, &[], "")
    }

    /// Runs a file that is told that rows may be lost.
    pub fn losing(&mut self, database: &str, path: &str) {
        let (file, connection) =
            (self.cell.file(path).display().to_string(), self.connection(database, "postgres"));
        let arguments =
            ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-v", "may_lose=on", "-d", &connection, "-f", &file];
        self.cell.run("psql", &arguments, &[], "").unwrap_or_else(|e| panic!("{path}: {e}"));
    }

    pub fn must(&mut self, database: &str, user: &str, path: &str) -> String {
        self.file(database, user, path).unwrap_or_else(|e| panic!("{path}: {e}"))
    }

    /// Runs statements of ours.
    pub fn sql(&self, database: &str, user: &str, sql: &str) -> String {
        let connection = self.connection(database, user);
        let arguments = ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", &connection];
        self.cell.run("psql", &arguments, &[], sql).unwrap_or_else(|e| panic!("{sql}\n{e}"))
    }

    /// Runs an emitted script in a shell, with arguments behind it.
    pub fn script(
        &mut self,
        shell: &str,
        path: &str,
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> Result<String, String> {
        self.ran.insert(path.to_owned());
        let file = self.cell.file(path).display().to_string();
        let all: Vec<&str> = std::iter::once(file.as_str()).chain(arguments.iter().copied()).collect();
        self.cell.run(shell, &all, variables, "")
    }

    /// The country that everybody is from, which all tenants share.
    pub fn country(&self, database: &str) {
        let q = |tag: &str| self.words.ident(tag);
        let schema = self.words.schema_ident("s");
        let row = format!("insert into {schema}.{} ({}, {}) values ('SN', 'a')", q("co"), q("a"), q("b"));
        self.sql(database, "rough_migrator", &row);
    }

    /// Inserts rows of a tenant, in its schemas or in those that tenants share.
    pub fn fill(&self, database: &str, user: &str, prefix: &str, tenant: &str) {
        let q = |tag: &str| self.words.ident(tag);
        let own = format!("\"{prefix}{}\"", self.words.schema("s").replace('"', "\"\""));
        let text = |text: &str| format!("'{}'", text.replace('\'', "''"));
        let (tenant, kind) = (text(tenant), text(&self.words.value("flu")));
        let (a, b, c, d, j) = (q("a"), q("b"), q("c"), q("d"), q("j"));
        let d_type = format!("\"{}_type\"", self.words.name("d").replace('"', "\"\""));
        let odd = text(&self.words.prose("held"));
        let rows = format!(
            "insert into {own}.{pe} (tenant_id, {a}, {b}, {c}, {j}) values ({tenant}, '{PERSON}', {odd}, {odd}, 'SN');
             insert into {own}.{vi} (tenant_id, {c}, {d}) values ({tenant}, '{PERSON}', {odd});
             insert into {own}.{ca} (tenant_id, {a}, {b}, {c}, {d}, {d_type})
             values ({tenant}, '{PERSON}', {kind}, '{PERSON}', '{PERSON}', {arm});
             insert into {own}.{lo} (tenant_id, {b}) values ({tenant}, {odd});
             insert into {own}.{gu} (tenant_id, {b}) values ({tenant}, {odd});",
            pe = q("pe"), vi = q("vi"), ca = q("ca"), lo = q("lo"), gu = q("gu"), arm = text(&self.words.value("p")),
        );
        self.sql(database, user, &rows);
    }

    /// Which rows of a tenant stand in its schemas or in those that tenants share: how many in each table.
    pub fn counts(&self, database: &str, prefix: &str, tenant: &str) -> String {
        let own = format!("\"{prefix}{}\"", self.words.schema("s").replace('"', "\"\""));
        let tenant = format!("'{}'", tenant.replace('\'', "''"));
        let count = |tag: &str| {
            format!("(select count(*) from {own}.{} where tenant_id = {tenant})", self.words.ident(tag))
        };
        let counts: Vec<String> = ["pe", "vi", "ca", "lo", "gu"].map(count).to_vec();
        self.sql(database, "postgres", &format!("select {}", counts.join(", "))).trim().to_owned()
    }
}

/// The ids of the tenants, by name.
fn tenants(words: Words) -> [(&'static str, String); 6] {
    [
        ("row_one", words.value("r1")),
        ("row_two", words.value("r2")),
        ("mid_one", words.plain_id("m1")),
        ("mid_two", words.plain_id("m2")),
        ("top_one", words.plain_id("t1")),
        ("top_two", words.plain_id("t2")),
    ]
}

fn every_script_of_tables_runs(set: usize) {
    let words = Words::of(SETS[set]);
    let Some(mut tables) = Tables::of(words, Tiers::Databases) else { return };
    let shared = tables.shared();
    tables.create(&shared);
    // Migrations in a place of their own, since they make what schema.sql makes.
    migrations(&mut tables);
    tables.must(&shared, "postgres", "main/roles.sql");
    tables.must(&shared, "rough_migrator", "main/schema.sql");
    tables.country(&shared);
    for (_, id) in tenants(words) {
        tables.fill(&shared, "rough_migrator", "", &id);
        assert_eq!(tables.counts(&shared, "", &id), "1|1|1|1|1");
    }
    for tenant in ["mid_one", "mid_two"] {
        tables.must(&shared, "postgres", &format!("main/tenants/{tenant}/roles.sql"));
        tables.must(&shared, "rough_migrator", &format!("main/tenants/{tenant}/schema.sql"));
    }
    for tenant in ["top_one", "top_two"] {
        let own = format!("t_{tenant}_{shared}");
        tables.create(&own);
        tables.must(&own, "postgres", &format!("main/tenants/{tenant}/roles.sql"));
        tables.must(&own, &format!("rough_{tenant}_migrator"), &format!("main/tenants/{tenant}/schema.sql"));
    }
    let emitted = artifacts(words, Tiers::Databases);
    quotas(&mut tables, &emitted);
    suites(&mut tables);
    jobs(&mut tables);
    promotions(&mut tables, set);
    copies(&mut tables);
    tables.sql(
        "postgres",
        "postgres",
        "drop database undone; drop database undone_top_one; drop database undone_top_two",
    );
    erasures(&tables);
    offboarding(&mut tables);
    all_ran(&emitted, &["main/"], &tables.ran);
}

/// Each first migration and its undo.
fn migrations(tables: &mut Tables) {
    tables.create("undone");
    let run = |tables: &mut Tables, database: &str, folder: &str, user: &str, version: &str| {
        tables.must(database, user, &format!("main/{folder}migrations/{version}__initial.sql"));
    };
    tables.must("undone", "postgres", "main/roles.sql");
    run(tables, "undone", "", "rough_migrator", "V0001");
    for tenant in ["mid_one", "mid_two"] {
        let folder = format!("tenants/{tenant}/");
        tables.must("undone", "postgres", &format!("main/{folder}roles.sql"));
        run(tables, "undone", &folder, "rough_migrator", "V0001");
        run(tables, "undone", &folder, "rough_migrator", "U0001");
    }
    run(tables, "undone", "", "rough_migrator", "U0001");
    for tenant in ["top_one", "top_two"] {
        let (folder, user) = (format!("tenants/{tenant}/"), format!("rough_{tenant}_migrator"));
        let database = format!("undone_{tenant}");
        tables.create(&database);
        tables.must(&database, "postgres", &format!("main/{folder}roles.sql"));
        run(tables, &database, &folder, &user, "V0001");
        run(tables, &database, &folder, &user, "U0001");
    }
}

/// The emitted attacks on tenants: none is passed over because of a name.
fn suites(tables: &mut Tables) {
    let shared = tables.shared();
    let mut all = vec![(shared.clone(), String::new())];
    all.extend(["mid_one", "mid_two"].map(|tenant| (shared.clone(), format!("tenants/{tenant}/"))));
    all.extend(
        ["top_one", "top_two"].map(|tenant| (format!("t_{tenant}_{shared}"), format!("tenants/{tenant}/"))),
    );
    for (database, folder) in all {
        let said = tables.must(&database, "postgres", &format!("main/{folder}tests/tenancy.sql"));
        let failed: Vec<&str> =
            said.lines().filter(|line| line.starts_with("not ok") || line.contains("Bail out")).collect();
        assert!(
            failed.is_empty() && said.lines().any(|line| line.starts_with("ok 1 ")),
            "{folder}: {failed:#?}\n{said}"
        );
        let let_pass: Vec<&str> = said.lines().filter(|line| directive(line).starts_with("TODO")).collect();
        assert_eq!(let_pass, Vec::<&str>::new(), "{folder}");
    }
}

/// The text that a reader of TAP takes for an instruction: everything behind the first `#` that no backslash escapes.
fn directive(line: &str) -> &str {
    let mut escaped = false;
    for (at, c) in line.char_indices() {
        if c == '#' && !escaped {
            return line[at + 1..].trim_start();
        }
        escaped = c == '\\' && !escaped;
    }
    ""
}

/// Runs every file of quotas, which limits what tenants may use of the server in an environment.
fn quotas(tables: &mut Tables, emitted: &Artifacts) {
    let shared = tables.shared();
    let files = emitted.iter().map(|(path, _)| path.to_owned());
    let files: Vec<String> =
        files.filter(|path| path.contains("/quotas-") && !path.contains("/tiers/")).collect();
    assert!(files.len() >= 4, "{files:?}");
    for file in files {
        let own = ["top_one", "top_two"].into_iter().find(|tenant| file.contains(tenant));
        let database = own.map_or_else(|| shared.clone(), |tenant| format!("t_{tenant}_{shared}"));
        tables.must(&database, "postgres", &file);
    }
}

/// Runs the maintenance with psql, and schedules it with pg_cron.
fn jobs(tables: &mut Tables) {
    let shared = tables.shared();
    let mut all = vec![(shared.clone(), String::new(), "rough_cron".to_owned())];
    for tenant in ["mid_one", "mid_two"] {
        all.push((shared.clone(), format!("tenants/{tenant}/"), "rough_cron".to_owned()));
    }
    for tenant in ["top_one", "top_two"] {
        all.push((
            format!("t_{tenant}_{shared}"),
            format!("tenants/{tenant}/"),
            format!("rough_{tenant}_cron"),
        ));
    }
    for (database, folder, cron) in all {
        tables.must(&database, &cron, &format!("main/{folder}maintenance.sql"));
        // Twice, since a job of the same name is replaced.
        for _ in 0..2 {
            tables.must("postgres", "postgres", &format!("main/{folder}maintenance_cron.sql"));
        }
    }
    let foreign = tables.sql(
        "postgres",
        "postgres",
        "select count(*) from cron.job where database not in (select datname from pg_database)",
    );
    assert_eq!(foreign.trim(), "0");
}

/// Brings the copies of the tables that all tenants share up to date, with each shell.
fn copies(tables: &mut Tables) {
    let shared = tables.shared();
    for tenant in ["top_one", "top_two"] {
        let own = format!("t_{tenant}_{shared}");
        let from = tables.connection(&shared, "rough_migrator");
        let to = tables.connection(&own, &format!("rough_{tenant}_migrator"));
        for shell in SHELLS {
            let path = format!("main/tenants/{tenant}/copy_global.sh");
            tables
                .script(shell, &path, &[], &[("FROM", &from), ("TO", &to)])
                .unwrap_or_else(|e| panic!("{path}: {e}"));
        }
        let country = format!(
            "select {} from {}.{}",
            tables.words.ident("a"),
            tables.words.schema_ident("s"),
            tables.words.ident("co")
        );
        assert_eq!(tables.sql(&own, "postgres", &country).trim(), "SN");
    }
}

/// Every tenant out of the shared tables, and one of them by way of schemas; each script by both shells, in turns.
fn promotions(tables: &mut Tables, set: usize) {
    let shared = tables.shared();
    let shells = [SHELLS[set % 2], SHELLS[(set + 1) % 2]];
    let id = |tables: &Tables, tenant: &str| {
        tenants(tables.words).into_iter().find(|(name, _)| *name == tenant).expect("a tenant").1
    };
    for (tenant, shell) in ["mid_one", "mid_two"].into_iter().zip(shells) {
        let id = id(tables, tenant);
        let migrator = "rough_migrator".to_owned();
        let path = format!("main/tenants/{tenant}/promote.sh");
        let to = (shared.clone(), migrator.clone());
        promoted(tables, &path, shell, &(shared.clone(), migrator), &to);
        assert_eq!(tables.counts(&shared, "", &id), "0|0|0|0|0", "{tenant}");
        assert_eq!(tables.counts(&shared, &format!("m_{tenant}_"), &id), "1|1|1|1|1", "{tenant}");
    }
    // While it was of the tier with schemas, another source had its scripts.
    let before = Cell::new(on_disk(&artifacts(tables.words, Tiers::Schemas)));
    let now = std::mem::replace(&mut tables.cell, before);
    tables.cell.finds(tables.server.for_scripts("postgres").expect("psql").0);
    let migrator = ("rough_migrator").to_owned();
    tables.must(&shared, "postgres", "main/tenants/top_two/roles.sql");
    tables.must(&shared, "rough_migrator", "main/tenants/top_two/schema.sql");
    let in_shared = (shared.clone(), migrator.clone());
    promoted(tables, "main/tenants/top_two/promote.sh", shells[0], &in_shared, &in_shared);
    tables.cell = now;

    for (tenant, script, shell) in
        [("top_one", "promote.sh", shells[0]), ("top_two", "promote_from_mid.sh", shells[1])]
    {
        let (id, own) = (id(tables, tenant), format!("t_{tenant}_{shared}"));
        let to = (own.clone(), format!("rough_{tenant}_migrator"));
        promoted(tables, &format!("main/tenants/{tenant}/{script}"), shell, &in_shared, &to);
        assert_eq!(tables.counts(&own, "", &id), "1|1|1|1|1", "{tenant}");
    }
    assert_eq!(tables.counts(&shared, "", &id(tables, "top_one")), "0|0|0|0|0");
    let schemas = tables.sql(
        &shared,
        "postgres",
        "select count(*) from pg_namespace where nspname like 'm\\_top\\_two%'",
    );
    assert_eq!(schemas.trim(), "0");
    // The others stand as they stood.
    for tenant in ["row_one", "row_two"] {
        assert_eq!(tables.counts(&shared, "", &id(tables, tenant)), "1|1|1|1|1", "{tenant}");
    }
    // Each is run by the other shell as well, which refuses or has nothing to do.
    for (tenant, script) in [("top_two", "promote.sh"), ("top_one", "promote_from_mid.sh")] {
        let path = format!("main/tenants/{tenant}/{script}");
        for shell in SHELLS {
            let to = tables.connection(&format!("t_{tenant}_{shared}"), &format!("rough_{tenant}_migrator"));
            let from = tables.connection(&shared, "rough_migrator");
            let refused = tables.script(shell, &path, &["copy"], &[("FROM", &from), ("TO", &to)]);
            refused.expect_err("nobody froze it");
        }
    }
}

/// All steps of a script, from a database to a database.
fn promoted(tables: &mut Tables, path: &str, shell: &str, from: &(String, String), to: &(String, String)) {
    let (source, target) = (tables.connection(&from.0, &from.1), tables.connection(&to.0, &to.1));
    let mut run = |shell: &str, arguments: &[&str]| {
        tables.script(shell, path, arguments, &[("FROM", &source), ("TO", &target)])
    };
    for any in SHELLS {
        for wrong in [&[][..], &["$(touch pwned)"], &["-x"]] {
            run(any, wrong).expect_err("no step");
        }
    }
    let other = SHELLS.into_iter().find(|other| *other != shell).expect("there are two");
    run(other, &["copy"]).expect_err("nobody froze it");
    run(other, &["remove"]).expect_err("nothing was copied");
    for step in ["freeze", "thaw"] {
        run(other, &[step]).unwrap_or_else(|e| panic!("{path} {step} by {other}: {e}"));
    }
    for step in ["freeze", "copy", "remove"] {
        run(shell, &[step]).unwrap_or_else(|e| panic!("{path} {step} by {shell}: {e}"));
    }
}

/// Tenants leave with what they had to themselves.
/// A person of one tenant, and another tenant, on the tables that they share.
fn erasures(tables: &Tables) {
    let shared = tables.shared();
    let [(_, one), (_, two), ..] = tenants(tables.words);
    let text = |text: &str| format!("'{}'", text.replace('\'', "''"));
    let people = format!(
        "begin; select 1 from polity.enter({});
         select format('select polity.%I(%L)', proname, '{PERSON}') from pg_proc
         where pronamespace = 'polity'::regnamespace and proname like 'erase\\_subject%' and prokind = 'f' \\gexec
         commit;",
        text(&one)
    );
    tables.sql(&shared, "rough_eraser", &people);
    // The person stays without what was personal, and with it a case, in which nothing personal stands.
    assert_eq!(tables.counts(&shared, "", &one), "1|0|1|1|1");
    assert_eq!(tables.counts(&shared, "", &two), "1|1|1|1|1");
    tables.sql(&shared, "rough_eraser", &format!("select polity.erase_tenant({})", text(&two)));
    assert_eq!(tables.counts(&shared, "", &two), "0|0|0|0|0");
    assert_eq!(tables.counts(&shared, "", &one), "1|0|1|1|1");
}

fn offboarding(tables: &mut Tables) {
    let shared = tables.shared();
    let tenants = ["mid_one", "mid_two", "top_one", "top_two"];
    for tenant in tenants {
        let path = format!("main/tenants/{tenant}/offboard.sql");
        tables.file(&shared, "postgres", &path).expect_err("it still has rows");
        for line in std::fs::read_to_string(tables.cell.file(&path)).expect("it is there").lines() {
            let scheduled = line
                .strip_prefix("-- ")
                .filter(|line| line.starts_with("SELECT cron.") || line.starts_with("DROP OWNED BY "));
            scheduled.iter().for_each(|sql| drop(tables.sql("postgres", "postgres", sql)));
        }
        tables.losing(&shared, &path);
    }
    let left = tables.sql(
        &shared,
        "postgres",
        "select (select count(*) from pg_namespace where nspname like 'm\\_%'), (select count(*) from pg_database where datname like 't\\_%')",
    );
    assert_eq!(left.trim(), "0|0");
}

/// Statements that the source has itself, and what comes of them.
fn every_script_of_statements_runs(set: usize) {
    let words = Words::of(SETS[set]);
    let emitted = build(&alone(words));
    let Some(mut tables) = Tables::of_files(words, &emitted) else { return };
    for database in ["whole", "migrated"] {
        tables.create(database);
        tables.must(database, "postgres", "main/roles.sql");
    }
    tables.must("whole", "alone_migrator", "main/schema.sql");
    tables.must("migrated", "alone_migrator", "main/migrations/V0001__initial.sql");
    let repeated: Vec<String> = emitted
        .iter()
        .map(|(path, _)| path.to_owned())
        .filter(|path| path.starts_with("main/migrations/R__"))
        .collect();
    assert_eq!(repeated.len(), 1, "{repeated:?}");
    for path in repeated.iter().chain(&repeated) {
        tables.must("migrated", "alone_migrator", path);
    }
    for database in ["whole", "migrated"] {
        tables.must(database, "alone_cron", "main/maintenance.sql");
        let count = format!("select {}.{}()", words.schema_ident("s"), words.ident("fn"));
        assert_eq!(tables.sql(database, "postgres", &count).trim(), "1", "{database}");
    }
    tables.sql("migrated", "postgres", "alter database migrated set polity.undo_may_lose = on");
    // What a person wrote to be run again is that person's to take away.
    let function = format!("drop function {}.{}()", words.schema_ident("s"), words.ident("fn"));
    tables.sql("migrated", "postgres", &function);
    tables.must("migrated", "alone_migrator", "main/migrations/U0001__initial.sql");
    all_ran(&emitted, &["main/"], &tables.ran);
}

macro_rules! sets {
    ($($name:ident: $set:literal;)*) => {$(
        mod $name {
            #[test]
            fn every_script_of_tables_runs() {
                super::every_script_of_tables_runs($set);
            }

            #[test]
            fn every_script_of_statements_runs() {
                super::every_script_of_statements_runs($set);
            }
        }
    )*};
}

sets! {
    quotes: 0;
    variables: 1;
    templates: 2;
    remarks: 3;
    statements: 4;
}
