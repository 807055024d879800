//! Rows of tenants publish apart: under their own names, and into an outbox of their own where they stand in a place of their
//! own.

use polity_tests::engines::Postgres;
use polity_tests::project;

use super::support::installed;
use crate::tenancy_attacks::promotion::promote;

const SHOP: &str = r#"
platform shop { environments: [dev] }

store main:  postgres 15 { database: "shop" }
store cache: redis 7 {}

schema core in main {
  entity Note as "notes" {
    id:   int key
    text: text(40)
    publish (insert, update, delete) to cache.Notes
  }

  global entity Country as "countries" {
    code: text(2) key
    publish (insert) to cache.Countries
  }
}

channel Notes in cache { pattern "notes:{id: int}"; value json { id: int, text: text(40) } }
global channel Countries in cache { pattern "countries"; value text(2) }

tenancy by tenant_id: uuid
tier standard { isolation: row; accept client_enforced because "one library adds the tenant to every key" }
"#;

const SCHEMAS: &str = r#"
tier team { isolation: schema; accept client_enforced because "one library adds the tenant to every key" }
tenant acme: team { id: "aaaaaaaa-0000-4000-8000-000000000001" }
"#;

const DATABASE: &str = r#"
tier enterprise { isolation: database }
tenant acme: enterprise { id: "aaaaaaaa-0000-4000-8000-000000000001" }
"#;

const OURS: &str = "aaaaaaaa-0000-4000-8000-000000000001";
const THEIRS: &str = "bbbbbbbb-0000-4000-8000-000000000001";

/// A transaction of a service of a tenant.
fn work(tenant: &str, sql: &str) -> String {
    format!("begin; select polity.enter('{tenant}'); {sql}; commit")
}

fn entries(db: &mut Postgres, outbox: &str) -> String {
    let query = format!("select tenant_id, operation, target, message from {outbox} order by id");
    db.run(&query).expect("reads")
}

fn serving(source: &str) -> Option<Postgres> {
    let mut db = installed(source)?;
    db.run("create role web login in role shop_app").expect("a service");
    let mut web = db.session("web").expect("logs in");
    for (tenant, text) in [(OURS, "ours"), (THEIRS, "theirs")] {
        let write = format!(
            "insert into core.notes (id, text) values (1, '{text}'); update core.notes set text = text || '!'"
        );
        web.batch_execute(&work(tenant, &write)).expect("writes");
    }
    Some(db)
}

fn told(tenant: &str, text: &str) -> String {
    let of = |operation: &str, text: &str| {
        format!("{tenant}|{operation}|{tenant}:notes:1|{{\"id\": 1, \"text\": \"{text}\"}}")
    };
    format!("{}\n{}", of("INSERT", text), of("UPDATE", &format!("{text}!")))
}

#[test]
fn each_tenants_rows_publish_under_its_own_names() {
    let Some(mut db) = serving(SHOP) else { return };
    let both = format!("{}\n{}", told(OURS, "ours"), told(THEIRS, "theirs"));
    assert_eq!(entries(&mut db, "polity.outbox"), both);
    let mut web = db.session("web").expect("logs in");
    let refused =
        web.batch_execute(&work(OURS, "select from polity.outbox")).expect_err("no service reads it");
    assert_eq!(refused.code().map(|code| code.code()), Some("42501"));
    // A policy would hide its rows from one who was given the table by hand.
    db.run("grant select, insert, delete on polity.outbox to shop_app").expect("grants");
    let mut web = db.session("web").expect("logs in");
    web.batch_execute(&work(OURS, "delete from polity.outbox")).expect("finds nothing");
    assert_eq!(entries(&mut db, "polity.outbox"), both);
    let mut relay = db.session("shop_relay").expect("logs in");
    relay.batch_execute("delete from polity.outbox where message @> '{\"text\": \"ours\"}'").expect("takes");
    assert_eq!(entries(&mut db, "polity.outbox").lines().count(), 3);
    db.run("insert into core.countries values ('SN')").expect("writes");
    assert_eq!(entries(&mut db, "polity.outbox").lines().last(), Some("|INSERT|countries|\"SN\""));
    db.script_as("shop_eraser", &format!("select polity.erase_tenant('{OURS}')")).expect("erases");
    assert_eq!(
        entries(&mut db, "polity.outbox"),
        format!("{}\n|INSERT|countries|\"SN\"", told(THEIRS, "theirs"))
    );
}

/// The attacks that come with what was installed, of which each fails.
fn attacked(db: &Postgres, source: &str, folder: &str) {
    let suite = project::text(&project::build(source), &format!("{folder}/tests/tenancy.sql"));
    let said = db.script(&suite).expect("the suite runs");
    let failed: Vec<&str> = said.lines().filter(|line| line.starts_with("not ok")).collect();
    assert!(said.contains("ok 1") && failed.is_empty(), "{folder}: {failed:#?}");
}

#[test]
fn the_suite_of_attacks_passes_with_an_outbox() {
    let source = format!("{SHOP}{SCHEMAS}");
    let Some(db) = serving(&source) else { return };
    install(&db, &source, "shop_migrator");
    attacked(&db, &source, "main");
    attacked(&db, &source, "main/tenants/acme");
}

fn install(db: &Postgres, source: &str, migrator: &str) {
    let artifacts = project::build(source);
    for (role, file) in [("postgres", "roles.sql"), (migrator, "schema.sql")] {
        let path = format!("main/tenants/acme/{file}");
        db.script_as(role, &project::text(&artifacts, &path)).unwrap_or_else(|e| panic!("{path}: {e}"));
    }
}

#[test]
fn what_no_relay_took_moves_with_its_tenant() {
    for (more, prefix, migrator) in
        [(SCHEMAS, "acme_", "shop_migrator"), (DATABASE, "", "shop_acme_migrator")]
    {
        let source = format!("{SHOP}{more}");
        let Some(mut db) = serving(&source) else { return };
        let mut own = prefix.is_empty().then(|| db.another());
        install(own.as_ref().unwrap_or(&db), &source, migrator);
        let script = project::text(&project::build(&source), "main/tenants/acme/promote.sh");
        let outbox = format!("{prefix}polity.outbox");
        for step in ["freeze", "copy", "thaw", "freeze", "copy", "remove"] {
            let to = (own.as_ref().unwrap_or(&db), migrator);
            promote(&script, step, (&db, "shop_migrator"), to).unwrap_or_else(|e| panic!("{step}: {e}"));
            let there = entries(own.as_mut().unwrap_or(&mut db), &outbox);
            assert_eq!(
                there,
                if step == "copy" || step == "remove" { told(OURS, "ours") } else { String::new() },
                "{step}"
            );
        }
        assert_eq!(entries(&mut db, "polity.outbox"), told(THEIRS, "theirs"), "{prefix}");
        // What it does there stands there.
        let to = own.as_mut().unwrap_or(&mut db);
        to.run("create role acme_web login in role shop_acme_app").expect("a service");
        let mut web = to.session("acme_web").expect("logs in");
        web.batch_execute(&work(OURS, &format!("delete from {prefix}core.notes"))).expect("deletes");
        let last = format!("{OURS}|DELETE|{OURS}:notes:1|{{\"id\": 1, \"text\": \"ours!\"}}");
        assert_eq!(entries(to, &outbox), format!("{}\n{last}", told(OURS, "ours")));
        drop(own);
    }
}
