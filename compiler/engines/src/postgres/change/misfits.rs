//! Queries that count rows which do not fit what comes. They run before the change, so they name things as they are until then,
//! and a column that is not there yet holds what it will be given, or nothing.

use super::super::lower::sealed::Sealed;
use super::super::sql::{Ident, Qualified};
use super::delta::Delta;
use polity_catalog::relational::{Column, ColumnValue, Name, ObjectId};

/// Returns the name of a table before the change or, where columns have other names or come, a query that shows its rows under
/// today's.
pub(super) fn rows(delta: &Delta<'_>, sealed: &Sealed, table: &Name) -> String {
    let before = sealed.renames.relations().find(|(_, new)| *new == table).map_or(table, |(old, _)| old);
    let Some(of) = delta.new.table(table) else { return Qualified(before).to_string() };
    let mut is_as_it_was = true;
    let columns: Vec<String> = delta
        .new
        .columns(of)
        .map(|column| {
            let shown = Ident(&column.name);
            let renamed = sealed.renames.columns().find(|(of, _, new)| *of == before && **new == column.name);
            match renamed {
                Some((_, old, _)) => {
                    is_as_it_was = false;
                    format!("{} AS {shown}", Ident(old))
                }
                None if sealed.renamed.get(&id_of(column)).is_some() => shown.to_string(),
                None => {
                    is_as_it_was = false;
                    format!("{} AS {shown}", given(delta, column))
                }
            }
        })
        .collect();
    match is_as_it_was {
        true => Qualified(before).to_string(),
        false => {
            format!("(SELECT {} FROM {}) AS {}", columns.join(", "), Qualified(before), Ident(&table.name))
        }
    }
}

/// The value that a column which comes has in every row at first, where it is the same in all.
fn given(delta: &Delta<'_>, column: &Column) -> String {
    let value = match (delta.fill(&id_of(column)), &column.value) {
        (Some(fill), _) if fill.is_same || delta.double(&column.table, &column.name).is_some() => &fill.value,
        (None, ColumnValue::Default(value)) if !delta.varies(&id_of(column)) => value,
        _ => "NULL",
    };
    format!("({value})::{}", column.ty)
}

fn id_of(column: &Column) -> ObjectId {
    ObjectId::Column(column.table.clone(), column.name.clone())
}
