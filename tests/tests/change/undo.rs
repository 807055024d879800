//! The way back from each edit: the database is again what was sealed before, and no row of before is lost.

use polity_catalog::relational::{Catalog, Object};
use polity_tests::engines::Postgres;

use super::edits::{EDITS, FILLED, FIRST, ROWS};
use super::support::Lineage;

/// Rows that a client of before writes once the migration ran.
const WRITTEN: &str = "INSERT INTO core.\"user\" (email) VALUES ('late@example.com');
INSERT INTO core.\"order\" (\"user\", amount) SELECT id, 9 FROM core.\"user\" WHERE email = 'late@example.com';";

/// A sum of all rows of before.
const SUM: &str = "SELECT md5(string_agg(line, ' ' ORDER BY line)) FROM (
    SELECT concat_ws(',', 'u', id, email, nickname, state) FROM core.\"user\" WHERE email <> 'late@example.com'
    UNION ALL SELECT concat_ws(',', 'o', id, \"user\", amount, placed) FROM core.\"order\" WHERE amount = 7
    UNION ALL SELECT concat_ws(',', 'v', id, at, \"user\") FROM core.visit) AS lines (line)";

/// A new column whose values nobody tells from those that clients wrote.
fn is_lost(to: &str) -> bool {
    to.contains("uuid = uuid_v4()\n") && to.contains("token")
}

#[test]
fn each_edit_is_taken_back() {
    let Some(mut server) = Postgres::server() else { return };
    let edits = EDITS.iter().map(|(name, from, to)| (*name, *from, *to, ""));
    let filled = FILLED.iter().map(|(name, from, to, line, _)| (*name, *from, *to, *line));
    let mut failed = Vec::new();
    for (name, from, to, line) in edits.chain(filled) {
        let second = format!("{}{line}\n", FIRST.replacen(from, to, 1));
        if let Err(said) = forth_and_back(server.another(), &second, is_lost(to)) {
            failed.push(format!("---- {name}:\n{said}"));
        }
    }
    assert!(failed.is_empty(), "{} failed\n{}", failed.len(), failed.join("\n"));
}

fn forth_and_back(server: Postgres, second: &str, is_lost: bool) -> Result<(), String> {
    let mut lineage = Lineage::begin(server, FIRST);
    let first = lineage.sealed();
    lineage.server.script_as("postgres", ROWS).expect("the rows are written");
    let sum = lineage.server.run(SUM).expect("reads");
    if !lineage.seal(second, "second", false)? {
        return Ok(());
    }
    lineage.migrate(second)?;
    let led = lineage.sealed();
    lineage.server.script_as("postgres", WRITTEN).map_err(|said| format!("writes: {said}"))?;
    if is_lost {
        let said = lineage.undo(second, 2, "").expect_err("values would be lost");
        if !said.contains("the undo would lose") || !said.contains(".token") {
            return Err(said);
        }
        lineage.undo(second, 2, "SET polity.undo_may_lose = on;")?;
    } else {
        lineage.undo(second, 2, "")?;
    }
    lineage.equal("taken back", &with_admins(&first, &led))?;
    match lineage.server.run(SUM).expect("reads") == sum {
        true => Ok(()),
        false => Err("rows of before differ".to_owned()),
    }
}

/// A catalog with what an administrator made for the next: it stays.
pub fn with_admins(first: &Catalog, led: &Catalog) -> Catalog {
    let stays = |object: &&Object| match object {
        Object::Role(_) | Object::Extension(_) | Object::DefaultPrivileges(_) | Object::Job(_) => true,
        Object::Grant(grant) => grant.by.is_none(),
        _ => false,
    };
    first.objects().filter(|object| !stays(object)).chain(led.objects().filter(stays)).cloned().collect()
}

/// Values that somebody wrote since keep the undo from going on, with their count.
#[test]
fn nothing_that_was_written_since_is_lost() {
    let Some(mut server) = Postgres::server() else { return };
    let edits = [
        (
            "a column",
            "    born: date?\n",
            "    born: date?\n    phone: phone?\n",
            "UPDATE core.\"user\" SET phone = '+221771234567' WHERE nickname < 'n3'",
            "values of core.\"user\".phone",
        ),
        (
            "a column with a default",
            "    born: date?\n",
            "    born: date?\n    score: int = 7\n",
            "UPDATE core.\"user\" SET score = 8 WHERE nickname = 'n1'",
            "1 values of core.\"user\".score",
        ),
        (
            "a table",
            "  entity Order {",
            "  entity Country {\n    code: text(2) key\n    name: text(80)\n  }\n  entity Order {",
            "INSERT INTO core.country VALUES ('SN', 'Senegal')",
            "1 rows of core.country",
        ),
        (
            "a longer text",
            "nickname: text(40)?",
            "nickname: text(80)?",
            "UPDATE core.\"user\" SET nickname = repeat('x', 50) WHERE nickname = 'n1'",
            "1 values of core.\"user\".nickname that are no varchar(40)",
        ),
        (
            "more digits",
            "amount: decimal(12, 2) min 0",
            "amount: decimal(14, 3) min 0",
            "UPDATE core.\"order\" SET amount = 7.125 WHERE ctid = (SELECT min(ctid) FROM core.\"order\")",
            "1 values of core.\"order\".amount that are no numeric(12, 2)",
        ),
        (
            "a field that may be absent",
            "    email: email unique\n",
            "    email: email? unique\n",
            "INSERT INTO core.\"user\" (nickname) VALUES ('nobody')",
            "1 rows of core.\"user\" without email",
        ),
    ];
    for (name, from, to, write, what) in edits {
        let second =
            FIRST.replacen(from, to, 1) + "accept rewrite on core.Order.amount because \"a trial\"\n";
        let second = if to.contains("14, 3") { second } else { FIRST.replacen(from, to, 1) };
        let mut lineage = Lineage::begin(server.another(), FIRST);
        lineage.server.script_as("postgres", ROWS).expect("the rows are written");
        assert!(lineage.seal(&second, "second", false).unwrap_or_else(|said| panic!("{said}")), "{name}");
        lineage.migrate(&second).unwrap_or_else(|said| panic!("{said}"));
        lineage.server.script_as("postgres", write).unwrap_or_else(|said| panic!("{name}: {said}"));
        let said = lineage.undo(&second, 2, "").expect_err(name);
        assert!(said.contains(what), "{name}: {said}");
        lineage.same_as_sealed().unwrap_or_else(|said| panic!("{name}: {said}"));
    }
}

#[test]
fn after_the_contract_there_is_no_undo() {
    let Some(server) = Postgres::server() else { return };
    let mut lineage = Lineage::begin(server, FIRST);
    let second = FIRST.replacen("    nickname: text(40)?\n", "    removed nickname because \"a trial\"\n", 1);
    lineage.lead_to(&second, "second").unwrap_or_else(|said| panic!("{said}"));
    for number in [1, 2] {
        let said = lineage.undo(&second, number, "").expect_err("there is none");
        assert!(said.contains("there is no undo"), "{said}");
    }
    lineage.same_as(&second).unwrap_or_else(|said| panic!("{said}"));
}

#[test]
fn the_first_migration_is_taken_back_once_it_was_sealed() {
    let Some(server) = Postgres::server() else { return };
    let mut lineage = Lineage::begin(server, FIRST);
    lineage.undo(FIRST, 1, "").unwrap_or_else(|said| panic!("{said}"));
    let left = lineage.server.run("select count(*) from pg_namespace where nspname = 'core'").expect("reads");
    assert_eq!(left, "0");
}
