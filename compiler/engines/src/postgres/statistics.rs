//! The statistics that the planner may have of a column. Its estimates are of the rows of all tenants and anybody can
//! ask for them (`EXPLAIN`), so they would tell who has which value; and of ciphertext there is nothing to learn.

use std::fmt::Write;

use super::database::Database;
use super::sql::{Ident, Name};
use super::statements::Column;
use super::table::Table;
use polity_govern::Governed;
use polity_model::FieldId;
use polity_model::entity::{self, IndexMethod};
use polity_model::expr::ExprKind;

/// Takes the statistics off columns that hold ciphertext, off labelled ones in the clear that tenants share a table
/// for, and off indexes that are computed from such.
pub(super) fn write(database: &Database, table: &Table, out: &mut String) {
    let platform = database.platform;
    let sealed: Vec<String> = columns(table, |column| column.sealed)
        .map(|name| {
            format!("    ALTER COLUMN {name} SET STATISTICS 0,\n    ALTER COLUMN {name} SET STORAGE EXTERNAL")
        })
        .collect();
    if !sealed.is_empty() {
        let _ = writeln!(
            out,
            "-- Ciphertext looks like chance: nothing can be learnt about it, and it does not compress.\nALTER TABLE {}\n{};\n",
            table.name,
            sealed.join(",\n")
        );
    }
    let labelled: Vec<String> = columns(table, |column| is_labelled(platform, table, column))
        .map(|name| format!("    ALTER COLUMN {name} SET STATISTICS 0"))
        .collect();
    if labelled.is_empty() {
        return;
    }
    let _ = writeln!(
        out,
        "-- Statistics are of the rows of all tenants, and EXPLAIN shows what the planner makes of them.\nALTER TABLE {}\n{};",
        table.name,
        labelled.join(",\n")
    );
    for (index, position) in computed(platform, table) {
        let name = Name::new(table.name.schema.clone(), index);
        let _ = writeln!(out, "ALTER INDEX {name} ALTER COLUMN {position} SET STATISTICS 0;");
    }
    out.push('\n');
}

/// Whether partitions that are made later need to be told as well: they do not take it from their table.
pub(super) fn is_hidden(database: &Database, table: &Table) -> bool {
    columns(table, |column| column.sealed || is_labelled(database.platform, table, column)).next().is_some()
}

fn columns<'t>(table: &'t Table, wanted: impl Fn(&Column) -> bool) -> impl Iterator<Item = Ident<'t>> {
    table.columns.iter().filter(move |column| wanted(column)).map(|column| Ident(&column.name))
}

/// In the clear, since what is sealed is hidden already.
fn is_labelled(platform: &Governed, table: &Table, column: &Column) -> bool {
    !column.sealed && column.field.is_some_and(|field| tells_of_others(platform, table, field))
}

/// Keys and references are left alone: what they hold are ids, and no plan is good without their statistics.
fn tells_of_others(platform: &Governed, table: &Table, field: FieldId) -> bool {
    let entity = table.entity;
    let refers = || entity.references.iter().any(|reference| reference.fields.contains(&field));
    table.is_scoped()
        && !platform.labels_of(entity.id, field).is_empty()
        && !entity.key.contains(&field)
        && !refers()
}

/// The computed columns of indexes that hold anything of such a field, by index and place from 1.
fn computed(platform: &Governed, table: &Table) -> Vec<(smol_str::SmolStr, usize)> {
    let entity = table.entity;
    let uniques = entity.uniques.iter().filter(|unique| super::index::plain_fields(unique).is_none());
    let indexes = entity.indexes.iter().map(|index| {
        let is_text = index.method.is_some_and(|(method, _)| method == IndexMethod::Text);
        (&index.columns, is_text)
    });
    let written = uniques.map(|unique| (&unique.columns, false)).chain(indexes);
    let tells = |column: &entity::Column| {
        let mut found = false;
        column.expr.fields(&mut |path, _| found |= tells_of_others(platform, table, path.root));
        found
    };
    let mut found = Vec::new();
    for (index, (columns, is_text)) in table.indexes.iter().zip(written) {
        if is_text && columns.iter().any(tells) {
            found.push((index.name.name.clone(), 1));
        }
        let is_computed = |column: &entity::Column| !matches!(&column.expr.kind, ExprKind::Field(path) if path.steps.is_empty());
        for (i, column) in columns.iter().enumerate().filter(|_| !is_text) {
            if is_computed(column) && tells(column) {
                found.push((index.name.name.clone(), i + 1));
            }
        }
    }
    found
}
