//! Views against their SQL, by the table of queries in `views.sql`: what compiles can be installed, its casts change no
//! value, what is declared to be there is there, and no other declaration compiles.

mod mutants;
mod refused;

use std::fmt::Write;

use polity_tests::engines::Postgres;
use polity_tests::project;

const SHOP: &str = include_str!("shop.polity");

/// A query, and the types that its columns have.
struct Case {
    name: &'static str,
    sql: &'static str,
    columns: Vec<(&'static str, &'static str)>,
}

impl Case {
    /// The view, of these columns.
    fn view(&self, at: usize, columns: &[(&str, String)]) -> String {
        let mut view = format!("  view V{at} as \"v{at}\" in core {{\n    sql \"\"\"{}\n\"\"\"\n", self.sql);
        for (i, (name, ty)) in columns.iter().enumerate() {
            let _ = writeln!(view, "    c{i}: {ty} as \"{name}\"");
        }
        view + "  }\n"
    }

    fn declared(&self) -> Vec<(&'static str, String)> {
        self.columns.iter().map(|(name, ty)| (*name, (*ty).to_owned())).collect()
    }
}

fn cases() -> Vec<Case> {
    let text = include_str!("views.sql").trim_start_matches("# ");
    let case = |case: &'static str| {
        let (name, rest) = case.split_once('\n').expect("a query follows its name");
        let (sql, columns) = rest.split_once("\n= ").expect("its columns follow a query");
        let column = |column: &'static str| column.trim().split_once(": ").expect("a type follows a column");
        Case { name, sql, columns: columns.split(" | ").map(column).collect() }
    };
    text.split("\n# ").map(case).collect()
}

fn platform(views: impl Iterator<Item = String>) -> String {
    format!("{SHOP}\nschema core in main {{\n{}}}\n", views.collect::<String>())
}

#[test]
fn what_compiles_is_installed_and_no_cast_changes_a_value() {
    let cases = cases();
    let views = cases.iter().enumerate().map(|(i, case)| case.view(i, &case.declared()));
    let artifacts = project::build(&platform(views));
    let Some(mut db) = Postgres::server() else { return };
    for (role, file) in [("postgres", "main/roles.sql"), ("viewed_migrator", "main/schema.sql")] {
        db.script_as(role, &project::text(&artifacts, file)).unwrap_or_else(|e| panic!("{file}: {e}"));
    }
    db.run(include_str!("rows.sql")).expect("rows");
    let (mut wrong, mut absent) = (Vec::new(), 0);
    for (i, case) in cases.iter().enumerate() {
        let names: Vec<String> = case.columns.iter().map(|(name, _)| format!("\"{name}\"::text")).collect();
        let names = names.join(", ");
        let given = format!("select {names} from ({}) given order by row(given.*)::text", case.sql);
        let given = db.rows(&given).unwrap_or_else(|e| panic!("{}: {e}", case.name));
        let shown = db
            .rows(&format!("select {names} from core.v{i}"))
            .unwrap_or_else(|e| panic!("{}: {e}", case.name));
        assert!(!shown.is_empty(), "{} shows nothing", case.name);
        let sorted = |mut rows: Vec<Vec<Option<String>>>| {
            rows.sort();
            rows
        };
        let (given, shown) = (sorted(given), sorted(shown));
        for (at, (column, ty)) in case.columns.iter().enumerate() {
            let of =
                |rows: &[Vec<Option<String>>]| rows.iter().map(|row| row[at].clone()).collect::<Vec<_>>();
            let is_number = ty.starts_with("decimal") || ty.starts_with("float");
            if !is_number && of(&given) != of(&shown) {
                wrong.push(format!("{}: the cast changes `{column}`", case.name));
            }
            let is_absent = of(&shown).contains(&None);
            if is_absent && !ty.ends_with('?') {
                wrong.push(format!("{}: `{column}` is absent", case.name));
            }
            absent += usize::from(is_absent);
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(absent > 30, "only {absent} columns were seen to be absent");
}
