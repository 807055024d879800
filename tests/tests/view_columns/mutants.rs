//! Declarations that are not what a query gives.

use std::collections::BTreeSet;

use polity::source::Sources;

use super::{Case, SHOP, cases, platform};

/// Types that a column may be declared by mistake.
const TYPES: &[&str] = &[
    "bool",
    "smallint",
    "int",
    "bigint",
    "float",
    "decimal(6, 1)",
    "text",
    "text(2)",
    "uuid",
    "date",
    "time",
    "timestamp",
    "interval",
    "json",
    "bytes",
    "inet",
    "email",
    "phone",
    "country",
    "Status",
    "Colour",
    "Sku",
    "Place",
    "map<text>",
    "text[]",
    "int[]",
    "date[]",
    "-> core.Person",
    "-> core.Line",
];

/// The codes of what is wrong with a view, by its position.
fn codes(views: &[String]) -> Vec<BTreeSet<String>> {
    let source = platform(views.iter().cloned());
    let (_, found) = polity::govern(&Sources::single("test.polity", &source), None);
    let mut starts = vec![SHOP.len()];
    for view in views {
        let last = starts.last().copied().unwrap_or(0);
        starts.push(source[last..].find(view.as_str()).expect("it is there") + last + view.len());
    }
    let mut codes = vec![BTreeSet::new(); views.len()];
    for found in found.iter().filter(|found| found.is_error()) {
        let at = found.primary.as_ref().expect("a place").span.start as usize;
        let view = starts[1..].iter().position(|end| at < *end).expect("in a view");
        codes[view].insert(found.code.to_string());
    }
    codes
}

#[test]
fn no_other_declaration_compiles() {
    let cases = cases();
    let mut mutants: Vec<(String, String)> = Vec::new();
    let mut add = |case: &Case, what: String, columns: &[(&str, String)]| {
        let at = mutants.len();
        mutants.push((format!("{}: {what}", case.name), case.view(at, columns)));
    };
    for case in &cases {
        // Of what is declared wider than it is, or not known, more than one type is right.
        let is_loose = case.name.starts_with("loose");
        let declared = case.declared();
        for (at, (name, ty)) in declared.iter().enumerate() {
            let mut changed = declared.clone();
            if let Some(required) = ty.strip_suffix('?').filter(|_| !is_loose) {
                changed[at].1 = required.to_owned();
                add(case, format!("`{name}` is required"), &changed);
            }
            changed[at] = ("no_such_column", ty.clone());
            add(case, format!("`{name}` has another name"), &changed);
            for other in TYPES.iter().filter(|other| !is_loose && !may_be(ty.trim_end_matches('?'), other)) {
                let mut changed = declared.clone();
                let optional = if ty.ends_with('?') { "?" } else { "" };
                changed[at].1 = format!("{other}{optional}");
                add(case, format!("`{name}: {ty}` is declared `{other}`"), &changed);
            }
        }
    }
    assert!(mutants.len() > 2000, "only {}", mutants.len());
    // Every seventh, for time; the next version of a query moves them on.
    let mutants: Vec<(String, String)> = mutants.into_iter().step_by(7).collect();
    let views: Vec<String> = mutants.iter().map(|(_, view)| view.clone()).collect();
    let mut passed = Vec::new();
    for (mutants, views) in mutants.chunks(200).zip(views.chunks(200)) {
        let codes = codes(views);
        passed.extend(
            mutants
                .iter()
                .zip(codes)
                .filter(|(_, codes)| codes.is_empty())
                .map(|((what, _), _)| what.clone()),
        );
    }
    assert!(passed.is_empty(), "{} compile: {passed:#?}", passed.len());
}

/// Whether a column of a type may be declared as another without a loss.
fn may_be(ty: &str, other: &str) -> bool {
    let is_text = |ty: &str| {
        (ty.starts_with("text(") && !ty.ends_with("[]"))
            || ["text", "email", "country", "phone", "Status", "Colour", "Sku"].contains(&ty)
    };
    match other {
        _ if ty == other => true,
        "text" => is_text(ty),
        "text(2)" => ["text(1)", "country"].contains(&ty),
        "int" | "bigint" | "float" | "decimal(6, 1)" if ty == "smallint" => true,
        "bigint" | "float" if ty == "int" => true,
        // A key is a value of its type, and a reference to itself.
        "uuid" => ty == "-> core.Person",
        "int" => ty == "-> core.Order",
        "bigint" | "float" if ty == "-> core.Order" => true,
        "-> core.Person" => ty == "uuid",
        // Of json that a query makes the shape is not known.
        "Place" | "map<text>" if ["json", "{ id: uuid, name: text }"].contains(&ty) => true,
        "json" => ty == "Place" || ty.starts_with("map<") || ty.starts_with('{'),
        "text[]" => ty == "text(10)[]",
        _ => false,
    }
}
