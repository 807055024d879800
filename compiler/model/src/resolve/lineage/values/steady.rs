//! The parts of an expression that may give another value for the same row later, or in another session: PostgreSQL refuses
//! them in generated columns and in indexes (`provolatile` of its catalogue, 14 to 18). Those that a rule of the store
//! knows by their names alone (`now`, `random`, `to_char`, …) are not told again.

use sqlparser::ast::BinaryOperator;

use super::super::Tracer;
use super::holds::is_text;
use super::{Sql, Value};

impl Tracer<'_> {
    pub(super) fn call_is_steady(&self, name: &str, arguments: &[Value]) {
        let takes_moment = arguments.iter().any(|value| value.sql == Sql::Timestamp);
        let is_unsteady = match name {
            "date_trunc" | "date_part" | "date" | "time" | "timestamp" => takes_moment,
            "to_tsvector"
            | "to_tsquery"
            | "plainto_tsquery"
            | "phraseto_tsquery"
            | "websearch_to_tsquery" => arguments.len() == 1,
            "quote_literal" | "quote_nullable" => arguments.iter().any(|value| !is_text(&value.sql)),
            _ => UNSTEADY.contains(&name),
        };
        if is_unsteady {
            self.is_unsteady(format!("`{name}`"));
        }
    }

    pub(super) fn operator_is_steady(&self, left: &Value, op: &BinaryOperator, right: &Value) {
        use BinaryOperator as B;
        let is_unsteady = match op {
            B::Plus | B::Minus => matches!(
                (&left.sql, &right.sql),
                (Sql::Timestamp, Sql::Interval) | (Sql::Interval, Sql::Timestamp)
            ),
            B::StringConcat => {
                let other =
                    |sql: &Sql| !matches!(sql, Sql::Unknown | Sql::Null | Sql::Literal) && !is_text(sql);
                is_text(&left.sql) && other(&right.sql) || is_text(&right.sql) && other(&left.sql)
            }
            _ => false,
        };
        if is_unsteady {
            let (left, right) = (left.name(self.platform), right.name(self.platform));
            self.is_unsteady(format!("`{left} {op} {right}`"));
        }
    }

    pub(super) fn is_unsteady(&self, what: String) {
        self.unsteady.borrow_mut().push(what);
    }
}

const UNSTEADY: &[&str] = &[
    "array_to_json",
    "array_to_string",
    "col_description",
    "concat",
    "concat_ws",
    "convert",
    "convert_from",
    "convert_to",
    "current_database",
    "current_query",
    "current_schemas",
    "currval",
    "format",
    "format_type",
    "inet_client_addr",
    "inet_client_port",
    "inet_server_addr",
    "inet_server_port",
    "json_build_array",
    "json_build_object",
    "json_populate_record",
    "json_to_record",
    "jsonb_path_exists_tz",
    "jsonb_path_match_tz",
    "jsonb_path_query_array_tz",
    "jsonb_path_query_first_tz",
    "jsonb_populate_record",
    "jsonb_to_record",
    "lastval",
    "make_timestamptz",
    "obj_description",
    "row_to_json",
    "shobj_description",
    "timestamptz",
    "to_date",
    "to_number",
    "uuidv4",
    "version",
    "xml_is_well_formed",
];
