//! Fields that clients encrypt no longer, or by another key: real ciphertexts, written and read by clients of both versions until the
//! contract, and held against what they know.

use std::collections::BTreeMap;

use polity_runtime::Uuid;
use polity_tests::engines::Postgres;

use super::keyring::{Client, lead};
use super::support::{Lineage, holds};
use crate::order::draws::Draws;

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
  }
}
service web {
  read core.User
  write core.User
}
";

/// A source with another line about the phone, and one that accepts it.
pub fn with_phone(line: &str, accepted: &str) -> String {
    let second = SEALED.replacen("phone: text(40)? unique encrypted with pii searchable", line, 1);
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
