//! A tenant with schemas of its own in the database that all share: its services reach these and what is everybody's,
//! and nobody else's reach them, whatever tenant they say they work for.

use polity::artifact::Artifacts;
use polity_tests::engines::Postgres;
use polity_tests::project;
use postgres::Client;

use super::support::{CLINIC, OUR_PATIENT, OURS, THEIR_PATIENT, THEIRS, query, rows};

pub const TIERS: &str = r#"
tier premium { isolation: schema }
tier enterprise { isolation: database }
tenant acme: premium { id: "aaaaaaaa-0000-4000-8000-000000000001" }
tenant beta: premium { id: "cccccccc-0000-4000-8000-000000000003" }
"#;

const BETA: &str = "cccccccc-0000-4000-8000-000000000003";
const BETA_PATIENT: &str = "cccccccc-1111-4000-8000-000000000003";

/// The statements for tables that bear a prefix.
pub fn in_schemas(prefix: &str, sql: &str) -> String {
    let sql = sql.replace("core.", &format!("{prefix}core.")).replace("audit.", &format!("{prefix}audit."));
    sql.replace(&format!("{prefix}core.country"), "core.country")
}

fn run_as(db: &Postgres, role: &str, artifacts: &Artifacts, path: &str) {
    db.script_as(role, &project::text(artifacts, path)).unwrap_or_else(|e| panic!("{path}: {e}"));
}

/// Every tenant of the example with schemas or a database of its own gets what was written for it.
#[test]
fn the_example_installs_for_every_tenant() {
    let Some(mut db) = Postgres::server() else { return };
    let artifacts = project::example("spotify-ai-agent");
    run_as(&db, "postgres", &artifacts, "main/roles.sql");
    run_as(&db, "spotify_ai_agent_migrator", &artifacts, "main/schema.sql");
    for tenant in ["north_agency", "soundbridge"] {
        run_as(&db, "postgres", &artifacts, &format!("main/tenants/{tenant}/roles.sql"));
        run_as(&db, "spotify_ai_agent_migrator", &artifacts, &format!("main/tenants/{tenant}/schema.sql"));
        let suite = project::text(&artifacts, &format!("main/tenants/{tenant}/tests/tenancy.sql"));
        let said = db.script(&suite).expect("the suite runs");
        let failed: Vec<&str> = said.lines().filter(|line| line.starts_with("not ok")).collect();
        assert_eq!(failed, [""; 0], "{tenant}");
    }
    let own = db.another();
    run_as(&own, "postgres", &artifacts, "main/tenants/spotify_premium/roles.sql");
    run_as(
        &own,
        "spotify_ai_agent_spotify_premium_migrator",
        &artifacts,
        "main/tenants/spotify_premium/schema.sql",
    );
    drop(own);
}

#[test]
fn no_tenant_gets_a_schema_that_is_kept_for_somebody_else() {
    let told = |tenant: &str, prefix: &str| -> Vec<String> {
        let tiers = format!(
            "tier premium {{ isolation: schema, prefix: \"{prefix}\" }}
             tenant {tenant}: premium {{ id: \"{OURS}\" }}"
        );
        let compiled = project::compile(&format!("{CLINIC}{tiers}"));
        compiled.diagnostics.iter().filter(|d| d.is_error()).map(|d| d.code.to_string()).collect()
    };
    assert_eq!(told("pg", "{tenant}_"), ["E0502"]);
    assert_eq!(told("g", "p{tenant}_x"), ["E0502"]);
    assert_eq!(told("page", "{tenant}_"), [""; 0]);
    assert_eq!(told("acme", "{tenant}_averyveryverylongprefixbeforethenamesofeveryoneofthem_"), ["E0828"]);
}

pub fn install(db: &Postgres, artifacts: &Artifacts, folder: &str) {
    run_as(db, "postgres", artifacts, &format!("{folder}/roles.sql"));
    run_as(db, "clinic_migrator", artifacts, &format!("{folder}/schema.sql"));
}

struct Mixed {
    db: Postgres,
    artifacts: Artifacts,
    /// Services of acme, of beta, and of whoever shares tables.
    acme: Client,
    beta: Client,
    web: Client,
}

fn mixed() -> Option<Mixed> {
    let artifacts = project::build(&format!("{CLINIC}{TIERS}"));
    let mut db = Postgres::server()?;
    for folder in ["main", "main/tenants/acme", "main/tenants/beta"] {
        install(&db, &artifacts, folder);
    }
    for (tenant, patient, who, prefix) in [
        (THEIRS, THEIR_PATIENT, "theirs", ""),
        (OURS, OUR_PATIENT, "ours", "acme_"),
        (BETA, BETA_PATIENT, "beta", "beta_"),
    ] {
        db.script_as("clinic_migrator", &in_schemas(prefix, &rows(tenant, patient, who))).expect("fills");
    }
    db.run(
        "create role acme_web login in role clinic_acme_app;
         create role beta_web login in role clinic_beta_app;
         create role web login in role clinic_app;
         create role acme_auditor login in role clinic_acme_audit_reader",
    )
    .expect("services");
    let [acme, beta, web] = ["acme_web", "beta_web", "web"].map(|role| db.session(role).expect("logs in"));
    Some(Mixed { db, artifacts, acme, beta, web })
}

fn attempt(client: &mut Client, tenant: &str, sql: &str) -> Result<String, String> {
    let result = query(client, &format!("begin; select polity.enter('{tenant}'); {sql}"));
    client.batch_execute("rollback").expect("the session goes on");
    result.map(|rows| rows[1..].join(",")).map_err(|(code, _)| code)
}

const TABLES: [&str; 5] = ["core.patients", "core.visits", "core.room", "core.booking", "core.log"];
const VIEWS: [&str; 3] = ["core.names", "figures.busy", "figures.countries"];

fn prefixed(prefix: &str, name: &str) -> String {
    format!("{prefix}{name}")
}

#[test]
fn a_service_does_in_its_schemas_what_others_do_in_the_shared_tables() {
    let Some(mut mixed) = mixed() else { return };
    for (client, tenant, prefix, who) in [
        (&mut mixed.acme, OURS, "acme_", "ours"),
        (&mut mixed.beta, BETA, "beta_", "beta"),
        (&mut mixed.web, THEIRS, "", "theirs"),
    ] {
        for table in TABLES {
            let found = attempt(client, tenant, &format!("select count(*) from {}", prefixed(prefix, table)));
            assert_eq!(found.as_deref(), Ok("1"), "{prefix}{table}");
        }
        let written = in_schemas(
            prefix,
            "insert into core.patients (email, country) values ('new', 'SN') on conflict do nothing;
             update core.patients set name = 'x' where email = 'new';
             insert into core.visits (patient) select id from core.patients;
             delete from core.visits where patient is not null;
             insert into core.room (id, kind) values (7, 'NEW');
             insert into core.log (patient, body) select id, 'b' from core.patients;
             select name from core.names order by 1",
        );
        assert_eq!(attempt(client, tenant, &written), Ok(format!("{who},x")));
        let busy = format!("select visits from {}", prefixed(prefix, "figures.busy"));
        assert_eq!(attempt(client, tenant, &busy).as_deref(), Ok("1"));
        // Without a tenant there is nothing, here as there.
        let nothing = query(client, &format!("select count(*) from {prefix}core.patients")).unwrap();
        assert_eq!(nothing, ["0"]);
        let (code, _) = query(client, &format!("delete from {prefix}core.patients")).unwrap_err();
        assert_eq!(code, "42501");
    }
}

/// The line of a service names a schema of which each tenant has its own and all share a part.
#[test]
fn a_line_of_a_service_holds_in_schemas_as_in_shared_tables() {
    let artifacts = project::build(&format!("{CLINIC}{TIERS}service desk {{ read core.* }}\n"));
    let Some(db) = Postgres::server() else { return };
    for (folder, tenant, patient, who, prefix) in [
        ("main", THEIRS, THEIR_PATIENT, "theirs", ""),
        ("main/tenants/acme", OURS, OUR_PATIENT, "ours", "acme_"),
    ] {
        install(&db, &artifacts, folder);
        db.script_as("clinic_migrator", &in_schemas(prefix, &rows(tenant, patient, who))).expect("fills");
    }
    for (role, tenant, own, foreign) in
        [("clinic_desk", THEIRS, "", "acme_"), ("clinic_acme_desk", OURS, "acme_", "")]
    {
        let mut desk = db.session(role).expect("logs in");
        assert_eq!(
            attempt(&mut desk, tenant, "select code from core.country").as_deref(),
            Ok("SN"),
            "{role}"
        );
        let count = |prefix: &str| format!("select count(*) from {prefix}core.patients");
        assert_eq!(attempt(&mut desk, tenant, &count(own)).as_deref(), Ok("1"), "{role}");
        assert_eq!(attempt(&mut desk, tenant, &count(foreign)), Err("42501".to_owned()), "{role}");
    }
}

#[test]
fn nobody_reaches_the_schemas_of_another() {
    let Some(mut mixed) = mixed() else { return };
    let everything = |prefix: &str| -> Vec<String> {
        let names = TABLES.iter().chain(&VIEWS).map(|name| prefixed(prefix, name));
        names.chain([format!("{prefix}audit.trail"), format!("{prefix}core.room_new")]).collect()
    };
    for (client, tenant, foreign) in [
        (&mut mixed.acme, OURS, ["", "beta_"]),
        (&mut mixed.beta, BETA, ["", "acme_"]),
        (&mut mixed.web, THEIRS, ["acme_", "beta_"]),
    ] {
        for name in foreign.into_iter().flat_map(everything) {
            let read = format!("select from {name}");
            let more = ["delete from", "truncate", "lock table", "update"].map(|sql| match sql {
                "update" => format!("update {name} set tenant_id = tenant_id"),
                sql => format!("{sql} {name}"),
            });
            let is_view = VIEWS.iter().any(|view| name.ends_with(view));
            for sql in std::iter::once(read).chain(more.into_iter().filter(|_| !is_view)) {
                // Whoever it says it works for.
                for tenant in [tenant, OURS, BETA, THEIRS] {
                    assert_eq!(attempt(client, tenant, &sql), Err("42501".to_owned()), "{sql}");
                }
            }
        }
    }
}

#[test]
fn a_tenant_that_says_it_is_another_finds_and_writes_nothing() {
    let Some(mut mixed) = mixed() else { return };
    for other in [BETA, THEIRS, "dddddddd-0000-4000-8000-000000000004"] {
        for name in TABLES.iter().chain(&VIEWS[..2]) {
            let found = attempt(&mut mixed.acme, other, &format!("select count(*) from acme_{name}"));
            assert_eq!(found.as_deref(), Ok("0"), "{name}");
        }
        let insert = "insert into acme_core.patients (email, country) values ('new', 'SN')";
        assert_eq!(
            attempt(&mut mixed.acme, other, insert),
            Err("23514".to_owned()),
            "no row of another stays"
        );
        for role in [
            "clinic_app",
            "clinic_beta_app",
            "clinic_owner",
            "clinic_reader",
            "clinic_maintenance",
            "clinic_cron",
        ] {
            assert_eq!(attempt(&mut mixed.acme, other, &format!("set role {role}")), Err("42501".to_owned()));
        }
    }
}

#[test]
fn what_is_global_is_read_and_referred_to_and_not_written() {
    let Some(mut mixed) = mixed() else { return };
    assert_eq!(attempt(&mut mixed.acme, OURS, "select code from core.country").as_deref(), Ok("SN"));
    for sql in [
        "insert into core.country values ('FR')",
        "update core.country set code = 'FR'",
        "delete from core.country",
    ] {
        assert_eq!(attempt(&mut mixed.acme, OURS, sql), Err("42501".to_owned()), "{sql}");
    }
    let unknown = "insert into acme_core.patients (email, country) values ('new', 'XX')";
    assert_eq!(attempt(&mut mixed.acme, OURS, unknown), Err("23503".to_owned()));
    // What a tenant refers to stays, in schemas as in shared tables.
    mixed.db.run("delete from core.patients").unwrap();
    assert_eq!(mixed.db.run("delete from core.country").unwrap_err().sqlstate, "23503");
}

#[test]
fn what_is_kept_going_is_kept_going_for_each() {
    let Some(mut mixed) = mixed() else { return };
    let jobs = project::text(&mixed.artifacts, "main/tenants/acme/maintenance.sql");
    let mut cron = mixed.db.session("clinic_cron").expect("logs in");
    mixed
        .db
        .run(&format!(
            "update acme_core.patients set deleted_at = now() - interval '40 days';
             select polity.add_partition('acme_core.visits', 'visits', '2015_01', 'at', 'timestamptz', '2015-01-01 00:00+00', '2015-02-01 00:00+00', '');
             insert into acme_core.visits (tenant_id, at) values ('{OURS}', '2015-01-05')"
        ))
        .unwrap();
    let is_job =
        |line: &&str| !["--", "SET "].iter().any(|start| line.starts_with(start)) && !line.is_empty();
    let jobs: Vec<&str> = jobs.lines().filter(is_job).collect();
    assert_eq!(jobs.len(), 4, "{jobs:?}");
    for job in jobs {
        assert!(job.contains(" acme_polity.") || job == "CALL acme_audit.trail_seal_all();", "{job}");
        query(&mut cron, job).unwrap_or_else(|e| panic!("{job}: {e:?}"));
    }
    assert_eq!(mixed.db.run("select count(*) from acme_core.patients").unwrap(), "0");
    assert_eq!(mixed.db.run("select count(*) from acme_core.visits where at < '2016-01-01'").unwrap(), "0");
    assert_eq!(mixed.db.run("select count(*) from beta_core.patients, core.patients").unwrap(), "1");
    let mut auditor = mixed.db.session("acme_auditor").expect("logs in");
    assert_eq!(
        attempt(&mut auditor, OURS, "select verdict from acme_audit.trail_verify()").as_deref(),
        Ok("ok"),
        "the seals hold"
    );
    let values = "select count(salt) from acme_audit.trail where operation <> 'DROP'";
    assert_eq!(attempt(&mut auditor, OURS, values).as_deref(), Ok("0"), "retention took values along");
    assert_eq!(attempt(&mut auditor, OURS, "select from acme_core.patients"), Err("42501".to_owned()));
    assert_eq!(attempt(&mut auditor, OURS, "select from audit.trail"), Err("42501".to_owned()));
}

#[test]
fn the_emitted_suite_passes_and_sees_who_should_not_be_there() {
    let Some(mut mixed) = mixed() else { return };
    let suite = project::text(&mixed.artifacts, "main/tenants/acme/tests/tenancy.sql");
    let shared = project::text(&mixed.artifacts, "main/tests/tenancy.sql");
    let failed = |db: &Postgres, suite: &str| -> Vec<String> {
        let said = db.script(suite).expect("the suite runs");
        assert!(said.lines().filter(|line| line.starts_with("ok ")).count() > 50, "{said}");
        said.lines().filter(|line| line.starts_with("not ok")).map(str::to_owned).collect()
    };
    assert_eq!(failed(&mixed.db, &shared), [""; 0]);
    assert_eq!(failed(&mixed.db, &suite), [""; 0]);
    for (damage, test) in [
        ("grant usage on schema acme_core to clinic_app", "nobody else reaches"),
        (
            "grant usage on schema core to clinic_acme_app; grant select on core.visits to clinic_acme_app",
            "reach nothing that tenants share",
        ),
        ("grant clinic_app to clinic_acme_app", "reach nothing that tenants share"),
        ("drop policy tenant_guard on acme_core.patients", "has the restrictive guard"),
    ] {
        mixed.db.run(&format!("begin; {damage}; commit")).expect("damages");
        let failed = failed(&mixed.db, &suite);
        assert!(failed.iter().any(|line| line.contains(test)), "{damage}: {failed:#?}");
    }
}

#[test]
fn the_undo_takes_a_tenants_schemas_and_nothing_else() {
    let Some(mut mixed) = mixed() else { return };
    let undo = project::text(&mixed.artifacts, "main/tenants/acme/migrations/U0001__initial.sql");
    let refused = mixed.db.script_as("clinic_migrator", &format!("begin; {undo} commit;"));
    let said = format!("{refused:?}");
    assert!(said.contains("holds rows"), "{said}");
    let run = format!("begin; set polity.undo_may_lose = on; {undo} commit;");
    mixed.db.script_as("clinic_migrator", &run).expect("undoes");
    assert_eq!(mixed.db.run("select nspname from pg_namespace where nspname like 'acme%'").unwrap(), "");
    assert_eq!(mixed.db.run("select count(*) from polity.frozen").unwrap(), "0");
    assert_eq!(mixed.db.run("select count(*) from beta_core.patients, core.patients").unwrap(), "1");
}

#[test]
fn a_person_is_erased_where_the_rows_of_the_tenant_are() {
    let artifacts = project::build(&format!("{PEOPLE}{TIERS}"));
    let Some(mut db) = Postgres::server() else { return };
    for folder in ["main", "main/tenants/acme", "main/tenants/beta"] {
        install(&db, &artifacts, folder);
    }
    for (tenant, prefix) in [(THEIRS, ""), (OURS, "acme_"), (BETA, "beta_")] {
        db.run(&format!(
            "insert into {prefix}core.person (tenant_id, id, name) values ('{tenant}', '{OUR_PATIENT}', 'p');
             insert into {prefix}core.note (tenant_id, about, body) values ('{tenant}', '{OUR_PATIENT}', 'n')"
        ))
        .expect("fills");
    }
    let mut eraser = db.session("clinic_eraser").expect("logs in");
    let erase = format!("select acme_polity.erase_subject('{OUR_PATIENT}')");
    query(&mut eraser, &format!("begin; select polity.enter('{OURS}'); {erase}; commit")).expect("erases");
    let left = "select (select count(*) from acme_core.person) + (select count(*) from acme_core.note),
        (select count(*) from beta_core.note), (select count(*) from core.note),
        (select count(*) from acme_polity.erasure_log), (select count(*) from polity.erasure_log)";
    assert_eq!(db.run(left).unwrap(), "0|1|1|1|0");
}

pub const PEOPLE: &str = r#"
platform clinic { environments: [dev] }
tenancy by tenant_id: uuid
tier standard { isolation: row }
store main: postgres 15 { database: "clinic" }
schema core in main {
  entity Person {
    id: uuid key = uuid_v7()
    name: text(40) #personal
    subject
  }
  entity Note {
    id: uuid key = uuid_v7()
    about: -> Person on delete cascade
    body: text(40) #personal
    index (about)
  }
}
"#;
