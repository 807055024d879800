//! A tenant's own database or schemas go only where nothing is lost, or where somebody says that it may be.

use std::process::Command;

use polity::artifact::Artifacts;
use polity_tests::engines::Postgres;
use polity_tests::project;

const SHOPS: &str = include_str!("shops.polity");
const APART: &str = "cccccccc-0000-4000-8000-00000000000c";
const BESIDE: &str = "dddddddd-0000-4000-8000-00000000000d";

/// A database with the schemas of one tenant, and one more that a tenant has to itself.
fn shops() -> Option<(Artifacts, Postgres)> {
    let artifacts = project::build(SHOPS);
    let mut db = Postgres::server()?;
    db.run("create database apart_shops").expect("a database");
    for (place, folder, migrator) in [
        ("postgres", "main", "shops_migrator"),
        ("postgres", "main/tenants/beside", "shops_migrator"),
        ("apart_shops", "main/tenants/apart", "shops_apart_migrator"),
    ] {
        for (role, file) in [("postgres", "roles.sql"), (migrator, "schema.sql")] {
            let path = format!("{folder}/{file}");
            let text = project::text(&artifacts, &path);
            let script = format!("\\connect {place}\nset session authorization {role};\n{text}");
            db.script(&script).unwrap_or_else(|e| panic!("{path}: {e}"));
        }
    }
    Some((artifacts, db))
}

fn buyers(tenant: &str, prefix: &str) -> String {
    format!(
        "insert into core.country values ('SN') on conflict do nothing;
         insert into {prefix}core.buyers (tenant_id, id, country) values ('{tenant}', '{tenant}', 'SN');
         insert into {prefix}core.buyers (tenant_id, id, country, deleted_at) values ('{tenant}', '{BESIDE}', 'SN', now() - interval '20 years') on conflict do nothing;"
    )
}

/// As a person runs it, with arguments of psql: what it complained of.
fn offboard(db: &Postgres, artifacts: &Artifacts, tenant: &str, arguments: &[&str]) -> Result<(), String> {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), project::text(artifacts, &format!("main/tenants/{tenant}/offboard.sql")))
        .expect("ours");
    let (bin, connection) = db.for_scripts("postgres").expect("psql is there");
    let folder = tempfile::tempdir().expect("a folder");
    let output = Command::new(bin.join("psql"))
        .args(["-X", "-q", "-d", &connection, "-f"])
        .arg(file.path())
        .args(arguments)
        .current_dir(folder.path())
        .output()
        .expect("psql runs");
    assert_eq!(std::fs::read_dir(folder.path()).expect("ours").count(), 0, "a command was run");
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}

const STANDING: &str = "select (select count(*) from pg_database where datname = 'apart_shops'),
    (select count(*) from pg_namespace where nspname like 'beside%') > 0,
    (select count(*) from pg_roles where rolname like 'shops\\_apart%') > 0,
    (select count(*) from pg_roles where rolname like 'shops\\_beside%') > 0";

#[test]
fn rows_and_what_retention_keeps_are_lost_only_where_it_is_told() {
    let Some((artifacts, mut db)) = shops() else { return };
    db.script(&buyers(BESIDE, "beside_")).expect("fills");
    db.script(&format!("\\connect apart_shops\n{}", buyers(APART, ""))).expect("fills");
    for (tenant, lost) in [
        ("apart", "core.buyers holds 2 (1 until their retention is over)"),
        ("beside", "beside_core.buyers holds 1 (1 until their retention is over)"),
    ] {
        for arguments in [&[][..], &["-v", "may_lose=off"]] {
            let said = offboard(&db, &artifacts, tenant, arguments).expect_err("rows would be lost");
            assert!(
                said.contains(&format!("rows of {tenant} would be lost: ")) && said.contains(lost),
                "{said}"
            );
            assert!(said.contains("audit.trail holds") && said.contains("-v may_lose=on"), "{said}");
            assert_eq!(db.run(STANDING).unwrap(), "1|t|t|t");
        }
    }
    offboard(&db, &artifacts, "apart", &["-v", "may_lose=on"]).expect("it is told");
    assert_eq!(db.run(STANDING).unwrap(), "0|t|f|t");
    // What tells the undo tells this as well.
    let told = format!(
        "set polity.undo_may_lose = on;\n{}",
        project::text(&artifacts, "main/tenants/beside/offboard.sql")
    );
    db.script(&told).expect("it is told");
    assert_eq!(db.run(STANDING).unwrap(), "0|f|f|f");
}

#[test]
fn where_there_are_no_rows_nobody_needs_to_be_asked() {
    let Some((artifacts, mut db)) = shops() else { return };
    for _ in 0..2 {
        for tenant in ["apart", "beside"] {
            offboard(&db, &artifacts, tenant, &[]).unwrap_or_else(|e| panic!("{tenant}: {e}"));
        }
        assert_eq!(db.run(STANDING).unwrap(), "0|f|f|f");
    }
}

const WORST: &str = r#"a'b"$(touch pwned)`x`;\!:x = 'y'"#;

#[test]
fn a_database_of_any_name_is_the_one_that_is_looked_at_and_dropped() {
    let source = format!(
        "platform odd {{ environments: [dev] }}
         tenancy by tenant_id: text(80)
         tier large {{ isolation: database }}
         tenant acme: large {{ id: \"acme\" }}
         store main: postgres 15 {{ database: {WORST:?} }}
         schema core in main {{ entity Thing {{ id: int key }} }}"
    );
    let artifacts = project::build(&source);
    let Some(mut db) = Postgres::server() else { return };
    let name = format!("\"acme_{}\"", WORST.replace('"', "\"\""));
    db.run(&format!("create database {name}")).expect("a database");
    let connect = format!(
        "\\connect -reuse-previous=on \"dbname='acme_{}'\"\n",
        WORST.replace('\\', "\\\\").replace('\'', "\\'").replace('"', "\"\"")
    );
    for (role, file) in [("postgres", "roles.sql"), ("odd_acme_migrator", "schema.sql")] {
        let text = project::text(&artifacts, &format!("main/tenants/acme/{file}"));
        let script = format!("{connect}set session authorization {role};\n{text}");
        db.script(&script).unwrap_or_else(|e| panic!("{file}: {e}"));
    }
    let row = format!("{connect}insert into core.thing (tenant_id, id) values ('acme', 1)");
    db.script(&row).expect("a row");
    let standing = "select count(*) from pg_database where datname like 'acme\\_%'";
    let said = offboard(&db, &artifacts, "acme", &[]).expect_err("a row would be lost");
    assert!(said.contains("core.thing holds 1"), "{said}");
    assert_eq!(db.run(standing).unwrap(), "1");
    offboard(&db, &artifacts, "acme", &["-v", "may_lose=on"]).expect("it is told");
    assert_eq!(db.run(standing).unwrap(), "0");
}
