//! The table of queries, and the platform that it is about.

use std::fmt::Write;

use polity::source::Sources;
use polity_govern::Governed;
use polity_model::FieldId;

/// The platform that the queries read.
pub const PEOPLE: &str = include_str!("people.polity");

/// A query and what its columns carry.
pub struct Case {
    pub name: String,
    /// The first version of PostgreSQL that understands it.
    pub from: u32,
    /// Whether a view can be made of it: views come before scripts, so none calls what those make.
    pub installed: bool,
    pub sql: String,
    /// The columns, each with its labels in order, or `-`.
    pub columns: Vec<(String, String)>,
}

impl Case {
    /// `name: from 17` or `name: not installed`, the query, and `= column: labels | column: labels`.
    fn read(text: &str) -> Self {
        let (name, rest) = text.split_once('\n').expect("a query follows its name");
        let (sql, columns) = rest.split_once("\n= ").expect("its columns follow a query");
        let (name, of) = name.split_once(": ").unwrap_or((name, ""));
        let column = |column: &str| {
            let (name, labels) = column.trim().split_once(": ").expect("labels follow a column");
            (name.to_owned(), labels.to_owned())
        };
        Self {
            name: name.to_owned(),
            from: of.strip_prefix("from ").map_or(14, |from| from.parse().expect("a version")),
            installed: of != "not installed",
            sql: sql.to_owned(),
            columns: columns.split(" | ").map(column).collect(),
        }
    }
}

/// The queries that a version of PostgreSQL understands.
pub fn cases(major: u32) -> Vec<Case> {
    let text = include_str!("queries.sql").trim_start_matches("# ");
    text.split("\n# ").map(Case::read).filter(|case| case.from <= major).collect()
}

/// The platform with a view for each query: `seen.v0`, `seen.v1`, …, which shows every column as a text.
pub fn platform(cases: &[Case]) -> String {
    let mut source = format!("{PEOPLE}\nschema seen in main {{\n");
    for (i, case) in cases.iter().enumerate() {
        let texts: Vec<String> =
            case.columns.iter().map(|(name, _)| format!("(made.\"{name}\")::text AS \"{name}\"")).collect();
        let query = format!("SELECT {} FROM (\n{}\n) AS made", texts.join(", "), case.sql);
        let _ = writeln!(source, "  view V{i} as \"v{i}\" {{\n    sql \"\"\"\n{query}\n    \"\"\"");
        for (at, (name, _)) in case.columns.iter().enumerate() {
            let _ = writeln!(source, "    c{at}: text? as \"{name}\"");
        }
        source.push_str("  }\n");
    }
    source.push_str("}\n");
    source
}

/// The labels that the compiler says each column of each case carries, in order.
///
/// # Panics
/// When the platform has errors.
pub fn carried(cases: &[Case]) -> Vec<Vec<Vec<String>>> {
    try_carried(cases).unwrap_or_else(|errors| panic!("{errors:#?}"))
}

/// The labels as [`carried`] gives them, or the errors of the platform.
pub fn try_carried(cases: &[Case]) -> Result<Vec<Vec<Vec<String>>>, Vec<String>> {
    let (model, found) = polity::govern(&Sources::single("test.polity", &platform(cases)), None);
    let errors = found.iter().filter(|found| found.is_error());
    let errors: Vec<String> = errors.map(|found| format!("{} {}", found.code, found.message)).collect();
    if !errors.is_empty() {
        return Err(errors);
    }
    let views = cases.iter().enumerate().map(|(i, case)| {
        let view = model.views.iter().find(|view| view.named.name == format!("V{i}")).expect("declared");
        (0..case.columns.len()).map(|at| labels(&model, view.id, at)).collect()
    });
    Ok(views.collect())
}

fn labels(model: &Governed, view: polity_model::ViewId, at: usize) -> Vec<String> {
    let carried = model.labels_of_column(view, FieldId(at as u32));
    let mut names: Vec<String> =
        carried.iter().map(|carried| model[carried.label].name.to_string()).collect();
    names.sort_unstable();
    names
}
