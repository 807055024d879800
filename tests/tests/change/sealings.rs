//! Fields that clients encrypt from now on: a row holds a value clear or sealed until the contract, which nothing clear outlives.

use polity::history::open;
use polity_tests::engines::Postgres;

use super::support::{Lineage, holds};

const FIRST: &str = "platform shop { environments: [dev] }
encryption key pii { provider: vault(\"transit/pii\") }
store main: postgres 15 { database: \"shop\" }
schema core in main {
  entity User {
    id: uuid key = uuid_v4()
    email: email unique
    phone: text(40)?
    code: text(20) = \"none\"
    index (phone)
  }
}
service web {
  read core.User
  write core.User
}
";

fn encrypted() -> String {
    FIRST
        .replacen("phone: text(40)?", "phone: text(40)? as \"phone_sealed\" encrypted with pii searchable", 1)
        .replacen("code: text(20) = \"none\"", "code: text(20) as \"code_sealed\" encrypted with pii", 1)
        .replacen("    index (phone)\n", "", 1)
}

const ACCEPTED: &str = "accept encryption on core.User.phone because \"all clients have the key\"
accept encryption on core.User.code because \"all clients have the key\"
";

/// A ciphertext by its form, and a keyed hash.
const SEALED: &str = "'\\x01' || sha256('a') || sha256('b')";
const HASH: &str = "sha256(convert_to(email, 'UTF8'))";

/// A client of before writes what is clear, and one of now what is sealed.
fn written(lineage: &mut Lineage) {
    let sealed = format!(
        "INSERT INTO core.\"user\" (email, phone) VALUES ('before@example.com', '5');
         UPDATE core.\"user\" SET phone = '6' WHERE email = 'before@example.com';
         INSERT INTO core.\"user\" (email, phone_sealed, phone_sealed_bx, code_sealed)
         SELECT 'now@example.com', {SEALED}, sha256('now'), {SEALED};
         UPDATE core.\"user\" SET phone_sealed = {SEALED}, phone_sealed_bx = {HASH}, code_sealed = {SEALED}
          WHERE email = 'u1@example.com';
         UPDATE core.\"user\" SET phone_sealed = NULL, phone_sealed_bx = NULL WHERE email = 'u2@example.com';
         UPDATE core.\"user\" SET phone = '7' WHERE email = 'u1@example.com';"
    );
    lineage.server.script_as("postgres", &sealed).unwrap_or_else(|said| panic!("{said}"));
    let both = "SELECT count(*) = 0 FROM core.\"user\"
        WHERE num_nonnulls(phone, phone_sealed) > 1 OR num_nonnulls(code, code_sealed) <> 1";
    holds(lineage, both);
    holds(lineage, "SELECT phone IS NULL FROM core.\"user\" WHERE email = 'u2@example.com'");
    let last = "SELECT phone = '7' AND phone_sealed IS NULL AND phone_sealed_bx IS NULL FROM core.\"user\" WHERE email = 'u1@example.com'";
    holds(lineage, last);
}

/// A client of before writes whole rows back, with the NULL that it read, and a worker empties what it seals.
#[test]
fn what_is_sealed_outlives_who_writes_back_what_was_read() {
    let Some(server) = Postgres::server() else { return };
    let mut lineage = Lineage::begin(server, FIRST);
    let rows =
        "INSERT INTO core.\"user\" (email, phone) VALUES ('a@example.com', '1'), ('b@example.com', '2')";
    lineage.server.script_as("postgres", rows).expect("the rows are written");
    let second = encrypted() + ACCEPTED;
    lineage.seal(&second, "second", false).unwrap_or_else(|said| panic!("{said}"));
    lineage.migrate(&second).unwrap_or_else(|said| panic!("{said}"));
    let sealed = format!("UPDATE core.\"user\" SET phone_sealed = {SEALED}, phone_sealed_bx = {HASH}");
    for written in [
        format!("{sealed}, phone = NULL WHERE email = 'a@example.com'"),
        format!("{sealed} WHERE email = 'b@example.com'"),
        "UPDATE core.\"user\" SET email = email, phone = NULL WHERE email = 'b@example.com'".to_owned(),
    ] {
        lineage.server.script_as("postgres", &written).unwrap_or_else(|said| panic!("{written}: {said}"));
    }
    holds(
        &mut lineage,
        "SELECT count(phone_sealed) = 2 AND count(phone_sealed_bx) = 2 AND count(phone) = 0 FROM core.\"user\"",
    );
}

#[test]
fn what_is_clear_is_sealed_until_the_contract() {
    let Some(server) = Postgres::server() else { return };
    let mut lineage = Lineage::begin(server, FIRST);
    let rows = "INSERT INTO core.\"user\" (email, phone) SELECT 'u' || n || '@example.com', n::text FROM generate_series(1, 9) n";
    lineage.server.script_as("postgres", rows).expect("the rows are written");
    let (first, second) = (lineage.sealed(), encrypted() + ACCEPTED);
    lineage.seal(&second, "second", false).unwrap_or_else(|said| panic!("{said}"));
    lineage.migrate(&second).unwrap_or_else(|said| panic!("{said}"));
    lineage.same_as_sealed().unwrap_or_else(|said| panic!("{said}"));
    lineage.undo(&second, 2, "").unwrap_or_else(|said| panic!("{said}"));
    lineage.equal("taken back", &first).unwrap_or_else(|said| panic!("{said}"));
    lineage.forget(2);
    lineage.migrate(&second).unwrap_or_else(|said| panic!("{said}"));
    written(&mut lineage);
    let lost = lineage.undo(&second, 2, "").expect_err("nobody could open what is sealed");
    assert!(lost.contains("phone_sealed"), "{lost}");
    // A later seal waits as well.
    let third = second.replacen("email: email unique", "email: email unique\n    age: int?", 1);
    lineage.seal(&third, "third", false).unwrap_or_else(|said| panic!("{said}"));
    lineage.migrate(&third).unwrap_or_else(|said| panic!("{said}"));
    lineage.seal(&third, "fourth", true).unwrap_or_else(|said| panic!("{said}"));
    let said = lineage.migrate(&third).expect_err("rows are clear");
    assert!(said.contains("rows left to seal: "), "{said}");
    holds(&mut lineage, "SELECT count(phone) = 9 FROM core.\"user\"");
    let worker = format!(
        "UPDATE core.\"user\" SET phone_sealed = {SEALED}, phone_sealed_bx = {HASH} WHERE phone IS NOT NULL;
         UPDATE core.\"user\" SET code_sealed = {SEALED} WHERE code IS NOT NULL;"
    );
    lineage.server.script_as("postgres", &worker).unwrap_or_else(|said| panic!("{said}"));
    lineage.migrate(&third).unwrap_or_else(|said| panic!("{said}"));
    lineage.same_as(&third).unwrap_or_else(|said| panic!("{said}"));
    holds(
        &mut lineage,
        "SELECT count(*) = 11 AND count(phone_sealed) = 10 AND count(code_sealed) = 11 FROM core.\"user\"",
    );
}

/// No statement makes a ciphertext of what is clear: without a column of its own, or a word about it, nothing is encrypted.
#[test]
fn nothing_is_encrypted_in_its_place() {
    let Some(server) = Postgres::server() else { return };
    let lineage = Lineage::begin(server, FIRST);
    let in_place = FIRST.replacen("code: text(20) = \"none\"", "code: text(20) encrypted with pii", 1);
    for second in [in_place, encrypted()] {
        let (open, found) = open(&lineage.sources(&second), None);
        let said = found.iter().find(|one| one.code.as_str() == "E1904").map(|one| one.help.clone());
        let said = said.flatten().unwrap_or_default();
        assert!(open.is_none() && said.contains("accept encryption on core.User."), "{found:#?}");
    }
}
