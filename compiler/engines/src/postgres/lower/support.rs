//! Functions of the schema `polity` that columns, checks and triggers call.

use serde::Serialize;

use super::super::sql::{Literal, Name};
use super::database::Database;
use super::lowered::{Lowered, arguments, plpgsql, sql};
use super::{maintenance, removing};
use polity_catalog::relational::{Function, Privilege, Target, Volatility};
use polity_templates::postgres::functions;

/// Lowers the functions that columns and checks call, and those of triggers. A tenant's schemas use those of the shared
/// database.
pub(super) fn lower(database: &Database, lowered: &mut Lowered) {
    let (roles, needs) = (&database.roles, &database.needs);
    let support = |name: &str, returns: &str, named: &[(&str, &str)], body: &str| Function {
        arguments: arguments(named),
        volatility: Volatility::Immutable,
        parallel_safe: true,
        ..sql(&Name::new("polity", name), &roles.owner, returns, body)
    };
    let mut wanted: Vec<(&str, Function)> = Vec::new();
    if needs.uuid_v7 && database.major < 18 {
        let function = support("uuid_v7", "uuid", &[], functions::UUID_V7);
        wanted.push((
            "UUIDs of version 7 (RFC 9562): the time in milliseconds, then chance, so that new keys stand together.\n\
             PostgreSQL brings its own from version 18.",
            Function { volatility: Volatility::Volatile, ..function },
        ));
    }
    if needs.all_match {
        let named = [("list", "text[]"), ("pattern", "text")];
        let docs = "Whether every element of a list matches a pattern; absent elements do.";
        wanted.push((docs, support("all_match", "boolean", &named, functions::ALL_MATCH)));
    }
    if needs.all_within {
        let named =
            [("document", "jsonb"), ("path", "jsonpath"), ("shortest", "integer"), ("longest", "integer")];
        let docs = "Whether every text at a path has so many characters; what is absent or no text does.";
        wanted.push((docs, support("all_within", "boolean", &named, functions::ALL_WITHIN)));
    }
    if needs.all_bytes_within {
        let named =
            [("document", "jsonb"), ("path", "jsonpath"), ("shortest", "integer"), ("longest", "integer")];
        let docs =
            "Whether every text at a path says so many bytes in base64; what is absent or no text does.";
        wanted.push((docs, support("all_bytes_within", "boolean", &named, functions::ALL_BYTES_WITHIN)));
    }
    for (docs, function) in wanted {
        // Defaults and checks run with the rights of whoever writes the row.
        if database.placement.prefix().is_some() {
            let on = Target::Function(function.signature());
            lowered.grant(on, &roles.owner, database.groups(), &[Privilege::Execute]);
        } else {
            lowered.function(docs, function, database.groups());
        }
    }
    if database.placement.prefix().is_none() {
        lower_refusals(database, lowered);
    }
}

/// Functions of triggers that refuse a change.
fn lower_refusals(database: &Database, lowered: &mut Lowered) {
    #[derive(Serialize)]
    struct AppendOnly {
        /// The end of the condition under which it gives way, where anything is ever removed.
        or_removes: String,
    }
    #[derive(Serialize)]
    struct StaysAnonymous {
        maintenance_text: String,
    }
    let owner = &database.roles.owner;
    if database.tables.iter().any(|table| database.platform.append_only(table.entity.id).is_some()) {
        let or_removes = match removing::is_needed(database) {
            true => format!(" OR {}", removing::REMOVES),
            false => String::new(),
        };
        let body = polity_templates::render(functions::APPEND_ONLY, AppendOnly { or_removes });
        let function = plpgsql(&Name::new("polity", "append_only"), owner, "trigger", &body);
        lowered.function(
            "Refuses to change what was written. The application has no right to; this stops everybody else, except\n\
             retention and erasure and a row that goes with the one it refers to, or forgets it.",
            function,
            [],
        );
    }
    if maintenance::anonymizes(database) {
        let values = StaysAnonymous { maintenance_text: Literal(&database.roles.maintenance).to_string() };
        let body = polity_templates::render(functions::STAYS_ANONYMOUS, values);
        let function = plpgsql(&Name::new("polity", "stays_anonymous"), owner, "trigger", &body);
        lowered.function(
            "What was anonymized stays so: nobody writes the person back. Its arguments: the columns that were emptied. Only who\n\
             carries retention and erasures out may change them, and each may be emptied once more.",
            function,
            [],
        );
    }
}
