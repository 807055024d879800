//! Pages of the reference that are written from the compiler's own tables.

use polity_tests::project::{build, root, text};
use polity_text::diagnostics::Diagnostic;
use polity_text::source::Sources;

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

/// The chapter about PostgreSQL says the column of each type as `schema.sql` does.
#[test]
fn the_columns_of_types_are_those_of_the_reference() {
    let page = std::fs::read_to_string(root().join("compiler/docs/language.md")).unwrap();
    let table =
        page.split("### What a type becomes").nth(1).and_then(|rest| rest.split("###").next()).unwrap();
    let codes = |cell: &str| -> Vec<String> {
        let codes = cell.split('`').skip(1).step_by(2);
        codes.map(|code| code.replace("(p, s)", "(12, 2)").replace("(n)", "(8)")).collect()
    };
    let mut pairs: Vec<(String, String)> = Vec::new();
    for row in table.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').collect();
        let (types, columns) = (codes(cells[0]), codes(cells[1].split(';').next().unwrap()));
        if cells[1].trim_start().starts_with("text") {
            pairs.extend(types.into_iter().map(|ty| (ty, "text".to_owned())));
        } else if types.len() == columns.len() {
            pairs.extend(types.into_iter().zip(columns));
        }
    }
    assert!(pairs.len() > 28, "{pairs:?}");
    let fields: String = pairs.iter().enumerate().map(|(i, (ty, _))| format!("  f{i}: {ty}\n")).collect();
    let source = format!(
        "platform p {{ environments: [dev] }}\n\
         store main: postgres 15 {{ database: \"p\", extensions: [postgis, vector] }}\n\
         schema s in main {{\nentity E {{\n  id: int key\n{fields}}}\n}}\n"
    );
    let schema = text(&build(&source), "main/schema.sql");
    for (i, (ty, column)) in pairs.iter().enumerate() {
        let name = format!("    f{i} ");
        let line = schema.lines().find(|line| line.starts_with(&name)).unwrap_or_else(|| panic!("{ty}"));
        let said = line[name.len()..].trim_start();
        assert!(
            said.starts_with(&format!("{column} NOT NULL")) || said.starts_with(&format!("{column}  ")),
            "{ty}: {line}"
        );
    }
}

/// Excerpts of the reference meet no error but that what they name stands elsewhere, and at least five stand for themselves.
#[test]
fn excerpts_of_the_reference_compile() {
    let page = std::fs::read_to_string(root().join("compiler/docs/language.md")).unwrap();
    let (chapters, _) = page.split_once("## A complete example").unwrap();
    let mut alone = 0;
    for excerpt in chapters.split("```polity\n").skip(1).map(|rest| rest.split("```").next().unwrap()) {
        let mut source = "platform shop { environments: [dev, prod] }\n".to_owned();
        if !excerpt.contains("store main:") {
            source += "store main: postgres 15 { database: \"shop\" }\n";
        }
        source += excerpt;
        let found = polity::check(&Sources::single("excerpt.polity", &source), None);
        let errors: Vec<&Diagnostic> = found.iter().filter(|d| d.is_error()).collect();
        // A name, a place, a key or a tenant that the chapter does not repeat.
        let elsewhere = ["E0201", "E0207", "E0802", "E0836"];
        let left = errors.iter().find(|d| !elsewhere.contains(&d.code.to_string().as_str()));
        assert!(left.is_none(), "{left:?}\n{source}");
        alone += usize::from(errors.is_empty());
    }
    assert!(alone >= 5, "{alone}");
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
