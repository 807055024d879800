//! `cargo xtask codegen`: compiles every platform of `dsl-examples` into `generated`, where the output is committed.

use std::fs;
use std::process::Command;

use crate::{Result, suites, workspace};

/// Writes what is out of date. With `check`, writes nothing and fails when anything is.
pub(crate) fn run(check: bool) -> Result {
    let examples = workspace().join("dsl-examples");
    let entries = fs::read_dir(&examples).map_err(|e| format!("cannot read {}: {e}", examples.display()))?;
    let mut names: Vec<_> = entries.flatten().filter(|e| e.path().is_dir()).map(|e| e.file_name()).collect();
    names.sort();
    let compiler = suites::compiler()?;
    let mut wrong = Vec::new();
    for name in names {
        let name = name.to_string_lossy();
        // Relative paths, because messages name them.
        let (source, out) = (format!("dsl-examples/{name}"), format!("generated/{name}"));
        let mut build = Command::new(&compiler);
        build.current_dir(workspace()).args(["build", &source, "--out", &out]);
        if check {
            build.arg("--check");
        }
        let status = build.status().map_err(|e| format!("cannot run {}: {e}", compiler.display()))?;
        if !status.success() {
            wrong.push(out);
        }
    }
    match (wrong.is_empty(), check) {
        (true, _) => Ok(()),
        (false, true) => Err(format!("not up to date: {}; run `cargo xtask codegen`", wrong.join(", "))),
        (false, false) => Err(format!("not written: {}", wrong.join(", "))),
    }
}
