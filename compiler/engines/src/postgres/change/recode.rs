//! Values that are called otherwise: rows that hold the old ones are given the new ones beside writes, and once more with the contract,
//! since clients of before write the old ones until then.

use super::super::lower::fills::Recode;
use super::super::lower::lowered::Lowered;
use super::super::lower::roles::Roles;
use super::super::sql::{Ident, Literal, Qualified};
use super::batches::Batches;
use super::delta::Delta;
use super::values::Narrowed;
use super::writer::{Cost, Files, Writer};
use crate::change::Phase;
use polity_catalog::relational::{Catalog, Object, ObjectId, Table};

/// Adds a file for each column that may hold such values, in a phase.
pub(super) fn recode<'l>(files: &mut Files<'_, 'l>, delta: &Delta<'l>, narrowed: &[Narrowed], phase: Phase) {
    for Open { of, recode, values } in open(files.lowered, delta.new, narrowed) {
        if !delta.had_table(&of.name) {
            continue;
        }
        let (set, which) = statement(recode, values);
        let batches = Batches {
            column: &ObjectId::Column(of.name.clone(), recode.column.clone()),
            does: "holds values by their new names",
            set,
            which,
            trigger: Default::default(),
        };
        batches.write(files, delta, of, phase, &format!("{}_{}", of.name.name, recode.column));
    }
}

/// Gives rows the old values again, in the transaction of an undo.
pub(super) fn back<'l>(
    writer: &mut Writer<'_, 'l>,
    lowered: &Lowered,
    roles: &'l Roles,
    now: &'l Catalog,
    narrowed: &[Narrowed],
) {
    for Open { of, recode, values } in open(lowered, now, narrowed) {
        let (set, which) = statement(recode, values.into_iter().map(|(old, new)| (new, old)).collect());
        let id = ObjectId::Column(of.name.clone(), recode.column.clone());
        writer.step(&id, "holds values by their old names", Cost::nothing(), |printer| {
            let update = format!("UPDATE {} SET {set}\n WHERE {which};", Qualified(&of.name));
            match of.row_security {
                true => {
                    printer.act_as(&roles.maintenance);
                    printer.line(format_args!("SET row_security = on;\n{update}\nSET row_security = off;"));
                }
                false => {
                    printer.act_as(&of.owner);
                    printer.line(update);
                }
            }
        });
    }
}

/// A column that may hold values of before, with the old and the new name of each.
struct Open<'l, 's> {
    of: &'l Table,
    recode: &'s Recode,
    values: Vec<(String, String)>,
}

fn open<'l, 's>(lowered: &'s Lowered, catalog: &'l Catalog, narrowed: &[Narrowed]) -> Vec<Open<'l, 's>> {
    let mut found = Vec::new();
    for recode in &lowered.fills.recoded {
        let Some(Object::Table(of)) = catalog.get(&ObjectId::Table(recode.table.clone())) else { continue };
        let values = recode.values.iter().map(|(old, new)| (text(old), text(new)));
        let is_left = |value: &str| narrowed.iter().any(|one| one.is_left(&of.name, &recode.column, value));
        let values: Vec<_> = values.filter(|(old, _)| is_left(old)).collect();
        if !values.is_empty() {
            found.push(Open { of, recode, values });
        }
    }
    found
}

/// The change of a column and the rows that it is for.
fn statement(recode: &Recode, values: Vec<(String, String)>) -> (String, String) {
    let column = Ident(&recode.column).to_string();
    let arms: String = values.iter().map(|(from, to)| format!(" WHEN {from} THEN {to}")).collect();
    let from: Vec<String> = values.into_iter().map(|(from, _)| from).collect();
    (format!("{column} = CASE {column}{arms} END"), format!("{column} IN ({})", from.join(", ")))
}

fn text(value: &str) -> String {
    Literal(value).to_string()
}
