//! Queries that count rows which do not fit what comes. They run before the change, so they name things as they are until then,
//! and a column that is not there yet holds what it will be given, or nothing.

use super::super::sql::{Ident, Qualified};
use super::delta::Delta;
use polity_catalog::relational::{Column, ColumnValue, Name, Object, ObjectId, Renames};

/// Returns the name of a table before the change or, where columns have other names or come, a query that shows its rows under
/// today's.
pub(super) fn rows(delta: &Delta<'_>, renames: Option<&Renames>, table: &Name) -> String {
    let named_before = |name: &Name| {
        let renamed = renames.and_then(|renames| renames.relations().find(|(_, new)| *new == name));
        renamed.map_or(name, |(old, _)| old).clone()
    };
    let before = &named_before(table);
    let Some(Object::Table(of)) = delta.new.get(&ObjectId::Table(table.clone())) else {
        return Qualified(before).to_string();
    };
    // A partition has the columns of its table.
    let whole = of.partition_of.as_ref().map(|whole| ObjectId::Table(whole.table.clone()));
    let of = match whole.and_then(|whole| delta.new.get(&whole)) {
        Some(Object::Table(whole)) => whole,
        _ => of,
    };
    let whole_before = named_before(&of.name);
    let mut is_as_it_was = true;
    let columns: Vec<String> = delta
        .new
        .columns(of)
        .map(|column| {
            let shown = Ident(&column.name);
            let renamed = renames.and_then(|renames| {
                renames.columns().find(|(of, _, new)| *of == &whole_before && **new == column.name)
            });
            match renamed {
                Some((_, old, _)) => {
                    is_as_it_was = false;
                    format!("{} AS {shown}", Ident(old))
                }
                None if delta.old.get(&id_of(column)).is_some() => shown.to_string(),
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
        (Some(fill), _) if fill.is_same => &fill.value,
        (None, ColumnValue::Default(value)) if !delta.varies(&id_of(column)) => value,
        _ => "NULL",
    };
    format!("({value})::{}", column.ty)
}

fn id_of(column: &Column) -> ObjectId {
    ObjectId::Column(column.table.clone(), column.name.clone())
}
