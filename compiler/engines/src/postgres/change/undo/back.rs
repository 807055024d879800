//! Objects as they were: columns, constraints, indexes, code and rights.

use super::super::super::print::tables::{CreateIndex, Shown, unseen};
use super::super::super::sql::{Ident, Qualified};
use super::super::constraints::{closed, owner_of, seen_by_owner};
use super::super::delta::Delta;
use super::super::writer::{Cost, Writer};
use super::super::{code, columns, rank, rights, tables};
use polity_catalog::Identified;
use polity_catalog::relational::{Column, ColumnValue, Object, ObjectId, Table};

/// Puts back what was altered.
pub(super) fn back<'l>(writer: &mut Writer<'_, 'l>, delta: &Delta<'l>) {
    for object in delta.new.dependencies().creation() {
        match object {
            Object::Table(table) if delta.had_table(&table.name) => {
                columns::change(writer, delta, table);
                finish_columns(writer, delta, table);
                tables::alter(writer, delta, table);
            }
            Object::Function(function) => code::function(writer, delta, function),
            Object::View(view) => code::view(writer, delta, view),
            _ => {}
        }
    }
    writer.printer.take_back();
    let mut parts: Vec<&Object> =
        delta.made().filter(|object| matches!(object, Object::Constraint(_) | Object::Index(_))).collect();
    parts.sort_by_key(|object| rank(object));
    parts.into_iter().rev().for_each(|object| part(writer, delta, object));
    code::guard(writer, delta);
    rights::take(writer, delta);
    rights::let_in(writer, delta);
    rights::give(writer, delta);
}

/// Requires columns again, and takes defaults that they had not.
fn finish_columns<'l>(writer: &mut Writer<'_, 'l>, delta: &Delta<'l>, table: &'l Table) {
    if table.partition_of.is_some() {
        return; // its table says them
    }
    for column in delta.new.columns(table) {
        let id = ObjectId::Column(table.name.clone(), column.name.clone());
        let Some(Object::Column(was)) = delta.old.get(&id) else { continue };
        let actions = actions(was, column);
        if actions.is_empty() {
            continue;
        }
        writer.step(&id, "is as it was", Cost::nothing(), |printer| {
            printer.act_as(&table.owner);
            let (table, column) = (Qualified(&table.name), Ident(&column.name));
            for action in actions {
                printer.line(format_args!("ALTER TABLE {table} ALTER COLUMN {column} {action};"));
            }
        });
    }
}

fn actions(now: &Column, then: &Column) -> Vec<&'static str> {
    let mut actions = Vec::new();
    if matches!(now.value, ColumnValue::Default(_)) && then.value == ColumnValue::Absent {
        actions.push("DROP DEFAULT");
    }
    if then.required && !now.required {
        actions.push("SET NOT NULL");
    }
    actions
}

/// A constraint or an index of a table that is there.
fn part<'l>(writer: &mut Writer<'_, 'l>, delta: &Delta<'l>, object: &'l Object) {
    let table = match object {
        Object::Constraint(one) => &one.table,
        Object::Index(index) => &index.table,
        _ => return,
    };
    if !delta.had_table(table) {
        return; // made with its view
    }
    writer.step(&object.id(), "is put back", Cost::nothing(), |printer| {
        owner_of(delta, table).into_iter().for_each(|owner| printer.act_as(owner));
        match object {
            Object::Constraint(one) => {
                let valid = if one.unvalidated { " NOT VALID" } else { "" };
                let add = format!("ALTER TABLE {} ADD {}{valid};", Qualified(table), Shown(one));
                printer.line(seen_by_owner(delta, &closed(delta, one), &add));
            }
            Object::Index(index) => {
                printer.line(CreateIndex(index, "", ""));
                unseen(index).for_each(|sql| printer.line(sql));
            }
            _ => {}
        }
    });
}
