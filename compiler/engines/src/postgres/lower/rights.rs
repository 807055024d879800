//! The rights of services on schemas, tables and views.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use super::database::Database;
use super::lowered::Lowered;
use super::table::Table;
use super::{maintenance, services, tenancy};
use polity_catalog::relational::{Privilege, Reach, Target};

/// Lowers the rights of services; or, where none is declared, the rights of their group.
///
/// The application reads and writes rows; it cannot empty, lock or change a table, nor rewrite a key.
pub(super) fn lower(database: &Database, lowered: &mut Lowered) {
    let roles = &database.roles;
    for schema in used_schemas(database) {
        let on = Target::Schema(schema);
        lowered.grant(on, &roles.owner, database.groups(), &[Privilege::Usage]);
    }
    if maintenance::is_needed(database) {
        let own = Target::Schema(database.functions_schema.clone());
        lowered.grant(own, &roles.owner, [&roles.cron], &[Privilege::Usage]);
    }
    if !database.services.is_empty() {
        return services::lower_rights(database, lowered);
    }
    for view in &database.common_views {
        let on = Target::Relation(view.name.0.clone());
        lowered.grant(on, view.owner(database), [&roles.app], &[Privilege::Select]);
    }
    for table in database.tables.iter().chain(&database.common) {
        let on = Target::Relation(table.name.0.clone());
        lowered.grant_parts(on, &roles.owner, &roles.app, rights_without_services(database, table));
    }
}

/// Schemas that the groups of services may name things in.
fn used_schemas(database: &Database) -> Vec<SmolStr> {
    let mut schemas: Vec<SmolStr> = Vec::new();
    if database.has_own_functions() && database.placement.prefix().is_none() {
        schemas.push(SmolStr::new_static("polity"));
    }
    if !database.services.is_empty() {
        // Each service gets its own, and their group the functions only.
        return schemas;
    }
    let holds_rows = |name: &SmolStr| {
        database.tables.iter().any(|t| t.name.schema == *name)
            || database.views.iter().any(|v| v.name.schema == *name)
    };
    let of_trails = |name: &SmolStr| database.trails.iter().any(|t| t.name.schema == *name);
    let own = database.schemas.iter().map(|(name, _)| name);
    schemas.extend(own.filter(|name| holds_rows(name) || !of_trails(name)).cloned());
    let tables = database.common.iter().map(|table| &table.name);
    let common = tables.chain(database.common_views.iter().map(|view| &view.name));
    schemas.extend(common.map(|name| name.schema.clone()));
    schemas
}

/// The rights of the application on a table, where no service says what it needs.
fn rights_without_services(database: &Database, table: &Table) -> BTreeMap<Privilege, Reach> {
    let append_only = database.platform.append_only(table.entity.id).is_some();
    let whole =
        |privileges: &[Privilege]| privileges.iter().map(|privilege| (*privilege, Reach::Whole)).collect();
    let mut rights: BTreeMap<Privilege, Reach> = match &database.tenancy {
        Some(tenancy) if table.is_scoped() => tenancy::row_rights(tenancy, table, append_only),
        // A tenant's own database has copies of what all share; beside its own schemas stands what is not its own.
        Some(_) if database.placement.tenant.is_some() => whole(&[Privilege::Select]),
        // A row that all tenants share does not go because one of them says so.
        Some(_) => whole(&[Privilege::Select, Privilege::Insert]),
        None if append_only => whole(&[Privilege::Select, Privilege::Insert]),
        None => whole(&[Privilege::Select, Privilege::Insert, Privilege::Delete]),
    };
    if table.entity.soft_delete().is_some() {
        rights.remove(&Privilege::Delete);
    }
    if append_only || database.placement.tenant.is_some() && !table.is_scoped() {
        return rights;
    }
    let changeable: Vec<SmolStr> =
        table.columns.iter().filter(|c| c.changeable).map(|c| c.name.clone()).collect();
    if !changeable.is_empty() {
        rights.insert(Privilege::Update, Reach::Columns(changeable));
    }
    rights
}
