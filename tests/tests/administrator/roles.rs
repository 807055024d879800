//! Roles that somebody, or their holder, has changed: `roles.sql` takes that back, or says who must.

use std::process::{Command, Stdio};

use polity::artifact::Artifacts;
use polity_tests::engines::Postgres;
use polity_tests::project;

use super::support::{ADMINISTRATOR, Rented};

const PLATFORM: &str = r#"
platform desk { environments: [dev] }
store main: postgres 15 { database: "desk" }
schema core in main {
  entity Note { id: uuid key = uuid_v7(); n: int; audit (insert) into audit.Trail }
}
schema audit in main { audit log Trail { partition by month ahead 1 } }
/// Who writes.
service front { read core.Note; write core.Note }
service watch { read audit.Trail }
"#;

struct Desk {
    rented: Rented,
    db: Option<Postgres>,
    artifacts: Artifacts,
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.db = None; // Before the server that it is on.
    }
}

impl Desk {
    fn of(major: u32) -> Option<Self> {
        let artifacts = project::build(&PLATFORM.replace("postgres 15", &format!("postgres {major}")));
        let mut rented = Rented::of(major)?;
        let mut db = rented.database();
        rented.install(&mut db, &artifacts, "main", "desk_migrator");
        rented
            .server
            .run("create role person login; create role stranger")
            .expect("two who are no part of it");
        Some(Self { rented, db: Some(db), artifacts })
    }

    fn db(&mut self) -> &mut Postgres {
        self.db.as_mut().expect("there is one")
    }

    fn state(&mut self, role: &str) -> Result<String, String> {
        let roles = project::text(&self.artifacts, "main/roles.sql");
        self.db().script_as(role, &roles)
    }

    /// Everything that the file states of roles.
    fn stated(&mut self) -> String {
        self.db().run(STATED).expect("reads")
    }
}

const STATED: &str = "
    select 'role', rolname, rolcanlogin, rolinherit, rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls,
           shobj_description(oid, 'pg_authid')
      from pg_roles where rolname like 'desk%'
    union all
    select distinct 'member', m.roleid::regrole::text, m.admin_option, coalesce((to_jsonb(m) ->> 'inherit_option')::boolean, true),
           null::boolean, null::boolean, null::boolean, null::boolean, null::boolean, m.member::regrole::text
      from pg_auth_members m
     where (m.roleid::regrole::text like 'desk%' or m.member::regrole::text like 'desk%')
       and m.member::regrole::text <> 'administrator'
    union all
    select 'setting', s.setrole::regrole::text, null, null, null, null, null, null, null, s.setconfig::text
      from pg_db_role_setting s where s.setrole <> 0
     order by 1, 2, 10";

/// Changes that an administrator sees and takes back; each is made by a role that may make it.
const TAKEN_BACK: &[(&str, &str)] = &[
    ("desk_front", "alter role desk_front set search_path = evil"),
    ("desk_front", "alter role desk_front in database DATABASE set row_security = off"),
    ("desk_front", "alter role desk_front set statement_timeout = 0"),
    ("desk_migrator", "alter role desk_migrator set default_transaction_read_only = on"),
    ("desk_eraser", "alter role desk_cron set role = desk_owner"),
    (ADMINISTRATOR, "grant desk_owner to desk_front"),
    (ADMINISTRATOR, "grant desk_audit_reader to desk_front"),
    (ADMINISTRATOR, "grant desk_app to desk_watch with admin option"),
    (ADMINISTRATOR, "grant desk_maintenance to person"),
    (ADMINISTRATOR, "grant desk_front to person"),
    (ADMINISTRATOR, "grant desk_app to person"),
    (ADMINISTRATOR, "revoke desk_app from desk_front"),
    (ADMINISTRATOR, "alter role desk_app login"),
    (ADMINISTRATOR, "alter role desk_front nologin"),
    (ADMINISTRATOR, "alter role desk_migrator noinherit"),
    (ADMINISTRATOR, "alter role desk_front createdb"),
    (ADMINISTRATOR, "alter role desk_front createrole"),
    (ADMINISTRATOR, "comment on role desk_front is 'somebody else'"),
    (ADMINISTRATOR, "comment on role desk_owner is 'somebody else'"),
];

fn changes_are_taken_back_on(major: u32) {
    let Some(mut desk) = Desk::of(major) else { return };
    let before = desk.stated();
    assert!(before.lines().count() > 15, "{before}");
    for (who, change) in TAKEN_BACK {
        let change = change.replace("DATABASE", desk.db().name());
        // The holder of a role may not touch another.
        if *who == "desk_eraser" {
            assert!(desk.db().script_as("desk_cron", &change.replace("desk_cron", "desk_front")).is_err());
            continue;
        }
        desk.db().script_as(who, &change).unwrap_or_else(|e| panic!("{change}: {e}"));
        assert_ne!(desk.stated(), before, "{change}");
        desk.state(ADMINISTRATOR).unwrap_or_else(|e| panic!("after {change}: {e}"));
        assert_eq!(desk.stated(), before, "{change}");
    }
}

#[test]
fn changes_are_taken_back_on_15() {
    changes_are_taken_back_on(15);
}

#[test]
fn changes_are_taken_back_on_17() {
    changes_are_taken_back_on(17);
}

/// Changes of a superuser, each with the line for one.
const REFUSED: &[(&str, &str)] = &[
    ("alter role desk_owner superuser", "ALTER ROLE desk_owner NOSUPERUSER;"),
    ("alter role desk_front replication", "ALTER ROLE desk_front NOREPLICATION;"),
    ("alter role desk_maintenance bypassrls", "ALTER ROLE desk_maintenance NOBYPASSRLS;"),
    ("alter role desk_front set log_statement = 'none'", "ALTER ROLE desk_front RESET ALL;"),
];

/// From 16 on each member has somebody who made it one.
const REFUSED_FROM_16: &[(&str, &str)] = &[
    ("grant desk_owner to desk_front", "REVOKE desk_owner FROM desk_front GRANTED BY postgres CASCADE;"),
    ("grant stranger to desk_cron", "REVOKE stranger FROM desk_cron GRANTED BY postgres CASCADE;"),
    (
        "grant pg_read_all_data to desk_front",
        "REVOKE pg_read_all_data FROM desk_front GRANTED BY postgres CASCADE;",
    ),
];

fn a_superuser_is_asked_on(major: u32, changes: &[(&str, &str)]) {
    let Some(mut desk) = Desk::of(major) else { return };
    let before = desk.stated();
    for (change, line) in changes {
        desk.db().run(change).unwrap_or_else(|e| panic!("{change}: {e}"));
        let said = desk.state(ADMINISTRATOR).expect_err(change);
        assert!(said.contains("42501") && said.lines().any(|one| one == *line), "{change}: {said}");
        // The line is what a superuser runs; or all of the file, which does the same.
        desk.db().run(line).unwrap_or_else(|e| panic!("{line}: {e}"));
        desk.state(ADMINISTRATOR).unwrap_or_else(|e| panic!("after {line}: {e}"));
        assert_eq!(desk.stated(), before, "{change}");
        desk.db().run(change).expect("once more");
        desk.state("postgres").unwrap_or_else(|e| panic!("{change}, as a superuser: {e}"));
        desk.state(ADMINISTRATOR).unwrap_or_else(|e| panic!("after a superuser: {e}"));
        assert_eq!(desk.stated(), before, "{change}, as a superuser");
    }
}

#[test]
fn a_superuser_is_asked_on_15() {
    a_superuser_is_asked_on(15, REFUSED);
}

#[test]
fn a_superuser_is_asked_on_17() {
    a_superuser_is_asked_on(17, &[REFUSED, REFUSED_FROM_16].concat());
}

#[test]
fn whoever_may_read_the_trail_stays_its_reader() {
    let Some(mut desk) = Desk::of(15) else { return };
    desk.db().script_as(ADMINISTRATOR, "grant desk_audit_reader to person").expect("the administrator may");
    desk.state(ADMINISTRATOR).expect("states");
    let held = "select pg_has_role('person', 'desk_audit_reader', 'usage')";
    assert_eq!(desk.db().run(held).expect("reads"), "t");
}

/// From 16 on a role is administered by who made it.
#[test]
fn another_administrator_is_told_what_to_ask_for() {
    let Some(mut desk) = Desk::of(17) else { return };
    let name = desk.db().name().to_owned();
    desk.rented
        .server
        .run("create role second login createrole; grant administrator to second")
        .expect("one more");
    // As a member it owns the database, and administers what the first one made.
    desk.state("second").expect("states");
    desk.rented
        .server
        .run(&format!("revoke administrator from second; alter database {name} owner to second"))
        .expect("it is on its own");
    let said = desk.state("second").expect_err("it made none of the roles");
    assert!(said.contains("GRANT desk_owner TO second WITH ADMIN OPTION;"), "{said}");
    for line in said.lines().filter(|line| line.starts_with("GRANT ")) {
        desk.rented.server.script_as(ADMINISTRATOR, line).unwrap_or_else(|e| panic!("{line}: {e}"));
    }
    desk.state("second").expect("now it may");
    let roles = project::text(&desk.artifacts, "main/roles.sql");
    let said = desk.rented.server.script_as(ADMINISTRATOR, &roles).expect_err("that database is not its own");
    assert!(said.contains("is not the owner of the database"), "{said}");
}

/// Two roles of the same database, and of two that are on one server.
fn several_at_once_on(major: u32) {
    let Some(mut desk) = Desk::of(major) else { return };
    let before = desk.stated();
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), project::text(&desk.artifacts, "main/roles.sql")).expect("ours");
    for round in 0..3 {
        // Something for each to change: a comment, an attribute, a member, a setting.
        desk.db()
            .run(
                "comment on role desk_front is 'x'; alter role desk_app login; alter role desk_front set work_mem = '1MB'",
            )
            .expect("changes");
        let other = desk.rented.database();
        let places = [desk.db(), &other].map(|db| db.for_scripts(ADMINISTRATOR).expect("psql is there"));
        let runs: Vec<_> = (0..6)
            .map(|at| {
                let (bin, connection) = &places[at % 2];
                let mut psql = Command::new(bin.join("psql"));
                psql.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", connection, "-f"]).arg(file.path());
                psql.stderr(Stdio::piped()).spawn().expect("psql runs")
            })
            .collect();
        for run in runs {
            let output = run.wait_with_output().expect("it ends");
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "round {round}: {said}");
        }
        drop(other);
        assert_eq!(desk.stated(), before);
    }
}

#[test]
fn several_at_once_wait_for_each_other_on_15() {
    several_at_once_on(15);
}

#[test]
fn several_at_once_wait_for_each_other_on_17() {
    several_at_once_on(17);
}

/// Two stores on one server share roles, and what one says of them the other leaves.
#[test]
fn another_store_on_the_server_keeps_its_members() {
    let Some(rented) = Rented::of(15) else { return };
    let artifacts = project::build(
        r#"
platform desk { environments: [dev] }
store main: postgres 15 { database: "desk" }
store figures: postgres 15 { database: "figures" }
schema core in main {
  entity Note { id: uuid key = uuid_v7(); n: int; audit (insert) into audit.Trail }
}
schema audit in main { audit log Trail { partition by month ahead 1 } }
schema sums in figures { entity Sum { id: uuid key; n: int } }
service front { read core.Note }
service watch { read audit.Trail; read sums.Sum }
"#,
    );
    let (mut main, figures) = (rented.database(), rented.database());
    for _ in 0..2 {
        for (db, folder) in [(&main, "main"), (&figures, "figures")] {
            let roles = project::text(&artifacts, &format!("{folder}/roles.sql"));
            db.script_as(ADMINISTRATOR, &roles).unwrap_or_else(|e| panic!("{folder}: {e}"));
        }
    }
    let held = "select string_agg(roleid::regrole || ' ' || member::regrole, ',' order by 1) from pg_auth_members
         where member::regrole::text in ('desk_front', 'desk_watch') or roleid::regrole::text = 'desk_auditor'";
    let held = main.run(held).expect("reads");
    let mut held: Vec<&str> = held.split(',').collect();
    held.sort_unstable();
    let said = [
        "desk_app desk_front",
        "desk_app desk_watch",
        "desk_audit_reader desk_watch",
        "desk_auditor desk_migrator",
    ];
    assert_eq!(held, said);
    drop((main, figures));
}
