//! SQL that a person wrote: fragments in `sql("…")`, queries of views, scripts.

use std::ops::ControlFlow;

use sqlparser::ast::{Expr, Visitor};

use super::database::Database;
use polity_model::{Script, written_sql};

/// Functions of PostgreSQL whose result may change from call to call or from session to session, and that people
/// are likely to write. PostgreSQL itself refuses any other.
const NOT_IMMUTABLE: &[&str] = &[
    "age",
    "clock_timestamp",
    "current_date",
    "current_setting",
    "current_time",
    "current_timestamp",
    "current_user",
    "gen_random_uuid",
    "jsonb_build_array",
    "jsonb_build_object",
    "localtime",
    "localtimestamp",
    "nextval",
    "now",
    "random",
    "session_user",
    "statement_timestamp",
    "timeofday",
    "to_char",
    "to_json",
    "to_jsonb",
    "to_timestamp",
    "transaction_timestamp",
    "txid_current",
    "uuidv7",
];

/// Returns the scripts of a database, in the order of the source.
pub(in crate::postgres) fn scripts<'d>(database: &'d Database) -> impl Iterator<Item = &'d Script> {
    database.platform.scripts.iter().filter(|script| script.store == database.store.id)
}

/// The first function in a fragment that is known not to be immutable.
pub(in crate::postgres) fn volatile_call(fragment: &str) -> Option<String> {
    struct Calls(Option<String>);
    impl Visitor for Calls {
        type Break = ();
        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            if let Expr::Function(function) = expr {
                let name = function.name.to_string().to_lowercase();
                let plain = name.rsplit('.').next().unwrap_or(&name).to_owned();
                if NOT_IMMUTABLE.contains(&plain.as_str()) {
                    self.0 = Some(plain);
                    return ControlFlow::Break(());
                }
            }
            ControlFlow::Continue(())
        }
    }
    let lower = fragment.to_ascii_lowercase();
    if !NOT_IMMUTABLE.iter().any(|name| lower.contains(name)) {
        return None; // to look is much quicker than to parse
    }
    let mut calls = Calls(None);
    let _ = written_sql::walk_expression(&written_sql::expression(fragment).ok()?, &mut calls);
    calls.0
}

/// The text without the indentation that all its lines share, without blank lines around it and without the
/// semicolons at its end.
pub(in crate::postgres) fn tidy(sql: &str) -> String {
    let lines: Vec<&str> = sql.lines().map(str::trim_end).collect();
    let first = lines.iter().position(|line| !line.is_empty()).unwrap_or(0);
    let last = lines.iter().rposition(|line| !line.is_empty()).map_or(0, |last| last + 1);
    let lines = lines.get(first..last).unwrap_or_default();
    let indent = |line: &&str| line.len() - line.trim_start_matches(' ').len();
    let shared = lines.iter().filter(|line| !line.is_empty()).map(indent).min().unwrap_or(0);
    let text: Vec<&str> = lines.iter().map(|line| line.get(shared..).unwrap_or_default()).collect();
    text.join("\n").trim_end_matches([';', ' ', '\n']).to_owned()
}

/// The text with each line moved to the right.
pub(super) fn indented(sql: &str, by: usize) -> String {
    let space = " ".repeat(by);
    sql.lines()
        .map(|line| if line.is_empty() { String::new() } else { format!("{space}{line}") })
        .collect::<Vec<_>>()
        .join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_found_however_deep() {
        assert_eq!(volatile_call("coalesce(a, lower(pg_catalog.now()::text))"), Some("now".to_owned()));
        assert_eq!(volatile_call("current_date > born"), Some("current_date".to_owned()));
        assert_eq!(volatile_call("lower(a) || 'now()'"), None);
    }

    #[test]
    fn shared_indentation_goes() {
        assert_eq!(tidy("\n    SELECT 1\n      FROM a;\n  "), "SELECT 1\n  FROM a");
        assert_eq!(tidy(""), "");
    }
}
