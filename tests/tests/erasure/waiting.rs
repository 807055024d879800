//! Erasures that wait for a hold are carried out once it has ended, by the job; and somebody is told how long they wait.

use polity_tests::engines::Postgres;
use polity_tests::project;

use super::support::{ANA, BEN, PEOPLE, filled, left};

/// Persons of tenants, all of whom stands in one store.
const CLINIC: &str = r#"
platform clinic { environments: [dev] }
tenancy by tenant_id: uuid
tier standard { isolation: row }
store main: postgres 15 { database: "clinic" }
schema core in main {
  entity Patient as "patients" { id: uuid key; name: text(20) #personal; subject }
  entity Visit as "visits" {
    id: uuid key = uuid_v7(); of: -> Patient on delete cascade; note: text(20) #personal
    index (of)
  }
}
"#;

fn ends(db: &mut Postgres) {
    db.run("update polity.hold set until = now() - interval '3 days'").expect("time passes");
    db.run("update polity.erasure_log set erased_at = now() - interval '9 days'").expect("time passes");
}

fn waiting(db: &mut Postgres) -> String {
    db.run("select held, due, extract(day from now() - since) from polity.erasures_waiting()").expect("reads")
}

fn of_ana(db: &mut Postgres) -> usize {
    left(db, "ana").iter().filter(|row| !row.starts_with("core.favourites")).count()
}

#[test]
fn what_waited_for_a_hold_goes_when_it_has_ended() {
    let Some(mut db) = filled(&project::build(PEOPLE)) else { return };
    let id = ANA.id(0);
    for sql in [
        format!("select polity.hold('{id}', now() + interval '1 day', 'a lawsuit')"),
        format!("select polity.erase_subject('{id}')"),
        format!("select polity.hold('{}', null, 'another')", BEN.id(0)),
    ] {
        db.script_as("people_eraser", &sql).expect("holds");
    }
    let run = |db: &Postgres| db.script_as("people_cron", "call polity.erase_due()").expect("runs");
    run(&db);
    assert!(of_ana(&mut db) > 10);
    assert_eq!(waiting(&mut db), "1|0|");
    ends(&mut db);
    assert_eq!(waiting(&mut db), "0|1|3");
    let others = left(&mut db, "ben").len();
    run(&db);
    assert_eq!(of_ana(&mut db), 0);
    assert_eq!(left(&mut db, "ben").len(), others);
    // What documents and caches hold is not gone before the commands have been run: somebody is told until then.
    assert_eq!(waiting(&mut db), "0|1|3");
    run(&db);
    let call = format!("call polity.erase_subject_in_batches('{id}')");
    db.script_as("people_eraser", &call).expect("by the commands");
    assert_eq!(waiting(&mut db), "0|0|");
}

#[test]
fn one_that_fails_does_not_stop_the_others() {
    let Some(mut db) = Postgres::server() else { return };
    let artifacts = project::build(CLINIC);
    for (role, file) in [("postgres", "main/roles.sql"), ("clinic_migrator", "main/schema.sql")] {
        db.script_as(role, &project::text(&artifacts, file)).unwrap_or_else(|e| panic!("{file}: {e}"));
    }
    let (practice, patients) = (BEN.id(9), [1, 2, 3].map(|n| ANA.id(n)));
    let mut fill = String::new();
    for id in &patients {
        fill.push_str(&format!(
            "insert into core.patients (tenant_id, id, name) values ('{practice}', '{id}', 'somebody');
             insert into core.visits (tenant_id, \"of\", note) select '{practice}', '{id}', 'somebody' from generate_series(1, 1500);
             insert into polity.erasure_log (tenant, entity, subject) values ('{practice}', 'core.Patient', '{id}');"
        ));
    }
    fill.push_str(&format!(
        "create table core.by_hand (tenant_id uuid, id uuid, foreign key (tenant_id, id) references core.patients (tenant_id, id));
         insert into core.by_hand values ('{practice}', '{}')",
        patients[0]
    ));
    db.run(&fill).expect("fills");
    let mut cron = db.session("clinic_cron").expect("logs in");
    for sql in ["set default_transaction_isolation to 'serializable'", "call polity.erase_due()"] {
        cron.batch_execute(sql).expect("runs");
    }
    let left = "select string_agg(p.id::text, ','), (select count(*) from core.visits) from core.patients p";
    assert_eq!(db.run(left).expect("reads"), format!("{}|500", patients[0]));
    assert_eq!(db.run("select count(*) from polity.erasures_due()").expect("reads"), "1");
    db.run("drop table core.by_hand").expect("gives way");
    cron.batch_execute("call polity.erase_due()").expect("runs");
    assert_eq!(db.run(left).expect("reads"), "|0");
    assert_eq!(db.run("select count(*) from polity.erasures_due()").expect("reads"), "0");
    // Nothing else can be erased that way.
    let other = format!("select polity.erase_due_batch('{practice}', 'core.Patient', '{}')", ANA.id(7));
    assert_eq!(db.script_as("clinic_cron", &other).expect("nothing").trim(), "f");
}

#[test]
fn a_replay_counts_whom_it_erased_and_says_what_found_must_be() {
    let Some(mut db) = filled(&project::build(PEOPLE)) else { return };
    for person in [ANA, BEN] {
        db.script_as("people_eraser", &format!("select polity.erase_subject('{}')", person.id(0)))
            .expect("erases");
    }
    db.script_as("people_eraser", &format!("select polity.hold('{}', null, 'a lawsuit')", ANA.id(0)))
        .expect("holds");
    assert_eq!(
        db.script_as("people_eraser", "select polity.replay_erasures()").expect("replays").trim(),
        "1"
    );
    assert_eq!(waiting(&mut db), "1|0|");
    for found in
        ["[]", "1", "null", r#"{"core.User": 1}"#, r#"{"core.User": {"id": "a"}}"#, r#"{"core.User": ["a"]}"#]
    {
        let sql = format!("select polity.erase_subject('{}', '{found}')", BEN.id(0));
        let refused = db.script_as("people_eraser", &sql).expect_err(found);
        assert!(
            refused.contains("22023") && refused.contains("for each entity a list of keys"),
            "{found}: {refused}"
        );
    }
}
