//! Pages of the reference that are written from the compiler's own tables.

use polity_tests::project::root;

#[test]
fn the_page_of_settings_is_the_catalogue() {
    compare("settings.md", &polity_engines::reference::page());
}

#[test]
fn the_page_of_facts_is_their_table() {
    compare("facts.md", &polity_govern::reference::page());
}

#[test]
fn the_page_of_expressions_is_their_table() {
    compare("expressions.md", &polity_engines::expressions::page());
}

/// With `POLITY_BLESS=1` the page is written instead of compared.
fn compare(name: &str, page: &str) {
    let path = root().join("compiler/docs").join(name);
    if std::env::var_os("POLITY_BLESS").is_some() {
        std::fs::write(&path, page).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == page,
        "compiler/docs/{name} is out of date; run `POLITY_BLESS=1 cargo test -p polity-tests --test all reference`"
    );
}
