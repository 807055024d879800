//! Pages of the reference that are written from the compiler's own tables.

use polity_tests::project::root;

/// With `POLITY_BLESS=1` the page is written instead of compared.
#[test]
fn the_page_of_settings_is_the_catalogue() {
    let path = root().join("compiler/docs/settings.md");
    let page = polity::stores::reference::page();
    if std::env::var_os("POLITY_BLESS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == page,
        "compiler/docs/settings.md is out of date; run `POLITY_BLESS=1 cargo test -p polity-tests --test reference`"
    );
}
