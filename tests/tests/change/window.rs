//! Both names of a table work until the contract.

use polity_tests::engines::Postgres;

use super::edits::{FIRST, ROWS};
use super::support::Lineage;

/// The source in which an order is a purchase, with another name of a column.
fn renamed() -> String {
    FIRST
        .replacen("entity Order {", "entity Purchase was Order {", 1)
        .replacen("    amount: decimal(12, 2) min 0\n", "    price: decimal(12, 2) min 0 was amount\n", 1)
        .replace("index (amount)", "index (price)")
        .replace("core.Order", "core.Purchase")
}

/// Statements of a client of before, as the service that it is.
const BEFORE: &str = "SET ROLE shop_web;
INSERT INTO core.\"order\" (\"user\", amount) SELECT \"user\", 5 FROM core.\"order\" LIMIT 1 RETURNING id;
INSERT INTO core.\"order\" AS o (id, \"user\", amount) SELECT id, \"user\", 6 FROM core.\"order\" WHERE amount = 5
  ON CONFLICT (id) DO UPDATE SET amount = excluded.amount;
UPDATE core.\"order\" SET amount = 8 WHERE amount = 6;
SELECT count(*), sum(amount) FROM core.\"order\";";

#[test]
fn both_names_of_a_table_work_until_the_contract() {
    let Some(server) = Postgres::server() else { return };
    let mut lineage = Lineage::begin(server, FIRST);
    lineage.server.script_as("postgres", ROWS).expect("the rows are written");
    let first = lineage.sealed();
    let second = renamed();
    let open = lineage.open(&second).unwrap_or_else(|said| panic!("{said}"));
    let steps = open.changes.iter().flat_map(|placed| placed.change.part(false)).flat_map(|file| &file.steps);
    let risks: Vec<_> = steps.flat_map(|step| &step.risks).filter_map(|risk| risk.word()).collect();
    assert_eq!(risks, Vec::<&str>::new(), "nobody is broken");
    lineage.seal(&second, "second", false).unwrap_or_else(|said| panic!("{said}"));
    lineage.migrate(&second).unwrap_or_else(|said| panic!("{said}"));
    lineage.same_as_sealed().unwrap_or_else(|said| panic!("{said}"));
    let client = |lineage: &mut Lineage, sql: &str| lineage.server.script_as("postgres", sql);
    client(&mut lineage, BEFORE).unwrap_or_else(|said| panic!("a client of before: {said}"));
    let after = BEFORE.replace("core.\"order\"", "core.purchase").replace("amount", "price");
    client(&mut lineage, &after).unwrap_or_else(|said| panic!("a client of now: {said}"));
    // And back.
    lineage.undo(&second, 2, "").unwrap_or_else(|said| panic!("{said}"));
    lineage.equal("taken back", &first).unwrap_or_else(|said| panic!("{said}"));
    client(&mut lineage, BEFORE).unwrap_or_else(|said| panic!("a client of before: {said}"));
    lineage.forget(2);
    lineage.migrate(&second).unwrap_or_else(|said| panic!("{said}"));
    // A later seal leaves the window open.
    let third = second.replacen("nickname: text(40)?", "nickname: text(80)?", 1);
    lineage.seal(&third, "third", false).unwrap_or_else(|said| panic!("{said}"));
    lineage.migrate(&third).unwrap_or_else(|said| panic!("{said}"));
    client(&mut lineage, BEFORE).unwrap_or_else(|said| panic!("a client of before: {said}"));
    lineage.lead_to(&third, "fourth").unwrap_or_else(|said| panic!("{said}"));
    let said = client(&mut lineage, BEFORE).expect_err("the old name is gone");
    assert!(said.contains("core.order"), "{said}");
}

/// A sequence keeps its name when its table gets another, in new installations too.
#[test]
fn a_counted_key_keeps_its_sequence() {
    let Some(server) = Postgres::server() else { return };
    let first = FIRST.replacen(
        "  entity Order {",
        "  entity Meter { id: bigint key = identity() }\n  entity Order {",
        1,
    );
    let mut lineage = Lineage::begin(server, &first);
    let second = first.replacen("entity Meter", "entity Gauge was Meter", 1);
    lineage.lead_to(&second, "second").unwrap_or_else(|said| panic!("{said}"));
    let third =
        second.replacen(" was Meter", "", 1).replacen("nickname: text(40)?", "nickname: text(80)?", 1);
    lineage.lead_to(&third, "third").unwrap_or_else(|said| panic!("{said}"));
}

#[test]
fn whoever_accepts_it_renames_at_once() {
    let Some(server) = Postgres::server() else { return };
    let mut lineage = Lineage::begin(server, FIRST);
    let second = renamed() + "accept break on core.Purchase because \"nobody uses it\"\n";
    lineage.seal(&second, "second", false).unwrap_or_else(|said| panic!("{said}"));
    lineage.migrate(&second).unwrap_or_else(|said| panic!("{said}"));
    client_is_refused(&mut lineage);
    lineage.lead_to(&second, "third").unwrap_or_else(|said| panic!("{said}"));
}

fn client_is_refused(lineage: &mut Lineage) {
    let said = lineage.server.script_as("postgres", BEFORE).expect_err("the old name is gone");
    assert!(said.contains("core.order"), "{said}");
}
