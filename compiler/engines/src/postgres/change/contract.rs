//! The file that runs once no client of before is left, and drops columns, tables, views, functions and rights that the source has no longer.

use super::super::print::functions::Called;
use super::super::sql::{Body, Ident, Literal, Qualified};
use super::clear::index_names;
use super::constraints::{drop_constraint, let_go, owner_of};
use super::delta::Delta;
use super::indexes::is_partitioned;
use super::values::{self, Narrowed};
use super::window::{self, Window};
use super::writer::{Cost, Files, Writer};
use super::{fill, indexing, made_types, rights, sealing};
use crate::change::{LockMode, Phase, Risk};
use polity_catalog::Identified;
use polity_catalog::relational::{
    Constraint, ConstraintRule, Index, Name, Object, ObjectId, Table, Target, ViewKind,
};
use polity_templates::postgres::blocks;

/// Writes the file. References go before the tables that they are to, views before whatever they read, and functions last, since
/// columns call them.
pub(super) fn contract<'l>(
    files: &mut Files<'_, 'l>,
    delta: &Delta<'l>,
    coming: &[fill::Coming<'l>],
    windows: &'l [Window],
    narrowed: &[Narrowed],
    withheld: &[Constraint],
) {
    let mut writer = files.begin();
    let owner = &files.roles.owner;
    window::close(&mut writer, windows);
    sealing::end(&mut writer, delta, &files.roles.maintenance);
    indexing::end(&mut writer, delta, withheld, &files.roles.maintenance);
    rights::take(&mut writer, delta);
    fill::end(&mut writer, delta, coming);
    constraints(&mut writer, delta, |rule| matches!(rule, ConstraintRule::ForeignKey(_)));
    let removal = delta.old.dependencies().removal();
    let gone: Vec<&Object> =
        removal.into_iter().filter(|object| delta.new.get(&object.id()).is_none()).collect();
    let is_view = |object: &&&Object| matches!(object, Object::View(_));
    gone.iter().filter(is_view).for_each(|object| dropped(&mut writer, delta, owner, object));
    tables(&mut writer, delta, owner, &gone);
    // Checks went before, since they refuse what new clients write.
    constraints(&mut writer, delta, |rule| {
        !matches!(rule, ConstraintRule::ForeignKey(_) | ConstraintRule::Check(_))
    });
    super::columns::loosen_keys(&mut writer, delta, |key| {
        delta.new.get(&ObjectId::Constraint(key.table.clone(), key.name.clone())).is_none()
    });
    indexes(&mut writer, delta);
    columns(&mut writer, delta);
    partitions(&mut writer, delta);
    values::narrow(&mut writer, delta, narrowed);
    let is_schema = |object: &&&Object| matches!(object, Object::Schema(_));
    gone.iter()
        .filter(|object| !is_view(object) && !is_schema(object))
        .for_each(|object| dropped(&mut writer, delta, owner, object));
    made_types::drop(&mut writer, delta, owner);
    gone.iter().filter(is_schema).for_each(|object| dropped(&mut writer, delta, owner, object));
    files.end(writer, Phase::Contract, "");
}

/// Drops a view, a function, a sequence or a schema.
fn dropped<'l>(writer: &mut Writer<'_, 'l>, delta: &Delta<'l>, owner: &'l str, object: &Object) {
    let (kind, name, cost) = match object {
        Object::View(view) => {
            let kind = if view.kind == ViewKind::Materialized { "MATERIALIZED VIEW" } else { "VIEW" };
            (kind, Qualified(&view.name).to_string(), Cost::locks(&view.name, LockMode::AccessExclusive))
        }
        // It goes with its trigger.
        Object::Function(function) if fill::is_of_interim(function) => return,
        Object::Function(function) => ("ROUTINE", Called(&function.signature()).to_string(), Cost::nothing()),
        Object::Sequence(sequence) => ("SEQUENCE", Qualified(&sequence.name).to_string(), Cost::nothing()),
        Object::Schema(schema) => ("SCHEMA", Ident(&schema.name).to_string(), Cost::nothing()),
        _ => return,
    };
    writer.step(&object.id(), "is dropped", cost, |printer| {
        printer.act_as(owner);
        printer.line(format_args!("DROP {kind} IF EXISTS {name};"));
    });
    takes(writer, delta, object);
}

/// Takes an object away with all that goes with it.
fn takes<'l>(writer: &mut Writer<'_, 'l>, delta: &Delta<'l>, object: &Object) {
    let on = match object {
        Object::Table(table) => Target::Relation(table.name.clone()),
        Object::View(view) => Target::Relation(view.name.clone()),
        Object::Function(function) => Target::Function(function.signature()),
        Object::Sequence(sequence) => Target::Sequence(sequence.name.clone()),
        Object::Schema(schema) => Target::Schema(schema.name.clone()),
        _ => return,
    };
    if let Target::Relation(name) = &on {
        delta.old.of_relation(name).for_each(|part| writer.takes(part.id()));
    }
    for object in delta.old.objects() {
        match object {
            Object::Grant(grant) if grant.on == on => writer.takes(object.id()),
            Object::Table(Table { partition_of: Some(of), .. })
                if on == Target::Relation(of.table.clone()) =>
            {
                takes(writer, delta, object);
            }
            _ => {}
        }
    }
    writer.takes(object.id());
}

/// Drops tables by one statement: they may refer to each other.
fn tables<'l>(writer: &mut Writer<'_, 'l>, delta: &Delta<'l>, owner: &'l str, gone: &[&'l Object]) {
    let tables = gone.iter().filter_map(|object| match object {
        Object::Table(table) => Some((*object, &table.name)),
        _ => None,
    });
    let tables: Vec<(&Object, &Name)> = tables.collect();
    let list = tables.iter().map(|(_, name)| Qualified(name).to_string()).collect::<Vec<_>>().join(",\n    ");
    for (at, (object, name)) in tables.iter().enumerate() {
        let loss = Risk::Loss { of: format!("all rows of {}", Qualified(name)) };
        let stays = |target: &Name| !tables.iter().any(|(_, gone)| *gone == target);
        let of_stayed = delta
            .old
            .constraints(name)
            .filter(|one| matches!(&one.rule, ConstraintRule::ForeignKey(key) if stays(&key.target)));
        let cost = Cost::locks(name, LockMode::AccessExclusive).risks(loss);
        let cost = of_stayed.fold(cost, let_go);
        writer.step(&object.id(), "is dropped", cost, |printer| {
            if at + 1 == tables.len() {
                printer.act_as(owner);
                printer.line(format_args!("DROP TABLE IF EXISTS\n    {list};"));
            }
        });
        takes(writer, delta, object);
    }
}

/// Drops constraints of tables that stay.
fn constraints<'l>(writer: &mut Writer<'_, 'l>, delta: &Delta<'l>, of: impl Fn(&ConstraintRule) -> bool) {
    for object in delta.gone() {
        if let Object::Constraint(one) = object
            && delta.has_table(&one.table)
            && of(&one.rule)
        {
            drop_constraint(writer, delta, one);
        }
    }
}

/// Drops indexes of tables that stay, and cannot go beside the writes of clients.
fn indexes<'l>(writer: &mut Writer<'_, 'l>, delta: &Delta<'l>) {
    for object in delta.gone() {
        let Object::Index(index) = object else { continue };
        if delta.has_relation(&index.table) && !goes_beside(delta, index) {
            let cost = Cost::locks(&index.table, LockMode::AccessExclusive);
            writer.step(&object.id(), "is dropped", cost, |printer| {
                owner_of(delta, &index.table).into_iter().for_each(|owner| printer.act_as(owner));
                printer.line(format_args!("DROP INDEX IF EXISTS {};", Qualified(&index.name)));
            });
            writer.takes(object.id());
        }
    }
}

/// Drops the other indexes, each in a file of its own.
pub(super) fn indexes_beside<'l>(files: &mut Files<'_, 'l>, delta: &Delta<'l>) {
    for object in delta.gone() {
        let Object::Index(index) = object else { continue };
        if !delta.has_relation(&index.table) || !goes_beside(delta, index) {
            continue;
        }
        let mut writer = files.begin();
        let cost = Cost::locks(&index.table, LockMode::ShareUpdateExclusive);
        writer.step(&object.id(), "is dropped", cost, |printer| {
            owner_of(delta, &index.table).into_iter().for_each(|owner| printer.act_as(owner));
            printer.line(format_args!("DROP INDEX CONCURRENTLY IF EXISTS {};", Qualified(&index.name)));
        });
        writer.takes(object.id());
        files.end(writer, Phase::ContractBeside, &index.name.name);
    }
}

/// Whether PostgreSQL drops an index beside the writes of clients: not that of a partitioned table, nor one that goes with a column.
fn goes_beside(delta: &Delta<'_>, index: &Index) -> bool {
    let names_gone = |object: &Object| match object {
        Object::Column(column) => column.table == index.table && index_names(index, &column.name),
        _ => false,
    };
    !is_partitioned(delta, &index.table) && !delta.gone().any(names_gone)
}

/// Drops partitions of tables that stay, unless they hold rows.
fn partitions<'l>(writer: &mut Writer<'_, 'l>, delta: &Delta<'l>) {
    for object in delta.gone() {
        let Object::Table(Table { name, partition_of: Some(of), .. }) = object else { continue };
        if !delta.has_table(&of.table) {
            continue;
        }
        let shown = Qualified(name).to_string();
        let message = Literal(&format!("{shown} holds rows, which nothing has room for then")).to_string();
        let values = serde_json::json!({ "partition": shown, "message": message });
        let block = polity_templates::render(blocks::DROP_PARTITION, values);
        let count = format!("SELECT count(*) FROM {shown}");
        let cost = Cost::locks(&of.table, LockMode::AccessExclusive).risks(Risk::Misfits { count });
        writer.step(&object.id(), "is dropped", cost, |printer| {
            owner_of(delta, &of.table).into_iter().for_each(|owner| printer.act_as(owner));
            printer.line(format_args!("DO {};", Body(block.trim_end())));
        });
        takes(writer, delta, object);
    }
}

/// Drops columns of tables that stay.
fn columns<'l>(writer: &mut Writer<'_, 'l>, delta: &Delta<'l>) {
    for object in delta.gone() {
        let Object::Column(column) = object else { continue };
        let Some(table) = delta.new.table(&column.table) else { continue };
        let (name, gone) = (Qualified(&column.table), Ident(&column.name));
        let mut cost = Cost::locks(&column.table, LockMode::AccessExclusive);
        // Another one holds the same.
        if !delta.has_double(&column.table, &column.name)
            && !delta.is_led_by_clients(&column.table, &column.name)
        {
            cost = cost.risks(Risk::Loss { of: format!("all values of {name}.{gone}") });
        }
        writer.step(&object.id(), "is dropped", cost, |printer| {
            printer.act_as(&table.owner);
            printer.line(format_args!("ALTER TABLE {name} DROP COLUMN IF EXISTS {gone};"));
        });
        writer.takes(object.id());
        writer.makes(delta.settled(table));
    }
}
