//! The rows of a database, and whether they are still there.

use std::collections::{BTreeMap, BTreeSet};

use polity_tests::engines::Postgres;

/// A column of a table, by the numbers that it keeps under another name.
type Place = (String, String);

/// Every value of every table, by its place and by the key of its row.
pub struct Rows {
    /// The number of the column that tells the rows of a table apart.
    keys: BTreeMap<String, String>,
    values: BTreeMap<Place, Column>,
}

/// The values of a column.
#[derive(PartialEq)]
struct Column {
    name: String,
    ty: String,
    values: BTreeMap<String, String>,
}

/// The tables of a platform and their columns.
const COLUMNS: &str = "SELECT c.oid::text, a.attnum::text, c.oid::regclass::text, quote_ident(a.attname), format_type(a.atttypid, a.atttypmod)
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
WHERE c.relnamespace::regnamespace::text ~ '^s[0-9]$' AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname <> 'log'
ORDER BY 1, 2";

impl Rows {
    /// Fills the tables, and reads them.
    pub fn fill(server: &mut Postgres) -> Self {
        server.script(include_str!("fill.sql")).expect("it fills");
        let columns = columns(server);
        let keys = columns.iter().filter(|[.., name, _]| name == "id");
        let keys = keys.map(|[relation, number, ..]| (relation.clone(), number.clone())).collect();
        Self::read(server, keys)
    }

    fn read(server: &mut Postgres, keys: BTreeMap<String, String>) -> Self {
        let columns = columns(server);
        let mut values = BTreeMap::new();
        for [relation, number, table, name, ty] in &columns {
            let key = columns.iter().find(|[of, at, ..]| of == relation && keys.get(of) == Some(at));
            let Some([_, _, _, key, _]) = key else { continue };
            let query = format!("SELECT ({key})::text, ({name})::text FROM {table}");
            let read = server.rows(&query).unwrap_or_else(|said| panic!("{query}: {said}"));
            let read = read.into_iter().filter_map(|row| Some((row[0].clone()?, row[1].clone()?)));
            let column = Column { name: format!("{table}.{name}"), ty: ty.clone(), values: read.collect() };
            values.insert((relation.clone(), number.clone()), column);
        }
        Self { keys, values }
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
        let now = Self::read(server, self.keys.clone());
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
        Self::read(server, self.keys.clone())
    }
}

/// Returns the columns of all tables: the numbers of the table and the column, their names, and the type.
fn columns(server: &mut Postgres) -> Vec<[String; 5]> {
    let rows = server.rows(COLUMNS).expect("the catalog can be read");
    let words =
        rows.into_iter().map(|row| row.into_iter().map(Option::unwrap_or_default).collect::<Vec<_>>());
    words.map(|row| row.try_into().expect("five columns")).collect()
}
