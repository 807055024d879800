//! The rows of a database, as they are before a change and behind it.

use polity_catalog::relational::{Catalog, Name, Object, ObjectId};
use polity_tests::engines::Postgres;

/// The rows of the tables that stay.
pub struct Rows {
    tables: Vec<Kept>,
}

/// A table that stays, under both names, with the columns that stay as they are.
struct Kept {
    now: Name,
    columns: Vec<String>,
    said: String,
}

impl Rows {
    /// Reads the rows of each table that both catalogs have, with the columns of one type.
    pub fn of(db: &mut Postgres, old: &Catalog, new: &Catalog, renamed: &[(ObjectId, ObjectId)]) -> Self {
        let after =
            |id: ObjectId| renamed.iter().find(|(old, _)| *old == id).map_or(id, |(_, new)| new.clone());
        let mut tables = Vec::new();
        for object in old.objects() {
            let Object::Table(table) = object else { continue };
            let ObjectId::Table(now) = after(ObjectId::Table(table.name.clone())) else { continue };
            if !matches!(new.get(&ObjectId::Table(now.clone())), Some(Object::Table(_))) {
                continue;
            }
            let mut columns = Vec::new();
            for column in old.columns(table) {
                let id = after(ObjectId::Column(table.name.clone(), column.name.clone()));
                let ObjectId::Column(_, name) = id else { continue };
                if let Some(Object::Column(other)) = new.get(&ObjectId::Column(now.clone(), name.clone()))
                    && other.ty == column.ty
                {
                    columns.push((column.name.to_string(), name.to_string()));
                }
            }
            let said = read(db, &table.name, columns.iter().map(|(old, _)| old.as_str()));
            let said = said.expect("rows can be read");
            tables.push(Kept { now, columns: columns.into_iter().map(|(_, new)| new).collect(), said });
        }
        Self { tables }
    }

    /// Checks that all of them are there, value for value.
    ///
    /// # Errors
    /// The first table with others.
    pub fn are_there(&self, db: &mut Postgres) -> Result<(), String> {
        for Kept { now, columns, said } in &self.tables {
            let found = read(db, now, columns.iter().map(String::as_str))?;
            if found != *said {
                return Err(format!("{now}: {said:?} became {found:?}"));
            }
        }
        Ok(())
    }

    pub fn count(&self) -> usize {
        self.tables.iter().map(|table| table.said.lines().count()).sum()
    }
}

/// The rows of a table, a line each.
fn read<'c>(
    db: &mut Postgres,
    table: &Name,
    columns: impl Iterator<Item = &'c str>,
) -> Result<String, String> {
    let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    let columns: Vec<String> = std::iter::once("'row'".to_owned())
        .chain(columns.map(|name| format!("{}::text", quoted(name))))
        .collect();
    let query = format!(
        "SELECT concat_ws('|', {}) FROM {}.{} ORDER BY 1",
        columns.join(", "),
        quoted(&table.schema),
        quoted(&table.name)
    );
    db.run(&query).map_err(|said| format!("{table}: {said}"))
}
