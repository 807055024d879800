//! The rows of a database, and whether they are still there.

use std::collections::{BTreeMap, BTreeSet};

use polity_tests::engines::Postgres;

/// A column of a table, by the numbers that it keeps under another name.
type Place = (String, String);

/// Every value of every table, by its place and by the key of its row.
#[derive(Default)]
pub struct Rows {
    /// The schemas of the tables, as a pattern.
    schemas: String,
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

/// The tables of a place and their columns; `{}` is a pattern of its schemas.
const COLUMNS: &str = "SELECT c.oid::text, a.attnum::text, c.oid::regclass::text, quote_ident(a.attname), format_type(a.atttypid, a.atttypmod)
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
WHERE c.relnamespace::regnamespace::text ~ '{}' AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname <> 'log'
ORDER BY 1, 2";

/// The schemas of `fill.sql`.
const SCHEMAS: &str = "^s[0-9]$";

/// The tenant whose rows it makes.
const TENANT: &str = "018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2b19";

impl Rows {
    /// Fills the tables of some schemas, each row as that of a tenant, and reads them.
    pub fn fill(server: &mut Postgres, schemas: &str, tenant: Option<&str>) -> Self {
        let fill = include_str!("fill.sql").replace(SCHEMAS, schemas);
        let fill = fill.replace(TENANT, tenant.unwrap_or(TENANT));
        server.client().batch_execute(&fill).expect("it fills");
        let columns = columns(server, schemas);
        let keys = columns.iter().filter(|[.., name, _]| name == "id");
        let keys = keys.map(|[relation, number, ..]| (relation.clone(), number.clone())).collect();
        Self::read(server, schemas, keys)
    }

    fn read(server: &mut Postgres, schemas: &str, keys: BTreeMap<String, String>) -> Self {
        let columns = columns(server, schemas);
        let mut values = BTreeMap::new();
        for of_table in columns.chunk_by(|[one, ..], [other, ..]| one == other) {
            let is_key = |column: &&[String; 5]| keys.get(&column[0]) == Some(&column[1]);
            let Some([_, _, table, key, _]) = of_table.iter().find(is_key) else { continue };
            let list: Vec<String> = of_table.iter().map(|[.., name, _]| format!("({name})::text")).collect();
            let query = format!("SELECT ({key})::text, {} FROM {table}", list.join(", "));
            let read = server.rows(&query).unwrap_or_else(|said| panic!("{query}: {said}"));
            for (at, [relation, number, table, name, ty]) in of_table.iter().enumerate() {
                let value = |row: &Vec<Option<String>>| Some((row[0].clone()?, row[at + 1].clone()?));
                let values_of = read.iter().filter_map(value).collect();
                let column = Column { name: format!("{table}.{name}"), ty: ty.clone(), values: values_of };
                values.insert((relation.clone(), number.clone()), column);
            }
        }
        Self { schemas: schemas.to_owned(), keys, values }
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
        let now = self.now(server);
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

    /// Empties tables.
    pub fn empty(server: &mut Postgres, tables: &[String]) {
        for table in tables {
            let emptied = format!(
                "SET session_replication_role = replica; TRUNCATE {table} CASCADE; RESET session_replication_role"
            );
            server.run(&emptied).unwrap_or_else(|said| panic!("{emptied}: {said}"));
        }
    }

    /// Returns the rows of today.
    pub fn now(&self, server: &mut Postgres) -> Self {
        Self::read(server, &self.schemas, self.keys.clone())
    }
}

/// Returns the columns of all tables: the numbers of the table and the column, their names, and the type.
fn columns(server: &mut Postgres, schemas: &str) -> Vec<[String; 5]> {
    let rows = server.rows(&COLUMNS.replace("{}", schemas)).expect("the catalog can be read");
    let words =
        rows.into_iter().map(|row| row.into_iter().map(Option::unwrap_or_default).collect::<Vec<_>>());
    words.map(|row| row.try_into().expect("five columns")).collect()
}
