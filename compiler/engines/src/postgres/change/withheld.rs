//! Columns that go and whose values a trail never held.

use super::super::lower::audit::leaves_out;
use super::super::sql::Ident;
use super::delta::Delta;
use super::writer::{Cost, Writer};
use crate::change::Risk;
use polity_catalog::relational::{Column, Function, FunctionBody, Object, ObjectId, Signature, Trigger};

/// Says of each that clients of before must be gone: a trail writes the columns of a row but for those that are secret today, and
/// the column stays until the contract.
pub(super) fn withheld<'l>(writer: &mut Writer<'_, 'l>, delta: &Delta<'l>) {
    for object in delta.gone() {
        let Object::Column(column) = object else { continue };
        if !delta.has_table(&column.table) || delta.has_double(&column.table, &column.name) {
            continue;
        }
        let Some(trigger) = delta.before.triggers(&column.table).find(|one| withholds(delta, one, column))
        else {
            continue;
        };
        let id = ObjectId::Trigger(trigger.table.clone(), trigger.name.clone());
        let clients = format!("the trail would hold what they write into {}", Ident(&column.name));
        let cost = Cost::nothing().risks(Risk::Break { clients });
        let does = format!("keeps {} out of the trail no longer", Ident(&column.name));
        writer.step(&id, does, cost, |printer| {
            printer.line(format_args!(
                "-- No client writes {} from here on: the trail would hold it.",
                Ident(&column.name)
            ));
        });
    }
}

/// Whether the function of a trigger left a column out of what it wrote.
fn withholds(delta: &Delta<'_>, trigger: &Trigger, column: &Column) -> bool {
    let id = ObjectId::Function(Signature::of(trigger.function.clone()));
    let Some(Object::Function(Function { body, .. })) = delta.before.get(&id) else { return false };
    let (FunctionBody::Text(sql) | FunctionBody::Atomic(sql)) = body;
    leaves_out(sql, &column.name)
}
