//! Messages about a person leave the outbox with that person, and what is left there has an end.

use super::support::{ANA, BEN, SHOP, installed, taken};

fn filled(db: &mut polity_tests::engines::Postgres) {
    db.run(&format!(
        "insert into core.people values ('{ANA}', 'Ana'), ('{BEN}', 'Ben');
         insert into core.orders (id, buyer, place) values (1, '{ANA}', 'Dakar'), (2, '{BEN}', 'Thies');
         update core.orders set state = 'paid'; delete from core.orders where id = 1;
         insert into core.orders (id, buyer, place) values (3, '{ANA}', 'Ziguinchor')"
    ))
    .expect("writes");
}

#[test]
fn an_erasure_takes_what_is_about_the_person_and_tells_what_went() {
    for erase in ["call polity.erase_subject_in_batches('ID')", "select polity.erase_subject('ID')"] {
        let Some(mut db) = installed(SHOP) else { return };
        filled(&mut db);
        db.script_as("shop_eraser", &erase.replace("ID", ANA)).unwrap_or_else(|e| panic!("{erase}: {e}"));
        let entries = taken(&mut db);
        for word in ["Ana", "Dakar", "Ziguinchor", "core.Person aaaa"] {
            assert!(!entries.contains(word), "{erase}: {word} in {entries}");
        }
        // Of Ben all is there, and that a row went is told by its key.
        assert_eq!(
            entries.lines().filter(|entry| entry.contains("Ben") || entry.contains("Thies")).count(),
            3,
            "{entries}"
        );
        assert_eq!(
            entries.lines().filter(|entry| !entry.contains(BEN)).collect::<Vec<_>>(),
            ["DELETE|orders:gone|\"3\"|{}"],
            "{erase}"
        );
    }
}

#[test]
fn retention_deletes_what_no_relay_took() {
    let Some(mut db) = installed(SHOP) else { return };
    filled(&mut db);
    let all = db.run("select count(*) from polity.outbox").expect("counts");
    db.script_as("shop_cron", "call polity.retain()").expect("retains");
    assert_eq!(db.run("select count(*) from polity.outbox").expect("counts"), all);
    db.run("update polity.outbox set at = at - interval '169 hours' where message @> '{\"name\": \"Ana\"}'")
        .expect("ages");
    db.script_as("shop_cron", "call polity.retain()").expect("retains");
    let entries = taken(&mut db);
    assert!(!entries.contains("Ana"), "{entries}");
    assert_eq!(
        entries.lines().count().to_string(),
        (all.parse::<usize>().expect("a number") - 1).to_string()
    );
}
