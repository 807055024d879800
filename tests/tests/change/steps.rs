//! Steps of which the end alone does not tell that they were safe.

use std::thread;
use std::time::{Duration, Instant};

use polity_tests::engines::Postgres;

use super::edits::{FIRST, ROWS};
use super::support::{Lineage, holds, rows_of_both};
use crate::tenancy_attacks::support::CLINIC;

#[test]
fn rows_of_every_tenant_are_filled() {
    let Some(server) = Postgres::server() else { return };
    // Its first line is no part of it: a lineage reads the name behind the first word `platform`.
    let first = CLINIC.split_once('\n').expect("it has lines").1;
    let mut lineage = Lineage::begin(server, first);
    rows_of_both(&lineage);
    let second = first
        .replacen("    email:   text(60)", "    handle:  text(90)\n    email:   text(60)", 1)
        .replacen("    note:    text(200)?", "    token:   uuid = uuid_v4()\n    note:    text(200)?", 1)
        + "\nbackfill core.Patient.handle = lower(email)\n";
    lineage.lead_to(&second, "handles").expect("it is led on");
    holds(&mut lineage, "SELECT count(*) = 3000 AND bool_and(handle = email) FROM core.patients");
    holds(&mut lineage, "SELECT count(*) = 3000 AND count(DISTINCT token) = 3000 FROM core.visits");
}

#[test]
fn a_client_of_before_goes_on_writing_until_the_contract() {
    let Some(server) = Postgres::server() else { return };
    let mut lineage = Lineage::begin(server, FIRST);
    let second = FIRST.replacen(
        "    born: date?\n",
        "    born: date?\n    shown: text(90)\n    country: text(2)\n",
        1,
    ) + "backfill core.User.shown = lower(email)\nbackfill core.User.country = \"SN\"\n";
    lineage.seal(&second, "second", false).expect("it is valid");
    lineage.migrate(&second).expect("it runs");
    let before = "INSERT INTO core.\"user\" (email) VALUES ('A@example.com')";
    lineage.server.script_as("postgres", before).expect("a client of before writes");
    holds(&mut lineage, "SELECT shown = 'a@example.com' AND country = 'SN' FROM core.\"user\"");
    lineage.seal(&second, "third", true).expect("it is valid");
    lineage.migrate(&second).expect("it runs");
    let refused = lineage.server.script_as("postgres", before).expect_err("nothing fills it any longer");
    assert!(refused.contains("null value in column"), "{refused}");
}

#[test]
fn a_value_that_goes_is_written_until_the_contract() {
    let Some(server) = Postgres::server() else { return };
    let mut lineage = Lineage::begin(server, FIRST);
    let second = FIRST.replacen("    fresh\n    done\n", "    fresh\n    sent\n", 1);
    lineage.seal(&second, "second", false).expect("it is valid");
    lineage.migrate(&second).expect("it runs");
    lineage.same_as_sealed().unwrap_or_else(|said| panic!("{said}"));
    let write = "INSERT INTO core.\"user\" (email) VALUES ('a@example.com');
        INSERT INTO core.\"order\" (\"user\", amount, step) SELECT u.id, 1, step FROM core.\"user\" u, unnest(ARRAY['done', 'sent']) step";
    lineage.server.script_as("postgres", write).expect("clients of before and of now write");
    lineage.seal(&second, "third", true).expect("it is valid");
    let said = lineage.migrate(&second).expect_err("a row holds it");
    assert!(said.contains("rows left with a value that goes: 1, in core.\"order\".step"), "{said}");
    holds(&mut lineage, "SELECT count(*) = 2 FROM core.\"order\"");
    lineage
        .server
        .script_as("postgres", "UPDATE core.\"order\" SET step = 'sent'")
        .expect("it is given another");
    lineage.migrate(&second).unwrap_or_else(|said| panic!("{said}"));
    lineage.same_as(&second).unwrap_or_else(|said| panic!("{said}"));
}

#[test]
fn a_value_gets_another_name() {
    let Some(server) = Postgres::server() else { return };
    let mut lineage = Lineage::begin(server, FIRST);
    let second = FIRST.replacen("    fresh\n    done\n", "    fresh\n    over was done\n", 1);
    let write = "INSERT INTO core.\"user\" (email) VALUES ('a@example.com') ON CONFLICT DO NOTHING;
        INSERT INTO core.\"order\" (\"user\", amount, step) SELECT id, 1, 'done' FROM core.\"user\", generate_series(1, 1500)";
    lineage.server.script_as("postgres", write).expect("the rows are written");
    lineage.seal(&second, "second", false).expect("it is valid");
    lineage.migrate(&second).unwrap_or_else(|said| panic!("{said}"));
    lineage.same_as_sealed().unwrap_or_else(|said| panic!("{said}"));
    holds(&mut lineage, "SELECT count(*) = 1500 AND bool_and(step = 'over') FROM core.\"order\"");
    lineage.undo(&second, 2, "").unwrap_or_else(|said| panic!("{said}"));
    holds(&mut lineage, "SELECT count(*) = 1500 AND bool_and(step = 'done') FROM core.\"order\"");
    lineage.forget(2);
    lineage.migrate(&second).unwrap_or_else(|said| panic!("{said}"));
    lineage.server.script_as("postgres", write).expect("a client of before writes");
    lineage.seal(&second, "third", true).expect("it is valid");
    lineage.migrate(&second).unwrap_or_else(|said| panic!("{said}"));
    lineage.same_as(&second).unwrap_or_else(|said| panic!("{said}"));
    holds(&mut lineage, "SELECT count(*) = 3000 AND bool_and(step = 'over') FROM core.\"order\"");
}

/// While a table cannot be locked, a file keeps nobody from the others that it is to lock.
#[test]
fn a_file_lets_go_of_its_locks_and_tries_again() {
    let Some(server) = Postgres::server() else { return };
    let mut lineage = Lineage::begin(server, FIRST);
    let second = FIRST.replacen("    born: date?\n", "    born: date?\n    phone: phone?\n", 1).replacen(
        "    placed:",
        "    told: text(9)?\n    placed:",
        1,
    );
    lineage.seal(&second, "second", false).expect("it is valid");
    let mut reads = lineage.server.session("postgres").expect("logs in");
    let mut writes = lineage.server.session("postgres").expect("logs in");
    reads.batch_execute("BEGIN; SELECT FROM core.\"user\"").expect("reads");
    let client = std::thread::spawn(move || {
        // Longer than a lock is waited for.
        let until = Instant::now() + Duration::from_secs(6);
        while Instant::now() < until {
            writes
                .batch_execute(
                    "SET statement_timeout = '4s'; UPDATE core.\"order\" SET amount = 1 WHERE false",
                )
                .expect("nobody holds the other table for long");
            std::thread::sleep(Duration::from_millis(50));
        }
        reads.batch_execute("COMMIT").expect("ends");
    });
    lineage.migrate(&second).unwrap_or_else(|said| panic!("{said}"));
    client.join().expect("it was let in");
    lineage.same_as(&second).unwrap_or_else(|said| panic!("{said}"));
}

/// A counter whose name another table has is called as in a new installation.
#[test]
fn a_counted_column_is_added() {
    let Some(server) = Postgres::server() else { return };
    let first = FIRST.replacen(
        "  entity Order {",
        "  entity Taken as \"user_number_seq\" { id: uuid key = uuid_v4() }\n  entity Order {",
        1,
    );
    let mut lineage = Lineage::begin(server, &first);
    let second = first.replacen("    born: date?\n", "    born: date?\n    number: bigint = identity()\n", 1)
        + "accept rewrite on core.User.number because \"a trial\"\n";
    lineage.lead_to(&second, "second").unwrap_or_else(|said| panic!("{said}"));
}

#[test]
fn a_role_keeps_what_it_has_until_the_contract() {
    let Some(server) = Postgres::server() else { return };
    let mut lineage = Lineage::begin(server, FIRST);
    let second = FIRST.replacen("service desk { read core.User (id, email) }\n", "", 1);
    let member = "SELECT count(*) = 1 FROM pg_auth_members WHERE member::regrole::text LIKE '%desk%'";
    holds(&mut lineage, member);
    if lineage.seal(&second, "second", false).expect("it is valid") {
        lineage.migrate(&second).expect("it runs");
    }
    holds(&mut lineage, member);
    assert!(lineage.seal(&second, "third", true).expect("it is valid"), "something is taken");
    lineage.migrate(&second).expect("it runs");
    holds(&mut lineage, &member.replace("= 1", "= 0"));
    assert!(!lineage.seal(&second, "fourth", false).expect("it is valid"), "nothing is left to add");
    assert!(!lineage.seal(&second, "fourth", true).expect("it is valid"), "nothing is left to take");
}

/// Another try to build an index, once the first has failed, waits for whoever writes, and nobody waits for it.
#[test]
fn an_index_that_was_never_built_goes_beside_the_writes_of_clients() {
    let Some(mut server) = Postgres::server() else { return };
    let mut lineage = Lineage::begin(server.another(), FIRST);
    lineage.server.script_as("postgres", ROWS).expect("the rows are written");
    let second = FIRST.replacen("nickname: text(40)?", "nickname: text(40)? unique", 1);
    assert!(lineage.seal(&second, "second", false).expect("it is valid"));
    let client = |lineage: &Lineage| lineage.server.session("postgres").expect("logs in");
    let (mut writes, mut writes_too) = (client(&lineage), client(&lineage));
    writes.batch_execute("UPDATE core.\"user\" SET nickname = 'same'").expect("writes");
    let said = lineage.migrate(&second).expect_err("they are alike");
    assert!(said.contains("23505"), "{said}");
    writes.batch_execute("UPDATE core.\"user\" SET nickname = id::text").expect("writes");
    writes.batch_execute("BEGIN; LOCK TABLE core.\"user\" IN ROW EXCLUSIVE MODE").expect("writes");
    thread::scope(|scope| {
        let clients = scope.spawn(move || {
            thread::sleep(Duration::from_secs(3));
            let written = writes_too.batch_execute(
                "SET lock_timeout = '1s'; UPDATE core.\"user\" SET nickname = nickname WHERE false",
            );
            writes.batch_execute("COMMIT").expect("ends");
            written
        });
        lineage.migrate(&second).unwrap_or_else(|said| panic!("{said}"));
        clients.join().expect("it ends").expect("nobody waits for the index");
    });
    lineage.same_as_sealed().unwrap_or_else(|said| panic!("{said}"));
}
