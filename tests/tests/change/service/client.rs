//! A client that names its columns, and knows what it has written.

use std::collections::BTreeMap;

use polity_catalog::relational::{Catalog, Column, ColumnValue, ConstraintRule, Object, Table};
use postgres::{Client as Session, SimpleQueryMessage};

/// Tables that clients write, those first that others refer to, each with a column that they write again.
pub const TABLES: &[(&str, Option<&str>)] =
    &[("user", Some("nickname")), ("order", Some("amount")), ("visit", Some("user")), ("note", None)];

/// The values of a row, by column.
type Row = BTreeMap<String, Option<String>>;

/// A client of one version of the source.
pub struct Client {
    pub who: &'static str,
    tables: Vec<Known>,
    /// The rows that it wrote, by table and key.
    rows: BTreeMap<(String, String), Row>,
    /// The number of its next value.
    next: usize,
}

/// A table as the version of a client has it.
struct Known {
    name: String,
    key: Vec<String>,
    columns: Vec<Column>,
    /// The table that a column refers to.
    targets: BTreeMap<String, String>,
}

impl Client {
    /// The client of a version, whose values are numbered from here on.
    pub fn of(who: &'static str, catalog: &Catalog, next: usize) -> Self {
        let known = |name: &&str| {
            let is_it =
                |object: &&Object| matches!(object, Object::Table(table) if table.name.name == **name);
            match catalog.objects().find(is_it) {
                Some(Object::Table(table)) => Known::of(catalog, table),
                _ => panic!("no table {name}"),
            }
        };
        let tables = TABLES.iter().map(|(name, _)| name).map(known).collect();
        Self { who, tables, rows: BTreeMap::new(), next }
    }

    /// How many rows it has written.
    pub fn count(&self) -> usize {
        self.rows.len()
    }

    /// Writes a row into a table.
    pub fn insert(&mut self, session: &mut Session, table: &str) -> Result<(), String> {
        self.next += 1;
        let known = self.tables.iter().find(|known| known.name == table).expect("it is known");
        // Every other row is left to the defaults, but for its key.
        let is_short = self.next.is_multiple_of(2);
        let written = known.columns.iter().filter(|column| match &column.value {
            ColumnValue::Absent => true,
            ColumnValue::Default(_) => !is_short || column.name == "id",
            _ => false,
        });
        let (mut columns, mut values) = (Vec::new(), Vec::new());
        for column in written {
            columns.push(quoted(&column.name));
            values.push(self.value(known, column));
        }
        let sql = format!(
            "INSERT INTO core.{} ({}) VALUES ({}) RETURNING {}",
            quoted(table),
            columns.join(", "),
            values.join(", "),
            known.read()
        );
        let answer = asked(session, &sql).map_err(|said| format!("{}: {sql}: {said}", self.who))?;
        let [row] = &answer[..] else { return Err(format!("{sql}: {answer:?}")) };
        let (key, row) = known.row(row);
        self.rows.insert((table.to_owned(), key), row);
        Ok(())
    }

    /// Writes the last of its rows in a table again.
    pub fn update(&mut self, session: &mut Session, table: &str) -> Result<(), String> {
        let column = TABLES.iter().find(|(name, _)| *name == table).and_then(|(_, column)| *column);
        let known = self.tables.iter().find(|known| known.name == table).expect("it is known");
        let column = known.columns.iter().find(|one| Some(one.name.as_str()) == column);
        let last = self.rows.keys().rev().find(|(of, _)| of == table);
        let (Some(column), Some(place)) = (column, last.cloned()) else { return Ok(()) };
        self.next += 1;
        let sql = format!(
            "UPDATE core.{} SET {} = {} WHERE {} = '{}' RETURNING {}",
            quoted(table),
            quoted(&column.name),
            self.value(known, column),
            known.keys(),
            place.1,
            known.read()
        );
        let answer = asked(session, &sql).map_err(|said| format!("{}: {sql}: {said}", self.who))?;
        let [row] = &answer[..] else { return Err(format!("{}: {sql}: {answer:?}", self.who)) };
        let (key, row) = known.row(row);
        let before = &self.rows[&place];
        let differs =
            |(name, value): (&String, &Option<String>)| *name != *column.name && before[name] != *value;
        if let Some((name, value)) = row.iter().find(|one| differs(*one)) {
            return Err(format!("{}: {sql}: {name} becomes {value:?} and was {:?}", self.who, before[name]));
        }
        self.rows.insert((table.to_owned(), key), row);
        Ok(())
    }

    /// Reads all its rows of a table, and holds them against what it knows. Values that were absent may have been filled since.
    pub fn read(&mut self, session: &mut Session, table: &str) -> Result<(), String> {
        let known = self.tables.iter().find(|known| known.name == table).expect("it is known");
        let keys = self.rows.keys().filter(|(of, _)| of == table);
        let ids: Vec<&str> = keys.filter_map(|(_, key)| key.split('/').next()).collect();
        let sql = format!(
            "SELECT {} FROM core.{} WHERE id = ANY ('{{{}}}')",
            known.read(),
            quoted(table),
            ids.join(",")
        );
        let answer = asked(session, &sql).map_err(|said| format!("{}: {sql}: {said}", self.who))?;
        let found: BTreeMap<String, Row> = answer.iter().map(|row| known.row(row)).collect();
        for ((_, key), expected) in self.rows.iter_mut().filter(|((of, _), _)| of == table) {
            let Some(found) = found.get(key) else {
                return Err(format!("{}: the row {key} of {table} is gone", self.who));
            };
            for (name, value) in expected {
                match (&value, &found[name]) {
                    (None, filled @ Some(_)) => filled.clone_into(value),
                    (expected, found) if *expected != found => {
                        let who = self.who;
                        return Err(format!(
                            "{who}: {table}.{name} of {key} is {found:?}, and was written as {expected:?}"
                        ));
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// A value of its own for a column, as SQL.
    fn value(&self, known: &Known, column: &Column) -> String {
        let number = self.next;
        let named = match column.name.as_str() {
            "email" => Some(format!("'{}{number}@example.com'", self.who)),
            "step" => Some("'fresh'".to_owned()),
            "phone" => Some(format!("'+2217712345{:02}'", number % 100)),
            "country" => Some("'SN'".to_owned()),
            _ => None,
        };
        let mine = |of: &String| self.rows.keys().rev().find(|(table, _)| table == of);
        let target = known.targets.get(column.name.as_str());
        // People of whom a visit tells are those that the client has written.
        let person = (known.name == "visit" && column.name == "user").then(|| "user".to_owned());
        if let Some((_, key)) = target.or(person.as_ref()).and_then(mine) {
            return format!("'{key}'");
        }
        named.unwrap_or_else(|| match column.ty.split('(').next().unwrap_or_default() {
            "uuid" => "gen_random_uuid()".to_owned(),
            "date" => format!("date '2001-01-01' + {number}"),
            "timestamptz" => format!("date_trunc('second', now()) + interval '{number} microseconds'"),
            "varchar" | "text" => format!("'t{number}'"),
            _ => format!("{}", number % 1000 + 1),
        })
    }
}

impl Known {
    fn of(catalog: &Catalog, table: &Table) -> Self {
        let (mut key, mut targets) = (Vec::new(), BTreeMap::new());
        for one in catalog.constraints(&table.name) {
            match &one.rule {
                ConstraintRule::PrimaryKey(columns) => {
                    key = columns.iter().map(ToString::to_string).collect()
                }
                ConstraintRule::ForeignKey(to) => {
                    let name = to.target.name.to_string();
                    targets.extend(to.columns.iter().map(|column| (column.to_string(), name.clone())));
                }
                _ => {}
            }
        }
        key.sort_by_key(|column| column != "id");
        let columns = catalog.columns(table).cloned().collect();
        Self { name: table.name.name.to_string(), key, columns, targets }
    }

    /// The key as one text.
    fn keys(&self) -> String {
        format!("concat_ws('/', {})", self.key.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", "))
    }

    /// The key, and each column as a text of the type that it has for the client.
    fn read(&self) -> String {
        let columns =
            self.columns.iter().map(|column| format!("{}::{}::text", quoted(&column.name), column.ty));
        std::iter::once(self.keys()).chain(columns).collect::<Vec<_>>().join(", ")
    }

    fn row(&self, values: &[Option<String>]) -> (String, Row) {
        let names = self.columns.iter().map(|column| column.name.to_string());
        (values[0].clone().unwrap_or_default(), names.zip(values[1..].iter().cloned()).collect())
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Returns the rows of a statement.
fn asked(session: &mut Session, sql: &str) -> Result<Vec<Vec<Option<String>>>, String> {
    let messages = session.simple_query(sql).map_err(|error| {
        error
            .as_db_error()
            .map_or_else(|| error.to_string(), |error| format!("{} {}", error.code().code(), error.message()))
    })?;
    let row = |message| match message {
        SimpleQueryMessage::Row(row) => {
            Some((0..row.len()).map(|at| row.get(at).map(str::to_owned)).collect())
        }
        _ => None,
    };
    Ok(messages.into_iter().filter_map(row).collect())
}
