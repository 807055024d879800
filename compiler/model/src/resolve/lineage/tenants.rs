//! Statements of scripts that would read or write rows of tenants: a script is run once for all, by nobody's session.

use std::collections::BTreeSet;

use sqlparser::tokenizer::Token;

use super::super::sql::{Relation, Relations, WrittenScript};
use super::words::{Body, is};
use crate::{EntityId, Platform};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0546;

/// Statements that run at once, and do not only make something.
const RUN: &[&str] =
    &["copy", "delete", "do", "insert", "merge", "select", "table", "update", "values", "with"];

/// Returns an error for each script whose statements touch tables of which each tenant has its own rows.
pub(super) fn touched(
    platform: &Platform,
    relations: &Relations,
    scripts: &[WrittenScript],
) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for script in scripts.iter().filter(|_| platform.tenancy.is_some()) {
        let mut entities: BTreeSet<EntityId> = BTreeSet::new();
        for statement in script.tokens.split(|token| *token == Token::SemiColon) {
            if !statement.first().is_some_and(|first| is(first, RUN)) {
                continue;
            }
            let body = Body::of_statement(statement, script.store, relations);
            let relations = body.writes.iter().map(|written| written.relation).chain(body.reads);
            entities.extend(relations.filter_map(|relation| match relation {
                Relation::Entity(id) => Some(id).filter(|id| platform.is_scoped(*id)),
                Relation::View(_) | Relation::AuditLog(_) | Relation::Sequence(_) => None,
            }));
        }
        let Some(first) = entities.first() else { continue };
        let name = platform.entity_path(*first);
        let message =
            format!("each tenant has rows of its own in `{name}`, and a script is run for none of them");
        found.push(
            Diagnostic::new(E0546, script.span, message)
                .also(platform[*first].named.span, "the entity")
                .note("without a tenant no row is seen, and none can be written")
                .help("let a client do it for each tenant, or make the entity `global`"),
        );
    }
    found
}
