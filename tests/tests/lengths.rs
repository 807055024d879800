//! The length of every function, of which one that does not fit on a screen is several, unless it is a list; and of every
//! file.

use std::fs;
use std::path::{Component, PathBuf};

use polity_tests::project::{root, rust_files, without_tests};

const MOST: usize = 60;
const MOST_OF_FILE: usize = 400;

/// The comment above a function that only names what comes of each of many things.
const REASON: &str = "One arm for each";

/// Files that are longer, each with the reason.
const LONG: &[(&str, &str)] = &[(
    "compiler/govern/src/apply.rs",
    "the effects of rules are on their way from the entities into tables of their own",
)];

const FOLDERS: &[&str] = &["compiler", "templates", "runtime", "xtask/src"];

#[test]
fn no_function_is_too_long() {
    let (mut read, mut long) = (0, Vec::new());
    for (name, text) in sources() {
        for function in functions(&text) {
            read += 1;
            if function.lines > MOST && !function.has_reason {
                long.push(format!("{name}: `{}` has {} lines", function.name, function.lines));
            }
        }
    }
    assert!(read > 3000, "only {read} functions were read");
    assert!(long.is_empty(), "{} functions are longer than {MOST} lines:\n{}", long.len(), long.join("\n"));
}

#[test]
fn no_file_is_too_long() {
    let (mut read, mut long) = (0, Vec::new());
    let mut known: Vec<&str> = LONG.iter().map(|(name, _)| *name).collect();
    for (name, text) in sources() {
        read += 1;
        let lines = without_tests(&text).lines().count();
        if lines <= MOST_OF_FILE {
            continue;
        }
        match known.iter().position(|known| *known == name) {
            Some(at) => drop(known.remove(at)),
            None => long.push(format!("{name} has {lines} lines")),
        }
    }
    assert!(read > 400, "only {read} files were read");
    let count = long.len();
    assert!(long.is_empty(), "{count} files are longer than {MOST_OF_FILE} lines:\n{}", long.join("\n"));
    assert!(known.is_empty(), "these are short now, so take them off the list: {known:#?}");
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

/// The files that are measured, by name, each with its text. Files of tests are none.
fn sources() -> impl Iterator<Item = (String, String)> {
    let root = root();
    let paths: Vec<PathBuf> = FOLDERS.iter().flat_map(|folder| rust_files(&root.join(folder))).collect();
    paths.into_iter().filter_map(move |path| {
        let name = path.strip_prefix(&root).unwrap_or(&path);
        let is_test = |part: Component| ["tests", "tests.rs"].iter().any(|tests| part.as_os_str() == *tests);
        let is_measured = !name.components().any(is_test);
        is_measured.then(|| (name.display().to_string(), fs::read_to_string(&path).unwrap()))
    })
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
