//! The length of every function: one that does not fit on a screen is several, unless it is a list.

use std::fs;

use polity_tests::project::{root, rust_files, without_tests};

const MOST: usize = 60;

/// The comment above a function that only names what comes of each of many things.
const REASON: &str = "One arm for each";

const FOLDERS: &[&str] = &["compiler", "templates", "runtime", "xtask/src"];

/// Functions that are to become shorter, each by its file.
const TO_SHORTEN: &[(&str, &str)] = &[
    ("compiler/engines/src/postgres/lower/checks.rs", "of_array"),
    ("compiler/engines/src/postgres/lower/erasure/person.rs", "find"),
    ("compiler/engines/src/postgres/lower/expr/mod.rs", "write_bare"),
    ("compiler/engines/src/postgres/lower/maintenance/mod.rs", "lower_partition_functions"),
    ("compiler/engines/src/postgres/lower/table.rs", "fields"),
    ("compiler/engines/src/postgres/lower/tenancy/mod.rs", "lower_moves"),
    ("compiler/engines/src/postgres/print/tenancy_test.rs", "file"),
    ("compiler/engines/src/postgres/rules/index_method.rs", "judge"),
];

#[test]
fn no_function_is_too_long() {
    let root = root();
    let (mut read, mut found, mut waiting) = (0, Vec::new(), TO_SHORTEN.to_vec());
    for path in FOLDERS.iter().flat_map(|folder| rust_files(&root.join(folder))) {
        let name = path.strip_prefix(&root).unwrap_or(&path);
        if name.components().any(|part| ["tests", "tests.rs"].iter().any(|tests| part.as_os_str() == *tests))
        {
            continue;
        }
        let name = name.display().to_string();
        for function in functions(&fs::read_to_string(&path).unwrap()) {
            read += 1;
            if function.lines <= MOST || function.has_reason {
                continue;
            }
            match waiting.iter().position(|known| *known == (&name, function.name)) {
                Some(at) => drop(waiting.remove(at)),
                None => found.push(format!("{name}: `{}` has {} lines", function.name, function.lines)),
            }
        }
    }
    assert!(read > 3000, "only {read} functions were read");
    assert!(
        found.is_empty(),
        "{} functions are longer than {MOST} lines:\n{}",
        found.len(),
        found.join("\n")
    );
    assert!(waiting.is_empty(), "these are short now, so take them off the list: {waiting:#?}");
}

#[test]
fn a_function_is_measured_from_its_name_to_its_brace() {
    let text = "fn one() {}\n\
                impl A {\n    /// Two.\n    #[must_use]\n    pub(super) const fn two(\n        a: u8,\n    ) -> u8 {\n        a\n    }\n}\n\
                trait B {\n    fn three(\n        a: u8,\n    ) -> u8;\n}\n\
                /// One arm for each kind.\n#[must_use]\npub fn four() {\n    if true {\n    }\n}\n\
                #[cfg(test)]\nmod tests {\n    fn five() {}\n}\n";
    let found: Vec<_> = functions(text).map(|f| (f.name, f.lines, f.has_reason)).collect();
    assert_eq!(found, [("one", 1, false), ("two", 5, false), ("three", 3, false), ("four", 4, true)]);
}

struct Function<'t> {
    name: &'t str,
    lines: usize,
    has_reason: bool,
}

/// The functions of a file outside of its tests, as `cargo fmt` lays them out.
fn functions(text: &str) -> impl Iterator<Item = Function<'_>> {
    let lines: Vec<&str> = without_tests(text).lines().collect();
    (0..lines.len()).filter_map(move |at| {
        let name = declared(lines[at])?;
        let above = lines[..at].iter().rev().map(|line| line.trim_start());
        let mut above = above.take_while(|line| line.starts_with("//") || line.starts_with("#["));
        Some(Function {
            name,
            lines: length(&lines[at..]),
            has_reason: above.any(|line| line.contains(REASON)),
        })
    })
}

/// The name of the function that a line begins.
fn declared(line: &str) -> Option<&str> {
    let (before, after) = line.split_once("fn ")?;
    let end = after.find(|c: char| !c.is_alphanumeric() && c != '_')?;
    // `pub(in super::super) const`
    let is_plain = before.chars().all(|c| c.is_ascii_lowercase() || " ():".contains(c));
    (end > 0 && is_plain).then(|| &after[..end])
}

/// The number of lines to the brace or the semicolon at the function's own depth.
fn length(lines: &[&str]) -> usize {
    if lines[0].ends_with(['}', ';']) {
        return 1;
    }
    let indent = lines[0].len() - lines[0].trim_start().len();
    let ends = |line: &str| {
        let own = line.get(indent..).unwrap_or("");
        line.trim_start() == own && (own == "}" || own.starts_with(')') && own.ends_with(';'))
    };
    lines.iter().skip(1).position(|line| ends(line)).map_or(lines.len(), |at| at + 2)
}
