//! Holds: a person keeps everything, whatever is over age or asked for, until they are lifted.

use polity_tests::project;

use super::support::{ANA, BEN, PEOPLE, filled, left};

#[test]
fn a_hold_stops_an_erasure_and_retention_until_it_is_lifted() {
    let Some(mut db) = filled(&project::build(PEOPLE)) else { return };
    db.script_as(
        "people_migrator",
        "alter table core.invoices disable trigger user;
         update core.invoices set at = now() - interval '11 years';
         alter table core.invoices enable trigger user",
    )
    .expect("they are old");
    let eraser = |sql: &str| db.script_as("people_eraser", sql);
    let id = ANA.id(0);
    eraser(&format!("select polity.hold('{id}', null, 'a lawsuit')")).expect("holds");
    eraser(&format!("select polity.hold('{id}', now() + interval '1 day', 'a tax audit')")).expect("holds");
    let refused = eraser(&format!("select polity.hold('{id}', null, '')")).expect_err("no reason");
    assert!(refused.contains("22004"), "{refused}");

    let refused = eraser(&format!("call polity.erase_subject_in_batches('{id}')")).expect_err("held");
    assert!(refused.contains("a hold stops the erasure") && refused.contains("a lawsuit"), "{refused}");
    let said = eraser(&format!("select polity.erase_subject('{id}')")).expect("says so");
    assert!(said.contains("held") && said.contains("a tax audit"), "{said}");
    db.script_as("people_cron", "call polity.retain()").expect("retains");

    let invoices = "select name, street, \"user\" is null from core.invoices order by number";
    assert_eq!(db.run(invoices).expect("reads"), "ana Diop|ana Street|f\n—||f");
    assert!(left(&mut db, "ana").len() > 10);
    assert_eq!(db.run("select subject, ended_at from polity.erasure_log").expect("reads"), format!("{id}|"));

    let eraser = |sql: &str| db.script_as("people_eraser", sql);
    let still = eraser(&format!("select polity.lift('{id}', 'a lawsuit')")).expect("lifts one");
    assert!(still.contains("a tax audit") && !still.contains("lawsuit"), "{still}");
    assert!(left_of(&mut db, "ana"));
    let eraser = |sql: &str| db.script_as("people_eraser", sql);
    let found = eraser(&format!("select polity.lift('{id}')")).expect("lifts");
    assert!(found.contains(&ANA.id(1)), "{found}");
    assert_eq!(db.run("select name, street from core.invoices order by number").expect("reads"), "—|\n—|");
    assert!(!left_of(&mut db, "ana"));
    assert_eq!(db.run("select ended_at is not null from polity.erasure_log").expect("reads"), "t");
    let eraser = |sql: &str| db.script_as("people_eraser", sql);
    assert_eq!(eraser(&format!("select polity.lift('{}')", BEN.id(0))).expect("nothing waits").trim(), "");
}

#[test]
fn a_hold_that_has_ended_stops_nothing() {
    let Some(mut db) = filled(&project::build(PEOPLE)) else { return };
    let id = ANA.id(0);
    let held = format!("select polity.hold('{id}', now() - interval '1 second', 'a lawsuit')");
    db.script_as("people_eraser", &held).expect("holds");
    db.script_as("people_eraser", &format!("call polity.erase_subject_in_batches('{id}')")).expect("erases");
    assert!(!left_of(&mut db, "ana"));
    let refused = db.script_as("people_cron", &held).expect_err("only who is meant to may");
    assert!(refused.contains("42501"), "{refused}");
}

fn left_of(db: &mut polity_tests::engines::Postgres, name: &str) -> bool {
    left(db, name).iter().any(|row| !row.starts_with("core.favourites"))
}

const VISITS: &str = r#"
platform visits { environments: [dev] }
store main: postgres 15 { database: "visits" }
schema core in main {
  entity User as "users" { id: uuid key; email: email #personal; subject }
  entity Visit as "visits" {
    id:   uuid = uuid_v7()
    at:   timestamp = now()
    user: -> User on delete cascade
    ip:   inet #personal
    key (id, at)
    partition by month (at) ahead 1
    index (user)
    retain 1y after at
  }
  entity Step as "steps" {
    id:    uuid key
    at:    timestamp
    of:    -> Stay on delete cascade
    note:  text(20) #personal
    index (of)
    index (at)
    retain 1y after at
  }
  entity Stay as "stays" { id: uuid key; user: -> User on delete cascade; index (user) }
}
"#;

#[test]
fn retention_passes_over_partitions_and_rows_of_whoever_is_held() {
    let Some(mut db) = polity_tests::engines::Postgres::server() else { return };
    let artifacts = project::build(VISITS);
    for (role, file) in [("postgres", "main/roles.sql"), ("visits_migrator", "main/schema.sql")] {
        db.script_as(role, &project::text(&artifacts, file)).unwrap_or_else(|e| panic!("{file}: {e}"));
    }
    let [ana, ben] = [ANA.id(0), BEN.id(0)];
    let month = |n: u32| {
        format!(
            "create table core.visits_{n} partition of core.visits for values from ('2020-{n:02}-01 00:00+00') to ('2020-{:02}-01 00:00+00');",
            n + 1
        )
    };
    let of = |user: &str, n: u32| {
        format!(
            "insert into core.visits (at, \"user\", ip) values ('2020-{n:02}-02', '{user}', '10.0.0.{n}');
             insert into core.stays values ('{user}', '{user}');
             insert into core.steps values (gen_random_uuid(), '2020-01-01', '{user}', 'a step');"
        )
    };
    let fill = [
        "set role visits_owner;".to_owned(),
        month(1),
        month(2),
        format!("insert into core.users values ('{ana}', 'ana@example.org'), ('{ben}', 'ben@example.org');"),
        of(&ana, 1),
        of(&ben, 2),
    ];
    db.script_as("visits_migrator", &fill.concat()).expect("fills the tables");
    db.script_as("visits_eraser", &format!("select polity.hold('{ana}', null, 'a lawsuit')")).expect("holds");
    let left = "select (select string_agg(\"user\"::text, ',') from core.visits), (select string_agg(\"of\"::text, ',') from core.steps)";
    db.script_as("visits_cron", "call polity.retain()").expect("retains");
    assert_eq!(db.run(left).expect("reads"), format!("{ana}|{ana}"));
    assert_eq!(db.run("select to_regclass('core.visits_2')").expect("reads"), "");
    db.script_as("visits_eraser", &format!("select polity.lift('{ana}')")).expect("lifts");
    db.script_as("visits_cron", "call polity.retain()").expect("retains");
    assert_eq!(db.run(left).expect("reads"), "|");
}

/// References of every kind: inside of a record in json and of one that is spread, in a table in partitions as well, by
/// another field than the key, and to one of several.
const WAYS: &str = r#"
platform ways { environments: [dev] }
store main: postgres 15 { database: "ways" }
schema core in main {
  entity User as "users" { id: uuid key; email: email unique #personal; subject }
  entity Shop as "shops" { id: uuid key }
  entity Buy as "buys" {
    id: uuid key; at: timestamp; buyer: { customer: -> User, name: text(20) #personal }
    index (at); retain 1y after at
  }
  entity Box as "boxes" {
    id: uuid; at: timestamp; sent: { to: -> User | Shop, name: text(20) #personal } inline
    key (id, at); partition by month (at) ahead 1; retain 1y after at
  }
  entity Mail as "mails" {
    id: uuid key; at: timestamp; to: -> User.email on delete cascade; note: text(20) #personal
    index (to); index (at); retain 1y after at
  }
  entity Note as "notes" {
    id: uuid key; at: timestamp; by: { author: -> User.email, name: text(20) #personal }
    index (at); retain 1y after at
  }
}
"#;

#[test]
fn a_hold_keeps_rows_whatever_the_reference_is() {
    let Some(mut db) = polity_tests::engines::Postgres::server() else { return };
    let artifacts = project::build(WAYS);
    for (role, file) in [("postgres", "main/roles.sql"), ("ways_migrator", "main/schema.sql")] {
        db.script_as(role, &project::text(&artifacts, file)).unwrap_or_else(|e| panic!("{file}: {e}"));
    }
    let [ana, ben] = [ANA.id(0), BEN.id(0)];
    let of = |user: &str, name: &str, n: u32| {
        format!(
            "create table core.boxes_{n} partition of core.boxes for values from ('2020-{n:02}-01 00:00+00') to ('2020-{:02}-01 00:00+00');
             insert into core.users values ('{user}', '{name}@example.org');
             insert into core.buys values ('{user}', '2020-01-01', jsonb_build_object('customer', '{user}', 'name', '{name}'));
             insert into core.boxes values ('{user}', '2020-{n:02}-02', '{user}', 'User', '{name}');
             insert into core.mails values ('{user}', '2020-01-01', '{name}@example.org', '{name}');
             insert into core.notes values ('{user}', '2020-01-01', jsonb_build_object('author', '{name}@example.org', 'name', '{name}'));",
            n + 1
        )
    };
    let fill = ["set role ways_owner;".to_owned(), of(&ana, "ana", 1), of(&ben, "ben", 2)];
    db.script_as("ways_migrator", &fill.concat()).expect("fills the tables");
    db.script_as("ways_eraser", &format!("select polity.hold('{ana}', null, 'a lawsuit')")).expect("holds");
    let left = "select coalesce((select string_agg(id::text, ',') from core.buys), '') || ' ' || coalesce((select string_agg(id::text, ',') from core.boxes), '')
        || ' ' || coalesce((select string_agg(id::text, ',') from core.mails), '') || ' ' || coalesce((select string_agg(id::text, ',') from core.notes), '')";
    db.script_as("ways_cron", "call polity.retain()").expect("retains");
    assert_eq!(db.run(left).expect("reads"), [ana.as_str(); 4].join(" "));
    db.script_as("ways_eraser", &format!("select polity.lift('{ana}')")).expect("lifts");
    db.script_as("ways_cron", "call polity.retain()").expect("retains");
    assert_eq!(db.run(left).expect("reads"), "   ");
}

/// An erasure that waited for whoever places a hold sees it, whatever its session says of transactions.
#[test]
fn an_erasure_sees_a_hold_that_it_waited_for() {
    let Some(mut db) = filled(&project::build(PEOPLE)) else { return };
    let id = ANA.id(0);
    for isolation in ["repeatable read", "serializable"] {
        let mut holds = db.session("people_eraser").expect("logs in");
        holds.batch_execute(&format!("begin; select polity.hold('{id}', null, 'a lawsuit')")).expect("holds");
        let mut erases = db.session("people_eraser").expect("logs in");
        erases
            .batch_execute(&format!("set default_transaction_isolation to '{isolation}'"))
            .expect("a session may");
        let call = format!("call polity.erase_subject_in_batches('{id}')");
        let erasing = std::thread::spawn(move || {
            let told = erases.batch_execute(&call).map_err(|error| format!("{error:?}"));
            (erases, told)
        });
        let waits = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and wait_event = 'advisory' and query like 'call%'";
        while db.run(waits).expect("reads") == "0" {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        holds.batch_execute("commit").expect("stands");
        let (mut erases, told) = erasing.join().expect("ends");
        assert!(told.as_ref().is_err_and(|said| said.contains("a lawsuit")), "{isolation}: {told:?}");
        // Within a transaction of its own it is refused aloud.
        let refused = erases.batch_execute(&format!("select polity.erase_subject('{id}')")).unwrap_err();
        assert_eq!(refused.code().map(|code| code.code()), Some("25001"), "{isolation}");
    }
    assert!(left_of(&mut db, "ana"));
}
