//! The question that an undo asks first: what would be lost, and what does not fit what was there before.

use serde::Serialize;
use smol_str::format_smolstr;

use super::super::super::lower::database::Database;
use super::super::super::lower::erasure;
use super::super::super::lower::indexings::Indexing;
use super::super::super::lower::lowered::unmodified;
use super::super::super::lower::tenancy::sight::PROOF;
use super::super::super::print::migrations::holding;
use super::super::super::sql::{Body, Ident, Literal, Qualified};
use super::super::delta::Delta;
use super::super::respread::respread;
use super::super::types::{Way, way};
use super::super::writer::{Cost, Writer};
use polity_catalog::Identified;
use polity_catalog::relational::{Catalog, Column, ColumnValue, Name, Object, ObjectId, Table};
use polity_templates::postgres::blocks;

/// Rows of a table that keep the undo from going on.
#[derive(Serialize)]
struct Held {
    table: String,
    condition: String,
    /// `values of core.users.phone`
    what: String,
}

/// Writes the block that stops where something would be lost, unless somebody says that it may be.
pub(super) fn stop<'l>(
    writer: &mut Writer<'_, 'l>,
    database: &'l Database,
    all: &Catalog,
    forth: &Delta<'_>,
    before: &Catalog,
) {
    let held = held(database, all, forth, before);
    if held.is_empty() {
        return;
    }
    #[derive(Serialize)]
    struct Stop {
        held: String,
        /// The call that proves that no row is hidden, where rows can be.
        proof: Option<&'static str>,
    }
    let literal = |text: &str| Literal(text).to_string();
    let line = |one: &Held| {
        format!("[{}, {}, {}]", literal(&one.table), literal(&one.condition), literal(&one.what))
    };
    let lines = held.iter().map(line).collect::<Vec<_>>().join(",\n        ");
    let values = Stop { held: lines, proof: database.tenancy.is_some().then_some(PROOF) };
    let block = polity_templates::render(blocks::UNDO_GUARD, values);
    let owner = ObjectId::Role(database.roles.owner.clone());
    writer.step(&owner, "counts what would be lost", Cost::nothing(), |printer| {
        printer.line("-- SET polity.undo_may_lose = on, before, if it may be.");
        printer.line(format_args!("DO {};\n", Body(block.trim_end())));
    });
}

/// The block that says why there is no undo.
pub(in crate::postgres) fn refusal(reason: &str) -> String {
    let message = Literal(&format!("there is no undo: {reason}")).to_string();
    let block = polity_templates::render(blocks::NO_UNDO, serde_json::json!({ "message": message }));
    format!("DO {};\n", Body(block.trim_end()))
}

/// Returns why nothing leads back, if so.
pub(super) fn barred(all: &Catalog, before: &Catalog) -> Option<String> {
    if let Some(table) = respread(all, before).first() {
        return Some(format!("{} is spread otherwise", ObjectId::Table(table.name.clone())));
    }
    all.objects().find_map(|object| match (object, before.get(&object.id())) {
        (Object::Column(now), Some(Object::Column(then))) => {
            let is_computed =
                |value: &ColumnValue| !matches!(value, ColumnValue::Absent | ColumnValue::Default(_));
            if now.ty != then.ty && way(&now.ty, &then.ty) == Way::Closed {
                return Some(format!("no {} is made of the {} in {}", then.ty, now.ty, object.id()));
            }
            (is_computed(&now.value) != is_computed(&then.value))
                .then(|| format!("{} comes from elsewhere", object.id()))
        }
        _ => None,
    })
}

/// Everything that keeps the undo from going on, a line each.
fn held(database: &Database, all: &Catalog, forth: &Delta<'_>, before: &Catalog) -> Vec<Held> {
    let log = erasure::is_needed(database).then(|| erasure::log(database));
    let holding: Vec<Name> =
        holding(database).into_iter().map(|(name, _)| name).chain(log).map(|name| name.0).collect();
    let mut found = Vec::new();
    for object in all.objects() {
        match (object, before.get(&object.id())) {
            (Object::Table(table), None) if is_rows(table, &holding, before) => found.push(rows(&table.name)),
            (Object::Column(column), None)
                if before.get(&ObjectId::Table(column.table.clone())).is_some() =>
            {
                found.extend(lost(column, forth));
            }
            (Object::Column(now), Some(Object::Column(then))) => found.extend(misfits(now, then)),
            _ => {}
        }
    }
    found.extend(forth.indexings_now().iter().filter(|one| !one.comes).map(unindexed));
    found
}

/// Rows that new clients wrote without the hash that each had.
fn unindexed(indexing: &Indexing) -> Held {
    let (table, hash) = (Qualified(&indexing.table).to_string(), Ident(&indexing.hash));
    Held {
        condition: format!("{} IS NOT NULL AND {hash} IS NULL", Ident(&indexing.value)),
        what: format!("blind indexes of {table}.{}", Ident(&indexing.value)),
        table,
    }
}

/// Whether rows of a table are somebody's: those of the compiler's own tables mostly follow from others.
fn is_rows(table: &Table, holding: &[Name], before: &Catalog) -> bool {
    match &table.partition_of {
        // Those of a new table count as its own.
        Some(of) => before.get(&ObjectId::Table(of.table.clone())).is_some(),
        None => holding.contains(&table.name),
    }
}

fn rows(table: &Name) -> Held {
    let table = Qualified(table).to_string();
    Held { condition: "true".to_owned(), what: format!("rows of {table}"), table }
}

/// The values of a new column that are neither its default's nor its backfill's. Where each row has another, nobody knows which
/// somebody wrote.
fn lost(column: &Column, forth: &Delta<'_>) -> Option<Held> {
    // The hash of what stands beside it, which clients make anew.
    if forth.indexing(&column.table, &column.name).is_some() {
        return None;
    }
    let (table, name) = (Qualified(&column.table), Ident(&column.name));
    let id = ObjectId::Column(column.table.clone(), column.name.clone());
    let mut conditions = vec![format!("{name} IS NOT NULL")];
    match &column.value {
        ColumnValue::Generated(_) => return None,
        ColumnValue::Default(sql) if !forth.varies(&id) => {
            conditions.push(format!("{name} IS DISTINCT FROM ({sql})"))
        }
        _ => {}
    }
    if let Some(fill) = forth.fill(&id).filter(|_| !forth.varies(&id)) {
        conditions.push(format!("{name} IS DISTINCT FROM ({})", fill.value));
    }
    Some(Held {
        table: table.to_string(),
        condition: conditions.join(" AND "),
        what: format!("values of {table}.{name}"),
    })
}

/// Rows that do not fit the column as it was.
fn misfits(now: &Column, then: &Column) -> Vec<Held> {
    let (table, name) = (Qualified(&now.table), Ident(&now.name));
    let held = |condition: String, what: String| Held { table: table.to_string(), condition, what };
    let mut found = Vec::new();
    if then.required && !now.required {
        found.push(held(format!("{name} IS NULL"), format!("rows of {table} without {name}")));
    }
    if now.ty != then.ty && way(&now.ty, &then.ty) != Way::Same {
        // A number that was written as a text looks otherwise, and is the same.
        let (back, as_is) = match now.ty.as_str() == "text" || now.ty.starts_with("varchar") {
            true => (then.ty.clone(), format!("{name}::{}", unmodified(&then.ty))),
            false => (format_smolstr!("{}::{}", then.ty, now.ty), name.to_string()),
        };
        found.push(held(
            format!("{name}::{back} IS DISTINCT FROM {as_is}"),
            format!("values of {table}.{name} that are no {}", then.ty),
        ));
    }
    found
}
