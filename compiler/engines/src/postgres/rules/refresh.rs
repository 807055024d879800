//! A materialized view is refreshed without locking its readers out.

use super::super::lower::view_identity::identity;
use polity_govern::Stored;
use polity_model::Store;
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::W0502;

/// `REFRESH … CONCURRENTLY` tells the rows apart by a unique index.
pub(super) fn refresh(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    for view in platform.views.iter().filter(|view| view.store == store.id) {
        if view.materialized.is_some() && identity(platform, view).is_none() {
            found.push(
                Diagnostic::new(
                    W0502,
                    view.named.span,
                    format!(
                        "nothing tells the rows of `{}` apart, so each refresh locks its readers out",
                        view.named.name
                    ),
                )
                .help("show the key of the one table that it reads, or group by columns that it shows"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use polity::{Options, compile};
    use polity_text::source::Sources;

    /// Returns the lines of the index by which the rows of a view are told apart, and the codes of warnings about a refresh.
    fn said(columns: &str, sql: &str) -> Vec<String> {
        let source = format!(
            "platform shop {{ environments: [dev] }}\nstore main: postgres 15 {{ database: \"shop\" }}\n\
             schema core in main {{\n  entity Thing {{ id: int key; n: int; tags: text[] }}\n  entity Pair {{ a: int; b: int; n: int; key (a, b) }}\n  \
             view V materialized refresh every 1h {{ {columns}; sql \"{sql}\" }}\n}}\n"
        );
        let compiled = compile(&Sources::single("shop.polity", &source), &Options::default());
        let schema = compiled.artifacts.as_ref().and_then(|a| a.get("main/schema.sql")).unwrap_or_default();
        let schema = String::from_utf8_lossy(schema);
        let made = schema.lines().filter(|line| line.contains("CREATE UNIQUE INDEX"));
        let codes = compiled.diagnostics.iter().filter(|d| d.is_error() || d.code.as_str() == "W0502");
        codes.map(|d| d.code.to_string()).chain(made.map(|line| line.trim().to_owned())).collect()
    }

    #[test]
    fn a_view_that_shows_the_key_of_its_table_tells_its_rows_apart() {
        let by = |columns: &str| {
            [format!("CREATE UNIQUE INDEX v_{}_key ON core.v ({columns});", columns.replace(", ", "_"))]
        };
        assert_eq!(said("id: int; n: int", "select id, n from core.thing where n > 3"), by("id"));
        assert_eq!(said("n: int; of: int", "select t.n, t.id as of from core.thing t"), by("of"));
        assert_eq!(said("a: int; b: int", "select a, b from core.pair"), by("a, b"));
        assert_eq!(said("n: int", "select n from core.thing group by n"), by("n"));
    }

    #[test]
    fn a_view_that_may_show_a_row_twice_does_not() {
        for (columns, sql) in [
            ("a: int; n: int", "select a, n from core.pair"),
            ("n: int", "select n from core.thing"),
            ("id: int", "select t.id from core.thing t join core.pair p on p.n = t.n"),
            ("id: int", "select t.id from core.thing t, core.thing u"),
            ("id: int; tag: text", "select id, unnest(tags) as tag from core.thing"),
            ("id: int", "select id from core.thing union all select id from core.thing"),
            (
                "id: int",
                "with t as (select id from core.thing union all select id from core.thing) select id from t",
            ),
            ("id: int", "select id + 1 as id from core.thing"),
        ] {
            assert_eq!(said(columns, sql), ["W0502"], "{sql}");
        }
    }
}
