//! Fields that clients encrypt no longer, or by another key: real ciphertexts, written and read by clients of both versions until the
//! contract, and held against what they know.

use std::collections::BTreeMap;

use polity_runtime::Uuid;
use polity_tests::engines::Postgres;

use super::keyring::{Client, lead};
use super::support::{Lineage, holds};
use crate::order::draws::Draws;
use crate::tenancy_attacks::support::{CLINIC, OURS, THEIRS};

/// Two fields that are sealed, one of them found by its blind index.
pub const SEALED: &str = "platform shop { environments: [dev] }
encryption key pii { provider: vault(\"transit/pii\") }
store main: postgres 15 { database: \"shop\" }
schema core in main {
  entity User {
    id: uuid key = uuid_v4()
    email: email unique
    phone: text(40)? unique encrypted with pii searchable
    code: text(20)? encrypted with pii
    note: text(40)?
  }
}
service web {
  read core.User
  write core.User
}
";

/// Edits of it: the name, the text that is replaced, what stands there then, and the line behind all others.
pub const EDITS: &[(&str, &str, &str, &str)] = &[
    (
        "a field that is encrypted",
        "note: text(40)?",
        "note: text(40)? as \"note_sealed\" encrypted with pii searchable",
        "accept encryption on core.User.note because \"a trial\"",
    ),
    (
        "a field that is encrypted no longer",
        PHONE,
        "phone: text(40)? as \"phone_clear\" unique",
        "accept encryption on core.User.phone because \"a trial\"",
    ),
    (
        "a field that is sealed anew",
        PHONE,
        "phone: text(40)? as \"phone_2\" unique encrypted with pii searchable",
        "accept encryption on core.User.phone because \"a trial\"",
    ),
    (
        "a blind index",
        "code: text(20)? encrypted with pii",
        "code: text(20)? unique encrypted with pii searchable",
        "accept encryption on core.User.code because \"a trial\"",
    ),
    (
        "no blind index",
        PHONE,
        "phone: text(40)? encrypted with pii",
        "accept break on core.User.phone because \"a trial\"",
    ),
    (
        "another name of an encrypted field",
        PHONE,
        "mobile: text(40)? was phone unique encrypted with pii searchable",
        "",
    ),
];

const PHONE: &str = "phone: text(40)? unique encrypted with pii searchable";

/// Rows of it in which nothing is sealed.
pub const ROWS: &str = "INSERT INTO core.\"user\" (id, email) SELECT gen_random_uuid(), n || '@example.com' FROM generate_series(1, 2500) n";

/// A source with another line about the phone, and one that accepts it.
fn with_phone(line: &str, accepted: &str) -> String {
    let second = SEALED.replacen(PHONE, line, 1);
    assert_ne!(second, SEALED);
    format!("{second}accept {accepted} on core.User.phone because \"all clients are ready\"\n")
}

fn opened() -> String {
    with_phone("phone: text(40)? as \"phone_clear\" unique", "encryption")
}

fn sealed_anew() -> String {
    with_phone("phone: text(40)? as \"phone_pci\" unique encrypted with pci searchable", "encryption")
        + "encryption key pci { provider: vault(\"transit/pci\") }\n"
}

/// The rows of a field that two clients write, with what they know of them.
struct Known<'c> {
    before: &'c Client,
    after: &'c Client,
    rows: BTreeMap<Uuid, Option<String>>,
    next: u128,
}

impl Known<'_> {
    fn next(&mut self) -> String {
        self.next += 1;
        format!("+22177{:07}", self.next)
    }

    /// Does one thing that a client or the worker may do.
    fn act(&mut self, lineage: &mut Lineage, draws: &mut Draws<'_>) {
        let ids: Vec<Uuid> = self.rows.keys().copied().collect();
        let id = ids[draws.below(ids.len())];
        let is_before = self.before.held(lineage)[&id].is_some();
        let value = self.next();
        match draws.below(9) {
            0 => self.insert(lineage, self.before, Some(value)),
            1 => self.insert(lineage, self.after, Some(value)),
            2 => self.insert(lineage, self.after, None),
            3 | 4 => self.write(lineage, self.before, id, Some(value)),
            5 => self.write(lineage, self.after, id, Some(value)),
            // Who knows the column of before alone empties what stands there; elsewhere it is what it read.
            6 if is_before => self.write(lineage, self.before, id, None),
            6 => self.before.update(lineage, id, None, ""),
            7 if is_before => self.write(lineage, self.after, id, None),
            7 => self.after.write_back(lineage, id),
            _ => lead(lineage, self.before, self.after, 1),
        }
        self.before.write_back(lineage, id);
    }

    fn insert(&mut self, lineage: &mut Lineage, client: &Client, value: Option<String>) {
        self.next += 1;
        let id = Uuid::from_u128(self.next << 64);
        client.insert(lineage, id, value.as_deref());
        self.rows.insert(id, value);
    }

    fn write(&mut self, lineage: &mut Lineage, client: &Client, id: Uuid, value: Option<String>) {
        client.update(lineage, id, value.as_deref(), "");
        self.rows.insert(id, value);
    }

    /// Holds the rows against what is known: each value stands in one column, and opens.
    fn hold(&self, lineage: &mut Lineage) {
        let mut found = self.before.read(lineage);
        let is_led = self.before.column != self.after.column;
        let later = if is_led { self.after.read(lineage) } else { BTreeMap::new() };
        let twice: Vec<&Uuid> = later.keys().filter(|id| found.contains_key(id)).collect();
        assert!(twice.is_empty(), "{twice:?} stand in both columns");
        found.extend(later);
        let known = self.rows.iter().filter_map(|(id, value)| Some((*id, value.clone()?)));
        assert_eq!(found, known.collect());
    }
}

/// Leads a database from the first source to the second, with clients of both.
fn led(second: &str, after: impl Fn(&Lineage) -> Client, left: &str) -> Option<Lineage> {
    let mut lineage = Lineage::begin(Postgres::server()?, SEALED);
    let before = Client::sealing(&lineage, SEALED, "core.User.phone", 1);
    let mut known = Known { before: &before, after: &before, rows: BTreeMap::new(), next: 0 };
    for _ in 0..9 {
        let value = known.next();
        known.insert(&mut lineage, &before, Some(value));
    }
    let first = lineage.sealed();
    lineage.seal(second, "second", false).unwrap_or_else(|said| panic!("{said}"));
    lineage.migrate(second).unwrap_or_else(|said| panic!("{said}"));
    lineage.same_as_sealed().unwrap_or_else(|said| panic!("{said}"));
    lineage.undo(second, 2, "").unwrap_or_else(|said| panic!("{said}"));
    lineage.equal("taken back", &first).unwrap_or_else(|said| panic!("{said}"));
    known.hold(&mut lineage);
    lineage.forget(2);
    lineage.migrate(second).unwrap_or_else(|said| panic!("{said}"));
    let after = after(&lineage);
    known.after = &after;
    known.hold(&mut lineage);
    let numbers: Vec<u16> = (1..2000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 16) as u16).collect();
    let mut draws = Draws::new(&numbers);
    for _ in 0..150 {
        known.act(&mut lineage, &mut draws);
        known.hold(&mut lineage);
    }
    let lost = lineage.undo(second, 2, "").expect_err("clients of before could not read it");
    assert!(lost.contains(&after.column), "{lost}");
    // A later seal waits as well.
    let third = second.replacen("email: email unique", "email: email unique\n    age: int?", 1);
    lineage.seal(&third, "third", false).unwrap_or_else(|said| panic!("{said}"));
    lineage.migrate(&third).unwrap_or_else(|said| panic!("{said}"));
    for _ in 0..20 {
        known.act(&mut lineage, &mut draws);
        known.hold(&mut lineage);
    }
    known.write(&mut lineage, &before, Uuid::from_u128(2 << 64), Some("+221770000000".to_owned()));
    lineage.seal(&third, "fourth", true).unwrap_or_else(|said| panic!("{said}"));
    let waiting = before.read(&mut lineage).len();
    assert!(waiting > 0, "the gate has nothing to count");
    let said = lineage.migrate(&third).expect_err("rows are left");
    assert!(said.contains(&format!("rows left to {left}: {waiting}, in")), "{said}");
    lead(&mut lineage, &before, &after, usize::MAX);
    known.hold(&mut lineage);
    lineage.migrate(&third).unwrap_or_else(|said| panic!("{said}"));
    lineage.same_as(&third).unwrap_or_else(|said| panic!("{said}"));
    let values = known.rows.iter().filter_map(|(id, value)| Some((*id, value.clone()?))).collect();
    assert_eq!(after.read(&mut lineage), values);
    Some(lineage)
}

#[test]
fn what_is_sealed_is_opened_until_the_contract() {
    led(&opened(), |_| Client::clear("phone_clear"), "open");
}

#[test]
fn what_is_sealed_is_sealed_by_another_key_until_the_contract() {
    let second = sealed_anew();
    let after = |lineage: &Lineage| Client::sealing(lineage, &second, "core.User.phone", 2);
    let Some(mut lineage) = led(&second, after, "seal anew") else { return };
    holds(&mut lineage, "SELECT count(*) > 0 AND count(phone_pci) = count(phone_pci_bx) FROM core.\"user\"");
}

/// A required field that has a default in the clear: until the contract it is that of rows which no client of before writes.
#[test]
fn a_default_comes_with_the_clear_column() {
    let Some(server) = Postgres::server() else { return };
    let first = SEALED.replacen("code: text(20)?", "code: text(20)", 1);
    let mut lineage = Lineage::begin(server, &first);
    let before = Client::sealing(&lineage, &first, "core.User.code", 1);
    let after = Client::clear("code_clear");
    let second =
        first.replacen("code: text(20) encrypted with pii", "code: text(20) as \"code_clear\" = \"none\"", 1)
            + "accept encryption on core.User.code because \"all clients are ready\"\n";
    before.insert(&mut lineage, Uuid::from_u128(1), Some("one"));
    lineage.seal(&second, "second", false).unwrap_or_else(|said| panic!("{said}"));
    lineage.migrate(&second).unwrap_or_else(|said| panic!("{said}"));
    lineage.same_as_sealed().unwrap_or_else(|said| panic!("{said}"));
    before.insert(&mut lineage, Uuid::from_u128(2), Some("two"));
    after.insert(&mut lineage, Uuid::from_u128(3), Some("three"));
    let short = "INSERT INTO core.\"user\" (id, email) VALUES ('00000000-0000-0000-0000-000000000004', '4@example.com')";
    lineage.server.script_as("postgres", short).unwrap_or_else(|said| panic!("{said}"));
    let third = second.replacen("email: email unique", "email: email unique\n    age: int?", 1);
    lineage.seal(&third, "third", false).unwrap_or_else(|said| panic!("{said}"));
    lineage.migrate(&third).unwrap_or_else(|said| panic!("{said}"));
    lineage.server.script_as("postgres", &short.replace('4', "5")).unwrap_or_else(|said| panic!("{said}"));
    let values = |rows: BTreeMap<Uuid, String>| rows.into_values().collect::<Vec<_>>();
    assert_eq!(values(before.read(&mut lineage)), ["one", "two"]);
    assert_eq!(values(after.read(&mut lineage)), ["three", "none", "none"]);
    lineage.seal(&third, "fourth", true).unwrap_or_else(|said| panic!("{said}"));
    let said = lineage.migrate(&third).expect_err("rows are left");
    assert!(said.contains("rows left to open: 2, in"), "{said}");
    lead(&mut lineage, &before, &after, usize::MAX);
    lineage.migrate(&third).unwrap_or_else(|said| panic!("{said}"));
    lineage.same_as(&third).unwrap_or_else(|said| panic!("{said}"));
    lineage.server.script_as("postgres", &short.replace('4', "6")).unwrap_or_else(|said| panic!("{said}"));
    assert_eq!(values(after.read(&mut lineage)), ["one", "two", "three", "none", "none", "none"]);
}

/// Policies hide rows from whoever runs the gate, and rows are spread over partitions.
#[test]
fn rows_of_every_tenant_are_led_on() {
    let Some(server) = Postgres::server() else { return };
    let first = CLINIC.split_once('\n').expect("it has lines").1;
    let first = first
        .replacen(
            "    index by_name",
            "    fax: text(20)? encrypted with pii searchable\n    index by_name",
            1,
        )
        .replacen(
            "    note:    text(200)?",
            "    memo: text(20)? encrypted with pii\n    note:    text(200)?",
            1,
        )
        + "\nencryption key pii { provider: vault(\"transit/pii\") }\n";
    let mut lineage = Lineage::begin(server, &first);
    let sealed = "'\\x01' || sha256('a') || sha256('b')";
    let rows = [(OURS, "ours"), (THEIRS, "theirs")].map(|(tenant, who)| {
        format!(
            "INSERT INTO core.country VALUES ('SN') ON CONFLICT DO NOTHING;
             INSERT INTO core.patients (id, tenant_id, email, country, fax, fax_bx)
             SELECT gen_random_uuid(), '{tenant}', '{who}' || n, 'SN', {sealed}, sha256(n::text::bytea)
               FROM generate_series(1, 1500) n;
             INSERT INTO core.visits (id, tenant_id, patient, memo)
             SELECT id, tenant_id, id, {sealed} FROM core.patients WHERE tenant_id = '{tenant}';"
        )
    });
    lineage.server.script_as("postgres", &rows.concat()).unwrap_or_else(|said| panic!("{said}"));
    let second = first.replacen("fax: text(20)?", "fax: text(20)? as \"fax_2\"", 1).replacen(
        "memo: text(20)? encrypted with pii",
        "memo: text(20)? as \"memo_clear\"",
        1,
    ) + "accept encryption on core.Patient.fax because \"its index has another root\"
accept encryption on core.Visit.memo because \"nothing in it is secret\"\n";
    lineage.seal(&second, "second", false).unwrap_or_else(|said| panic!("{said}"));
    lineage.migrate(&second).unwrap_or_else(|said| panic!("{said}"));
    lineage.same_as_sealed().unwrap_or_else(|said| panic!("{said}"));
    let half = "UPDATE core.visits SET memo_clear = 'open' WHERE patient IN (SELECT id FROM core.patients WHERE email LIKE 'ours%')";
    lineage.server.script_as("postgres", half).unwrap_or_else(|said| panic!("{said}"));
    holds(&mut lineage, "SELECT count(memo) = 1500 AND count(memo_clear) = 1500 FROM core.visits");
    lineage.seal(&second, "third", true).unwrap_or_else(|said| panic!("{said}"));
    for (left, worker) in [
        (
            "seal anew: 3000, in core.patients.fax",
            format!("UPDATE core.patients SET fax_2 = {sealed}, fax_2_bx = fax_bx"),
        ),
        (
            "open: 1500, in core.visits.memo",
            "UPDATE core.visits SET memo_clear = 'too' WHERE memo IS NOT NULL".to_owned(),
        ),
    ] {
        let said = lineage.migrate(&second).expect_err("rows are left");
        assert!(said.contains(&format!("rows left to {left}")), "{said}");
        lineage.server.script_as("postgres", &worker).unwrap_or_else(|said| panic!("{said}"));
    }
    lineage.migrate(&second).unwrap_or_else(|said| panic!("{said}"));
    lineage.same_as(&second).unwrap_or_else(|said| panic!("{said}"));
    holds(&mut lineage, "SELECT count(fax_2) = 3000 AND count(fax_2_bx) = 3000 FROM core.patients");
    holds(&mut lineage, "SELECT count(memo_clear) = 3000 FROM core.visits");
}
