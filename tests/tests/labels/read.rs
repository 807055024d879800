//! Rights that come with a view: whoever may read one can, and may read no column beside it whose label is not said.

use std::fmt::Write;

use polity::source::Sources;
use polity_tests::engines::Postgres;
use polity_tests::project;

use super::rows::fill;
use super::table::{Case, cases, platform};

/// The label of each labelled column of a table or a view.
const LABELLED: &[(&str, &str)] = &[
    ("core.people.email", "email"),
    ("core.people.body", "body"),
    ("core.people.born", "born"),
    ("core.people.tags", "tags"),
    ("core.people.doc", "doc"),
    ("core.people.home_street", "street"),
    ("core.wallets.balance", "balance"),
    ("core.nodes.code", "code"),
    ("core.Odd.Some word", "word"),
    ("core.mail.address", "email"),
];

#[test]
fn whoever_may_read_a_view_can_and_reads_no_other_label_than_is_said() {
    let Some(mut db) = Postgres::server() else { return };
    let cases: Vec<Case> = cases(15).into_iter().filter(|case| case.installed).collect();
    let mut source = platform(&cases);
    for i in 0..cases.len() {
        let _ = writeln!(source, "service s{i} {{ read seen.V{i} }}");
    }
    let artifacts = project::build(&source);
    for (role, file) in [("postgres", "main/roles.sql"), ("labels_migrator", "main/schema.sql")] {
        db.script_as(role, &project::text(&artifacts, file)).unwrap_or_else(|e| panic!("{file}: {e}"));
    }
    fill(&mut db);
    let (model, _) = polity::govern(&Sources::single("test.polity", &source), None);
    let granted = db
        .rows(
            "select rolname, n.nspname || '.' || c.relname || '.' || a.attname
               from pg_roles, pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
              where rolname ~ '^labels_s[0-9]+$' and n.nspname = 'core' and a.attnum > 0
                and has_column_privilege(pg_roles.oid, c.oid, a.attnum, 'select')",
        )
        .expect("the catalog");
    let mut wrong = Vec::new();
    for (i, case) in cases.iter().enumerate() {
        let role = format!("labels_s{i}");
        let mut session = db.session(&role).expect("logs in");
        let read = session.simple_query(&format!("select * from seen.v{i}"));
        if let Err(error) = read {
            wrong.push(format!("{}: {error:?}\n{}", case.name, case.sql));
        }
        let service =
            model.services.iter().find(|service| service.named.name == format!("s{i}")).expect("declared");
        let said = model.labels_granted(service, &["read"]);
        let said: Vec<&str> = said.iter().map(|label| model[*label].name.as_str()).collect();
        let columns = granted.iter().filter(|row| row[0].as_deref() == Some(&*role));
        for column in columns.filter_map(|row| row[1].as_deref()) {
            let label = LABELLED.iter().find(|(labelled, _)| *labelled == column).map(|(_, label)| *label);
            if label.is_some_and(|label| !said.contains(&label)) {
                wrong.push(format!("{}: reads {column}, and only {said:?} is said\n{}", case.name, case.sql));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
