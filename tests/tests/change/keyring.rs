//! Clients with real keys, each of one version of a source, and the worker that leads rows from one version to the next.

use std::collections::BTreeMap;

use polity_runtime::Uuid;
use polity_runtime::seal::{Algorithm, Cell, DataKey, IndexKey, Part, Sealed};
use serde_json::Value as Json;

use super::support::Lineage;

/// A key by a number, with its blind indexes.
pub struct Key {
    data: DataKey,
    root: [u8; 32],
}

impl Key {
    pub fn of(number: u8) -> Self {
        let data = DataKey::new(Uuid::from_u128(number.into()), Algorithm::Aes256Gcm, &[number; 32]);
        Self { data, root: [number ^ 0x80; 32] }
    }
}

/// A field as clients of one version of a source write it: `core.User.phone`.
pub struct Client {
    pub column: String,
    pub hash: Option<String>,
    cell: Option<(Uuid, Uuid, Key)>,
}

impl Client {
    /// A client of a source that encrypts a field by this key.
    pub fn sealing(lineage: &Lineage, text: &str, field: &str, key: u8) -> Self {
        let compiled = polity::compile(&lineage.sources(text), &polity::Options::default());
        let artifacts = compiled.artifacts.unwrap_or_else(|| panic!("{:#?}", compiled.diagnostics));
        let said = artifacts.get("encryption.json").expect("something is encrypted");
        let said: Json = serde_json::from_slice(said).expect("it is JSON");
        let fields = said["fields"].as_array().expect("it lists fields");
        let of = fields
            .iter()
            .find(|one| one["field"] == field)
            .unwrap_or_else(|| panic!("no {field} in {said:#}"));
        let text = |name: &str| of[name].as_str().map(str::to_owned);
        let id = |name: &str| Uuid::parse_str(of[name].as_str().expect("it is a text")).expect("it is an id");
        Self {
            column: text("name").expect("it has a name"),
            hash: text("blind_index"),
            cell: Some((id("entity_id"), id("field_id"), Key::of(key))),
        }
    }

    /// A client of a source that does not encrypt it.
    pub fn clear(column: &str) -> Self {
        Self { column: column.to_owned(), hash: None, cell: None }
    }

    /// The columns with the SQL of a value.
    fn written(&self, id: Uuid, value: Option<&str>) -> Vec<(String, String)> {
        let bytes = |bytes: &[u8]| format!("'\\x{}'", hex(bytes));
        let null = || "NULL".to_owned();
        let held = match (&self.cell, value) {
            (_, None) => null(),
            (None, Some(value)) => format!("'{value}'"),
            (Some((entity, field, key)), Some(value)) => {
                let row = [Part::Uuid(id)];
                let cell = Cell { tenant: None, entity: *entity, field: *field, row: &row };
                bytes(key.data.seal(&cell, value.as_bytes()).expect("it seals").as_bytes())
            }
        };
        let hash = |value: &str| match self.index() {
            Some(index) => bytes(index.index(value.as_bytes()).as_bytes()),
            None => null(),
        };
        let hash = self.hash.clone().map(|column| (column, value.map_or_else(null, hash)));
        std::iter::once((self.column.clone(), held)).chain(hash).collect()
    }

    fn index(&self) -> Option<IndexKey> {
        let (entity, field, key) = self.cell.as_ref()?;
        Some(IndexKey::derive(&key.root, None, *entity, *field, 1).expect("the root is long enough"))
    }

    /// Returns the value of what the columns hold, which are as PostgreSQL shows them.
    fn opened(&self, id: Uuid, held: &str) -> String {
        let Some((entity, field, key)) = &self.cell else { return held.to_owned() };
        let row = [Part::Uuid(id)];
        let cell = Cell { tenant: None, entity: *entity, field: *field, row: &row };
        let sealed = Sealed::try_from(unhex(held)).expect("it is a ciphertext");
        let opened = key.data.open(&cell, &sealed).unwrap_or_else(|said| panic!("{id}: {said}"));
        String::from_utf8(opened).expect("it is a text")
    }

    /// Returns the blind index of a value as PostgreSQL shows it.
    pub fn hash_of(&self, value: &str) -> String {
        let index = self.index().expect("it is encrypted");
        format!("\\x{}", hex(index.index(value.as_bytes()).as_bytes()))
    }

    /// Writes a new row.
    pub fn insert(&self, lineage: &mut Lineage, id: Uuid, value: Option<&str>) {
        let (columns, values): (Vec<_>, Vec<_>) = self.written(id, value).into_iter().unzip();
        let (columns, values) = (columns.join(", "), values.join(", "));
        let sql = format!(
            "INSERT INTO core.\"user\" (id, email, {columns}) VALUES ('{id}', '{id}@example.com', {values})"
        );
        lineage.server.run(&sql).unwrap_or_else(|said| panic!("{sql}: {said}"));
    }

    /// Writes the value of a row that is there, where what it holds is still as it was read.
    pub fn update(&self, lineage: &mut Lineage, id: Uuid, value: Option<&str>, still: &str) {
        let set: Vec<String> = self
            .written(id, value)
            .into_iter()
            .map(|(column, value)| format!("{column} = {value}"))
            .collect();
        let sql = format!("UPDATE core.\"user\" SET {} WHERE id = '{id}'{still}", set.join(", "));
        lineage.server.run(&sql).unwrap_or_else(|said| panic!("{sql}: {said}"));
    }

    /// Writes back what it reads.
    pub fn write_back(&self, lineage: &mut Lineage, id: Uuid) {
        let columns = std::iter::once(&self.column).chain(&self.hash);
        let set: Vec<String> = columns.map(|one| format!("{one} = {one}")).collect();
        let sql = format!("UPDATE core.\"user\" SET email = email, {} WHERE id = '{id}'", set.join(", "));
        lineage.server.run(&sql).unwrap_or_else(|said| panic!("{sql}: {said}"));
    }

    /// Returns what the rows hold in its column, as PostgreSQL shows it.
    pub fn held(&self, lineage: &mut Lineage) -> BTreeMap<Uuid, Option<String>> {
        let sql = format!("SELECT id::text, {}::text FROM core.\"user\"", self.column);
        let rows = lineage.server.rows(&sql).unwrap_or_else(|said| panic!("{sql}: {said}"));
        let id = |row: &Vec<Option<String>>| {
            Uuid::parse_str(row[0].as_deref().expect("it has one")).expect("it is one")
        };
        rows.iter().map(|row| (id(row), row[1].clone())).collect()
    }

    /// Returns the values of its rows.
    pub fn read(&self, lineage: &mut Lineage) -> BTreeMap<Uuid, String> {
        let held = self.held(lineage).into_iter();
        held.filter_map(|(id, held)| Some((id, self.opened(id, &held?)))).collect()
    }
}

/// Leads rows on from the column of one client to that of another: at most so many. A row that somebody wrote meanwhile is left.
pub fn lead(lineage: &mut Lineage, before: &Client, after: &Client, most: usize) {
    let rows: Vec<(Uuid, String)> =
        before.held(lineage).into_iter().filter_map(|(id, held)| Some((id, held?))).take(most).collect();
    for (id, held) in rows {
        let value = before.opened(id, &held);
        after.update(lineage, id, Some(&value), &format!(" AND {}::text = '{held}'", before.column));
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(shown: &str) -> Vec<u8> {
    let digits = shown.strip_prefix("\\x").expect("bytes are shown in hexadecimal digits");
    (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).expect("digits"))
        .collect()
}
