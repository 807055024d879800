//! A chain of the serialised form ends where a trail that a job seals begins, and can be rewritten no more.

use polity_tests::engines::Postgres;
use polity_tests::project;

use super::support::{SHOP, install};

const AWA: &str = "aaaaaaaa-0000-4000-8000-000000000001";

/// A shop that went over from `chained strictly` to `chained`, with a chain of two entries.
fn gone_over() -> Option<Postgres> {
    let source = SHOP.replace("into audit.Strictly", "into audit.Next").replace(
        "audit log Books",
        "audit log Next as \"next\" {\n    chained after Strictly\n  }\n\n  audit log Books",
    );
    let mut db = Postgres::server()?;
    install(&db, &project::build(&source));
    db.run(&format!(
        "insert into core.people values ('{AWA}', 'awa');
         select audit.strictly_write('INSERT', 'core.strict', '{{\"id\": \"{AWA}\"}}', '{{id,name}}', '{{}}', null, '{{\"name\": \"of before\"}}');
         select audit.strictly_write('UPDATE', 'core.strict', '{{\"id\": \"{AWA}\"}}', '{{name}}', '{{}}', '{{\"name\": \"of before\"}}', '{{\"name\": \"a\"}}')"
    ))
    .expect("a chain");
    db.run(&format!(
        "insert into core.strict values ('{AWA}', 'a', '{AWA}'); update core.strict set name = 'b'"
    ))
    .expect("goes on");
    Some(db)
}

fn seal(db: &mut Postgres) -> String {
    db.run("select audit.next_seal()").expect("seals")
}

const JUDGED: &str =
    "select verdict, entries from audit.next_verify() where verdict !~ '^open' order by 1, 2";
const CHAIN: &str =
    "select string_agg(concat_ws(':', seq, entry, payload), ' ' order by seq) from audit.strictly_verify()";

#[test]
fn the_end_of_a_chain_is_sealed() {
    let Some(mut db) = gone_over() else { return };
    assert_eq!(db.run("select count(*) from audit.strictly").expect("counts"), "2", "nobody writes it");
    assert_eq!(
        [seal(&mut db), seal(&mut db), seal(&mut db)],
        ["2", "1", "0"],
        "what was written, then the end"
    );
    let end = "select operation, entity, row_key ->> 'seq' from audit.next where operation = 'CLOSE'";
    assert_eq!(db.run(end).expect("reads"), "CLOSE|audit.strictly|2");
    assert_eq!(db.run(JUDGED).expect("verifies"), "ok|3");
    assert_eq!(db.run(CHAIN).expect("verifies"), "1:ok:ok 2:ok:ok");
    // An owner can end the chain earlier, or make it longer, so that it is whole; what was sealed shows it.
    for (sql, chain) in [
        (
            "delete from audit.strictly where seq = 2; delete from audit.strictly_payload where seq = 2;
             update audit.strictly_head set seq = 1, hash = (select hash from audit.strictly where seq = 1)",
            "1:ok:ok",
        ),
        (
            "select audit.strictly_write('DELETE', 'core.strict', '{}', '{}', '{}', null, null)",
            "1:ok:ok 2:ok:ok 3:ok:ok",
        ),
    ] {
        db.run("begin").expect("begins");
        db.run(sql).expect("an owner can");
        assert_eq!(db.run(CHAIN).expect("verifies"), chain, "{sql}");
        assert_eq!(db.run(JUDGED).expect("verifies"), "CHAIN BEFORE IT CHANGED OR REMOVED|2\nok|3", "{sql}");
        db.run("rollback").expect("takes it back");
    }
}

#[test]
fn an_erasure_reaches_both() {
    let Some(mut db) = gone_over() else { return };
    seal(&mut db);
    seal(&mut db);
    db.script_as("shop_eraser", &format!("select polity.erase_subject('{AWA}')")).expect("erases");
    let held = "select (select count(*) from audit.strictly_payload where concat(old, new) like '%name%'),
                       (select count(*) from audit.next where concat(old, new) like '%name%')";
    assert_eq!(db.run(held).expect("counts"), "0|0");
    seal(&mut db);
    assert_eq!(db.run(CHAIN).expect("verifies"), "1:ok:erased 2:ok:erased");
    assert_eq!(db.run(JUDGED).expect("verifies"), "ok|4");
}
