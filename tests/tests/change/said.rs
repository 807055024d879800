//! Changes that are refused before they are sealed, and those that are taken for what they are under other names.

use std::collections::BTreeMap;

use polity::history::open;
use polity_engines::change::Risk;

use super::tiers::{after, sealed};

const FIRST: &str = "platform shop { environments: [dev] }
store main: postgres 15 { database: \"shop\" }
enum State { made, paid, lost }
schema core in main {
  entity Order {
    id: uuid key = uuid_v4()
    state: State
    note: text(20)?
    total: int?
    other: int?
    twice: int? computed (total * 2)
  }
}
";

/// The codes of the errors of a source after the first.
fn codes(source: &str) -> Vec<String> {
    let history = sealed(FIRST, "initial", &BTreeMap::new(), false);
    let (_, found) = open(&after(source, &history), None);
    found.iter().filter(|one| one.is_error()).map(|one| one.code.to_string()).collect()
}

#[test]
fn the_value_of_a_backfill_is_held_against_its_field() {
    for (field, value) in [
        ("text(2)", "\"SENEGAL\""),
        ("int max 5", "9"),
        ("country", "\"XX\""),
        ("currency", "\"EURO\""),
        ("decimal(4, 2)", "123.456"),
        ("text(9) matches \"^a$\"", "\"b\""),
        ("text(2)", "null"),
    ] {
        let source = FIRST.replace("    note:", &format!("    added: {field}\n    note:"));
        let source = format!("{source}backfill core.Order.added = {value}\n");
        assert_eq!(codes(&source), ["E0307"], "{field} = {value}");
    }
}

#[test]
fn values_that_others_make_are_not_written_and_the_other_way() {
    for (from, to) in [
        ("other: int?", "other: int? computed (total * 3)"),
        ("twice: int? computed (total * 2)", "twice: int?"),
    ] {
        let source = FIRST.replace(from, to);
        assert!(codes(&source).contains(&"E1904".to_owned()), "{to}: {:?}", codes(&source));
    }
}

/// A check that lists values keeps its name when its table or its column has another, so that it is narrowed by the contract alone.
#[test]
fn a_value_goes_with_the_contract_also_under_another_name() {
    for renamed in [
        FIRST.replace("entity Order {", "entity Purchase was Order {"),
        FIRST.replace("state: State", "status: State was state"),
    ] {
        let renamed = format!(
            "{renamed}{}",
            if renamed.contains("status") {
                "accept break on core.Order.status because \"a trial\"\n"
            } else {
                ""
            }
        );
        let history = sealed(FIRST, "initial", &BTreeMap::new(), false);
        let history = sealed(&renamed, "renamed", &history, false);
        let fewer = renamed.replace("paid, lost", "paid");
        let (open, found) = open(&after(&fewer, &history), None);
        let open = open.unwrap_or_else(|| panic!("{found:#?}"));
        assert!(open.is_empty(false), "{renamed}");
        let steps =
            open.changes.iter().flat_map(|placed| placed.change.part(true)).flat_map(|file| &file.steps);
        let counts =
            steps.flat_map(|step| &step.risks).filter(|risk| matches!(risk, Risk::Misfits { .. })).count();
        assert_eq!(counts, 1, "{renamed}");
    }
}

#[test]
fn a_backfill_that_ran_is_remembered_under_another_name() {
    let filled = FIRST.replace("    note:", "    country: text(2)\n    note:");
    let filled = format!("{filled}backfill core.Order.country = \"SN\"\n");
    let history = sealed(FIRST, "initial", &BTreeMap::new(), false);
    let history = sealed(&filled, "filled", &history, false);
    let history = sealed(&filled, "contract", &history, true);
    let renamed = filled
        .replace("entity Order {", "entity Purchase was Order {")
        .replace("core.Order.", "core.Purchase.");
    let (open, found) = open(&after(&renamed, &history), None);
    let open = open.unwrap_or_else(|| panic!("{found:#?}"));
    let steps = open.changes.iter().flat_map(|placed| placed.change.part(false)).flat_map(|file| &file.steps);
    let filled: Vec<_> = steps.filter(|step| step.does.contains("filled")).collect();
    assert!(filled.is_empty(), "{filled:#?}");
}

/// A trail holds the columns of a row but for those that are secret today, and a secret that goes is written until the contract.
#[test]
fn a_secret_that_goes_is_written_by_no_client_of_before() {
    let first = FIRST
        .replace(
            "schema core in main {",
            "schema audit in main {\n  audit log Trail as \"trail\" { retain 1y }\n}\nschema core in main {",
        )
        .replace(
            "    note: text(20)?\n",
            "    note: text(20)?\n    pin: text(9)? #secret\n    hint: text(9)?\n    audit (insert, update, delete) into audit.Trail\n",
        );
    let history = sealed(&first, "initial", &BTreeMap::new(), false);
    let asked = |field: &str, more: &str| {
        let line = first
            .lines()
            .find(|line| line.trim_start().starts_with(&format!("{field}:")))
            .expect("it is there");
        let removed = format!("    removed {field} because \"nobody needs it\"");
        let source = format!("{}{more}", first.replace(line, &removed));
        let (_, found) = open(&after(&source, &history), None);
        let errors: Vec<_> = found.into_iter().filter(|one| one.is_error()).collect();
        errors.iter().map(|one| format!("{} {}", one.code, one.message)).collect::<Vec<_>>()
    };
    assert_eq!(asked("hint", ""), Vec::<String>::new());
    let told = asked("pin", "");
    assert!(
        told.len() == 1
            && told[0].starts_with("E1906 ")
            && told[0].contains("keeps pin out of the trail no longer"),
        "{told:#?}"
    );
    assert_eq!(
        asked("pin", "accept break on core.Order because \"clients of before are gone\"\n"),
        Vec::<String>::new()
    );
}
