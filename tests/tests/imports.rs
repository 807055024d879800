//! Keeps the import table of `compiler/ARCHITECTURE.md` true.

use std::fs;
use std::path::{Path, PathBuf};

const MODULES: &[&str] = &[
    "source",
    "artifact",
    "template",
    "quoting",
    "cores",
    "diagnostics",
    "syntax",
    "model",
    "stores",
    "policy",
    "check",
    "outputs",
    "io",
    "build_script",
    "cli",
];

#[test]
fn every_module_imports_only_what_the_table_allows() {
    let compiler = Path::new(env!("CARGO_MANIFEST_DIR")).join("../compiler");
    let table = table(&fs::read_to_string(compiler.join("ARCHITECTURE.md")).unwrap());
    let mut broken = Vec::new();
    for module in MODULES {
        let allowed = table.iter().find(|(name, _)| name == module).map(|(_, allowed)| allowed.as_slice());
        let allowed = allowed.unwrap_or_else(|| panic!("the table has no line for `{module}`"));
        for file in files(&compiler.join("src"), module) {
            let text = fs::read_to_string(&file).unwrap();
            for used in MODULES.iter().filter(|used| *used != module) {
                let path = format!("crate::{used}");
                let names = text.match_indices(&path).any(|(at, _)| {
                    !text[at + path.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_')
                });
                if names && !allowed.iter().any(|a| a == used) {
                    broken.push(format!("{}: `{module}` may not import `{used}`", file.display()));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
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
    for file in MODULES.iter().flat_map(|module| files(&src, module)) {
        let path = file.strip_prefix(&src).unwrap().display().to_string();
        let text = fs::read_to_string(&file).unwrap();
        let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        if !path.contains("tests") && !ALLOWED.contains(&path.as_str()) {
            let opening = OPENING.iter().filter(|call| text.contains(**call));
            broken
                .extend(opening.map(|call| format!("{path}: `{call}…)` stands outside of `io/regular.rs`")));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// The table's lines: names on the left, what they may import on the right.
fn table(page: &str) -> Vec<(String, Vec<String>)> {
    let block =
        page.split("## Who may import whom").nth(1).and_then(|rest| rest.split("```").nth(1)).unwrap();
    let mut out = Vec::new();
    for line in block.lines().filter(|line| !line.trim().is_empty()) {
        let (left, right) = line.split_once("  ").unwrap();
        let right = right.trim();
        let allowed: Vec<String> = match right {
            "nothing" => Vec::new(),
            "everything" => MODULES.iter().map(|m| (*m).to_owned()).collect(),
            _ if right.starts_with("everything but ") => {
                MODULES.iter().filter(|m| !right.ends_with(*m)).map(|m| (*m).to_owned()).collect()
            }
            _ => right.split(' ').map(str::to_owned).collect(),
        };
        out.extend(left.split(' ').map(|name| (name.to_owned(), allowed.clone())));
    }
    out
}

fn files(src: &Path, module: &str) -> Vec<PathBuf> {
    let mut out = Vec::new();
    let single = src.join(format!("{module}.rs"));
    if single.exists() {
        out.push(single);
    }
    let mut folders = vec![src.join(module)];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                out.push(path);
            }
        }
    }
    out
}
