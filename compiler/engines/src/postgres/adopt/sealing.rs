//! The first migration of a history that begins with a database. There it is held to have run; a new installation begins with what is
//! printed from the description.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use super::super::change::{self, is_admins};
use super::super::lower::database::Database;
use super::super::lower::held::Held;
use super::super::lower::lowered::{Lowered, Step};
use super::super::lower::maintenance::first_partitions;
use super::super::lower::sealed::{State, own, owner_of};
use super::super::print;
use polity_catalog::Identified;
use polity_catalog::relational::{Catalog, FORMAT, Name, Object};
use polity_model::history::{CATALOG, STATE, folder_of, sum};

/// The name of the migration.
pub(in crate::postgres) const ADOPTED: &str = "adopted";

/// Returns the files by their paths below `history/`. `there` is the catalog with the names that the database has, `today` that with
/// those of the source.
pub(super) fn files(
    database: &Database,
    lowered: &Lowered,
    there: &Catalog,
    today: &Catalog,
    held: &Held,
) -> BTreeMap<String, String> {
    let mut ready = lowered.with_catalog(installed(database, lowered, there));
    ready.steps = steps(database, lowered, there);
    let mut files = BTreeMap::new();
    let number = database.platform.history.last().max(1);
    let folder = format!("{}/{}", database.placement.in_history(), folder_of(number, ADOPTED));
    for file in change::whole(database, &ready).files {
        let stem = file.name.trim_end_matches(".sql");
        files.insert(format!("{folder}/{stem}.json"), file.changes);
        files.insert(format!("{folder}/{}", file.name), file.text);
    }
    let state = State {
        format: FORMAT,
        admin: admin(database, lowered, today),
        steps: steps(database, lowered, today).into_iter().map(|step| step.sql).collect(),
        recoded: Vec::new(),
        origins: held.origins.clone(),
    };
    files.insert(format!("{folder}/{CATALOG}"), there.to_json());
    files.insert(format!("{folder}/{STATE}"), state.to_json());
    files
}

/// The sum of the administrator's file where the database has all that it states; otherwise it is to run.
fn admin(database: &Database, lowered: &Lowered, today: &Catalog) -> String {
    let is_there = |object: &Object| today.get(&object.id()) == Some(object);
    let mut stated =
        lowered.catalog.objects().filter(|object| is_admins(object) && !matches!(object, Object::Job(_)));
    if stated.all(is_there) { sum(&print::roles(database, lowered)) } else { String::new() }
}

/// The catalog of a new installation: what the database holds, with the roles and owners of the platform.
fn installed(database: &Database, lowered: &Lowered, there: &Catalog) -> Catalog {
    let is_role = |name: &SmolStr| lowered.roles().any(|role| role.name == *name);
    let mut installed = Catalog::default();
    for object in there.objects().filter(|object| !is_admins(object)) {
        let mut object = object.clone();
        if owner_of(&object).is_some_and(|owner| !is_role(owner)) {
            own(&mut object, &database.roles.owner);
        }
        installed.insert(object);
    }
    for object in lowered.catalog.objects().filter(|object| is_admins(object)) {
        installed.insert(object.clone());
    }
    installed
}

/// The statements that ran: those that name nothing which the database lacks. Partitions are made once more where an earlier version
/// of the compiler would make them.
fn steps(database: &Database, lowered: &Lowered, there: &Catalog) -> Vec<Step> {
    let has = |catalog: &Catalog, name: &Name| {
        catalog.objects().any(|object| match object {
            Object::Function(function) => function.name == *name,
            Object::Table(table) => table.name == *name,
            Object::View(view) => view.name == *name,
            _ => false,
        })
    };
    let is_own = |object: &&Object| matches!(object, Object::Function(one) if one.name.schema == database.functions_schema);
    let mut own = lowered.catalog.objects().filter(is_own);
    let is_of_today = own.all(|object| there.get(&object.id()) == Some(object));
    let partitions = first_partitions(database).filter(|_| !is_of_today);
    let ran = |step: &&Step| {
        let mut names = Name::all_in(&step.sql).into_iter();
        partitions.as_ref() != Some(&step.sql)
            && names.all(|name| !has(&lowered.catalog, &name) || has(there, &name))
    };
    lowered.steps.iter().filter(ran).cloned().collect()
}
