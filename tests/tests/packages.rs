//! Each crate that users take is whole by itself: what its sources include travels with it.

use std::fs;
use std::process::Command;

use polity_tests::project::{root, rust_files, without_tests};

/// The crates below `polity`, and the one under what it generates.
const CRATES: &[&str] = &[
    "polity",
    "polity-catalog",
    "polity-engines",
    "polity-govern",
    "polity-model",
    "polity-outputs",
    "polity-runtime",
    "polity-syntax",
    "polity-templates",
    "polity-text",
];

#[test]
fn a_package_holds_all_that_its_sources_include() {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO"))
        .current_dir(root())
        .args(["package", "--offline", "--allow-dirty", "--no-verify", "--target-dir"])
        .arg(folder.path())
        .args(CRATES.iter().flat_map(|name| ["--package", name]))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let packages = folder.path().join("package");
    let (mut read, mut missing) = (0, Vec::new());
    for name in CRATES {
        let file = format!("{name}-{}.crate", env!("CARGO_PKG_VERSION"));
        let unpacked =
            Command::new("tar").current_dir(&packages).args(["xzf", &file]).status().expect("tar runs");
        assert!(unpacked.success(), "{file}");
        for path in rust_files(&packages.join(file.trim_end_matches(".crate"))) {
            let text = fs::read_to_string(&path).unwrap();
            let text = without_tests(&text);
            if !path.components().any(|part| part.as_os_str().to_string_lossy().starts_with("tests")) {
                for included in included(text) {
                    read += 1;
                    if !path.parent().unwrap().join(included).exists() {
                        missing
                            .push(format!("{}: {included}", path.strip_prefix(&packages).unwrap().display()));
                    }
                }
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
    assert!(read > 40, "only {read} files are included");
}

/// The paths that a source includes; of one that is put together, its first part, which is a folder.
fn included(text: &str) -> Vec<&str> {
    let path = |rest: &'_ str| -> Option<(usize, usize)> {
        let start = rest.find('"')? + 1;
        Some((start, start + rest[start..].find('"')?))
    };
    let found =
        text.match_indices("include").filter(|(at, _)| is_macro(&text[*at..])).filter_map(|(at, _)| {
            let (start, end) = path(&text[at..])?;
            Some(&text[at + start..at + end])
        });
    found.collect()
}

fn is_macro(text: &str) -> bool {
    ["include_str!(", "include_bytes!("].iter().any(|call| text.starts_with(call))
}

#[test]
fn what_a_source_includes_is_read() {
    let text = "a(include_str!(\"x/y.sql\")); concat!(include_str!(\n  \"z\"), include_str!(concat!(\"../errors/\", C)))";
    assert_eq!(included(text), ["x/y.sql", "z", "../errors/"]);
}
