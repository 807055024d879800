//! Queries that PostgreSQL would not take, and declarations that name other columns.

use polity::source::Sources;

use super::platform;

/// The codes of one view, in order.
fn codes(view: &str) -> Vec<String> {
    let source = platform(std::iter::once(format!("  view V as \"v\" in core {{\n{view}\n  }}\n")));
    let (_, found) = polity::govern(&Sources::single("test.polity", &source), None);
    found.iter().filter(|found| found.is_error()).map(|found| found.code.to_string()).collect()
}

#[test]
fn what_postgres_refuses_is_refused_before() {
    for (query, columns, code) in [
        ("SELECT id AS x FROM core.people UNION SELECT visits FROM core.people", "x: uuid", "E0543"),
        ("SELECT id FROM core.people JOIN core.orders ON person = people.id", "id: uuid", "E0543"),
        ("WITH c(a, b) AS (SELECT id, name FROM core.people) SELECT c.zz AS x FROM c", "x: uuid", "E0543"),
        ("SELECT q.nope AS x FROM (SELECT id FROM core.people) q", "x: uuid", "E0543"),
        ("SELECT CASE WHEN active THEN name ELSE visits END AS x FROM core.people", "x: text", "E0543"),
        ("SELECT coalesce(name, visits) AS x FROM core.people", "x: text", "E0543"),
        ("SELECT id FROM core.people WHERE name > 3", "id: uuid", "E0543"),
        ("SELECT id FROM core.people WHERE visits = 'abc'", "id: uuid", "E0543"),
        ("SELECT id FROM core.people WHERE visits", "id: uuid", "E0543"),
        ("SELECT p.id FROM core.people p JOIN core.orders o ON o.id = p.id", "id: uuid", "E0543"),
        ("SELECT id, name + 1 AS x FROM core.people", "id: uuid\n x: text", "E0543"),
        ("SELECT id::int AS x FROM core.people", "x: int", "E0543"),
        ("SELECT 'abc'::int AS x FROM core.people", "x: int", "E0543"),
        ("SELECT id, count(*) FROM core.people GROUP BY id", "id: uuid\n n: bigint", "E0540"),
        ("SELECT id, name FROM core.people", "id: uuid", "E0540"),
        ("SELECT id, 1 + 1 FROM core.people", "id: uuid", "E0540"),
        ("SELECT p.*, o.* FROM core.people p JOIN core.orders o ON o.person = p.id", "id: uuid", "E0540"),
        ("SELECT id, name AS id FROM core.people", "id: uuid", "E0540"),
        ("SELECT pg_size_pretty(total) AS x FROM core.people", "x: text(3)", "E0541"),
        ("SELECT (seen AT TIME ZONE 'UTC') AS x FROM core.people", "x: timestamp", "E0541"),
    ] {
        let found = codes(&format!("sql \"\"\"{query}\n\"\"\"\n{columns}"));
        assert_eq!(found, [code], "{query}");
    }
}
