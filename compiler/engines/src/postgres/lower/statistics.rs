//! The statistics that the planner may have of a column. Its estimates are of the rows of all tenants and anybody can
//! ask for them (`EXPLAIN`), so they would tell who has which value; and of ciphertext there is nothing to learn.

use super::database::Database;
use super::table::{Column, Table};
use polity_govern::Stored;
use polity_model::FieldId;
use polity_model::entity::{self, IndexMethod};
use polity_model::expr::ExprKind;

/// Whether the planner keeps no statistics of a column: it holds ciphertext, or is labelled and in the clear in a table that
/// tenants share.
pub(super) fn hides(platform: &Stored, table: &Table, column: &Column) -> bool {
    column.sealed || is_labelled(platform, table, column)
}

/// Whether partitions that are made later need to be told as well: they do not take it from their table.
pub(super) fn is_hidden(database: &Database, table: &Table) -> bool {
    table.columns.iter().any(|column| hides(database.platform, table, column))
}

/// In the clear, since what is sealed is hidden already.
fn is_labelled(platform: &Stored, table: &Table, column: &Column) -> bool {
    !column.sealed && column.field.is_some_and(|field| tells_of_others(platform, table, field))
}

/// Keys and references are left alone: what they hold are ids, and no plan is good without their statistics.
fn tells_of_others(platform: &Stored, table: &Table, field: FieldId) -> bool {
    let entity = table.entity;
    let refers = || platform.references(entity.id).any(|reference| reference.fields.contains(&field));
    table.is_scoped()
        && !platform.labels_of(entity.id, field).is_empty()
        && !entity.key.contains(&field)
        && !refers()
}

/// The computed columns of indexes that hold anything of such a field, each by the place of its index in the table and its
/// own in the index.
pub(super) fn computed(platform: &Stored, table: &Table) -> Vec<(usize, usize)> {
    let entity = table.entity;
    let uniques = entity.uniques.iter().filter(|unique| super::index::plain_fields(unique).is_none());
    let indexes = entity.indexes.iter().map(|index| {
        let is_text = index.method.is_some_and(|(method, _)| method == IndexMethod::Text);
        (&index.columns, is_text)
    });
    let written = uniques.map(|unique| (&unique.columns, false)).chain(indexes);
    let tells = |column: &entity::Column| {
        let mut any = false;
        column.expr.fields(&mut |path, _| any |= tells_of_others(platform, table, path.root));
        any
    };
    let mut places = Vec::new();
    for (index, (columns, is_text)) in written.enumerate() {
        if is_text && columns.iter().any(tells) {
            places.push((index, 0));
        }
        let is_computed = |column: &entity::Column| !matches!(&column.expr.kind, ExprKind::Field(path) if path.steps.is_empty());
        for (i, column) in columns.iter().enumerate().filter(|_| !is_text) {
            if is_computed(column) && tells(column) {
                places.push((index, i));
            }
        }
    }
    places
}
