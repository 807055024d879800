//! Columns of tables that are there.

use super::super::print::tables::DefinedColumn;
use super::super::sql::{Ident, Literal, Qualified};
use super::clear::{constraint_names, index_names};
use super::code::said;
use super::delta::Delta;
use super::indexes::is_partitioned;
use super::writer::{Cost, Writer};
use super::{made_types, types};
use crate::change::{LockMode, Risk, Time};
use polity_catalog::Identified;
use polity_catalog::relational::{Column, ColumnValue, Constraint, ConstraintRule, Object, ObjectId, Table};

/// Adds new columns, alters those that differ, and lets those that go be absent.
pub(super) fn change<'l>(writer: &mut Writer<'_, 'l>, delta: &Delta<'l>, table: &'l Table) {
    if table.partition_of.is_some() {
        return; // its table says them
    }
    let before = |column: &Column| {
        let id = ObjectId::Column(table.name.clone(), column.name.clone());
        match delta.old.get(&id) {
            Some(Object::Column(old)) => Some(old),
            _ => None,
        }
    };
    for column in delta.new.columns(table) {
        if let Some(old) = before(column).filter(|old| *old != column) {
            alter(writer, delta, table, old, column);
        }
    }
    // Behind those that differ: one that is computed of them is made anew.
    delta
        .new
        .columns(table)
        .filter(|column| before(column).is_none())
        .for_each(|column| add(writer, delta, table, column));
    let Some(before) = delta.old.table(&table.name) else { return };
    for name in before.columns.iter().filter(|name| !table.columns.contains(name)) {
        let id = ObjectId::Column(table.name.clone(), name.clone());
        let Some(Object::Column(old)) = delta.old.get(&id) else { continue };
        if delta.has_double(&table.name, name) {
            // A trigger writes it.
            told_apart(writer, table, old);
        } else if old.required
            && !is_key(delta, old)
            && (old.value == ColumnValue::Absent || delta.sealing(&table.name, name).is_some())
        {
            loosen(writer, table, old, "may be absent, since new clients do not write it");
            writer.makes(Column { required: false, ..old.clone() });
        }
        if let Some(one) = delta.indexings_now().iter().find(|one| one.is_hash(&table.name, name)) {
            let clients = format!("those that find rows by {id}");
            let cost = Cost::nothing().risks(Risk::Break { clients });
            let value = ObjectId::Column(table.name.clone(), one.value.clone());
            writer.step(&value, "is written without its blind index", cost, |printer| {
                printer.line(format_args!("-- New clients do not write {} from here on.", Ident(name)));
            });
        }
    }
}

/// Adds a column: with a value for the rows that are there where one is the same for all, otherwise without.
fn add<'l>(writer: &mut Writer<'_, 'l>, delta: &Delta<'l>, table: &'l Table, column: &'l Column) {
    let id = ObjectId::Column(table.name.clone(), column.name.clone());
    let mut cost = Cost::locks(&table.name, LockMode::AccessExclusive);
    if matches!(column.value, ColumnValue::Generated(_) | ColumnValue::Identity | ColumnValue::AlwaysIdentity)
    {
        cost = cost.takes(Time::Rewrite).risks(Risk::Rewrite);
    }
    let mut first = column.clone();
    let (sealing, indexing) =
        (delta.sealing(&table.name, &column.name), delta.indexing(&table.name, &column.name));
    let is_told = sealing.is_none() && delta.double(&table.name, &column.name).is_none();
    let clients = match (sealing.map(|one| (one.before.is_sealed, one.after.is_sealed)), indexing) {
        (Some((false, _)), _) => Some(format!("those that know {id} in the clear")),
        (Some((true, true)), _) => Some(format!("those that know {id} as it was sealed before")),
        (Some((true, false)), _) => Some(format!("those that know {id} sealed")),
        (None, Some(_)) => Some(format!("those that write without {id}")),
        (None, None) => None,
    };
    if let Some(clients) = clients {
        first.required = false;
        cost = cost.risks(Risk::Encryption { clients });
    }
    match delta.fill(&id) {
        _ if sealing.is_some() => first.value = ColumnValue::Absent,
        Some(fill) if fill.is_same => first.value = ColumnValue::Default(fill.value.clone()),
        Some(_) => (first.value, first.required) = (ColumnValue::Absent, false),
        None if delta.varies(&id) => first.value = ColumnValue::Absent,
        None => {}
    }
    writer.step(&id, "is added", cost, |printer| {
        printer.act_as(&table.owner);
        let (name, shown) = (Qualified(&table.name), Ident(&column.name));
        printer.line(format_args!(
            "ALTER TABLE {name} ADD COLUMN {};",
            DefinedColumn { column: &first, columns: None }
        ));
        if let ColumnValue::Default(default) = &column.value
            && column.value != first.value
            && is_told
        {
            printer.line(format_args!("ALTER TABLE {name} ALTER COLUMN {shown} SET DEFAULT {default};"));
        }
        if column.hidden_from_planner {
            printer.line(format_args!("ALTER TABLE {name} ALTER COLUMN {shown} SET STATISTICS 0;"));
        }
        if column.uncompressed {
            printer.line(format_args!("ALTER TABLE {name} ALTER COLUMN {shown} SET STORAGE EXTERNAL;"));
        }
        if !column.comment.is_empty() {
            printer.line(said("COLUMN", &format!("{name}.{shown}"), &column.comment));
        }
    });
    if column.value != ColumnValue::Absent && is_told {
        first.value = column.value.clone();
    }
    writer.makes(first);
}

/// Returns the value that a column has until the contract: clients of before may count on a default that the source has no
/// longer.
pub(super) fn kept(old: Option<&Column>, new: &Column) -> ColumnValue {
    match old {
        Some(Column { value: value @ ColumnValue::Default(_), .. }) if new.value == ColumnValue::Absent => {
            value.clone()
        }
        // New ones write it themselves.
        Some(Column { value: ColumnValue::Identity | ColumnValue::AlwaysIdentity, .. })
            if new.value == ColumnValue::Absent =>
        {
            ColumnValue::Identity
        }
        _ => new.value.clone(),
    }
}

fn alter<'l>(
    writer: &mut Writer<'_, 'l>,
    delta: &Delta<'l>,
    table: &'l Table,
    old: &Column,
    new: &'l Column,
) {
    let id = ObjectId::Column(table.name.clone(), new.name.clone());
    let (name, column) = (Qualified(&table.name), Ident(&new.name));
    let locked = || Cost::locks(&table.name, LockMode::AccessExclusive);
    if old.ty != new.ty {
        retype(writer, delta, table, old, new);
    }
    let is_double =
        delta.is_double(&table.name, &new.name) || delta.sealing(&table.name, &new.name).is_some();
    let turned = turned(table, old, new);
    if !is_double && !turned.is_empty() {
        writer.step(&id, "has another default", locked(), |printer| {
            printer.act_as(&table.owner);
            turned.iter().for_each(|sql| printer.line(sql));
        });
    }
    if old.required && !new.required && !is_key(delta, old) {
        loosen(writer, table, new, "may be absent");
    }
    if old.hidden_from_planner != new.hidden_from_planner || old.uncompressed != new.uncompressed {
        writer.step(&id, "is stored otherwise", locked(), |printer| {
            printer.act_as(&table.owner);
            let statistics = if new.hidden_from_planner { "0" } else { "-1" };
            let storage = if new.uncompressed { "EXTERNAL" } else { "DEFAULT" };
            printer.line(format_args!("ALTER TABLE {name}\n    ALTER COLUMN {column} SET STATISTICS {statistics},\n    ALTER COLUMN {column} SET STORAGE {storage};"));
        });
    }
    if old.comment != new.comment {
        let cost = Cost::locks(&table.name, LockMode::ShareUpdateExclusive);
        writer.step(&id, "has another comment", cost, |printer| {
            printer.act_as(&table.owner);
            printer.line(said("COLUMN", &format!("{name}.{column}"), &new.comment));
        });
    }
    // Whether it is required is settled once its rows are filled.
    let value = if is_double { old.value.clone() } else { kept(Some(old), new) };
    let reached = Column { required: old.required && new.required, value, ..new.clone() };
    if reached != *old {
        writer.makes(reached);
    }
}

/// The statements that give a column another origin of its value until the contract ([`kept`]). One that comes to be computed is made
/// anew.
fn turned(table: &Table, old: &Column, new: &Column) -> Vec<String> {
    use ColumnValue::{Absent, AlwaysIdentity, Default, Generated, Identity};
    let (name, column) = (Qualified(&table.name), Ident(&new.name));
    let alter = |said: &str| format!("ALTER TABLE {name} ALTER COLUMN {column} {said};");
    let value = kept(Some(old), new);
    if old.value == value {
        return Vec::new();
    }
    let gone = match (&old.value, &value) {
        (Identity | AlwaysIdentity, Identity | AlwaysIdentity) => None,
        (Identity | AlwaysIdentity, _) => Some(alter("DROP IDENTITY")),
        (Generated(_), _) => Some(alter("DROP EXPRESSION")),
        (Default(_), Identity | AlwaysIdentity) => Some(alter("DROP DEFAULT")),
        (Default(_) | Absent, _) => None,
    };
    let word = if value == AlwaysIdentity { "ALWAYS" } else { "BY DEFAULT" };
    let come = match (&old.value, &value) {
        (_, Default(sql)) => vec![alter(&format!("SET DEFAULT {sql}"))],
        (Identity | AlwaysIdentity, Identity | AlwaysIdentity) => {
            vec![alter(&format!("SET GENERATED {word}"))]
        }
        (_, Identity | AlwaysIdentity) => vec![
            alter(&format!("ADD GENERATED {word} AS IDENTITY")),
            // It goes on behind the rows that are there.
            format!(
                "SELECT setval(pg_get_serial_sequence({}, {}), coalesce(max({column}), 0) + 1, false) FROM {name};",
                Literal(&name.to_string()),
                Literal(&new.name)
            ),
        ],
        (_, Absent | Generated(_)) => Vec::new(),
    };
    gone.into_iter().chain(come).collect()
}

/// Gives a column another type. Where PostgreSQL does not find the cast by itself it is told, and the default with it.
fn retype<'l>(
    writer: &mut Writer<'_, 'l>,
    delta: &Delta<'l>,
    table: &'l Table,
    old: &Column,
    new: &'l Column,
) {
    let id = ObjectId::Column(table.name.clone(), new.name.clone());
    let (name, column) = (Qualified(&table.name), Ident(&new.name));
    let way = types::way(&old.ty, &new.ty);
    let mut cost = Cost::locks(&table.name, LockMode::AccessExclusive);
    let shown = column.to_string();
    let is_checked = delta.old.constraints(&table.name).any(|one| match &one.rule {
        ConstraintRule::Check(sql) => sql.contains(shown.trim_matches('"')),
        _ => false,
    });
    // Of a partitioned table the indexes are built anew, which others keep.
    let is_rebuilt = is_partitioned(delta, &table.name)
        && delta.old.of_relation(&table.name).any(|object| match object {
            Object::Index(index) => index_names(index, &old.name),
            Object::Constraint(one) => {
                matches!(one.rule, ConstraintRule::Unique(_) | ConstraintRule::PrimaryKey(_))
                    && constraint_names(one, &old.name)
            }
            _ => false,
        });
    match way {
        // Checks of the column are judged again.
        types::Way::Same if is_checked || is_rebuilt => cost = cost.takes(Time::Scan).risks(Risk::Scan),
        types::Way::Same => {}
        _ => cost = cost.takes(Time::Rewrite).risks(Risk::Rewrite),
    }
    if let Some(unfit) = types::unfit(&old.ty, &new.ty, &shown) {
        let count = format!("SELECT count(*) FROM {} WHERE {unfit}", delta.rows(&table.name));
        cost = cost.risks(Risk::Misfits { count });
    }
    writer.step(&id, format!("is {}, was {}", new.ty, old.ty), cost, |printer| {
        printer.act_as(&table.owner);
        if let (types::Way::Closed, Some(cast)) = (way, made_types::cast(delta, old, new)) {
            return printer.line(format_args!("ALTER TABLE {name}\n    {cast};"));
        }
        if way != types::Way::Told {
            return printer.line(format_args!("ALTER TABLE {name} ALTER COLUMN {column} TYPE {};", new.ty));
        }
        let default = match kept(Some(old), new) {
            // That of before is a value of the type of before.
            ColumnValue::Default(default) if new.value == ColumnValue::Absent => {
                format!(",\n    ALTER COLUMN {column} SET DEFAULT ({default})::{}", new.ty)
            }
            ColumnValue::Default(default) => format!(",\n    ALTER COLUMN {column} SET DEFAULT {default}"),
            _ => String::new(),
        };
        printer.line(format_args!(
            "ALTER TABLE {name}\n    ALTER COLUMN {column} DROP DEFAULT,\n    ALTER COLUMN {column} TYPE {} USING {column}::{}{default};",
            new.ty, new.ty
        ));
    });
}

/// Takes the default of a column that has another name beside it: nobody could tell it from a value that was written.
fn told_apart<'l>(writer: &mut Writer<'_, 'l>, table: &'l Table, column: &Column) {
    if column.value == ColumnValue::Absent {
        return;
    }
    let id = ObjectId::Column(table.name.clone(), column.name.clone());
    let cost = Cost::locks(&table.name, LockMode::AccessExclusive);
    writer.step(&id, "has its default from a trigger", cost, |printer| {
        printer.act_as(&table.owner);
        let (name, column) = (Qualified(&table.name), Ident(&column.name));
        printer.line(format_args!("ALTER TABLE {name} ALTER COLUMN {column} DROP DEFAULT;"));
    });
    writer.makes(Column { value: ColumnValue::Absent, ..column.clone() });
}

/// Lets columns be absent that stood in a key, once the key is another or is gone.
pub(super) fn loosen_keys<'l>(
    writer: &mut Writer<'_, 'l>,
    delta: &Delta<'l>,
    is_gone: impl Fn(&Constraint) -> bool,
) {
    for object in delta.old.objects() {
        let Object::Constraint(key @ Constraint { rule: ConstraintRule::PrimaryKey(columns), .. }) = object
        else {
            continue;
        };
        let Some(table) = delta.new.table(&key.table) else { continue };
        if !is_gone(key) {
            continue;
        }
        for name in columns {
            let id = ObjectId::Column(key.table.clone(), name.clone());
            let Some(Object::Column(old)) = delta.old.get(&id) else { continue };
            match delta.new.get(&id) {
                Some(Object::Column(new)) if !new.required => {
                    loosen(writer, table, old, "may be absent");
                    writer.makes(Column { value: kept(Some(old), new), ..new.clone() });
                }
                None if old.value == ColumnValue::Absent && delta.new.get(&object.id()).is_some() => {
                    loosen(writer, table, old, "may be absent, since new clients do not write it");
                    writer.makes(Column { required: false, ..old.clone() });
                }
                _ => {}
            }
        }
    }
}

/// Whether a column stands in the key of its table, which requires it.
fn is_key(delta: &Delta<'_>, column: &Column) -> bool {
    delta.old.constraints(&column.table).any(|one| match &one.rule {
        ConstraintRule::PrimaryKey(columns) => columns.contains(&column.name),
        _ => false,
    })
}

fn loosen<'l>(writer: &mut Writer<'_, 'l>, table: &'l Table, column: &Column, does: &str) {
    let id = ObjectId::Column(table.name.clone(), column.name.clone());
    writer.step(&id, does, Cost::locks(&table.name, LockMode::AccessExclusive), |printer| {
        printer.act_as(&table.owner);
        let (name, column) = (Qualified(&table.name), Ident(&column.name));
        printer.line(format_args!("ALTER TABLE {name} ALTER COLUMN {column} DROP NOT NULL;"));
    });
}
