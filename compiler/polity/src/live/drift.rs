use polity_catalog::relational::Catalog;
use polity_engines::postgres_adopt::Adoption;

use super::{Connection, Refused};

/// Returns the differences between what was sealed and a live database, a line each. Expressions are compared as PostgreSQL prints
/// them, where the login may create a schema for that, which nobody ever sees; otherwise by whether they are there.
///
/// # Errors
/// When the database cannot be described.
pub fn drift(live: &mut Connection, sealed: &Adoption<'_>) -> Result<Vec<String>, Refused> {
    let (found, twins) = match live.describe_with_twins(sealed) {
        Ok(both) => both,
        Err(_) => (live.describe(&sealed.scope())?, Catalog::default()),
    };
    Ok(sealed.drift(&found, &twins).iter().map(ToString::to_string).collect())
}
