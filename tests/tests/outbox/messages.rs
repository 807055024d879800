//! One entry for each row that a statement changes, in the form that clients give a message and its channel.

use polity_tests::engines::Postgres;

use super::support::{ANA, BEN, SHOP, installed, taken};

/// A row as it is written, its channel and its message.
fn told(db: &mut Postgres, columns: &str, values: &str) -> (String, String) {
    db.run(&format!("insert into core.things (id{columns}) values ({values})")).expect("writes");
    let entry = taken(db);
    db.run("delete from core.things").expect("empties");
    let parts: Vec<&str> = entry.split('|').collect();
    let [operation, target, message, subjects] = parts[..] else { panic!("{entry}") };
    assert_eq!((operation, subjects), ("INSERT", "{}"), "{entry}");
    (target.to_owned(), message.to_owned())
}

#[test]
fn each_change_of_a_row_writes_exactly_one_entry_for_each_clause() {
    let Some(mut db) = installed(SHOP) else { return };
    let mut web = db.session("shop_web").expect("logs in");
    web.batch_execute(&format!("insert into core.people values ('{ANA}', 'Ana'), ('{BEN}', null)"))
        .expect("writes");
    let person = |name: &str| format!("core.Person {name}");
    assert_eq!(
        taken(&mut db),
        format!(
            "INSERT|people:{ANA}|{{\"id\": \"{ANA}\", \"name\": \"Ana\"}}|{{\"{}\"}}\n\
             INSERT|people:{BEN}|{{\"id\": \"{BEN}\"}}|{{\"{}\"}}",
            person(ANA),
            person(BEN)
        )
    );
    web.batch_execute(&format!(
        "insert into core.orders (id, buyer, place) values (9007199254740993, '{ANA}', 'Dakar')"
    ))
    .expect("writes");
    let about = format!("{{\"core.Purchase 9007199254740993\",\"core.Person {ANA}\"}}");
    let open = format!(
        "INSERT|orders:{ANA}:open|{{\"id\": \"9007199254740993\", \"place\": \"Dakar\", \"state\": \"open\"}}|{about}"
    );
    assert_eq!(taken(&mut db), open);
    web.batch_execute("update core.orders set state = 'paid'").expect("writes");
    let paid = open.replace("INSERT", "UPDATE").replace("open", "paid");
    assert_eq!(taken(&mut db), paid);
    web.batch_execute("delete from core.orders").expect("deletes");
    let gone = paid.replace("UPDATE", "DELETE");
    assert_eq!(taken(&mut db), format!("{gone}\nDELETE|orders:gone|\"9007199254740993\"|{about}"));
}

#[test]
fn what_nothing_changes_publishes_nothing() {
    let Some(mut db) = installed(SHOP) else { return };
    let mut web = db.session("shop_web").expect("logs in");
    web.batch_execute("insert into core.things (id) values ('a'), ('b')").expect("writes");
    taken(&mut db);
    for nothing in [
        "update core.things set small = small",
        "update core.things set small = 8 where id = 'c'",
        "insert into core.things (id) values ('a') on conflict do nothing",
        "begin; update core.things set small = 9; savepoint s; rollback to s; rollback",
    ] {
        web.batch_execute(nothing).expect(nothing);
        assert_eq!(taken(&mut db), "", "{nothing}");
    }
    // What no message tells of is a change all the same.
    web.batch_execute("update core.things set note = 'n' where id = 'a'").expect("writes");
    let entries = taken(&mut db);
    assert_eq!(entries.lines().count(), 2, "{entries}");
    assert!(entries.ends_with(r#"UPDATE|things:log|{"id": "a", "note": "n"}|{}"#), "{entries}");
    web.batch_execute("insert into core.things (id) values ('a') on conflict (id) do update set note = 'm'")
        .expect("writes");
    let entries = taken(&mut db);
    assert_eq!(entries.lines().filter(|entry| entry.starts_with("UPDATE|")).count(), 2, "{entries}");
    assert_eq!(entries.lines().count(), 2, "{entries}");
}

#[test]
fn a_message_has_the_form_of_a_clients() {
    let Some(mut db) = installed(SHOP) else { return };
    let (target, message) = told(&mut db, "", "'a'");
    assert_eq!(target, "things:a:2027-01-31:1.5:2027-01-31T00%3A00%3A00Z");
    let plain: serde_json::Value = serde_json::from_str(&message).expect("JSON");
    let expected = serde_json::json!({
        "id": "a", "small": 7, "big": "9007199254740993", "cost": "1.50", "ratio": 0.1, "yes": true, "day": "2027-01-31",
        "at": "2027-01-31T00:00:00.000000Z", "json": { "a": [1, 2] }, "tags": ["new", "beta"]
    });
    assert_eq!(plain, expected);
    let (_, message) = told(
        &mut db,
        ", time, long, raw, \"from\", sums, tags",
        "'b', '10:00:00.5', '1 day 90.5 seconds', decode(repeat('ff', 60), 'hex'), '10.0.0.1', '{3, 9007199254740993}', '{}'",
    );
    let full: serde_json::Value = serde_json::from_str(&message).expect("JSON");
    assert_eq!(full["time"], "10:00:00.5");
    assert_eq!(full["long"], "PT86490.5S");
    assert_eq!(full["raw"], "/".repeat(80), "in one line");
    assert_eq!(full["from"], "10.0.0.1");
    assert_eq!(full["sums"], serde_json::json!(["3", "9007199254740993"]));
    assert_eq!(full["tags"], serde_json::json!([]));
}

#[test]
fn a_value_never_ends_a_segment() {
    let Some(mut db) = installed(SHOP) else { return };
    for (value, segment) in [
        ("/v1/users:all", "/v1/users%3Aall"),
        ("a*b?[c]", "a%2Ab%3F%5Bc%5D"),
        ("100%", "100%25"),
        (r"{x}\", "%7Bx%7D%5C"),
        ("%3A", "%253A"),
    ] {
        let (target, _) = told(&mut db, ", at", &format!("'{value}', '2027-01-31 10:00:00.25+01'"));
        assert_eq!(target, format!("things:{segment}:2027-01-31:1.5:2027-01-31T09%3A00%3A00.25Z"));
    }
}
