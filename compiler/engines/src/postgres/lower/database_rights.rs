//! The rights that an administrator gives before anything is made: on objects that the roles of a database make later.

use std::collections::BTreeMap;

use super::database::Database;
use super::lowered::Lowered;
use super::roles;
use polity_catalog::relational::{DefaultPrivileges, ObjectKind};

/// Lowers the rights of a whole database. What stands in a tenant's schemas is made by the roles of the shared one.
pub(super) fn lower(database: &Database, lowered: &mut Lowered) {
    if database.prefix().is_some() {
        return;
    }
    for owner in roles::owners(database) {
        lowered.add(DefaultPrivileges {
            by: owner.clone(),
            on: ObjectKind::Functions,
            // Rights within a schema are added to those of the database, where everybody would keep `EXECUTE`.
            within: None,
            rights: BTreeMap::new(),
        });
    }
}
