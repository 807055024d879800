//! Values that a law wants kept stay whoever is erased, and no longer.

use polity_tests::project;

use super::support::{installed, shop};

const AWA: &str = "aaaaaaaa-0000-4000-8000-000000000001";

#[test]
fn payloads_that_a_law_wants_stay_for_their_time() {
    let Some(mut db) = installed() else { return };
    db.run(&format!(
        "insert into core.people values ('{AWA}', 'awa'); insert into core.booked values (1, '{AWA}', 'bought by awa')"
    ))
    .expect("fills");
    db.script_as("shop_eraser", &format!("select polity.erase_subject('{AWA}')")).expect("erases");
    assert_eq!(db.run("select count(*) from core.booked").expect("reads"), "0");
    let held = "select string_agg(operation, ' ' order by seq) from audit.books where concat(old, new) like '%bought by awa%'";
    assert_eq!(db.run(held).expect("reads"), "INSERT", "not written once more");
    let by_hand = format!("select audit.books_erase('core.Person {AWA}')");
    assert_eq!(db.run(&by_hand).expect("erases"), "0", "nor by hand");
    db.run("select audit.books_seal()").expect("seals");
    db.run("call polity.retain()").expect("retains");
    assert_eq!(db.run(held).expect("reads"), "INSERT", "their time is not over");
    // Ten years later.
    db.run("update audit.books set at = at - interval '10 years 1 day' where operation = 'INSERT'")
        .expect("ages");
    db.run("call polity.retain()").expect("retains");
    assert_eq!(db.run(held).expect("reads"), "", "they have stood for ten years");
    let left = "select operation, subjects, commitment is not null from audit.books order by seq";
    assert_eq!(
        db.run(left).expect("reads"),
        format!("INSERT|{{}}|t\nDELETE|{{\"core.Booked 1\",\"core.Person {AWA}\"}}|f")
    );
}

#[test]
fn the_papers_say_so() {
    let record = project::text(&shop(), "docs/record_of_processing.md");
    let line = record.lines().find(|line| line.contains("audit.Books")).expect("it is in the record");
    assert!(
        line.contains("12y after the change; its values for 10y whoever is erased, because the books are kept for ten years"),
        "{line}"
    );
    let erasure = project::text(&shop(), "docs/erasure.md");
    let line = erasure.lines().find(|line| line.contains("audit.Books")).expect("it is in the plan");
    assert!(
        line.contains("keep values") && line.contains("because the books are kept for ten years"),
        "{line}"
    );
    let line = erasure.lines().find(|line| line.contains("audit.Trail")).expect("it is in the plan");
    assert!(line.contains("erase values"), "{line}");
}
