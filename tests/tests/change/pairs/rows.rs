//! The rows of a database, and whether they are still there.

use std::collections::{BTreeMap, BTreeSet};

use polity_tests::engines::Postgres;

/// A column of a table, by the numbers that it keeps under another name.
type Place = (String, String);

/// Every value of every table, by its place and by the key of its row.
pub struct Rows {
    values: BTreeMap<Place, Column>,
}

/// The values of a column.
#[derive(PartialEq)]
struct Column {
    name: String,
    ty: String,
    values: BTreeMap<String, String>,
}

/// The tables of a platform and their columns. The key is the text of the primary key as it was at first.
const COLUMNS: &str = "SELECT c.oid::text, a.attnum::text, c.oid::regclass::text, quote_ident(a.attname), format_type(a.atttypid, a.atttypmod)
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
WHERE c.relnamespace::regnamespace::text ~ '^s[0-9]$' AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname <> 'log'
ORDER BY 1, 2";

impl Rows {
    /// Fills the tables, and reads them.
    pub fn fill(server: &mut Postgres) -> Self {
        server.script(include_str!("fill.sql")).expect("it fills");
        Self::read(server)
    }

    fn read(server: &mut Postgres) -> Self {
        let mut values = BTreeMap::new();
        for row in server.rows(COLUMNS).expect("the catalog can be read") {
            let [relation, number, table, name, ty] =
                <[Option<String>; 5]>::try_from(row).expect("five columns").map(Option::unwrap_or_default);
            // Rows are told apart by where they stand among all in the order of their first column, which is in the key.
            let query = format!(
                "SELECT (SELECT string_agg(value, '|') FROM jsonb_each_text(to_jsonb(r)) AS e(name, value) WHERE name = 'id'), ({name})::text FROM {table} r"
            );
            let read = server.rows(&query).unwrap_or_else(|said| panic!("{query}: {said}"));
            let read = read.into_iter().filter_map(|row| Some((row[0].clone()?, row[1].clone()?)));
            values.insert(
                (relation, number),
                Column { name: format!("{table}.{name}"), ty, values: read.collect() },
            );
        }
        Self { values }
    }

    pub fn count(&self) -> usize {
        let keys = self
            .values
            .iter()
            .flat_map(|((table, _), column)| column.values.keys().map(move |key| (table, key)));
        keys.collect::<BTreeSet<_>>().len()
    }

    /// Checks that every value is there that its column and its table still have, where its type is the same.
    pub fn are_there(&self, server: &mut Postgres) -> Result<(), String> {
        let now = Self::read(server);
        for (place, before) in &self.values {
            let Some(after) = now.values.get(place) else { continue };
            for (key, value) in &before.values {
                match after.values.get(key) {
                    None => return Err(format!("{}: the value of row {key} is lost: {value}", before.name)),
                    Some(found) if found != value && after.ty == before.ty => {
                        return Err(format!("{}: row {key} has {found}, and had {value}", before.name));
                    }
                    Some(_) => {}
                }
            }
        }
        Ok(())
    }

    /// Empties tables, and returns what is left in all.
    pub fn without(&self, server: &mut Postgres, tables: &[String]) -> Self {
        for table in tables {
            let emptied = format!(
                "SET session_replication_role = replica; TRUNCATE {table} CASCADE; RESET session_replication_role"
            );
            server.run(&emptied).unwrap_or_else(|said| panic!("{emptied}: {said}"));
        }
        Self::read(server)
    }
}
