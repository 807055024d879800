//! Reads a live database back into a catalog. Nothing here connects to a server: a caller with a connection runs
//! [`SETTINGS`] and then each of [`QUERIES`] in one transaction, and gives the rows to [`catalog`]. Any role that may log
//! in can do so. `docs/catalog.md` says what is left out.

mod scope;
mod types;

use std::fmt::{Display, Formatter, Result as Written};

use polity_catalog::Identified;
use polity_catalog::relational::{Catalog, Object, Target, TypeKind, identity_sequence};
use polity_templates::postgres::describe as templates;
use smol_str::SmolStr;

pub use scope::Scope;

/// Statements to run before the queries, within their transaction. PostgreSQL prints names with their schema unless it is
/// in `search_path`, so the rows depend on it, as they do on the other settings.
pub const SETTINGS: &str = "\
SET LOCAL search_path = pg_catalog, pg_temp;
SET LOCAL standard_conforming_strings = on;
SET LOCAL quote_all_identifiers = off;
SET LOCAL TimeZone = 'UTC';
SET LOCAL DateStyle = 'ISO, YMD';
SET LOCAL IntervalStyle = 'postgres';
SET LOCAL bytea_output = 'hex';
SET LOCAL extra_float_digits = 1;
SET LOCAL jit = off;
";

/// A query about the objects of one kind. Its only parameter is [`Scope::parameter`], and each row has one column: an
/// object as JSON.
#[derive(Debug, Clone, Copy)]
pub struct Query {
    /// The kind, such as `columns`.
    pub name: &'static str,
    pub sql: &'static str,
}

/// Every query. The order in which they run does not matter.
pub const QUERIES: &[Query] = &[
    Query { name: "roles", sql: templates::ROLES },
    Query { name: "schemas", sql: templates::SCHEMAS },
    Query { name: "extensions", sql: templates::EXTENSIONS },
    Query { name: "types", sql: templates::TYPES },
    Query { name: "sequences", sql: templates::SEQUENCES },
    Query { name: "tables", sql: templates::TABLES },
    Query { name: "columns", sql: templates::COLUMNS },
    Query { name: "constraints", sql: templates::CONSTRAINTS },
    Query { name: "indexes", sql: templates::INDEXES },
    Query { name: "functions", sql: templates::FUNCTIONS },
    Query { name: "views", sql: templates::VIEWS },
    Query { name: "triggers", sql: templates::TRIGGERS },
    Query { name: "policies", sql: templates::POLICIES },
    Query { name: "rules", sql: templates::RULES },
    Query { name: "grants", sql: templates::GRANTS },
    Query { name: "default_privileges", sql: templates::DEFAULT_PRIVILEGES },
];

/// The error for a row that stands for no object of a catalog.
#[derive(Debug)]
pub struct UnreadableRow {
    /// The name of the query that gave it.
    pub query: String,
    pub row: String,
    pub reason: String,
}

impl Display for UnreadableRow {
    fn fmt(&self, f: &mut Formatter<'_>) -> Written {
        let Self { query, row, reason } = self;
        write!(f, "a row of the query `{query}` is not an object of a catalog: {reason}; the row is {row}")
    }
}

impl std::error::Error for UnreadableRow {}

/// Reads the rows of all queries, each with the name of its query.
///
/// # Errors
/// When a row is not an object that a catalog can hold, such as a function in a language that it does not know, or when
/// two rows are about the same object.
pub fn catalog<Q: AsRef<str>, R: AsRef<str>>(
    rows: impl IntoIterator<Item = (Q, R)>,
) -> Result<Catalog, UnreadableRow> {
    let mut catalog = Catalog::default();
    for (query, row) in rows {
        let unreadable = |reason: String| UnreadableRow {
            query: query.as_ref().to_owned(),
            row: row.as_ref().to_owned(),
            reason,
        };
        let mut object: Object =
            serde_json::from_str(row.as_ref()).map_err(|error| unreadable(error.to_string()))?;
        write_types(&mut object);
        let id = object.id();
        if catalog.insert(object).is_some() {
            return Err(unreadable(format!("another row is about {id} already")));
        }
    }
    Ok(catalog)
}

/// Writes the types and the sequences that an object names as the compiler writes them.
fn write_types(object: &mut Object) {
    match object {
        Object::Column(column) => {
            types::write(&mut column.ty);
            if column.sequence == identity_sequence(&column.table.name, &column.name) {
                column.sequence = SmolStr::default();
            }
        }
        Object::Function(function) => {
            function.arguments.iter_mut().for_each(|argument| types::write(&mut argument.ty));
            function.returns.iter_mut().for_each(types::write);
        }
        Object::Type(ty) => match &mut ty.kind {
            TypeKind::Enum(_) => {}
            TypeKind::Composite(members) => members.iter_mut().for_each(|(_, ty)| types::write(ty)),
            TypeKind::Domain(domain) => types::write(&mut domain.base),
        },
        Object::Grant(grant) => {
            if let Target::Function(signature) = &mut grant.on {
                signature.arguments.iter_mut().for_each(types::write);
            }
        }
        Object::Role(_)
        | Object::Schema(_)
        | Object::Extension(_)
        | Object::Sequence(_)
        | Object::Table(_)
        | Object::Constraint(_)
        | Object::Index(_)
        | Object::View(_)
        | Object::Trigger(_)
        | Object::Policy(_)
        | Object::Rule(_)
        | Object::DefaultPrivileges(_)
        | Object::Job(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(rows: &[(&str, &str)]) -> String {
        catalog(rows.iter().copied()).map_or_else(|error| error.to_string(), |_| String::new())
    }

    #[test]
    fn a_row_that_cannot_be_read_is_named_with_the_reason() {
        let schema = r#"{"schema": {"name": "core", "owner": "o"}}"#;
        assert_eq!(said(&[("schemas", schema)]), "");
        let twice = said(&[("schemas", schema), ("schemas", schema)]);
        assert!(twice.contains("another row is about schema core already"), "{twice}");
        let foreign =
            r#"{"function": {"name": ["a", "f"], "owner": "o", "language": "c", "body": {"text": ""}}}"#;
        let language = said(&[("functions", foreign)]);
        assert!(language.contains("`functions`") && language.contains("unknown variant `c`"), "{language}");
    }

    #[test]
    fn types_of_functions_and_of_rights_on_them_are_written_alike() {
        let function = r#"{"function": {"name": ["a", "f"], "owner": "o", "language": "sql", "body": {"text": ""},
            "arguments": [{"name": "x", "type": "timestamp with time zone"}]}}"#;
        let grant = r#"{"grant": {"on": {"function": ["a", "f", ["timestamp with time zone"]]}, "to": "r", "by": "o",
            "privileges": {"execute": "whole"}}}"#;
        let read = catalog([("functions", function), ("grants", grant)]).expect("both are objects");
        let shown: Vec<String> = read.objects().map(|object| object.id().to_string()).collect();
        assert_eq!(shown, ["function a.f(timestamptz)", "grant on function a.f(timestamptz) to r"]);
    }
}
