//! `provision.sh`: makes a tenant of a tier that no line of the source names, from the texts that `polity apply` keeps in the shared
//! database.

use serde::Serialize;

use super::super::lower::database::Database;
use super::super::sql::Literal;
use super::promotion::remarks;

/// Writes the script; `None` in the database that all tenants share.
pub(in crate::postgres) fn file(database: &Database) -> Option<String> {
    #[derive(Serialize)]
    struct Provision {
        header: String,
        /// Its name as a text of SQL.
        tier_text: String,
    }
    let tier = database.placement.tier()?;
    let (place, template) = match database.placement.is_apart() {
        true => ("the database", polity_templates::postgres::PROVISION_DATABASE),
        false => ("the schemas", polity_templates::postgres::PROVISION_SCHEMAS),
    };
    let what = format!(
        "Makes {place} of a tenant of the tier {tier}: bash provision.sh NAME ID ['{{QUOTAS}}'],\nwhere QUOTAS are such as \"tenant_connections\": 20."
    );
    let values = Provision { header: remarks(database, &what), tier_text: Literal(tier).to_string() };
    Some(polity_templates::render(template, values))
}
