//! Blind indexes that come and go beside ciphertexts, and the other name of an encrypted field: each client writes what its version of
//! the source knows, and nobody finds a row by what it held before.

use std::collections::BTreeMap;

use polity_runtime::Uuid;
use polity_tests::engines::Postgres;

use super::ciphertexts::SEALED;
use super::documents::Project;
use super::keyring::Client;
use super::support::{Lineage, holds};

/// The rows of a field that two clients write: the value of each, and whether its blind index stands beside it.
#[derive(Default)]
struct Known {
    rows: BTreeMap<Uuid, (Option<String>, bool)>,
    next: u128,
}

impl Known {
    fn insert(&mut self, lineage: &mut Lineage, client: &Client, is_there: bool) -> Uuid {
        self.next += 1;
        let (id, value) = (Uuid::from_u128(self.next << 64), format!("value {}", self.next));
        client.insert(lineage, id, is_there.then_some(&value));
        self.rows.insert(id, (is_there.then_some(value), is_there && client.hash.is_some()));
        id
    }

    fn write(&mut self, lineage: &mut Lineage, client: &Client, id: Uuid, value: Option<&str>) {
        client.update(lineage, id, value, "");
        self.rows.insert(id, (value.map(str::to_owned), value.is_some() && client.hash.is_some()));
    }

    /// Does everything that clients do, by each of two.
    fn act(&mut self, lineage: &mut Lineage, before: &Client, after: &Client) {
        for client in [before, after] {
            self.insert(lineage, client, true);
            self.insert(lineage, client, false);
            let id = self.insert(lineage, before, true);
            self.write(lineage, client, id, Some(&format!("another by {}", id.as_u128() >> 64)));
            self.hold(lineage, before, after);
            // The same once more, and back as it is.
            let value = self.rows[&id].0.clone();
            self.write(lineage, client, id, value.as_deref());
            client.write_back(lineage, id);
            self.hold(lineage, before, after);
            let id = self.insert(lineage, after, true);
            self.write(lineage, client, id, Some(&format!("yet another {}", id.as_u128() >> 64)));
            let id = self.insert(lineage, after, true);
            self.write(lineage, client, id, None);
            self.hold(lineage, before, after);
        }
    }

    /// Holds values and indexes against what is known.
    fn hold(&self, lineage: &mut Lineage, before: &Client, after: &Client) {
        let values = self.rows.iter().filter_map(|(id, (value, _))| Some((*id, value.clone()?)));
        assert_eq!(after.read(lineage), values.collect());
        let indexed = if before.hash.is_some() { before } else { after };
        let of = Client::clear(indexed.hash.as_deref().expect("one has it"));
        let hash = |(value, is_there): &(Option<String>, bool)| {
            value.as_deref().filter(|_| *is_there).map(|value| indexed.hash_of(value))
        };
        let known = self.rows.iter().map(|(id, row)| (*id, hash(row)));
        assert_eq!(of.held(lineage), known.collect());
    }

    /// Makes the blind indexes that are missing.
    fn index(&mut self, lineage: &mut Lineage, after: &Client) {
        let hash = after.hash.clone().expect("it has one");
        for (id, (value, is_there)) in &mut self.rows {
            let Some(value) = value.as_deref().filter(|_| !*is_there) else { continue };
            let sql = format!(
                "UPDATE core.\"user\" SET {hash} = '{}' WHERE id = '{id}' AND {hash} IS NULL",
                after.hash_of(value)
            );
            lineage.server.run(&sql).unwrap_or_else(|said| panic!("{sql}: {said}"));
            *is_there = true;
        }
    }
}

const SEARCHED: &str = "code: text(20)? encrypted with pii searchable";

/// Seals and runs the change, takes it back, and runs it again.
fn begin(lineage: &mut Lineage, second: &str) {
    let first = lineage.sealed();
    lineage.seal(second, "second", false).unwrap_or_else(|said| panic!("{said}"));
    lineage.migrate(second).unwrap_or_else(|said| panic!("{said}"));
    lineage.same_as_sealed().unwrap_or_else(|said| panic!("{said}"));
    lineage.undo(second, 2, "").unwrap_or_else(|said| panic!("{said}"));
    lineage.equal("taken back", &first).unwrap_or_else(|said| panic!("{said}"));
    lineage.forget(2);
    lineage.migrate(second).unwrap_or_else(|said| panic!("{said}"));
}

/// Returns what the source is asked to accept, and then says it.
fn accepted(lineage: &Lineage, text: &str, risk: &str, field: &str) -> String {
    let (_, found) = polity::history::open(&lineage.sources(text), None);
    let asked = format!("accept {risk} on {field}");
    let is_asked = found
        .iter()
        .any(|one| one.code.as_str() == "E1906" && one.help.iter().any(|help| help.contains(&asked)));
    assert!(is_asked, "{found:#?}");
    format!("{text}{asked} because \"all clients are ready\"\n")
}

#[test]
fn a_blind_index_comes_until_the_contract() {
    let Some(server) = Postgres::server() else { return };
    let mut lineage = Lineage::begin(server, SEALED);
    let second = SEALED.replacen("code: text(20)? encrypted with pii", SEARCHED, 1);
    let second = accepted(&lineage, &second, "encryption", "core.User.code");
    let before = Client::sealing(&lineage, SEALED, "core.User.code", 1);
    let after = Client::sealing(&lineage, &second, "core.User.code", 1);
    let mut known = Known::default();
    for _ in 0..3 {
        known.insert(&mut lineage, &before, true);
    }
    begin(&mut lineage, &second);
    known.act(&mut lineage, &before, &after);
    // What is beside a ciphertext is made of it, so nothing is lost.
    lineage.undo(&second, 2, "").unwrap_or_else(|said| panic!("{said}"));
    lineage.forget(2);
    lineage.migrate(&second).unwrap_or_else(|said| panic!("{said}"));
    known.rows.values_mut().for_each(|row| row.1 = false);
    known.hold(&mut lineage, &before, &after);
    known.index(&mut lineage, &after);
    known.act(&mut lineage, &before, &after);
    let third = second.replacen("email: email unique", "email: email unique\n    age: int?", 1);
    lineage.seal(&third, "third", false).unwrap_or_else(|said| panic!("{said}"));
    lineage.migrate(&third).unwrap_or_else(|said| panic!("{said}"));
    known.act(&mut lineage, &before, &after);
    lineage.seal(&third, "fourth", true).unwrap_or_else(|said| panic!("{said}"));
    let waiting = known.rows.values().filter(|(value, is_there)| value.is_some() && !is_there).count();
    let said = lineage.migrate(&third).expect_err("rows are left");
    assert!(waiting > 0 && said.contains(&format!("rows left to index: {waiting}, in")), "{said}");
    known.index(&mut lineage, &after);
    known.hold(&mut lineage, &before, &after);
    lineage.migrate(&third).unwrap_or_else(|said| panic!("{said}"));
    lineage.same_as(&third).unwrap_or_else(|said| panic!("{said}"));
    known.hold(&mut lineage, &before, &after);
}

/// One that every row has.
#[test]
fn a_blind_index_of_a_required_field_comes_until_the_contract() {
    let Some(server) = Postgres::server() else { return };
    let first = SEALED.replacen("code: text(20)?", "code: text(20)", 1);
    let mut lineage = Lineage::begin(server, &first);
    let second =
        first.replacen("code: text(20) encrypted with pii", &SEARCHED.replacen("?", " unique", 1), 1);
    let second = accepted(&lineage, &second, "encryption", "core.User.code");
    let before = Client::sealing(&lineage, &first, "core.User.code", 1);
    let after = Client::sealing(&lineage, &second, "core.User.code", 1);
    let mut known = Known::default();
    known.insert(&mut lineage, &before, true);
    begin(&mut lineage, &second);
    known.insert(&mut lineage, &before, true);
    known.insert(&mut lineage, &after, true);
    lineage.seal(&second, "third", true).unwrap_or_else(|said| panic!("{said}"));
    let said = lineage.migrate(&second).expect_err("rows are left");
    assert!(said.contains("rows left to index: 2, in"), "{said}");
    known.index(&mut lineage, &after);
    lineage.migrate(&second).unwrap_or_else(|said| panic!("{said}"));
    lineage.same_as(&second).unwrap_or_else(|said| panic!("{said}"));
    known.hold(&mut lineage, &before, &after);
}

#[test]
fn a_blind_index_goes_with_the_contract() {
    let Some(server) = Postgres::server() else { return };
    let first = SEALED.replacen("code: text(20)? encrypted with pii", SEARCHED, 1);
    let mut lineage = Lineage::begin(server, &first);
    let second = accepted(&lineage, SEALED, "break", "core.User.code");
    let before = Client::sealing(&lineage, &first, "core.User.code", 1);
    let after = Client::sealing(&lineage, SEALED, "core.User.code", 1);
    let mut known = Known::default();
    for _ in 0..3 {
        known.insert(&mut lineage, &before, true);
    }
    begin(&mut lineage, &second);
    known.act(&mut lineage, &before, &after);
    let waiting = known.rows.values().filter(|(value, is_there)| value.is_some() && !is_there).count();
    let said = lineage.undo(&second, 2, "").expect_err("clients of before would not find them");
    assert!(
        waiting > 0 && said.contains(&format!("{waiting} blind indexes of core.\"user\".code")),
        "{said}"
    );
    lineage.seal(&second, "third", true).unwrap_or_else(|said| panic!("{said}"));
    lineage.migrate(&second).unwrap_or_else(|said| panic!("{said}"));
    lineage.same_as(&second).unwrap_or_else(|said| panic!("{said}"));
    let values = known.rows.iter().filter_map(|(id, (value, _))| Some((*id, value.clone()?)));
    assert_eq!(after.read(&mut lineage), values.collect());
}

/// A ciphertext is bound to the first name of its field, so both columns hold the same bytes, and each client opens what the other seals.
#[test]
fn an_encrypted_field_has_both_names_until_the_contract() {
    let Some(server) = Postgres::server() else { return };
    let mut lineage = Lineage::begin(server, SEALED);
    let second = SEALED.replacen("phone: text(40)?", "mobile: text(40)? was phone", 1);
    let before = Client::sealing(&lineage, SEALED, "core.User.phone", 1);
    let after = Client::sealing(&lineage, &second, "core.User.mobile", 1);
    assert_eq!((before.column.as_str(), after.column.as_str()), ("phone", "mobile"));
    let mut known = Known::default();
    known.insert(&mut lineage, &before, true);
    begin(&mut lineage, &second);
    for client in [&before, &after] {
        let ids = [true, true, false].map(|is_there| known.insert(&mut lineage, client, is_there));
        for other in [&before, &after] {
            known.write(&mut lineage, other, ids[0], Some("written again"));
            known.write(
                &mut lineage,
                other,
                ids[0],
                Some(&format!("{} by {}", ids[0].as_u128() >> 64, other.column)),
            );
            known.write(&mut lineage, other, ids[1], None);
            known.hold(&mut lineage, &before, &after);
            assert_eq!(before.read(&mut lineage), after.read(&mut lineage));
        }
    }
    let alike = "SELECT count(*) > 0 AND bool_and((phone, phone_bx) IS NOT DISTINCT FROM (mobile, mobile_bx)) FROM core.\"user\"";
    holds(&mut lineage, alike);
    let third = second.replacen("mobile: text(40)? was phone", "mobile: text(40)?", 1);
    lineage.lead_to(&third, "third").unwrap_or_else(|said| panic!("{said}"));
    known.hold(&mut lineage, &after, &after);
}

/// Whatever leads to ciphertexts that nobody opens is an error that says how.
#[test]
fn nothing_is_sealed_otherwise_in_its_place() {
    let of_persons = SEALED.replacen("    note: text(40)?\n", "    note: text(40)?\n    subject\n", 1);
    let pci = "encryption key pci { provider: vault(\"transit/pci\") }\n";
    let phone = "phone: text(40)? unique encrypted with pii searchable";
    let searched_by = |key: &str| phone.replacen("pii", key, 1);
    let says = "say `accept encryption on core.User.phone because";
    for (what, from, to, code, said) in [
        ("another key", phone, searched_by("pci"), "E1913", "with `pci`"),
        (
            "a key of each person",
            "vault(\"transit/pii\")",
            "vault(\"transit/pii\"), scope: subject".to_owned(),
            "E1913",
            "with `pii` of each subject",
        ),
        ("another form", phone, phone.replacen("text(40)", "bigint", 1), "E1913", "as `bigint`"),
        (
            "another row",
            "    id: uuid key = uuid_v4()",
            "    id: uuid = uuid_v4()\n    key (id, email)".to_owned(),
            "E1913",
            "for the row of `id: uuid, email: text`",
        ),
        (
            "a field in the clear",
            phone,
            "phone: text(40)? unique".to_owned(),
            "E1904",
            "only clients can open",
        ),
    ] {
        let first = if what == "a key of each person" { &of_persons } else { SEALED };
        assert!(first.contains(from), "{what}");
        let mut project = Project::default();
        project.seal(first, "initial", false).unwrap_or_else(|said| panic!("{said}"));
        let second = first.replacen(from, &to, 1) + if to.contains("pci") { pci } else { "" };
        let (open, found) = polity::history::open(&project.sources(&second), None);
        let is_told = found.iter().any(|one| {
            let help = one.help.as_deref().unwrap_or_default();
            one.code.as_str() == code && one.message.contains(said) && help.contains(says)
        });
        assert!(open.is_none() && is_told, "{what}: {found:#?}");
    }
}

/// With another name of its column, and where something reads that of before.
#[test]
fn nothing_is_sealed_otherwise_where_its_column_cannot_be_there_twice() {
    let phone = "phone: text(40)? unique encrypted with pii searchable";
    let mut project = Project::default();
    project.seal(SEALED, "initial", false).unwrap_or_else(|said| panic!("{said}"));
    let renamed = SEALED.replacen("phone: text(40)?", "mobile: text(40)? was phone", 1);
    let both = renamed.replacen(" unique encrypted with pii searchable", " encrypted with pii", 1);
    let said = project.open(&both).map(drop).expect_err("its index goes as well");
    assert!(said.contains("E1907"), "{said}");
    let view = "  view Phones {\n    phone: text(40)?\n    sql \"\"\"select u.phone from core.\"user\" u\"\"\"\n  }\n}\nservice";
    let viewed = SEALED.replacen("}\nservice", view, 1);
    project.seal(&viewed, "viewed", false).unwrap_or_else(|said| panic!("{said}"));
    let opened = viewed.replacen(phone, "phone: text(40)? as \"phone_2\" unique", 1)
        + "accept encryption on core.User.phone because \"a trial\"\n";
    let said = project
        .open(&opened.replace("u.phone", "u.phone_2 as phone"))
        .map(drop)
        .expect_err("a view reads it");
    assert!(said.contains("whatever reads that of before goes first"), "{said}");
}
