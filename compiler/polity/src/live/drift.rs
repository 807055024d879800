use polity_catalog::relational::{Catalog, Texts};
use polity_engines::postgres_describe::Scope;

use super::{Connection, Refused};

/// Returns the differences between a sealed catalog and a live database, a line each. Texts that PostgreSQL writes in a
/// form of its own are compared by whether they are there.
///
/// # Errors
/// When the catalog is none of this version, or the database cannot be described.
pub fn drift(live: &mut Connection, sealed: &str) -> Result<Vec<String>, Refused> {
    let sealed =
        Catalog::from_json(sealed).map_err(|error| Refused::says("the sealed catalog", error.to_string()))?;
    let found = live.describe(&Scope::of(&sealed))?;
    Ok(sealed.differences(&found, Texts::Structure).iter().map(ToString::to_string).collect())
}
