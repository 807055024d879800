//! The rows that are not deleted softly, as a view of whoever reads it: `users_live` beside `users`.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use super::super::sql::{Ident, List, Name};
use super::database::Database;
use super::lowered::Lowered;
use super::names::{LIMIT, fit};
use super::table::{Table, column_name};
use polity_catalog::relational::{Privilege, Target, View, ViewKind};
use polity_govern::Stored;
use polity_model::{Entity, Store, Thing};

/// Returns the name of the view; `None` where rows are not deleted softly, and before PostgreSQL 15, where a view shows the
/// rows of its owner.
pub(in crate::postgres) fn name(platform: &Stored, store: &Store, entity: &Entity) -> Option<SmolStr> {
    entity.soft_delete()?;
    let shows = store.version.major() >= 15 || platform.tenancy.is_none();
    shows.then(|| fit(&format!("{}_live", entity.named.stored), LIMIT))
}

/// Lowers the views, with the right to read each for whoever reads all of a row but not what is deleted.
pub(super) fn lower(database: &Database, lowered: &mut Lowered) {
    for table in &database.tables {
        let entity = table.entity;
        let named = name(database.platform, database.store, entity);
        let Some((name, deleted)) = named.zip(entity.soft_delete()) else { continue };
        let name = Name::new(table.name.schema.clone(), name);
        let columns: Vec<&SmolStr> = table.columns.iter().map(|column| &column.name).collect();
        let deleted = column_name(entity, deleted);
        lowered.add(View {
            name: name.0.clone(),
            owner: database.roles.owner.clone(),
            kind: if database.major >= 15 { ViewKind::OfReader } else { ViewKind::OfOwner },
            query: format!(
                "SELECT {}\n  FROM {}\n WHERE {} IS NULL",
                List(&columns),
                table.name,
                Ident(&deleted)
            ),
            comment: "Rows that nobody has deleted.".into(),
            column_comments: BTreeMap::new(),
        });
        lower_rights(database, table, &name, lowered);
    }
}

fn lower_rights(database: &Database, table: &Table, name: &Name, lowered: &mut Lowered) {
    let roles = &database.roles;
    let target = || Target::Relation(name.0.clone());
    if database.services.is_empty() {
        lowered.grant(target(), &roles.owner, [&roles.app], &[Privilege::Select]);
    }
    let fields = table.entity.fields.len();
    for service in &database.services {
        let mine = service.privileges.iter().filter(|p| p.on == Thing::Entity(table.entity.id));
        let reads: Vec<_> = mine.filter(|p| p.verb == "read").collect();
        let whole = reads.iter().any(|p| p.fields.len() == fields);
        if whole && !reads.iter().any(|p| p.with_deleted) {
            lowered.grant(target(), &roles.owner, [&service.role], &[Privilege::Select]);
        }
    }
}
