//! The values that PostgreSQL shows: every labelled column holds values that stand in no other, so wherever one of them
//! comes out, the column that shows it must carry the label.

use polity_tests::engines::Postgres;
use polity_tests::project;

use super::rows::{fill, judged};
use super::table::{Case, carried, cases, platform};

#[test]
fn no_column_shows_what_it_does_not_carry() {
    let (installed, others): (Vec<Case>, Vec<Case>) = cases(15).into_iter().partition(|case| case.installed);
    let Some(mut db) = Postgres::server() else { return };
    let artifacts = project::build(&platform(&installed));
    for (role, file) in [("postgres", "main/roles.sql"), ("labels_migrator", "main/schema.sql")] {
        db.script_as(role, &project::text(&artifacts, file)).unwrap_or_else(|e| panic!("{file}: {e}"));
    }
    fill(&mut db);
    let mut silent = Vec::new();
    let mut failed = Vec::new();
    let mut seen = 0;
    let cases = installed.iter().enumerate().map(|(i, case)| (format!("select * from seen.v{i}"), case));
    let cases: Vec<(String, &Case)> =
        cases.chain(others.iter().map(|case| (case.sql.clone(), case))).collect();
    let carried = carried(&installed).into_iter().chain(carried(&others));
    for ((query, case), carried) in cases.into_iter().zip(carried) {
        let rows = match db.rows(&query) {
            Ok(rows) => rows,
            Err(error) => {
                failed.push(format!("{}: {error}", case.name));
                continue;
            }
        };
        if rows.is_empty() {
            silent.push(&case.name);
        }
        for row in rows {
            seen += judged(&row, &carried).unwrap_or_else(|e| panic!("{}: {e}\n{}", case.name, case.sql));
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
    assert!(seen > 200, "only {seen} values were recognized");
    assert!(silent.is_empty(), "these show no row and prove nothing: {silent:#?}");
}
