//! Limits of what a source can ask for, each just below and just above.

use polity_text::source::Sources;

/// The codes that are told, with the text that each points at.
fn told(source: &str) -> Vec<String> {
    let head = "platform p { environments: [dev] }\nstore main: postgres 15 {}\ntenancy by tenant_id: text(40)\n\
        tier row { isolation: row }\ntier own { isolation: schema }\n";
    let sources = Sources::single("a.polity", &format!("{head}{source}"));
    let (tree, mut found) = polity_syntax::parse(&sources);
    found.extend(polity_model::resolve(&tree, polity_engines::ENGINES).1);
    let line = |d: &polity_text::diagnostics::Diagnostic| {
        let place = d.primary.as_ref().map_or("", |label| sources.text(label.span));
        format!("{} {place}", d.code)
    };
    found.iter().map(line).collect()
}

fn many(count: usize, item: impl Fn(usize) -> String) -> String {
    (0..count).map(item).collect()
}

#[test]
fn all_tenants_together_have_so_many_fields_and_no_more() {
    // 2,000 with the key, the tenant's column and the ten of the table.
    let fields = many(1_988, |i| format!("f{i}: int\n"));
    let tables = format!("schema core in main {{ entity E {{ id: uuid key\n{fields}}} }}\n");
    let tenants = |of: &str, count| many(count, |i| format!("tenant {of}{i}: {of} {{ id: \"{of}{i}\" }}\n"));
    assert_eq!(told(&format!("{tables}{}{}", tenants("row", 900), tenants("own", 60))), [""; 0]);
    assert_eq!(told(&format!("{tables}{}", tenants("own", 62))), ["E0334 own8"]);
    assert_eq!(told(&tenants("own", 62)), [""; 0]);
}

#[test]
fn whatever_a_tenant_has_for_itself_counts() {
    let tenants = many(600, |i| format!("tenant own{i}: own {{ id: \"own{i}\" }}\n"));
    let comment = format!("/// {}\n", "x".repeat(6_400));
    for (item, fields) in [
        ("entity E$ { id: uuid key }\n".to_owned(), 12),
        ("entity E$ { id: uuid key; index (id) }\n".to_owned(), 14),
        ("view V$ { a: int\nsql \"select 1 as a\" }\n".to_owned(), 11),
        ("service s$ {}\n".to_owned(), 10),
        (format!("{comment}view V$ {{ a: int\nsql \"select 1 as a\" }}\n"), 110),
        (format!("{comment}entity E$ {{ id: uuid key }}\n"), 110),
    ] {
        // 600 tenants may have 200 fields each.
        let most = 200 / fields;
        let source = |count: usize| {
            let items = many(count, |i| item.replace('$', &i.to_string()));
            format!("{tenants}schema core in main {{ {items} }}\n")
        };
        assert_eq!(told(&source(most)), [""; 0], "{item}");
        assert_eq!(told(&source(most + 2)).len(), 1, "{item}");
    }
}

#[test]
fn what_a_struct_says_counts_wherever_it_is_included() {
    let long = "x".repeat(64_000);
    let entities = |count, of: &str| many(count, |i| format!("entity E{i} {{ id: uuid key\n{of} }}\n"));
    for said in [format!("/// {long}\na: text"), format!("a: text = \"{long}\"")] {
        for of in ["include S", "s: S"] {
            let source =
                |count| format!("struct S {{\n{said}\n}}\nschema core in main {{ {} }}", entities(count, of));
            assert_eq!(told(&source(90)), [""; 0], "{of}");
            assert!(told(&source(120))[0].starts_with("E0334 "), "{of}");
        }
    }
}

#[test]
fn all_services_together_are_given_a_hundred_thousand_entities() {
    let tables = many(1_000, |i| format!("entity E{i} {{ id: uuid key }}\n"));
    let tables = format!("schema core in main {{ {tables} }}\n");
    let services = |count| many(count, |i| format!("service s{i} {{ read core.* }}\n"));
    assert_eq!(told(&format!("{tables}{}", services(100))), [""; 0]);
    assert_eq!(told(&format!("{tables}{}", services(102))), ["E0334 core"]);
    // By name each counts as one.
    let one = "service z { read core.E0\nwrite core.E0 }";
    assert_eq!(told(&format!("{tables}{}{one}", services(100))), ["E0334 core.E0"]);
}

#[test]
fn no_key_constraint_or_index_has_more_columns_than_stores_take() {
    let fields = many(40, |i| format!("f{i}: int\n"));
    let listed = |count: usize| (0..count).map(|i| format!("f{i}")).collect::<Vec<_>>().join(", ");
    for clause in ["key (", "unique (", "index (", "index (id) include (", "no overlap [a, b) per ("] {
        let key =
            if clause.starts_with("key") { "id: uuid" } else { "id: uuid key\na: timestamp\nb: timestamp" };
        // With the tenant's column, and where there are two with that of the index or the range.
        let most = if clause.contains("include") || clause.contains("overlap") { 30 } else { 31 };
        let source = |count, global: &str| {
            format!(
                "schema core in main {{ {global}entity E {{ {key}\n{fields}{clause}{}) }} }}\n",
                listed(count)
            )
        };
        let errors = |source: &str| told(source).iter().filter(|e| e.starts_with("E0335")).count();
        assert_eq!(errors(&source(most, "")), 0, "{clause}");
        assert_eq!(errors(&source(most + 1, "")), 1, "{clause}");
        assert_eq!(errors(&source(most + 1, "global ")), 0, "{clause}");
        assert_eq!(errors(&source(most + 2, "global ")), 1, "{clause}");
    }
}

#[test]
fn a_pattern_has_so_many_placeholders_and_no_more() {
    let source = |count| {
        let pattern = many(count, |i| format!(":{{a{i}: text}}"));
        format!(
            "store cache: redis 7 {{}}\nkeyspace K in cache {{ ttl 1h\nvalue text\npattern \"k{pattern}\" }}\n"
        )
    };
    let errors = |count| told(&source(count)).iter().filter(|e| e.starts_with("E0335")).count();
    assert_eq!((errors(32), errors(33), errors(90)), (0, 1, 1));
}
