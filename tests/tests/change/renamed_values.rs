//! Values of enums that are called otherwise, or go: rows keep what they hold, under its new name, and nothing is taken while one holds
//! what may be held no longer.

use polity::history::open;
use polity_tests::engines::Postgres;

use super::support::{Lineage, holds};

const FIRST: &str = "platform shop { environments: [dev] }
store main: postgres 15 { database: \"shop\" }
enum Kind { red, blue }
schema core in main {
  entity User {
    id: uuid key = uuid_v4()
    n: int
    e: Kind
  }
}
service web {
  read core.User
  write core.User
}
";

fn renamed() -> String {
    FIRST.replacen("red, blue", "crimson was red, blue", 1)
}

/// Writes rows as a client of before.
fn written(lineage: &Lineage, value: &str, count: u32) {
    let rows =
        format!("INSERT INTO core.\"user\" (n, e) SELECT n, '{value}' FROM generate_series(1, {count}) n");
    lineage.server.script_as("postgres", &rows).unwrap_or_else(|said| panic!("{said}"));
}

fn sealed(lineage: &mut Lineage, source: &str, name: &str, contract: bool) {
    let is_sealed = lineage.seal(source, name, contract).unwrap_or_else(|said| panic!("{said}"));
    assert!(is_sealed, "{name} is nothing");
    lineage.migrate(source).unwrap_or_else(|said| panic!("{said}"));
}

#[test]
fn a_value_has_its_other_name_in_every_row_with_the_contract() {
    let Some(mut server) = Postgres::server() else { return };
    for is_kept in [true, false] {
        let mut lineage = Lineage::begin(server.another(), FIRST);
        written(&lineage, "red", 5);
        let second = renamed();
        sealed(&mut lineage, &second, "second", false);
        holds(&mut lineage, "SELECT count(*) FILTER (WHERE e = 'crimson') = 5 FROM core.\"user\"");
        written(&lineage, "red", 2);
        let third = if is_kept { second.clone() } else { second.replacen(" was red", "", 1) };
        let open = lineage.open(&third).unwrap_or_else(|said| panic!("{said}"));
        assert!(open.is_empty(false), "{is_kept}: it was sealed");
        // A later seal neither forgets it nor takes it back.
        let third = third.replacen("    n: int\n", "    n: int\n    age: int?\n", 1);
        sealed(&mut lineage, &third, "third", false);
        lineage.undo(&third, 3, "").unwrap_or_else(|said| panic!("{said}"));
        lineage.forget(3);
        holds(&mut lineage, "SELECT count(*) FILTER (WHERE e = 'crimson') = 5 FROM core.\"user\"");
        lineage.migrate(&third).unwrap_or_else(|said| panic!("{said}"));
        sealed(&mut lineage, &third, "contract", true);
        holds(&mut lineage, "SELECT count(*) FILTER (WHERE e = 'crimson') = 7 FROM core.\"user\"");
        lineage.same_as(&third).unwrap_or_else(|said| panic!("{said}"));
        let open = lineage.open(&third).unwrap_or_else(|said| panic!("{said}"));
        assert!(open.is_empty(false) && open.is_empty(true), "{is_kept}: nothing is open");
    }
}

/// A value that is called otherwise twice before the contract has its last name in the end.
#[test]
fn a_value_that_has_a_third_name_before_the_contract_has_that() {
    let Some(server) = Postgres::server() else { return };
    let mut lineage = Lineage::begin(server, FIRST);
    written(&lineage, "red", 3);
    sealed(&mut lineage, &renamed(), "second", false);
    written(&lineage, "red", 2);
    let third = FIRST.replacen("red, blue", "scarlet was crimson, blue", 1);
    sealed(&mut lineage, &third, "third", false);
    written(&lineage, "red", 1);
    written(&lineage, "crimson", 1);
    sealed(&mut lineage, &third, "contract", true);
    holds(&mut lineage, "SELECT count(*) FILTER (WHERE e = 'scarlet') = 7 FROM core.\"user\"");
    lineage.same_as(&third).unwrap_or_else(|said| panic!("{said}"));
}

/// The contract counts before it takes anything, so that rows that hold what goes can still be written, and all else is there.
#[test]
fn a_contract_that_finds_a_row_with_a_value_that_goes_has_taken_nothing() {
    let Some(server) = Postgres::server() else { return };
    let first = FIRST.replacen("    n: int\n", "    n: int\n    note: text(9)?\n", 1);
    let mut lineage = Lineage::begin(server, &first);
    written(&lineage, "red", 3);
    written(&lineage, "blue", 2);
    let second = first.replacen("red, blue", "red, removed blue because \"nobody wants it\"", 1).replacen(
        "    note: text(9)?\n",
        "    removed note because \"nobody reads it\"\n",
        1,
    );
    lineage.seal(&second, "second", false).unwrap_or_else(|said| panic!("{said}"));
    lineage.migrate(&second).unwrap_or_else(|said| panic!("{said}"));
    let before = lineage.sealed();
    lineage.seal(&second, "contract", true).unwrap_or_else(|said| panic!("{said}"));
    let said = lineage.migrate(&second).expect_err("rows hold it");
    assert!(said.contains("rows left with a value that goes: 2, in core.\"user\".e"), "{said}");
    lineage.equal("stopped", &before).unwrap_or_else(|said| panic!("{said}"));
    let go = "UPDATE core.\"user\" SET note = 'x' WHERE e = 'blue'; UPDATE core.\"user\" SET e = 'red' WHERE e = 'blue'";
    lineage.server.script_as("postgres", go).unwrap_or_else(|said| panic!("{said}"));
    lineage.migrate(&second).unwrap_or_else(|said| panic!("{said}"));
    lineage.same_as(&second).unwrap_or_else(|said| panic!("{said}"));
}

/// Whatever is said of the new name holds for no row with the old one, so that both could be there until the contract.
#[test]
fn rules_that_speak_of_a_value_by_its_other_name_are_a_break() {
    for (rule, is_break) in [
        ("unique (n) where e = Kind.red", true),
        ("check (e != Kind.red or n >= 0)", true),
        ("unique (n, e)", true),
        ("unique (n)", false),
        ("unique (n) where e = Kind.blue", false),
        ("check (e != Kind.blue or n >= 0)", false),
        ("index (n) where e = Kind.red", false),
    ] {
        let first = FIRST.replacen("    e: Kind\n", &format!("    e: Kind\n    {rule}\n"), 1);
        let history = super::tiers::sealed(&first, "initial", &std::collections::BTreeMap::new(), false);
        let second =
            first.replacen("red, blue", "crimson was red, blue", 1).replace("Kind.red", "Kind.crimson");
        let said = |source: &str| {
            let (_, found) = open(&super::tiers::after(source, &history), None);
            let errors: Vec<_> = found.into_iter().filter(|one| one.is_error()).collect();
            errors.iter().map(|one| format!("{} {}", one.code, one.message)).collect::<Vec<_>>()
        };
        let told = said(&second);
        match is_break {
            true => assert!(told.len() == 1 && told[0].starts_with("E1906 "), "{rule}: {told:#?}"),
            false => assert_eq!(told, Vec::<String>::new(), "{rule}"),
        }
        let accepted =
            format!("{second}accept break on core.User.e because \"no client of before writes red\"\n");
        if is_break {
            assert_eq!(said(&accepted), Vec::<String>::new(), "{rule}");
        }
    }
}
