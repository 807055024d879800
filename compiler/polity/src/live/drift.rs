use polity_catalog::relational::Catalog;
use polity_engines::postgres_adopt::Adoption;
use polity_engines::postgres_describe::Scope;

use super::{Connection, Refused};

/// The differences between what was sealed and a live database.
#[derive(Debug)]
pub struct Drift {
    /// A line each: what the sealed catalog has first, then what the database has.
    pub differences: Vec<String>,
    /// The reason why expressions were compared only by whether they are there; `None` where their meaning was.
    pub unread: Option<Refused>,
}

/// Compares what was sealed with a live database. Expressions are compared as PostgreSQL prints them, where the login may create a
/// schema for that, which nobody ever sees; otherwise by whether they are there. `others` are parts of the database that tenants
/// have to themselves.
///
/// # Errors
/// When the database cannot be described.
pub fn drift(live: &mut Connection, sealed: &Adoption<'_>, others: &[Scope]) -> Result<Drift, Refused> {
    let scope = others.iter().fold(sealed.scope(), Scope::without);
    let (found, twins, unread) = match live.describe_with_twins(sealed, &scope) {
        Ok((found, twins)) => (found, twins, None),
        Err(refused) => (live.describe(&scope)?, Catalog::default(), Some(refused)),
    };
    let differences = sealed.drift(&found, &twins).iter().map(ToString::to_string).collect();
    Ok(Drift { differences, unread })
}
