//! Whatever is done to what is sealed is found.

use super::support::{judged, seal, with_rows};

const ENTRY: &str = "cluster, xact, seq, at, actor, login, operation, entity, row_key, fields, commitment, subjects, salt, old, new";

#[test]
fn everything_that_is_done_to_a_sealed_entry_is_found() {
    let Some(mut db) = with_rows(30) else { return };
    let person = "aaaaaaaa-0000-4000-8000-000000000001";
    db.run(&format!("insert into core.people values ('{person}', 'Awa', 'x')")).expect("a person");
    assert_eq!(seal(&mut db), "31");
    for seals in ["10", "5"] {
        db.run(&format!("update core.rows set n = n + 1 where id <= {seals}")).expect("changes");
        assert_eq!(seal(&mut db), seals);
    }
    db.run("update core.rows set n = 0 where id <= 2").expect("changes");
    db.run("create table public.other as select * from audit.trail where seq = 1").expect("a copy");
    assert_eq!(judged(&mut db), "ok 46, open 2");
    let insert = |changes: &str| {
        format!(
            "update public.other set seq = 1000000, {changes}; insert into audit.trail ({ENTRY}) select {ENTRY} from public.other"
        )
    };
    let sealed = "select * from audit.trail_parts where seal = 2";
    for (what, sql, found) in [
        ("one removed", "delete from audit.trail where seq = 3".to_owned(), "REMOVED: 1"),
        ("all of a seal removed", format!("delete from audit.trail e using ({sealed}) p where e.seq between p.first and p.last"), "REMOVED: 10"),
        ("its actor", "update audit.trail set actor = 'x' where seq = 3".to_owned(), "CHANGED"),
        ("its login", "update audit.trail set login = 'x' where seq = 3".to_owned(), "CHANGED"),
        ("its operation", "update audit.trail set operation = 'DELETE' where seq = 3".to_owned(), "CHANGED"),
        ("its table", "update audit.trail set entity = 'core.x' where seq = 3".to_owned(), "CHANGED"),
        ("its row", "update audit.trail set row_key = '{}' where seq = 3".to_owned(), "CHANGED"),
        ("its fields", "update audit.trail set fields = '{}' where seq = 3".to_owned(), "CHANGED"),
        ("its time", "update audit.trail set at = at - interval '1 microsecond' where seq = 3".to_owned(), "CHANGED"),
        ("its values", "update audit.trail set new = '{\"n\": 7}' where seq = 3".to_owned(), "CHANGED"),
        ("its values before", "update audit.trail set old = '{\"n\": 7}' where seq = 3".to_owned(), "CHANGED"),
        ("its salt", "update audit.trail set salt = '\\x00' where seq = 3".to_owned(), "CHANGED"),
        ("whom it is about", "update audit.trail set subjects = '{}' where subjects <> '{}'".to_owned(), "CHANGED"),
        ("its values gone, and a made up hash", "update audit.trail set commitment = sha256('x'), salt = null, old = null, new = null where seq = 3".to_owned(), "CHANGED"),
        ("two in the other order", "update audit.trail set seq = -seq where seq in (3, 4); update audit.trail set seq = 7 + seq where seq in (-3, -4)".to_owned(), "CHANGED"),
        ("one more", insert("at = at"), "INSERTED: 1"),
        ("one more in another month", insert("at = date_trunc('month', at) + interval '1 month'"), "INSERTED: 1 of which no seal tells"),
        ("one more of an old transaction", insert("xact = '4'"), "INSERTED"),
        ("one more of a transaction to come", insert("xact = '99999999999'"), "FORGED"),
        ("one of another seal", "update audit.trail set xact = (select max(xact) from audit.trail where xact < (select max(xact) from audit.trail)) where seq = 3".to_owned(), "REMOVED: 1"),
        ("one fewer counted", "update audit.trail_parts set entries = entries - 1 where seal = 2; delete from audit.trail where seq = (select last from audit.trail_parts where seal = 2)".to_owned(), "PART CHANGED"),
        ("another root", "update audit.trail_parts set root = sha256('x') where seal = 2".to_owned(), "PART CHANGED"),
        ("another hash", "update audit.trail_parts set hash = sha256('x') where seal = 2".to_owned(), "PART CHANGED"),
        ("a part said to be dropped", "update audit.trail_parts set gone = 'dropped', gone_at = now() where seal = 2; delete from audit.trail e using (select * from audit.trail_parts where seal = 2) p where e.seq between p.first and p.last".to_owned(), "DROPPED BEFORE ITS TIME: 10"),
        ("a seal removed", "delete from audit.trail_seals where number = 2; delete from audit.trail_parts where seal = 2".to_owned(), "SEAL BEFORE IT CHANGED OR REMOVED"),
        ("the first seal removed, with its entries", "delete from audit.trail e using (select * from audit.trail_parts where seal = 1) p where e.seq between p.first and p.last; delete from audit.trail_seals where number = 1; delete from audit.trail_parts where seal = 1".to_owned(), "SEAL BEFORE IT CHANGED OR REMOVED"),
        ("a seal's part removed", "delete from audit.trail_parts where seal = 2".to_owned(), "PARTS CHANGED OR REMOVED"),
        ("a seal changed", "update audit.trail_seals set sealed_at = sealed_at + interval '1 day' where number = 2".to_owned(), "SEAL CHANGED"),
        ("what a seal covers", "update audit.trail_seals set upto = '1:1:' where number = 2".to_owned(), "SEAL CHANGED"),
    ] {
        db.run("begin").expect("begins");
        db.run(&sql).unwrap_or_else(|e| panic!("{what}: {e:?}"));
        let shown = judged(&mut db);
        db.run("rollback").expect("takes it back");
        assert!(shown.contains(found), "{what}: {shown}");
    }
    assert_eq!(judged(&mut db), "ok 46, open 2");
}

/// The reference says what nobody can find, and what helps.
#[test]
fn the_last_hash_shows_what_nothing_else_does() {
    let Some(mut db) = with_rows(3) else { return };
    seal(&mut db);
    db.run("update core.rows set n = 1").expect("changes");
    seal(&mut db);
    let told = db.run("select audit.trail_last_seal()").expect("tells");
    let hash = db.run("select encode(hash, 'hex') from audit.trail_seals where number = 2").expect("reads");
    assert!(told.starts_with("seal 2 of audit.trail, made at 2") && told.ends_with(&hash), "{told}");
    // The job tells it too, where a scheduler keeps what jobs say.
    db.run("delete from audit.trail e using audit.trail_parts p where p.seal = 2 and e.seq between p.first and p.last;
            delete from audit.trail_parts where seal = 2; delete from audit.trail_seals where number = 2")
        .expect("an owner can");
    assert_eq!(judged(&mut db), "ok 3", "nothing here shows that they are gone");
    assert_ne!(db.run("select audit.trail_last_seal()").expect("tells"), told);
}

/// One statement, one entry for each row that it changed, with all that changed.
#[test]
fn an_entry_says_what_changed_whatever_its_type() {
    let Some(mut db) = with_rows(0) else { return };
    let last = "select operation, fields, old, new from audit.trail order by seq desc limit 1";
    db.run("insert into core.rows (id, n, x, d, i, j, b) values (1, 1, 1.5, 1.50, '1 day', '{\"a\": 1}', '\\x01')").expect("inserts");
    assert_eq!(
        db.run(last).expect("reads"),
        r#"INSERT|{b,d,i,id,j,n,x}||{"b": "\\x01", "d": 1.50, "i": "P1D", "j": {"a": 1}, "n": 1, "x": 1.5, "id": 1}"#
    );
    for (set, entry) in [
        ("n = 2, x = null", r#"UPDATE|{n,x}|{"n": 1, "x": 1.5}|{"n": 2, "x": null}"#),
        // They are equal, and not the same.
        ("i = '24 hours'", r#"UPDATE|{i}|{"i": "P1D"}|{"i": "PT24H"}"#),
        (
            "j = '{\"a\": 2}', b = '\\x02'",
            r#"UPDATE|{b,j}|{"b": "\\x01", "j": {"a": 1}}|{"b": "\\x02", "j": {"a": 2}}"#,
        ),
        ("x = 1e300", r#"UPDATE|{x}|{"x": null}|{"x": 1000000000"#),
        // A key that an owner changes: one row went, another came.
        ("id = 2", r#"UPDATE|{id,n,d,i,j,b,x}||{"b": "#),
    ] {
        db.run(&format!("update core.rows set {set}")).expect("changes");
        let said = db.run(last).expect("reads");
        assert!(said.starts_with(entry) || set.starts_with("id"), "{set}: {said}");
    }
    let keys = "select string_agg(row_key ->> 'id' || ':' || (old is null) || ':' || (new is null), ' ' order by row_key) from audit.trail where 'id' = any (fields) and operation = 'UPDATE'";
    assert_eq!(db.run(keys).expect("reads"), "1:false:true 2:true:false");
    let before = db.run("select count(*) from audit.trail").expect("counts");
    db.run("insert into core.rows values (2) on conflict do nothing; update core.rows set n = 0 where false")
        .expect("touches no row");
    assert_eq!(db.run("select count(*) from audit.trail").expect("counts"), before);
    // Else whoever may change a column and reads the trail could try values until none is written.
    db.run("update core.rows set n = n, j = j where id = 2").expect("changes nothing");
    assert_eq!(db.run(last).expect("reads"), "UPDATE|{}|{}|{}");
    db.run("insert into core.rows (id) values (2), (3) on conflict (id) do update set n = 9")
        .expect("merges");
    let both = "select string_agg(operation || (row_key ->> 'id'), ' ' order by seq) from (select * from audit.trail order by seq desc limit 2) e";
    let both = db.run(both).expect("reads");
    assert!(both.contains("INSERT3") && both.contains("UPDATE2"), "{both}");
}
