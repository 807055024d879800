//! The account that `polity apply` keeps of a place: a migration that is taken back did not run.

use super::super::super::lower::database::Database;
use super::super::super::sql::{Body, Literal};
use polity_templates::postgres::blocks;

/// The block that takes a migration out of the account, where there is one; it refuses while a later one is in it.
pub(in crate::postgres) fn unrecorded(database: &Database, number: u32) -> String {
    let placement = &database.placement;
    let tenant = placement.tenant.map_or("", |tenant| tenant.named.name.as_str());
    let values = serde_json::json!({
        "place": Literal(&placement.in_history()).to_string(),
        "tenant": Literal(tenant).to_string(),
        "number": number,
    });
    let block = polity_templates::render(blocks::UNDO_ACCOUNT, values);
    format!("-- The account of polity apply, where it keeps one.\nDO {};\n\n", Body(block.trim_end()))
}
