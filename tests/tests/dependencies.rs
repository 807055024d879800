//! How much somebody compiles who calls Polity from a `build.rs`.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// The crates below the library without the command line, those of the project not counted.
fn crates() -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
        .args(["tree", "--locked", "--offline", "--package", "polity", "--no-default-features"])
        .args(["--edges", "normal,build", "--prefix", "none", "--format", "{p}"])
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).expect("UTF-8");
    let names = lines
        .lines()
        .filter(|line| !line.is_empty())
        .map(|line| line.trim_end_matches(" (*)").trim_end_matches(" (proc-macro)").to_owned());
    names.filter(|name| !name.starts_with("polity")).collect()
}

#[test]
fn a_build_script_compiles_at_most_sixty_crates() {
    let crates = crates();
    assert!(crates.len() <= 60, "{} crates: {crates:#?}", crates.len());
    for name in [
        "pest v",
        "pest_derive v",
        "serde v",
        "toml v",
        "minijinja v",
        "syn v",
        "quote v",
        "prettyplease v",
        "sqlparser v",
    ] {
        assert!(crates.iter().any(|known| known.starts_with(name)), "`{name}` is in use: {crates:#?}");
    }
    // What draws, asks and writes is the command line's own.
    for name in ["miette v", "clap v", "tempfile v", "recursive v"] {
        assert!(!crates.iter().any(|known| known.starts_with(name)), "`{name}` came back");
    }
}
