//! Both names of a column work until the contract, and hold one value.

use polity::Diagnostic;
use polity::history::open;
use polity_engines::change::Phase;
use polity_tests::engines::Postgres;

use super::edits::{FIRST, ROWS};
use super::support::{Lineage, holds, rows_of_both};
use crate::tenancy_attacks::support::CLINIC;

/// Fields with other names: one that may be absent, one with a default, a unique one and a reference.
fn renamed() -> String {
    FIRST
        .replacen("nickname: text(40)?", "handle: text(40)? was nickname", 1)
        .replacen("state: text(10) = \"new\"", "status: text(10) = \"new\" was state", 1)
        .replacen("email: email unique", "mail: email unique was email", 1)
        .replacen("user: -> User on delete restrict", "buyer: -> User on delete restrict was user", 1)
        .replacen("index (user)\n", "index (buyer)\n", 1)
        .replace("core.User (id, email)", "core.User (id, mail)")
}

const BEFORE: &str = "INSERT INTO core.\"user\" (email, nickname) VALUES ('before@example.com', 'b');
UPDATE core.\"user\" SET nickname = 'c', state = 'old' WHERE email = 'before@example.com';
INSERT INTO core.\"order\" (\"user\", amount) SELECT id, 1 FROM core.\"user\" WHERE nickname = 'c' AND state = 'old';";

const AFTER: &str = "INSERT INTO core.\"user\" (mail, handle) VALUES ('after@example.com', 'd');
UPDATE core.\"user\" SET handle = 'e', status = 'old' WHERE mail = 'after@example.com';
INSERT INTO core.\"order\" (buyer, amount) SELECT id, 2 FROM core.\"user\" WHERE handle = 'e' AND status = 'old';";

#[test]
fn both_names_of_a_column_work_until_the_contract() {
    let Some(server) = Postgres::server() else { return };
    let mut lineage = Lineage::begin(server, FIRST);
    lineage.server.script_as("postgres", ROWS).expect("the rows are written");
    let (first, second) = (lineage.sealed(), renamed());
    lineage.seal(&second, "second", false).unwrap_or_else(|said| panic!("{said}"));
    lineage.migrate(&second).unwrap_or_else(|said| panic!("{said}"));
    lineage.same_as_sealed().unwrap_or_else(|said| panic!("{said}"));
    for client in [BEFORE, AFTER] {
        lineage.server.script_as("postgres", client).unwrap_or_else(|said| panic!("{client}: {said}"));
    }
    let alike = "SELECT count(*) FROM core.\"user\" WHERE (nickname, state, email) IS DISTINCT FROM (handle, status, mail)";
    assert_eq!(lineage.server.run(alike).expect("reads"), "0");
    let news = "SELECT count(*) FROM core.\"user\" WHERE status = 'new'";
    assert_eq!(lineage.server.run(news).expect("reads"), "2500");
    let both = "UPDATE core.\"user\" SET nickname = 'x', handle = 'y' WHERE mail = 'after@example.com'";
    let said = lineage.server.script_as("postgres", both).expect_err("they differ");
    assert!(said.contains("nickname is called handle now"), "{said}");
    // And back.
    lineage.undo(&second, 2, "").unwrap_or_else(|said| panic!("{said}"));
    lineage.equal("taken back", &first).unwrap_or_else(|said| panic!("{said}"));
    let kept = "SELECT count(*) FROM core.\"user\" WHERE nickname = 'e' AND state = 'old' AND email = 'after@example.com'";
    assert_eq!(lineage.server.run(kept).expect("reads"), "1");
    lineage.forget(2);
    lineage.migrate(&second).unwrap_or_else(|said| panic!("{said}"));
    // A later seal leaves both.
    let third = second.replacen("born: date?", "born: date?\n    phone: phone?", 1);
    lineage.seal(&third, "third", false).unwrap_or_else(|said| panic!("{said}"));
    lineage.migrate(&third).unwrap_or_else(|said| panic!("{said}"));
    let again = BEFORE.replace("before@", "again@").replace("'b'", "'f'").replace("'c'", "'g'");
    lineage.server.script_as("postgres", &again).unwrap_or_else(|said| panic!("{said}"));
    lineage.lead_to(&third, "fourth").unwrap_or_else(|said| panic!("{said}"));
    let rows = "SELECT count(handle) || ' ' || count(DISTINCT mail) FROM core.\"user\"";
    assert_eq!(lineage.server.run(rows).expect("reads"), "2503 2503");
}

#[test]
fn whoever_accepts_it_renames_at_once() {
    let Some(server) = Postgres::server() else { return };
    let mut lineage = Lineage::begin(server, FIRST);
    let second = FIRST.replacen("nickname: text(40)?", "handle: text(40)? was nickname", 1)
        + "accept break on core.User.handle because \"nobody uses it\"\n";
    lineage.seal(&second, "second", false).unwrap_or_else(|said| panic!("{said}"));
    lineage.migrate(&second).unwrap_or_else(|said| panic!("{said}"));
    let said =
        lineage.server.script_as("postgres", "SELECT nickname FROM core.\"user\"").expect_err("it is gone");
    assert!(said.contains("nickname"), "{said}");
    lineage.lead_to(&second, "third").unwrap_or_else(|said| panic!("{said}"));
}

/// A name of a person in a table with a trail and policies, and a column of a partitioned one.
#[test]
fn rows_of_every_tenant_have_both_names_and_no_trail_tells_of_a_change() {
    let Some(server) = Postgres::server() else { return };
    let first = CLINIC.split_once('\n').expect("it has lines").1;
    let mut lineage = Lineage::begin(server, first);
    rows_of_both(&lineage);
    let second = first
        .replacen(
            "    email:   text(60) unique #personal",
            "    mail:    text(60) unique was email #personal",
            1,
        )
        .replacen("    note:    text(200)? #personal", "    remark:  text(200)? was note #personal", 1);
    lineage.seal(&second, "second", false).unwrap_or_else(|said| panic!("{said}"));
    lineage.migrate(&second).unwrap_or_else(|said| panic!("{said}"));
    lineage.same_as_sealed().unwrap_or_else(|said| panic!("{said}"));
    holds(&mut lineage, "SELECT count(*) = 3000 AND bool_and(mail = email) FROM core.patients");
    holds(&mut lineage, "SELECT count(*) = 3000 AND bool_and(remark = note) FROM core.visits");
    // The migrator's own, which tell of no change.
    let copied = "operation = 'UPDATE' AND fields = '{}' AND actor = 'clinic_migrator'";
    holds(&mut lineage, &format!("SELECT count(*) = 3000 FROM audit.trail WHERE {copied}"));
    holds(&mut lineage, "SELECT count(*) = 6000 FROM audit.trail");
    let write = "UPDATE core.patients SET email = 'other@example.org' WHERE email = 'ours7@example.org';
        UPDATE core.visits SET note = 'y' WHERE patient = (SELECT id FROM core.patients WHERE mail = 'other@example.org')";
    lineage.server.script_as("postgres", write).expect("a client of before writes");
    holds(&mut lineage, "SELECT count(*) = 1 FROM core.visits WHERE remark = 'y'");
    holds(&mut lineage, "SELECT count(*) = 6001 FROM audit.trail");
    holds(&mut lineage, "SELECT count(*) = 1 FROM audit.trail WHERE new::text LIKE '%\"mail\"%other@%'");
    lineage.undo(&second, 2, "").unwrap_or_else(|said| panic!("{said}"));
    lineage.forget(2);
    lineage.lead_to(&second, "third").unwrap_or_else(|said| panic!("{said}"));
    holds(&mut lineage, "SELECT count(*) = 1 FROM core.patients WHERE mail = 'other@example.org'");
}

/// Functions of the database read what holds the value of each row at every moment: the old name until all rows are filled.
#[test]
fn functions_read_the_old_name_until_rows_are_filled() {
    let Some(server) = Postgres::server() else { return };
    let first = CLINIC.split_once('\n').expect("it has lines").1;
    let lineage = Lineage::begin(server, first);
    let second = first.replacen(
        "    email:   text(60) unique #personal",
        "    mail:    text(60) unique was email #personal",
        1,
    );
    let open = lineage.open(&second).unwrap_or_else(|said| panic!("{said}"));
    let files: Vec<_> = open.changes.iter().flat_map(|placed| placed.change.part(false)).collect();
    let replaced = |phase: Phase| {
        let of_phase = files.iter().filter(|file| file.phase == phase);
        let mut steps = of_phase.flat_map(|file| &file.steps);
        steps.any(|step| step.object.starts_with("function audit.trail_of") && step.does == "is replaced")
    };
    assert_eq!((replaced(Phase::Expand), replaced(Phase::Settle)), (false, true));
}

/// Whatever cannot be there twice, or changes in something else, is renamed at once, which breaks clients of before.
#[test]
fn a_column_that_cannot_be_there_twice_is_renamed_at_once() {
    let Some(server) = Postgres::server() else { return };
    let first = FIRST
        .replacen("    born: date?\n", "    born: date?\n    made: date = 2020-01-01 immutable\n    tag: text(9)? = \"x\"\n", 1)
        .replacen(
            "  entity Order {",
            "  view Names {\n    sql \"\"\"SELECT u.nickname FROM core.\"user\" u\"\"\"\n    nickname: text?\n  }\n  entity Order {",
            1,
        );
    let lineage = Lineage::begin(server, &first);
    for (what, from, to) in [
        (
            "a key",
            "    id: uuid = uuid_v4()\n    at: timestamp = now()\n    key (id)",
            "    number: uuid = uuid_v4() was id\n    at: timestamp = now()\n    key (number)",
        ),
        (
            "what others refer to",
            "    id: uuid key = uuid_v4()\n    email",
            "    number: uuid key = uuid_v4() was id\n    email",
        ),
        ("a value that a view reads", "nickname: text(40)?\n", "handle: text(40)? was nickname\n"),
        (
            "a value that a trigger guards",
            "made: date = 2020-01-01 immutable",
            "begun: date = 2020-01-01 immutable was made",
        ),
        ("one with a default that may be absent", "tag: text(9)? = \"x\"", "mark: text(9)? = \"x\" was tag"),
        ("one with another rule", "amount: decimal(12, 2) min 0", "price: decimal(12, 2) min 1 was amount"),
        ("one that need not be there", "email: email unique", "mail: email? unique was email"),
    ] {
        assert!(first.contains(from), "{what}");
        let second = first
            .replacen(from, to, 1)
            .replace("(amount)", if to.contains("price") { "(price)" } else { "(amount)" });
        let second = second.replace(
            "core.User (id, email)",
            if to.contains("mail:") { "core.User (id, mail)" } else { "core.User (email)" },
        );
        let second = if what == "a value that a view reads" {
            second.replace("u.nickname", "u.handle AS nickname")
        } else {
            second
        };
        let (_, found) = open(&lineage.sources(&second), None);
        let is_asked = |one: &Diagnostic| {
            one.code.as_str() == "E1906"
                && one.help.as_deref().is_some_and(|help| help.contains("accept break"))
        };
        assert!(found.iter().any(is_asked), "{what}: {found:#?}");
    }
}

/// `order` with `line_note` and `order_line` with `note` run together alike; each keeps its own.
#[test]
fn columns_of_two_tables_whose_names_run_together_alike_are_filled_each() {
    let Some(server) = Postgres::server() else { return };
    let source = |order: &str, line: &str| {
        format!(
            "platform shop {{ environments: [dev] }}\nstore main: postgres 15 {{ database: \"shop\" }}\nschema core in main {{
  entity Order {{ id: int key; {order}; note: text(20)? }}
  entity OrderLine {{ id: int key; {line} }}
}}\n"
        )
    };
    let mut lineage = Lineage::begin(server, &source("x: text(20)?", "x: text(20)?"));
    let rows = "INSERT INTO core.\"order\" VALUES (1, 'x1', 'note1'), (2, 'x2', NULL); INSERT INTO core.order_line VALUES (1, 'y1');";
    lineage.server.script_as("postgres", rows).expect("the rows are written");
    let second = source("line_note: text(20)? was x", "note: text(20)? was x");
    lineage.seal(&second, "second", false).unwrap_or_else(|said| panic!("{said}"));
    lineage.migrate(&second).unwrap_or_else(|said| panic!("{said}"));
    let write = "INSERT INTO core.\"order\" (id, line_note, note) VALUES (3, 'x3', 'note3')";
    lineage.server.script_as("postgres", write).expect("a client of today writes");
    let found = "SELECT string_agg(concat_ws(' ', x, line_note, note), ', ' ORDER BY id) FROM core.\"order\"";
    assert_eq!(lineage.server.run(found).expect("reads"), "x1 x1 note1, x2 x2, x3 x3 note3");
    let found = "SELECT string_agg(concat_ws(' ', x, note), ', ') FROM core.order_line";
    assert_eq!(lineage.server.run(found).expect("reads"), "y1 y1");
    lineage.seal(&second, "third", true).unwrap_or_else(|said| panic!("{said}"));
    lineage.migrate(&second).unwrap_or_else(|said| panic!("{said}"));
    lineage.same_as(&second).unwrap_or_else(|said| panic!("{said}"));
}
