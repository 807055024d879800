//! The limits of PostgreSQL: whatever compiles installs. Every type of the language stands in every kind of index and of
//! constraint, and in every form of a computed field.

use std::collections::BTreeSet;

use polity_tests::project;

use super::support::installed;

const HEAD: &str = "platform demo { environments: [dev, prod]; production: [prod] }
store main: postgres 15 { database: \"demo\", extensions: [btree_gist, btree_gin, pg_trgm, postgis] }
schema core in main {
  enum Mood { fine, sad }
  struct Part { a: int }
  entity B { id: uuid key }
";

/// Every type, as a source writes it.
const TYPES: &[&str] = &[
    "bool",
    "smallint",
    "int",
    "bigint",
    "float",
    "decimal(8, 2)",
    "text",
    "text(20)",
    "char(3)",
    "bytes",
    "uuid",
    "inet",
    "json",
    "date",
    "time",
    "timestamp",
    "interval",
    "email",
    "phone",
    "url",
    "country",
    "currency",
    "language",
    "geo.point",
    "geo.line",
    "geo.polygon",
    "Mood",
    "Part",
    "-> B",
    "int[]",
    "text[]",
    "json[]",
    "Part[]",
    "map<int>",
    "date[]",
    "geo.point[]",
    "int[][]",
    "inet[]",
    "bool[]",
];

const METHODS: &[&str] = &["btree", "hash", "gin", "gist", "brin", "geo", "text", "trigram"];

/// Returns every clause about a field `f` that an entity may have.
fn clauses() -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for method in METHODS {
        for form in [
            "(f) using M",
            "(n, f) using M",
            "(f) using M include (n)",
            "(f) using M where n > 1",
            "(f desc) using M",
        ] {
            all.push(format!("index {}", form.replace('M', method)));
        }
    }
    let others = [
        "index (n) include (f)",
        "unique (f)",
        "unique (n, f) where n > 1",
        "unique (f) nulls not distinct",
        "unique (f) deferrable",
        "no overlap [n, m) per (f)",
        "no overlap [n, m] per (id, f) where n > 1",
        "no overlap [f, f)",
        "check (f is null or f = f)",
        "partition by hash (f) into 2",
        "partition by list (f) default",
        "partition by month (f) default",
    ];
    all.extend(others.map(str::to_owned));
    all
}

/// Returns every form of a computed field over a field `f` of the type.
fn computed(ty: &str) -> Vec<String> {
    let forms = [
        "TYPE computed (f)",
        "json computed (f)",
        "json computed (json(f))",
        "json computed ({ a: f })",
        "json computed ([f])",
        "text computed (text(f))",
        "text computed (upper(text(f)))",
        "text computed (\"x\" || text(f))",
        "TYPE computed (coalesce(f, f))",
        "bool computed (f is null)",
        "bool computed (f = f)",
        "bool computed (f in [f])",
        "bool computed (upper(\"a\") = \"A\" and f is null)",
        "bool computed (\"abc\" matches \"^a\" or f is null)",
        "text computed (lower(coalesce(\"a\", \"b\")))",
        "bool computed (p.a > 1 and f is null)",
        "date computed (p.d)",
    ];
    forms.map(|form| form.replace("TYPE", ty)).to_vec()
}

/// Returns those of the members of entities, each with a type, that compile. Each is tried by itself.
fn accepted(members: &[(&str, String)]) -> Vec<usize> {
    let mut source = HEAD.to_owned();
    let first = source.lines().count();
    for (at, (ty, member)) in members.iter().enumerate() {
        source += &entity(at, ty, std::slice::from_ref(member));
    }
    source += "}\n";
    let mut refused = BTreeSet::new();
    for error in project::compile(&source).diagnostics.iter().filter(|found| found.is_error()) {
        let at = error.primary.as_ref().map_or(0, |label| label.span.start as usize);
        refused.insert(source[..at].matches('\n').count().saturating_sub(first));
    }
    (0..members.len()).filter(|at| !refused.contains(at)).collect()
}

/// Returns an entity on a line of its own.
fn entity(at: usize, ty: &str, members: &[String]) -> String {
    let key = match members.iter().any(|member| member.starts_with("partition")) {
        true => "key (id, f)",
        false => "key (id)",
    };
    let given = if members.iter().any(|member| member.contains("not distinct")) { "?" } else { "" };
    let members = members.join("; ");
    format!(
        "  entity E{at} {{ id: int; n: int; m: int; p: {{ a: int, d: date }} inline; f: {ty}{given}; {key}; {members} }}\n"
    )
}

/// Installs what was accepted: clauses of one type together, but for those that stand alone.
fn install(members: &[(&str, String)], accepted: &[usize]) {
    let mut source = HEAD.to_owned();
    let mut count = 0;
    for ty in TYPES {
        let of_type =
            accepted.iter().map(|at| &members[*at]).filter(|(of, _)| of == ty).map(|(_, member)| member);
        let (alone, together): (Vec<&String>, Vec<&String>) =
            of_type.partition(|member| member.starts_with("partition") || member.contains("not distinct"));
        for group in alone.into_iter().map(|member| vec![member]).chain([together]) {
            let numbered =
                group.into_iter().enumerate().map(|(at, member)| match member.contains("computed") {
                    true => format!("c{at}: {member}"),
                    false => member.clone(),
                });
            source += &entity(count, ty, &numbered.collect::<Vec<_>>());
            count += 1;
        }
    }
    source += "}\n";
    // A refusal by the server fails here, with its statement.
    installed(&project::build(&source), "demo");
}

#[test]
fn every_clause_that_compiles_installs() {
    let all: Vec<(&str, String)> =
        TYPES.iter().flat_map(|ty| clauses().into_iter().map(|clause| (*ty, clause))).collect();
    let accepted = accepted(&all);
    let count = |clause: &str| accepted.iter().filter(|at| all[**at].1 == clause).count();
    assert!(accepted.len() > all.len() / 3, "{} of {}", accepted.len(), all.len());
    assert!(
        (20..TYPES.len()).contains(&count("no overlap [n, m) per (f)")),
        "json, lists and places have no class"
    );
    install(&all, &accepted);
}

#[test]
fn every_computed_field_that_compiles_installs() {
    let all: Vec<(&str, String)> =
        TYPES.iter().flat_map(|ty| computed(ty).into_iter().map(|form| (*ty, form))).collect();
    let named: Vec<(&str, String)> = all.iter().map(|(ty, form)| (*ty, format!("c: {form}"))).collect();
    let accepted = accepted(&named);
    assert!(accepted.len() > all.len() / 3, "{} of {}", accepted.len(), all.len());
    install(&all, &accepted);
}
