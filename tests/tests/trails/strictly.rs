//! The serialised form: each entry is bound to the one before while others wait.

use super::support::installed;

const AWA: &str = "aaaaaaaa-0000-4000-8000-000000000001";

#[test]
fn each_entry_is_bound_when_it_is_written_and_tampering_shows() {
    let Some(mut db) = installed() else { return };
    db.run(&format!("insert into core.people values ('{AWA}', 'awa')")).expect("a person");
    db.run(&format!("insert into core.strict values ('{AWA}', 'a', '{AWA}'); update core.strict set name = 'b'; delete from core.strict"))
        .expect("writes");
    let verified = "select string_agg(concat_ws(':', seq, entry, payload), ' ' order by seq) from audit.strictly_verify()";
    assert_eq!(db.run(verified).expect("verifies"), "1:ok:ok 2:ok:ok 3:ok:ok");
    let mut after = |sql: &str| {
        db.run("begin").expect("begins");
        db.run(sql).expect("an owner can");
        let shown = db.run(verified).expect("verifies");
        db.run("rollback").expect("takes it back");
        shown
    };
    for (sql, shown) in [
        ("update audit.strictly_payload set new = '{}' where seq = 2", "1:ok:ok 2:ok:TAMPERED 3:ok:ok"),
        ("update audit.strictly_payload set subjects = '{}' where seq = 2", "1:ok:ok 2:ok:TAMPERED 3:ok:ok"),
        ("update audit.strictly set actor = 'x' where seq = 2", "1:ok:ok 2:TAMPERED:ok 3:ok:ok"),
        ("delete from audit.strictly where seq = 2", "1:ok:ok 3:GAP:ok"),
        ("delete from audit.strictly where seq = 3", "1:ok:ok 2:ok:ok 3:MISSING"),
        ("delete from audit.strictly_payload where seq = 1", "1:ok:erased 2:ok:ok 3:ok:ok"),
        // Of before the persons were bound as well.
        (
            "alter table audit.strictly disable trigger all;
             update audit.strictly e set commitment = sha256(p.salt || convert_to(coalesce(p.old::text, '') || chr(31) || coalesce(p.new::text, ''), 'UTF8')) from audit.strictly_payload p where p.seq = e.seq and e.seq = 2",
            "1:ok:ok 2:TAMPERED:ok 3:ok:ok",
        ),
    ] {
        assert_eq!(after(sql), shown, "{sql}");
    }
}
