//! The sight of every row. No role bypasses row security, since only a superuser can give that right: the role of
//! maintenance has a policy on each table that lets every row through. Whatever works for all tenants acts as that role or
//! as a member of it, and first has it proven that nothing is hidden: rows that a policy hides look as if there were none.

use serde::Serialize;
use smol_str::SmolStr;

use super::super::super::sql::{Literal, Name};
use super::super::database::Database;
use super::super::lowered::{Lowered, arguments, plpgsql, settings};
use super::POLITY;
use super::guards::policy;
use polity_catalog::relational::{self, Command, Function, FunctionBody, Object, Policy, Volatility};
use polity_templates::postgres::functions;

/// The name of the policy of maintenance, on tables and on partitions.
pub(in crate::postgres) const EVERY_ROW: &str = "every_row";

/// The call that refuses to go on where a row is hidden.
pub(in crate::postgres) const PROOF: &str = "polity.require_every_row()";

/// Lowers the function that proves it.
pub(super) fn lower(database: &Database, lowered: &mut Lowered) {
    #[derive(Serialize)]
    struct Names {
        owner_text: String,
        maintenance_text: String,
    }
    let roles = &database.roles;
    let values = Names {
        owner_text: Literal(&roles.owner).to_string(),
        maintenance_text: Literal(&roles.maintenance).to_string(),
    };
    let body = polity_templates::render(functions::REQUIRE_EVERY_ROW, values);
    let name = Name::new(POLITY, "require_every_row");
    let mut require =
        Function { volatility: Volatility::Stable, ..plpgsql(&name, &roles.owner, "void", &body) };
    require.arguments = arguments(&[("tables", "regclass[]")]);
    require.arguments[0].default = Some(SmolStr::new_static("NULL"));
    let docs = "Refuses to go on where row security would hide a row from whoever acts: the first call of all that works for every\n\
        tenant, which would find less than there is and say nothing. Without a list it asks of every table.";
    let auditor = database.records().then_some(&roles.auditor);
    lowered.function(docs, require, std::iter::once(&roles.maintenance).chain(auditor));
}

/// Lowers the policy of maintenance on every table that is closed, partitions among them.
pub(in crate::postgres) fn lower_policies(database: &Database, lowered: &mut Lowered) {
    let closed = lowered.catalog.objects().filter_map(|object| match object {
        Object::Table(table) if table.row_security => Some(table.name.clone()),
        _ => None,
    });
    let closed: Vec<relational::Name> = closed.collect();
    for table in closed {
        lowered.add(Policy {
            using: Some("true".to_owned()),
            check: Some("true".to_owned()),
            ..policy(&Name(table), EVERY_ROW, Command::All, &[&database.roles.maintenance])
        });
    }
}

/// Makes a function that acts as maintenance prove, before all else, that it sees the rows of every tenant.
pub(in crate::postgres) fn prove(database: &Database, function: &mut Function) {
    if database.tenancy.is_none() {
        return;
    }
    debug_assert!(function.security_definer && function.owner == database.roles.maintenance);
    function.settings.extend(settings(&[("row_security", "on")]));
    if let FunctionBody::Text(body) = &mut function.body {
        *body = proving(body);
    }
}

/// Returns the body with the proof as the first statement of its outermost block.
fn proving(body: &str) -> String {
    let begin = "BEGIN\n";
    let at = body.match_indices(begin).map(|(at, _)| at).find(|at| *at == 0 || body[..*at].ends_with('\n'));
    let (before, after) = body.split_at(at.map_or(0, |at| at + begin.len()));
    debug_assert!(!before.is_empty(), "a block begins on a line of its own: {body}");
    format!("{before}    PERFORM {PROOF};\n{after}")
}

#[cfg(test)]
mod tests {
    use super::proving;

    #[test]
    fn the_proof_comes_before_all_else_of_a_body() {
        assert_eq!(
            proving("BEGIN\n    RETURN 1;\nEND;"),
            "BEGIN\n    PERFORM polity.require_every_row();\n    RETURN 1;\nEND;"
        );
        assert_eq!(
            proving(
                "#variable_conflict use_column\nDECLARE\n    a text := 'BEGIN';\nBEGIN\n    BEGIN\n    END;\nEND;"
            ),
            "#variable_conflict use_column\nDECLARE\n    a text := 'BEGIN';\nBEGIN\n    PERFORM polity.require_every_row();\n    BEGIN\n    END;\nEND;"
        );
    }
}
