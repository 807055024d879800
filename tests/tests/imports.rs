//! Keeps the import table of `compiler/ARCHITECTURE.md` true.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use polity_engines::ENGINES;
use polity_tests::project::{root, rust_files, without_tests};
use proc_macro2::{TokenStream, TokenTree};

#[test]
fn every_module_imports_only_what_the_table_allows() {
    let table = Table::of_the_page();
    let mut broken = Vec::new();
    let mut met = BTreeSet::new();
    for (path, text) in sources() {
        let row = table.row_of(&path).unwrap_or_else(|| panic!("the table has no line for {path}"));
        met.insert(row.name.as_str());
        for used in used(&path, &text, &table) {
            if !row.allows(&used) {
                broken.push(format!("{path}: `{}` may not import `{used}`", row.name));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    let gone: Vec<&str> =
        table.rows.iter().map(|row| row.name.as_str()).filter(|name| !met.contains(name)).collect();
    assert!(gone.is_empty(), "the table speaks of modules that are no more: {gone:?}");
}

/// Nothing imports in a circle: a line of the table names crates and modules of earlier lines only.
#[test]
fn the_table_has_an_order() {
    let table = Table::of_the_page();
    for (at, row) in table.rows.iter().enumerate() {
        for allowed in &row.allowed {
            let known = table.rows.iter().position(|other| other.name == *allowed);
            let known = known
                .unwrap_or_else(|| panic!("`{}` imports `{allowed}`, of which no line speaks", row.name));
            assert!(known < at, "`{}` imports `{allowed}`, which comes later", row.name);
        }
    }
}

/// A crate depends on the crates that the lines of its modules name, and on no other of the project.
#[test]
fn every_crate_depends_on_what_its_lines_name() {
    let table = Table::of_the_page();
    let of = |name: &str| name.split('/').next().unwrap().to_owned();
    let crates: BTreeSet<String> = table.rows.iter().map(|row| of(&row.name)).collect();
    for folder in fs::read_dir(root().join("compiler")).unwrap().map(|entry| entry.unwrap().path()) {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        assert!(
            !folder.join("Cargo.toml").exists() || crates.contains(&name),
            "the table has no line for {name}"
        );
    }
    for name in &crates {
        let manifest = fs::read_to_string(folder(name).join("Cargo.toml")).unwrap();
        let section = manifest.split("\n[dependencies]\n").nth(1).unwrap().split("\n[").next().unwrap();
        let depends: BTreeSet<String> = section
            .lines()
            .filter_map(|line| line.strip_prefix("polity-"))
            .map(|rest| word(rest).to_owned())
            .collect();
        let rows = table.rows.iter().filter(|row| of(&row.name) == *name);
        let named: BTreeSet<String> =
            rows.flat_map(|row| row.allowed.iter().map(|n| of(n))).filter(|other| other != name).collect();
        // What stands above everything may use all of it, and need not.
        let needless = if name == "polity" { BTreeSet::new() } else { &named - &depends };
        assert!(depends.is_subset(&named), "`{name}` depends on {depends:?}, and its lines name {named:?}");
        assert!(needless.is_empty(), "the lines of `{name}` name {needless:?}, on which it does not depend");
    }
}

/// Engines and outputs read the form in which stores hold a platform, which alone says what is a ciphertext there.
#[test]
fn what_is_written_is_read_from_the_stored_form() {
    let read = sources()
        .into_iter()
        .filter(|(path, _)| ["engines/", "outputs/"].iter().any(|folder| path.starts_with(folder)));
    let (mut stored, mut broken) = (0, Vec::new());
    for (path, text) in read {
        let names =
            |name: &str| text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == name);
        stored += usize::from(names("Stored"));
        broken.extend(names("Governed").then_some(path));
    }
    assert!(stored > 100, "only {stored} files read it");
    assert!(broken.is_empty(), "these read the source's form: {broken:#?}");
}

/// A path in a circle, or by way of `lib.rs`, is seen however it is written.
#[test]
fn every_way_to_write_an_import_is_read() {
    let table = Table::read(
        "## Who may import whom\n```\ntext   nothing\ntext/source   nothing\nengines   text\nengines/redis   text\n```\n",
    );
    let used = |path: &str, text: &str| used(path, text, &table).into_iter().collect::<Vec<_>>();
    assert_eq!(used("engines/a/b.rs", "use polity_text::codes;"), ["text"]);
    assert_eq!(used("engines/a/b.rs", "use polity_text::source::Span;"), ["text/source"]);
    assert_eq!(used("engines/a/b.rs", "use polity_text::{Code, source::Span};"), ["text", "text/source"]);
    assert_eq!(used("engines/a/b.rs", "use polity_text as words;"), ["text"]);
    assert_eq!(used("engines/a/b.rs", "use ::polity_text::source::Span;"), ["text/source"]);
    assert_eq!(used("engines/a/b.rs", "fn a() { crate::redis::of() }"), ["engines/redis"]);
    assert_eq!(used("engines/a/b.rs", "use super::super::redis::find;"), ["engines/redis"]);
    assert_eq!(used("engines/a/mod.rs", "use super::redis;"), ["engines/redis"]);
    assert_eq!(used("engines/a.rs", "use super::Engine;"), ["engines"]);
    assert_eq!(used("engines/a/b.rs", "use super::redis::find;"), [""; 0]);
    assert_eq!(used("engines/a/b.rs", "use crate::{redis::find, other};"), ["engines", "engines/redis"]);
    assert_eq!(used("engines/a/b.rs", "crate::redis_of()"), ["engines"]);
    assert_eq!(used("engines/a/b.rs", "my_polity_text::a(); polity_texts::a()"), [""; 0]);
}

/// A part of an engine with a line of its own is seen from its neighbours.
#[test]
fn parts_of_modules_are_told_apart() {
    let table = Table::read(
        "## Who may import whom\n```\nengines   nothing\nengines/redis   engines\nengines/redis/lower   engines/redis\n\
         engines/redis/print   engines/redis\n```\n",
    );
    let used = |path: &str, text: &str| used(path, text, &table).into_iter().collect::<Vec<_>>();
    let lower = "engines/redis/lower/keys.rs";
    assert_eq!(used(lower, "use super::super::print::text;"), ["engines/redis/print"]);
    assert_eq!(used("engines/redis/lower/mod.rs", "use super::print;"), ["engines/redis/print"]);
    assert_eq!(
        used(lower, "use crate::redis::{kind, print::{text}};"),
        ["engines/redis", "engines/redis/print"]
    );
    assert_eq!(used(lower, "use super::users;"), ["engines/redis/lower"]);
    assert_eq!(used(lower, "use super::super::kind;"), ["engines/redis"]);
    assert_eq!(used(lower, "use super::super::super::Engine;"), ["engines"]);
}

/// A project may be a stranger's, so only one module may open files, and replace them.
#[test]
fn files_are_opened_in_one_place() {
    const OPENING: &[&str] =
        &["fs::read(", "fs::read_to_string(", "fs::write(", "File::open(", "File::create(", "File::options("];
    // A folder is opened to be locked; new files are made under names that nobody else has.
    const ALLOWED: &[&str] = &["polity/io/regular.rs", "polity/io/lock.rs"];
    let mut broken = Vec::new();
    for (path, text) in sources() {
        if !ALLOWED.contains(&path.as_str()) {
            let opening = OPENING.iter().filter(|call| text.contains(**call));
            broken.extend(
                opening.map(|call| format!("{path}: `{call}…)` stands outside of `polity/io/regular.rs`")),
            );
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// No crate but the engines asks which engine it is: what one can do is data.
#[test]
fn engines_are_named_in_their_own_crate() {
    let mut broken = Vec::new();
    for (path, text) in sources().iter().filter(|(path, _)| !path.starts_with("engines/")) {
        let tokens: TokenStream = text.parse().unwrap_or_else(|e| panic!("{path}: {e}"));
        let named = texts(tokens).into_iter().filter(|text| ENGINES.find(text).is_some());
        broken.extend(named.map(|name| format!("{path}: {name}")));
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    let text = "#[doc = \"redis\"] fn a() { b(\"redis\", \"of redis\", r\"mongodb\") }";
    let found = texts(text.parse().unwrap());
    assert_eq!(found, ["redis", "redis", "of redis", "mongodb"]);
}

/// The texts that a source writes.
fn texts(tokens: TokenStream) -> Vec<String> {
    let mut found = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Group(group) => found.extend(texts(group.stream())),
            TokenTree::Literal(literal) => {
                found.extend(syn::parse_str::<syn::LitStr>(&literal.to_string()).map(|text| text.value()));
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) => {}
        }
    }
    found
}

/// The table: what each crate, or a module of one that has a line of its own, may import.
struct Table {
    rows: Vec<Row>,
}

struct Row {
    /// `model` of a crate, `model/resolve` of a module with a line of its own.
    name: String,
    allowed: Vec<String>,
}

impl Row {
    /// A crate that is named stands for its modules, and each line for itself.
    fn allows(&self, used: &str) -> bool {
        let is_in =
            |name: &str| used.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        let own = self.name.split('/').next();
        used == self.name
            || self
                .allowed
                .iter()
                .any(|name| if own == name.split('/').next() { used == name } else { is_in(name) })
    }
}

impl Table {
    fn of_the_page() -> Self {
        Self::read(&fs::read_to_string(root().join("compiler/ARCHITECTURE.md")).unwrap())
    }

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

    /// The line of the innermost module of a path that has one.
    fn line_of(&self, path: &[&str]) -> Option<String> {
        let names = (1..=path.len()).rev().map(|length| path[..length].join("/"));
        names.into_iter().find(|name| self.rows.iter().any(|row| row.name == *name))
    }
}

/// The lines of the table that a file speaks of, by way of a crate's name, of `crate::` or of `super::`.
fn used(path: &str, text: &str, table: &Table) -> BTreeSet<String> {
    let module = path.trim_end_matches("/mod.rs").trim_end_matches("/lib.rs").trim_end_matches(".rs");
    let module: Vec<&str> = module.split('/').collect();
    let mut roots = vec![("polity_".to_owned(), &[][..]), ("crate::".to_owned(), &module[..1])];
    roots.extend((1..module.len()).map(|up| ("super::".repeat(up), &module[..module.len() - up])));
    let mut used = BTreeSet::new();
    for (root, base) in &roots {
        for (at, _) in text.match_indices(root.as_str()) {
            let is_longer = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
            let rest = &text[at + root.len()..];
            // A path of crates may begin with `::`.
            let before = text[..at].strip_suffix("::").filter(|_| base.is_empty());
            let before = before.filter(|before| !before.ends_with(is_longer)).unwrap_or(&text[..at]);
            // Who may see a thing imports nothing.
            if before.ends_with(is_longer) || before.ends_with("pub(in ") || rest.starts_with("super::") {
                continue;
            }
            let lines = paths(rest).into_iter().filter_map(|path| table.line_of(&[base, &path[..]].concat()));
            // A path that begins in a module without a line of its own says nothing of what stands around it.
            let base = base.join("/");
            used.extend(lines.filter(|line| line.starts_with(&base)));
        }
    }
    used
}

/// The paths that a text begins with: several where a list stands in it.
fn paths(text: &str) -> Vec<Vec<&str>> {
    if let Some(list) = text.strip_prefix('{') {
        return items(list).into_iter().flat_map(paths).collect();
    }
    let first = word(text);
    match text[first.len()..].strip_prefix("::") {
        Some(rest) => paths(rest).into_iter().map(|path| [&[first], &path[..]].concat()).collect(),
        None => vec![vec![first]],
    }
}

/// The items of a list of imports, up to its end.
fn items(list: &str) -> Vec<&str> {
    let (mut depth, mut from) = (0, 0);
    let mut items = Vec::new();
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            '}' | ',' if depth == 0 => {
                items.push(list[from..at].trim());
                from = at + 1;
            }
            _ => {}
        }
        if c == '}' && from > at {
            break;
        }
    }
    items.retain(|item| !item.is_empty());
    items
}

fn word(text: &str) -> &str {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default()
}

/// Every source file of the compiler as `model/resolve/mod.rs`, with its text. Tests are left out: they may build whole
/// platforms.
fn sources() -> Vec<(String, String)> {
    let mut out = Vec::new();
    for row in Table::of_the_page().rows.iter().filter(|row| !row.name.contains('/')) {
        let folder = folder(&row.name);
        for path in rust_files(&folder) {
            let inside = path.strip_prefix(&folder).unwrap();
            let inside = inside.strip_prefix("src").unwrap_or(inside).display();
            let text = fs::read_to_string(&path).unwrap();
            let text = without_tests(&text).to_owned();
            out.push((format!("{}/{inside}", row.name), text));
        }
    }
    let is_test = |name: &str| name.split(['/', '.']).any(|part| part == "tests");
    out.retain(|(name, _)| !is_test(name));
    assert!(out.len() > 100, "the sources are there");
    out
}

/// The folder of a crate.
fn folder(name: &str) -> PathBuf {
    if name == "templates" { root().join(name) } else { root().join("compiler").join(name) }
}
