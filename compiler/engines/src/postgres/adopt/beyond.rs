//! Things of a database that no catalog holds, as far as they matter to who takes it over: types that somebody made, columns of them, tables that
//! inherit from others, foreign tables, aggregates and statistics.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::super::sql::{Ident, Qualified};
use super::strangers::Stranger;
use polity_catalog::Identified;
use polity_catalog::relational::{Catalog, ColumnValue, Name, Object, ObjectId};
use polity_templates::postgres::describe;

/// The query about it, like those of a description.
pub const BEYOND: &str = describe::BEYOND;

/// Things that a database holds beyond its catalog.
#[derive(Debug, Default)]
pub struct Beyond {
    /// The objects as a line with `unmanaged` names them: `type core.mood`.
    pub(super) objects: BTreeSet<String>,
    columns: Vec<Column>,
}

/// A column of a type that somebody made.
#[derive(Debug, Deserialize)]
struct Column {
    table: Name,
    column: String,
    #[serde(rename = "type")]
    ty: String,
    /// The type of PostgreSQL that has its values.
    plain: Option<String>,
}

/// A column that stands in the way of a new installation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unsayable {
    /// `column core.orders.status`
    pub object: String,
    pub reason: String,
    pub help: String,
}

impl Beyond {
    /// Reads the rows of the query.
    ///
    /// # Errors
    /// When a row is not as the query writes it.
    pub fn read<R: AsRef<str>>(rows: impl IntoIterator<Item = R>) -> Result<Self, serde_json::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Row {
            Object { object: String },
            Column(Column),
        }
        let mut beyond = Self::default();
        for row in rows {
            match serde_json::from_str(row.as_ref())? {
                Row::Object { object } => drop(beyond.objects.insert(object)),
                Row::Column(column) => beyond.columns.push(column),
            }
        }
        Ok(beyond)
    }

    /// Returns the columns of what is taken over, under the names that the database has, that no new installation could have. Tables
    /// that are strangers are told of by themselves.
    pub(super) fn unsayable(&self, there: &Catalog, strangers: &[Stranger]) -> Vec<Unsayable> {
        let is_strange = |table: &Name| {
            let table = ObjectId::Table(table.clone()).to_string();
            strangers.iter().any(|one| one.object == table)
        };
        let holds = |column: &&Column| {
            let id = ObjectId::Column(column.table.clone(), column.column.as_str().into());
            there.get(&id).is_some() && !is_strange(&column.table)
        };
        let of_type = self.columns.iter().filter(holds).map(Column::unsayable);
        let mut found: Vec<Unsayable> = of_type.chain(drawing_from_nothing(there)).collect();
        found.sort();
        found
    }
}

impl Column {
    fn unsayable(&self) -> Unsayable {
        let Self { table, column, ty, plain } = self;
        let object = ObjectId::Column(table.clone(), column.as_str().into()).to_string();
        let help = match plain {
            Some(plain) => format!(
                "give it a type of PostgreSQL first: `ALTER TABLE {} ALTER COLUMN {column} TYPE {plain} USING {column}::{plain};`, where \
                 a default goes before and comes back behind",
                Qualified(table),
                column = Ident(column)
            ),
            None => format!("leave it to others: `unmanaged {object:?} because \"…\"`"),
        };
        Unsayable { reason: format!("is of the type {ty}, which no source can say"), object, help }
    }
}

/// The columns whose default names a sequence that is left to others.
fn drawing_from_nothing(there: &Catalog) -> Vec<Unsayable> {
    let sequences: BTreeSet<String> = there
        .objects()
        .filter_map(|object| match object {
            Object::Sequence(one) => Some(one.name.to_string()),
            _ => None,
        })
        .collect();
    let of_column = |object: &Object| {
        let Object::Column(column) = object else { return None };
        let ColumnValue::Default(sql) = &column.value else { return None };
        let sequence = sql.strip_prefix("nextval('")?.split('\'').next()?;
        let name = sequence.rsplit('.').next().unwrap_or(sequence);
        (!sequences.contains(sequence)).then(|| Unsayable {
            object: object.id().to_string(),
            reason: format!("draws from {sequence}, which is left to others"),
            help: format!(
                "declare it, `sequence {name} from 1` with `= next({name})`, and take the line with `unmanaged` away"
            ),
        })
    };
    there.objects().filter_map(of_column).collect()
}
