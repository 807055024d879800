//! Indexes of the rows that a materialized view stores.

use polity_text::source::Sources;

/// The codes about an index of a view.
fn codes(materialized: &str, index: &str) -> Vec<String> {
    let source = format!(
        "platform shop {{ environments: [dev] }}\n\
         store main: postgres 15 {{ database: \"shop\" }}\n\
         schema core in main {{\n\
         entity Visit {{ id: uuid key; day: date; country: text(2) }}\n\
         view Days {materialized} {{\n\
         sql \"select day, country, count(*) as visits from core.visit group by day, country\"\n\
         day: date; country: text(2); visits: bigint\n{index}\n}}\n}}\n"
    );
    let found = polity::check(&Sources::single("test.polity", &source), None);
    found.iter().map(|d| d.code.to_string()).collect()
}

#[test]
fn an_index_is_over_columns_of_a_stored_view() {
    assert_eq!(codes("materialized", "index (day, visits desc nulls last)\nindex busy (visits)"), [""; 0]);
    for (index, code) in [
        ("index (dya)", "E0201"),
        ("index (day, day)", "E0203"),
        ("index (lower(country))", "E0206"),
        ("index (day) where visits > 3", "E0206"),
        ("index (day) using hash", "E0206"),
        ("index (day) include (visits)", "E0206"),
        ("index (day) with { fillfactor: 80 }", "E0206"),
        ("index (day) as \"ix\"", "E0206"),
    ] {
        assert_eq!(codes("materialized", index), [code], "{index}");
    }
    assert_eq!(codes("", "index (day)"), ["E0206"]);
}

#[test]
fn an_index_has_32_columns_at_most_with_the_tenants() {
    let source = |columns: usize, tenancy: &str| {
        let names: Vec<String> = (0..columns).map(|i| format!("c{i}")).collect();
        let fields: Vec<String> = names.iter().map(|name| format!("{name}: int")).collect();
        let (fields, names) = (fields.join("; "), names.join(", "));
        format!(
            "platform shop {{ environments: [dev] }}\n\
             store main: postgres 15 {{ database: \"shop\" }}\n{tenancy}\n\
             schema core in main {{\n\
             global entity Wide {{ id: uuid key; {fields} }}\n\
             global view All materialized {{\n\
             sql \"select {names} from core.wide\"\n{fields}\nindex ({names})\n}}\n}}\n"
        )
    };
    let is_refused = |columns: usize, tenancy: &str| {
        let found = polity::check(&Sources::single("test.polity", &source(columns, tenancy)), None);
        found.iter().any(|d| d.code.to_string() == "E0335")
    };
    let tenancy = "tenancy by tenant_id: uuid\ntier standard { isolation: row }";
    assert_eq!([32, 33].map(|n| is_refused(n, "")), [false, true]);
    assert_eq!([31, 32].map(|n| is_refused(n, tenancy)), [false, true]);
}
