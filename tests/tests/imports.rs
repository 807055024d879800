//! Keeps the import table of `compiler/ARCHITECTURE.md` true.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use polity_tests::project::rust_files;

/// The name under which the table speaks of `src/lib.rs`, whose items every module could reach.
const LIB: &str = "lib";

#[test]
fn every_module_imports_only_what_the_table_allows() {
    let compiler = Path::new(env!("CARGO_MANIFEST_DIR")).join("../compiler");
    let table = Table::read(&fs::read_to_string(compiler.join("ARCHITECTURE.md")).unwrap());
    let sources = sources(&compiler.join("src"));
    let mut broken = Vec::new();
    let mut met = BTreeSet::new();
    for (path, text) in sources.iter().filter(|(path, _)| !["lib.rs", "main.rs"].contains(&path.as_str())) {
        let module = path.split(['/', '.']).next().unwrap();
        met.insert(module);
        let row = table.row_of(path).unwrap_or_else(|| panic!("the table has no line for {path}"));
        for used in used(path, text, &table) {
            if used != module && !row.allowed.contains(&used) {
                broken.push(format!("{path}: `{}` may not import `{used}`", row.name));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    let gone = table.rows.iter().filter(|row| row.name != LIB && !row.name.contains('/'));
    let gone: Vec<&str> = gone.map(|row| row.name.as_str()).filter(|name| !met.contains(name)).collect();
    assert!(gone.is_empty(), "the table speaks of modules that are no more: {gone:?}");
}

/// Nothing imports in a circle: a line of the table names modules of earlier lines only.
#[test]
fn the_table_has_an_order() {
    let compiler = Path::new(env!("CARGO_MANIFEST_DIR")).join("../compiler");
    let table = Table::read(&fs::read_to_string(compiler.join("ARCHITECTURE.md")).unwrap());
    for (at, row) in table.rows.iter().enumerate() {
        for allowed in &row.allowed {
            let known = table.rows.iter().position(|other| other.name == *allowed);
            let known = known
                .unwrap_or_else(|| panic!("`{}` imports `{allowed}`, of which no line speaks", row.name));
            assert!(known < at, "`{}` imports `{allowed}`, which comes later", row.name);
        }
    }
}

/// A path in a circle, or by way of `lib.rs`, is seen however it is written.
#[test]
fn every_way_to_write_an_import_is_read() {
    let table = Table::read(
        "## Who may import whom\n```\nsource stores   nothing\ncheck   source\nlib   source stores check\n```\n",
    );
    let used = |path: &str, text: &str| used(path, text, &table).into_iter().collect::<Vec<_>>();
    assert_eq!(used("check/rules/a.rs", "use crate::stores::find;"), ["stores"]);
    assert_eq!(used("check/rules/a.rs", "fn a() { crate::source::of() }"), ["source"]);
    assert_eq!(used("check/rules/a.rs", "use super::super::super::stores::find;"), ["stores"]);
    assert_eq!(used("check/mod.rs", "use super::stores;"), ["stores"]);
    assert_eq!(used("check.rs", "use super::Options;"), ["lib"]);
    assert_eq!(used("check/rules/a.rs", "use crate::Options;"), ["lib"]);
    assert_eq!(used("check/rules/a.rs", "use crate::{stores::find, source};"), ["source", "stores"]);
    assert_eq!(used("check/rules/a.rs", "use super::super::stores::find;"), [""; 0]);
    assert_eq!(used("check/rules/a.rs", "crate::stores_of()"), ["lib"]);
}

/// A project may be a stranger's, so only one module may open files, and replace them.
#[test]
fn files_are_opened_in_one_place() {
    const OPENING: &[&str] =
        &["fs::read(", "fs::read_to_string(", "fs::write(", "File::open(", "File::create(", "File::options("];
    // A folder is opened to be locked; new files are made under names that nobody else has.
    const ALLOWED: &[&str] = &["io/regular.rs", "io/lock.rs"];
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("../compiler/src");
    let mut broken = Vec::new();
    for (path, text) in sources(&src) {
        if !ALLOWED.contains(&path.as_str()) {
            let opening = OPENING.iter().filter(|call| text.contains(**call));
            broken
                .extend(opening.map(|call| format!("{path}: `{call}…)` stands outside of `io/regular.rs`")));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// The table: what each module, or a part of one, may import.
struct Table {
    rows: Vec<Row>,
}

struct Row {
    /// `model`, or `model/resolve` of a part.
    name: String,
    allowed: Vec<String>,
}

impl Table {
    fn read(page: &str) -> Self {
        let block =
            page.split("## Who may import whom").nth(1).and_then(|rest| rest.split("```").nth(1)).unwrap();
        let mut rows: Vec<Row> = Vec::new();
        for line in block.lines().filter(|line| !line.trim().is_empty()) {
            let (left, right) = line.split_once("  ").unwrap();
            let allowed: Vec<String> = match right.trim() {
                "nothing" => Vec::new(),
                "everything above" => rows.iter().map(|row| row.name.clone()).collect(),
                names => names.split(' ').map(str::to_owned).collect(),
            };
            let row = |name: &str| Row { name: name.to_owned(), allowed: allowed.clone() };
            rows.extend(left.split(' ').map(row));
        }
        Self { rows }
    }

    /// The line of the innermost part that a file is in.
    fn row_of(&self, path: &str) -> Option<&Row> {
        let is_in = |row: &&Row| {
            path.strip_prefix(row.name.as_str()).is_some_and(|rest| rest.starts_with(['/', '.']))
        };
        self.rows.iter().filter(is_in).max_by_key(|row| row.name.len())
    }

    /// The module that a path from the root of the crate begins with.
    fn module_of(&self, first: &str) -> String {
        let is_module = self.rows.iter().any(|row| row.name == first);
        if is_module { first } else { LIB }.to_owned()
    }
}

/// The modules that a file names, by way of `crate::` or of enough `super::`.
fn used(path: &str, text: &str, table: &Table) -> BTreeSet<String> {
    let folders = path.split('/').count() - usize::from(path.ends_with("/mod.rs"));
    let mut used = BTreeSet::new();
    for root in ["crate::".to_owned(), "super::".repeat(folders)] {
        for (at, _) in text.match_indices(&root) {
            let is_longer = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
            let rest = &text[at + root.len()..];
            if text[..at].ends_with(is_longer) || rest.starts_with("super::") {
                continue;
            }
            match rest.strip_prefix('{') {
                Some(list) => {
                    let list = list.split(';').next().unwrap();
                    used.extend(tops(list).into_iter().map(|first| table.module_of(first)));
                }
                None => {
                    used.insert(table.module_of(word(rest)));
                }
            }
        }
    }
    used
}

/// The first words of what stands in a list of imports, without what stands in lists in it.
fn tops(list: &str) -> Vec<&str> {
    let mut depth = 0;
    let mut tops = vec![word(list.trim_start())];
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => tops.push(word(list[at + 1..].trim_start())),
            _ => {}
        }
    }
    tops.retain(|top| !top.is_empty());
    tops
}

fn word(text: &str) -> &str {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default()
}

/// Every file of the sources with its text, tests left out: they may build whole platforms.
fn sources(src: &Path) -> Vec<(String, String)> {
    let source = |path: PathBuf| {
        let name = path.strip_prefix(src).unwrap().display().to_string();
        let text = fs::read_to_string(&path).unwrap();
        (name, text.split("#[cfg(test)]\nmod tests {").next().unwrap().to_owned())
    };
    let mut out: Vec<(String, String)> = rust_files(src).into_iter().map(source).collect();
    let is_test = |name: &str| name.split(['/', '.']).any(|part| part == "tests");
    out.retain(|(name, _)| !is_test(name));
    assert!(out.len() > 100, "the sources are there");
    out
}
