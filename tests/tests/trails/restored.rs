//! A trail that was restored elsewhere verifies there, and goes on.

use polity_tests::engines::Postgres;

use super::support::{install, judged, seal, shop, with_rows};

fn dumped(db: &Postgres) -> Option<String> {
    let (folder, connection) = db.for_scripts("postgres")?;
    let output = std::process::Command::new(folder.join("pg_dump"))
        .arg(format!("--dbname={connection}"))
        .output()
        .expect("pg_dump was installed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// On another server transactions are counted anew: what came open is sealed first, then what is written there.
#[test]
fn a_dump_goes_on_on_another_server() {
    let Some(mut db) = with_rows(40) else { return };
    seal(&mut db);
    db.run("update core.rows set n = 1 where id <= 7").expect("changes");
    let Some(dump) = dumped(&db) else { return };
    // PostgreSQL 17 was made by another initdb; where it is not there, nothing is another server.
    let Some(mut other) = Postgres::server_of(17) else { return };
    install(&other.another(), &shop());
    let dump = dump.replace("CREATE SCHEMA public;", "");
    let mut restored = other.another();
    restored.script(&dump).unwrap_or_else(|e| panic!("restores: {e}"));
    assert_eq!(judged(&mut restored), "ok 40, open 7");
    restored.run("update core.rows set n = 2 where id <= 3").expect("changes");
    let open = "select entries from audit.trail_open()";
    assert_eq!(restored.run(open).expect("reads"), "3");
    assert_eq!(seal(&mut restored), "7", "what came open");
    assert_eq!(seal(&mut restored), "3", "what was written here");
    assert_eq!(seal(&mut restored), "0");
    assert_eq!(judged(&mut restored), "ok 50");
    restored.run("update core.rows set n = 3 where id <= 2").expect("changes");
    assert_eq!(seal(&mut restored), "2");
    assert_eq!(restored.run("select count(distinct cluster) from audit.trail_seals").expect("reads"), "2");
    restored.run("delete from audit.trail where seq = 3").expect("an owner can");
    assert!(judged(&mut restored).contains("REMOVED: 1"));
    drop(restored);
}

#[test]
fn a_dump_goes_on_in_another_database_of_the_server() {
    let Some(mut db) = with_rows(5) else { return };
    seal(&mut db);
    db.run("update core.rows set n = 1 where id <= 3").expect("changes");
    let Some(dump) = dumped(&db) else { return };
    let mut restored = db.another();
    restored.script(&dump).unwrap_or_else(|e| panic!("restores: {e}"));
    restored.run("update core.rows set n = 2 where id <= 2").expect("changes");
    assert_eq!(seal(&mut restored), "5");
    assert_eq!(judged(&mut restored), "ok 10");
    drop(restored);
}

/// A copy of a server's files counts its transactions on from where these were copied: what comes from further ahead cannot be
/// told from what is written here, and is refused.
#[test]
fn numbers_that_went_back_are_refused() {
    let Some(mut db) = with_rows(2) else { return };
    db.run("update audit.trail_seals set number = number").expect("there is none yet");
    seal(&mut db);
    db.run("update audit.trail_seals set upto = '99999999:99999999:'").expect("an owner can");
    let refused = db.run("select audit.trail_seal()").expect_err("refused");
    assert!(refused.message.contains("went back"), "{refused:?}");
}
