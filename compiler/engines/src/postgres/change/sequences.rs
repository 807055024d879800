//! Details of sequences.

use super::super::print::MoreOf;
use super::super::sql::{Ident, Qualified};
use super::delta::Delta;
use super::writer::{Cost, Writer};
use polity_catalog::relational::{Object, Sequence};

/// Returns the clauses that make one sequence count as another does, where it counts otherwise.
pub(super) fn altered(old: &Sequence, new: &Sequence) -> Option<String> {
    let (least, start, more) = (new.least, new.start, &new.more);
    let (before, after) = ((&old.more.ty, old.more.step), (&more.ty, more.step));
    let before = (before, old.more.most, old.more.cache, old.more.cycle);
    if before == (after, more.most, more.cache, more.cycle) {
        return ((old.least, old.start) != (least, start))
            .then(|| format!(" MINVALUE {least} START WITH {start}"));
    }
    let ty = more.ty.as_deref().unwrap_or("bigint");
    let gone = [
        (" INCREMENT BY 1", more.step.is_none()),
        (" NO MAXVALUE", more.most.is_none()),
        (" CACHE 1", more.cache.is_none()),
        (" NO CYCLE", !more.cycle),
    ];
    let gone: String = gone.iter().filter(|(_, is_gone)| *is_gone).map(|(clause, _)| *clause).collect();
    Some(format!(" AS {ty} MINVALUE {least} START WITH {start}{}{gone}", MoreOf(more)))
}

/// Ties sequences to the columns that they go with, once these are there, and unties them.
pub(super) fn belong<'l>(writer: &mut Writer<'_, 'l>, delta: &Delta<'l>) {
    let made = delta.made().map(|object| (None, object));
    let altered = delta.altered().map(|(before, object)| (Some(before), object));
    for (before, object) in made.chain(altered) {
        let Object::Sequence(sequence) = object else { continue };
        let column = match before {
            Some(Object::Sequence(before)) => &before.more.column,
            _ => &None,
        };
        if sequence.more.column == *column {
            continue;
        }
        writer.add(object, "goes with its column", Cost::nothing(), |printer| {
            printer.act_as(&sequence.owner);
            let name = Qualified(&sequence.name);
            match &sequence.more.column {
                Some((table, column)) => {
                    let (table, column) = (Qualified(table), Ident(column));
                    printer.line(format_args!("ALTER SEQUENCE {name} OWNED BY {table}.{column};"));
                }
                None => printer.line(format_args!("ALTER SEQUENCE {name} OWNED BY NONE;")),
            }
        });
    }
}
