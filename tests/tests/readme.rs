//! The excerpts in the README are the text that the compiler writes.

use polity_tests::project::{build, root, text};

#[test]
fn the_excerpts_come_from_the_example() {
    let page = std::fs::read_to_string(root().join("README.md")).unwrap();
    let block = |language: &str| {
        let rest = page.split(&format!("```{language}\n")).nth(1);
        rest.and_then(|r| r.split("```").next()).unwrap_or_else(|| panic!("no {language}")).to_owned()
    };
    let files = build(&block("polity"));
    for (language, path) in
        [("sql", "main/schema.sql"), ("lua", "cache/scripts/shop.lua"), ("rust", "rust/src/cache.rs")]
    {
        let written = text(&files, path);
        assert!(written.contains(&block(language)), "{path} has no\n{}\nbut\n{written}", block(language));
    }
}

#[test]
fn the_examples_are_laid_out() {
    let mut sources = vec![root().join("README.md")];
    for folder in std::fs::read_dir(root().join("dsl-examples")).unwrap().flatten() {
        sources.extend(std::fs::read_dir(folder.path()).unwrap().flatten().map(|entry| entry.path()));
    }
    for path in sources {
        let text = std::fs::read_to_string(&path).unwrap();
        let text = if path.ends_with("README.md") {
            text.split("```polity\n").nth(1).unwrap().split("```").next().unwrap().to_owned()
        } else {
            text
        };
        let formatted = polity_syntax::format(&text).unwrap();
        assert!(formatted == text, "{} is not as `polity fmt` lays it out", path.display());
    }
}
