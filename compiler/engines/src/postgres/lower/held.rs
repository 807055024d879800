//! A database that nobody sealed: which things of the source it holds, and under which names.

use std::collections::BTreeMap;

use smol_str::{SmolStr, format_smolstr};

use super::super::sql::Name;
use super::database::Database;
use super::origins;
use super::table::{Column, Table, column_name};
use polity_catalog::Identified;
use polity_catalog::origins::Origins;
use polity_catalog::relational::{Catalog, ObjectId};
use polity_model::FieldId;
use polity_model::history::SealedModel;
use polity_text::naming::snake_case;

/// The things of the source that a database holds.
#[derive(Debug)]
pub(in crate::postgres) struct Held {
    /// The things by the names that the database has for them: those of today or, where it has these, those of before (`was`).
    pub(in crate::postgres) origins: Origins,
    /// The things as they are to be sealed. Those of this store that the database lacks are left out.
    pub(in crate::postgres) model: SealedModel,
}

impl Held {
    pub(in crate::postgres) fn of(database: &Database, live: &Catalog) -> Self {
        let today = origins::of(database);
        let mut held = Self { origins: Origins::default(), model: database.platform.sealed_model() };
        for table in &database.tables {
            let path = database.platform.entity_path(table.entity.id);
            let is_there = |name: &Name| live.get(&ObjectId::Table(name.0.clone())).is_some();
            let names = std::iter::once(table.name.clone()).chain(names_before(database, table));
            match names.into_iter().find(is_there) {
                Some(name) => held.table(table, &name, &path, &today, live),
                None => held.model.things.retain(|thing, _| !is_of(thing, &path)),
            }
            if let Some(name) = names_before(database, table).into_iter().find(is_there)
                && !is_there(&table.name)
            {
                let place = path.split_once('.').map_or("", |(place, _)| place);
                let before = table.entity.named.path_before(place).unwrap_or_default();
                held.move_to(&path, &before, &name.name);
            }
        }
        for object in live.objects() {
            let id = object.id();
            if matches!(id, ObjectId::View(_) | ObjectId::Sequence(_)) {
                held.has(&today, &id, &id);
            }
        }
        held
    }

    /// Notes what the database calls a thing.
    fn has(&mut self, today: &Origins, now: &ObjectId, there: &ObjectId) {
        if let Some(origin) = today.get(&now.to_string()) {
            self.origins.insert(there.to_string(), origin.clone());
        }
    }

    /// Notes the columns of a table that the database holds under a name.
    fn table(&mut self, table: &Table, name: &Name, path: &str, today: &Origins, live: &Catalog) {
        self.has(today, &ObjectId::Table(table.name.0.clone()), &ObjectId::Table(name.0.clone()));
        for (at, field) in table.entity.fields.iter().enumerate() {
            let is_of_field = |column: &&Column| column.field.is_some_and(|id| id.index() == at);
            let columns: Vec<&Column> = table.columns.iter().filter(is_of_field).collect();
            let mut there = Vec::new();
            for column in &columns {
                let names = std::iter::once(column.name.clone()).chain(columns_before(table, column));
                let mut ids = names.map(|column| ObjectId::Column(name.0.clone(), column));
                if let Some(id) = ids.find(|id| live.get(id).is_some()) {
                    self.has(today, &ObjectId::Column(table.name.0.clone(), column.name.clone()), &id);
                    there.push((column.name.clone(), id));
                }
            }
            let thing = format_smolstr!("{path}.{}", field.named.name);
            match there.first() {
                None if !columns.is_empty() => drop(self.model.things.remove(&thing)),
                Some((now, ObjectId::Column(_, before))) if now != before => {
                    let was = field.named.path_before(path).unwrap_or_default();
                    self.move_to(&thing, &was, before);
                }
                _ => {}
            }
        }
    }

    /// Seals a thing, and all that is of it, under the path and the stored name that it had before.
    fn move_to(&mut self, now: &str, before: &str, stored: &SmolStr) {
        let things = std::mem::take(&mut self.model.things);
        let moved = things.into_iter().map(|(path, mut thing)| {
            if path == now {
                thing.stored = stored.clone();
            }
            let path = match path.strip_prefix(now).filter(|_| is_of(&path, now)) {
                Some(rest) => format_smolstr!("{before}{rest}"),
                None => path,
            };
            (path, thing)
        });
        self.model.things = moved.collect::<BTreeMap<_, _>>();
    }
}

/// Returns the schemas that things of the source stood in before.
pub(in crate::postgres) fn schemas_before(database: &Database) -> Vec<SmolStr> {
    let names = database.tables.iter().flat_map(|table| names_before(database, table));
    names.map(|name| name.schema.clone()).collect()
}

/// Whether a path names a thing, or something of it.
fn is_of(path: &str, thing: &str) -> bool {
    path.strip_prefix(thing).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// The names that a table may have had: `was` says one as the source had it, or as stores have it.
fn names_before(database: &Database, table: &Table) -> Vec<Name> {
    let Some((was, _)) = &table.entity.named.was else { return Vec::new() };
    let (place, last) =
        was.rsplit_once('.').map_or((None, was.as_str()), |(place, last)| (Some(place), last));
    let of_place = |place: &str| {
        let schemas = database.platform.schemas.iter().filter(|schema| schema.store == database.store.id);
        let mut named = schemas.filter(|schema| schema.named.name == place);
        named.next().map_or_else(|| place.into(), |schema| schema.named.stored.clone())
    };
    let schema = place.map_or_else(|| table.name.schema.clone(), of_place);
    vec![Name::new(schema.clone(), snake_case(last)), Name::new(schema, last)]
}

/// The names that a column may have had.
fn columns_before(table: &Table, column: &Column) -> Vec<SmolStr> {
    let named = |id: FieldId| {
        let (was, _) = table.entity.field(id).named.was.as_ref()?;
        let rest = column.name.strip_prefix(column_name(table.entity, id).as_str())?;
        Some(vec![format_smolstr!("{}{rest}", snake_case(was)), format_smolstr!("{was}{rest}")])
    };
    column.field.and_then(named).unwrap_or_default()
}
