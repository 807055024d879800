//! The things of the source that tables, columns, views and sequences come from.

use smol_str::format_smolstr;

use super::database::Database;
use super::table::Table;
use polity_catalog::origins::{Origin, Origins, Part};
use polity_catalog::relational::ObjectId;
use polity_model::stable_ids::as_text;
use polity_model::{Named, SchemaId};

/// Returns the origins of all objects of a database that stand for something of the source by themselves.
pub(in crate::postgres) fn of(database: &Database) -> Origins {
    let mut origins = Origins::default();
    for table in &database.tables {
        of_table(database, table, &mut origins);
    }
    let platform = database.platform;
    for view in &database.views {
        let name = view.name.0.clone();
        let origin = of_thing(database, view.view.schema, &view.view.named);
        origins.insert(ObjectId::View(name).to_string(), origin);
    }
    for sequence in platform.sequences.iter().filter(|sequence| sequence.store == database.store.id) {
        let name = database.placement.sequence_of(sequence).0;
        let origin = of_thing(database, Some(sequence.schema), &sequence.named);
        origins.insert(ObjectId::Sequence(name).to_string(), origin);
    }
    origins
}

fn of_table(database: &Database, table: &Table, origins: &mut Origins) {
    let (platform, entity, name) = (database.platform, table.entity, &table.name.0);
    let path = platform.entity_path(entity.id);
    let id = as_text(platform.stable_id(entity.id)).into();
    let origin = Origin { id, path: path.clone().into(), part: Part::Whole };
    origins.insert(ObjectId::Table(name.clone()).to_string(), origin);
    for column in table.columns.iter().filter(|column| !column.path.first.is_empty()) {
        let origin = Origin {
            id: as_text(platform.stable_path_id(entity.id, &column.path.first)).into(),
            path: format_smolstr!("{path}.{}", column.path.now),
            part: column.part,
        };
        origins.insert(ObjectId::Column(name.clone(), column.name.clone()).to_string(), origin);
    }
}

fn of_thing(database: &Database, schema: Option<SchemaId>, named: &Named) -> Origin {
    let platform = database.platform;
    let place = schema.map_or(&database.store.named.name, |schema| &platform[schema].named.name);
    let id = platform.stable_thing_id(&format!("{place}.{}", named.first_name()));
    Origin { id: as_text(id).into(), path: format_smolstr!("{place}.{}", named.name), part: Part::Whole }
}
