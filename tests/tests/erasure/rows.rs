//! In PostgreSQL.

use polity_tests::engines::Postgres;
use polity_tests::project;

use super::support::{ANA, BEN, PEOPLE, filled, left, without_ana};

fn people() -> Option<Postgres> {
    filled(&project::build(PEOPLE))
}

fn erase(db: &Postgres, id: &str) -> String {
    db.script_as("people_eraser", &format!("select polity.erase_subject('{id}')")).expect("erases")
}

fn judged(db: &mut Postgres) -> String {
    db.run("select string_agg(verdict, ', ' order by verdict) from audit.trail_verify()").expect("verifies")
}

#[test]
fn nothing_is_left_of_one_and_everything_of_the_other() {
    let Some(mut db) = people() else { return };
    let before = left(&mut db, "ben");
    assert!(left(&mut db, "ana").len() > 10 && before.len() > 10, "{before:?}");
    let found = format!("{{\"documents.Product\": [{{\"id\": \"{}\"}}]}}", ANA.id(4));
    db.script_as("people_eraser", &format!("select polity.erase_subject('{}', '{found}')", ANA.id(0)))
        .expect("erases");
    assert_eq!(left(&mut db, "ana"), Vec::<String>::new());
    assert_eq!(without_ana(left(&mut db, "ben")), without_ana(before));
    // The key, which leads to nothing, stands in the log, in entries without values and in what Ben did.
    let keys: Vec<String> = left(&mut db, &ANA.id(0));
    assert!(
        keys.iter().all(|row| row.starts_with("polity.erasure_log") || row.starts_with("audit.")),
        "{keys:?}"
    );
}

#[test]
fn what_is_anonymized_stays_without_the_person_and_what_gives_way_forgets() {
    let Some(mut db) = people() else { return };
    erase(&db, &ANA.id(0));
    assert_eq!(
        db.run("select number, \"user\", name, anonymized_at is not null from core.invoices order by number")
            .expect("reads"),
        format!("97||—|t\n98|{}|ben Diop|f", BEN.id(0))
    );
    assert_eq!(db.run("select street from core.invoices order by number").expect("reads"), "\nben Street");
    let left_out = "update core.invoices set street = null where name = 'ben Diop'";
    assert!(db.run(left_out).expect_err("he is there").to_string().contains("invoices_street_required"));
    assert_eq!(db.run("select count(*) from core.lines").expect("reads"), "2");
    assert_eq!(db.run("select count(*), count(keeper) from core.things").expect("reads"), "2|1");
    assert_eq!(db.run("select friend from core.users").expect("reads"), "");
    assert_eq!(db.run("select count(*), count(other) from core.transfers").expect("reads"), "2|0");
    assert_eq!(
        db.run("select text from core.remarks order by 1").expect("reads"),
        "a chair\na chair\nabout ben"
    );
}

#[test]
fn the_trail_proves_the_rest_and_shows_tampering() {
    let Some(mut db) = people() else { return };
    db.run("select audit.trail_seal()").expect("seals");
    erase(&db, &ANA.id(0));
    db.run("select audit.trail_seal()").expect("seals");
    assert_eq!(judged(&mut db), "ok");
    let counted =
        "select count(*) filter (where commitment is null) > 0, count(commitment) > 0 from audit.trail";
    assert_eq!(db.run(counted).expect("reads"), "t|t");
    let mut after = |sql: &str| {
        db.run("begin").expect("begins");
        db.run(sql).expect("an owner can");
        let shown = judged(&mut db);
        db.run("rollback").expect("takes it back");
        shown
    };
    for changed in [
        "update audit.trail set new = '{}'",
        "update audit.trail set actor = 'x' where seq = 2",
        "update audit.trail set commitment = '\\x00' where commitment is not null",
    ] {
        assert!(after(changed).contains("CHANGED"), "{changed}");
    }
    assert!(after("delete from audit.trail where seq = 2").contains("REMOVED: 1"));
}

#[test]
fn it_is_the_same_when_it_is_done_again_and_by_two_at_once() {
    let Some(mut db) = people() else { return };
    let id = ANA.id(0);
    let sessions = [(); 2].map(|()| db.session("people_eraser").expect("logs in"));
    let threads = sessions.map(|mut session| {
        let erase = format!("select polity.erase_subject('{id}')");
        std::thread::spawn(move || session.batch_execute(&erase).map_err(|e| e.to_string()))
    });
    for thread in threads {
        assert_eq!(thread.join().expect("ends"), Ok(()));
    }
    let all = left(&mut db, "-");
    erase(&db, &id);
    erase(&db, &ANA.id(9));
    let log = |rows: Vec<String>| -> Vec<String> {
        rows.into_iter().filter(|row| !row.starts_with("polity.erasure_log")).collect()
    };
    assert_eq!(log(left(&mut db, "-")), log(all));
    assert_eq!(db.run("select count(*) from polity.erasure_log").expect("reads"), "2");
}

#[test]
fn the_person_sees_everything_but_secrets() {
    let Some(mut db) = people() else { return };
    let export = db
        .script_as("people_eraser", &format!("select polity.export_subject('{}')", ANA.id(0)))
        .expect("exports");
    let export: serde_json::Value = serde_json::from_str(&export).expect("JSON");
    let count = |entity: &str| export["rows"][entity].as_array().map_or(0, Vec::len);
    assert_eq!(
        [
            "core.User",
            "core.Wallet",
            "core.Transfer",
            "core.Session",
            "core.Invoice",
            "core.Line",
            "core.Remark"
        ]
        .map(count),
        [1; 7]
    );
    assert_eq!(export["rows"]["core.User"][0]["email"], "ana@example.org");
    assert!(export["trail"].as_array().is_some_and(|entries| entries.len() >= 6), "{export:#}");
    let text = export.to_string();
    assert!(!text.contains("argon2id") && !text.contains("ben"), "{text}");
    assert!(!export["rows"].to_string().contains(&BEN.id(0)), "{text}");
    assert!(left(&mut db, "ana").len() > 10);
}

#[test]
fn only_who_is_meant_to_may() {
    let Some(mut db) = people() else { return };
    db.run("create role web login in role people_app").expect("a service");
    for role in ["web", "people_cron"] {
        for call in ["erase_subject", "export_subject"] {
            let call = format!("select polity.{call}('{}')", ANA.id(0));
            let refused = db.script_as(role, &call).expect_err("refused");
            assert!(refused.contains("42501"), "{role}: {refused}");
        }
        let refused = db.script_as(role, "select polity.replay_erasures()").expect_err("refused");
        assert!(refused.contains("42501"), "{refused}");
    }
    for statement in
        ["select * from core.users", "delete from core.users", "update polity.erasure_log set entity = ''"]
    {
        let refused = db.script_as("people_eraser", statement).expect_err("refused");
        assert!(refused.contains("42501"), "{statement}: {refused}");
    }
    let refused = db.script_as("people_eraser", "select polity.erase_subject(null)").expect_err("nobody");
    assert!(refused.contains("22004"), "{refused}");
}

/// The runbook of schema.sql, with a copy of the database's files in place of a dump.
#[test]
fn a_restored_backup_is_brought_up_to_date_from_the_log() {
    let artifacts = project::build(PEOPLE);
    let Some(mut db) = filled(&artifacts) else { return };
    db.run("create database backup template template0").expect("creates");
    let (folder, connection) = db.for_scripts("people_migrator").expect("psql is there");
    let Some(dump) = dumped(&folder, &connection) else { return };
    let found = format!("{{\"documents.Product\": [{{\"id\": \"{}\"}}]}}", ANA.id(4));
    db.script_as("people_eraser", &format!("select polity.erase_subject('{}', '{found}')", ANA.id(0)))
        .expect("erases");
    let before = left(&mut db, "ben");

    let mut restored = db.another();
    restored.script_as("postgres", &project::text(&artifacts, "main/roles.sql")).expect("roles");
    restored.script(&dump).expect("restores");
    assert!(left(&mut restored, "ana").len() > 10);
    let log = db.run("select format('insert into polity.erasure_log values (%L, %L, %L, %L, %L)', tenant, entity, subject, erased_at, found) from polity.erasure_log").expect("copies");
    restored.script_as("people_eraser", &log).expect("brings the log");
    assert_eq!(restored.script_as("people_eraser", "select polity.replay_erasures()").expect("replays"), "1");
    assert_eq!(left(&mut restored, "ana"), Vec::<String>::new());
    assert_eq!(without_ana(left(&mut restored, "ben")), without_ana(before));
    assert!(judged(&mut restored).starts_with("ok"), "{}", judged(&mut restored));
    drop(restored);
}

fn dumped(folder: &std::path::Path, connection: &str) -> Option<String> {
    let output = std::process::Command::new(folder.join("pg_dump"))
        .arg(format!("--dbname={connection}"))
        .output()
        .ok()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}
