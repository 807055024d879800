//! Each entry names the persons whom it is about when it is written, however far away they are.

use polity_tests::engines::Postgres;

use super::support::{installed, judged, seal};

const AWA: &str = "aaaaaaaa-0000-4000-8000-000000000001";
const BO: &str = "bbbbbbbb-0000-4000-8000-000000000002";

fn filled() -> Option<Postgres> {
    let mut db = installed()?;
    for (id, name, order) in [(AWA, "awa", 1), (BO, "bo", 2)] {
        db.run(&format!(
            "insert into core.people values ('{id}', '{name}', 'secret of {name}');
             insert into core.orders values ({order}, '{id}', 'place of {name}'), ({order} + 10, '{id}', 'old place of {name}');
             insert into core.lines select {order} + n, 1, 'text of {name}' from (values (0), (10)) v (n);
             insert into core.strict values ('{id}', 'strictly {name}', '{id}');
             update core.lines set text = text || '!' where of = {order}"
        ))
        .expect("fills");
    }
    Some(db)
}

/// How often a text stands in values of a trail.
fn held(db: &mut Postgres, name: &str) -> String {
    db.run(&format!(
        "select (select count(*) from audit.trail where concat(old, new) like '%{name}%'),
                (select count(*) from audit.strictly_payload where concat(old, new) like '%{name}%')"
    ))
    .expect("counts")
}

fn erase(db: &Postgres, id: &str) {
    db.script_as("shop_eraser", &format!("select polity.erase_subject('{id}')")).expect("erases");
}

#[test]
fn an_entry_names_the_row_those_it_refers_to_and_the_person() {
    let Some(mut db) = filled() else { return };
    let of = "select subjects from audit.trail where entity = 'core.lines' and row_key ->> 'of' = '1' and operation = 'UPDATE'";
    assert_eq!(
        db.run(of).expect("reads"),
        format!("{{\"core.Line [1, 1]\",\"core.Purchase 1\",\"core.Person {AWA}\"}}")
    );
    // A row that changes hands is about both.
    db.run(&format!("update core.orders set buyer = '{BO}' where id = 1")).expect("changes hands");
    let of = "select subjects from audit.trail order by seq desc limit 1";
    assert_eq!(
        db.run(of).expect("reads"),
        format!("{{\"core.Purchase 1\",\"core.Person {BO}\",\"core.Person {AWA}\"}}")
    );
}

#[test]
fn rows_that_went_before_the_person_leave_nothing() {
    let Some(mut db) = filled() else { return };
    // One with what refers to it, whose entry finds it gone; one alone.
    db.run("delete from core.orders where id = 11; delete from core.lines where of = 1").expect("they go");
    seal(&mut db);
    let others = held(&mut db, "bo");
    assert_eq!(held(&mut db, "awa"), "9|1");
    erase(&db, AWA);
    assert_eq!(held(&mut db, "awa"), "0|0");
    assert_eq!(held(&mut db, "bo"), others);
    seal(&mut db);
    assert!(judged(&mut db).starts_with("ok "), "{}", judged(&mut db));
    assert_eq!(db.run("select distinct entry from audit.strictly_verify()").expect("verifies"), "ok");
    // Once more, with somebody who is not there any more.
    erase(&db, AWA);
    erase(&db, BO);
    assert_eq!(held(&mut db, "bo"), "0|0");
}

#[test]
fn a_person_is_shown_what_the_trail_holds_and_nothing_else() {
    let Some(mut db) = filled() else { return };
    db.run("delete from core.orders where id = 11").expect("it goes");
    let shown = db
        .script_as("shop_eraser", &format!("select polity.export_subject('{AWA}') -> 'trail'"))
        .expect("exports");
    assert_eq!(shown.matches("old place of awa").count(), 2, "{shown}");
    assert!(shown.contains("text of awa!") && shown.contains("strictly awa"), "{shown}");
    assert!(!shown.contains("bo") && !shown.contains("secret"), "{shown}");
}
