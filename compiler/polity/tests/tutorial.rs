//! The tutorial's commands do on its sources what it says that they do.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a test runs the program in a folder"
)]

use std::fs;
use std::path::Path;
use std::process::Command;

#[test]
fn the_third_migration_is_made_as_it_is_told() {
    let page = include_str!("../../docs/third_migration.md");
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("shop")).expect("the folder is ours");
    let mut commands = 0;
    for block in page.split("\n```").skip(1).step_by(2) {
        let (language, text) = block.split_once('\n').expect("it has lines");
        match language {
            "polity" => fs::write(folder.path().join("shop/shop.polity"), text).expect("the folder is ours"),
            "console" => commands += console(folder.path(), text),
            _ => {}
        }
    }
    assert!(commands > 6, "{commands}");
}

/// Runs each command, and holds what it says against the lines below it, which may leave some out.
fn console(folder: &Path, text: &str) -> usize {
    let commands: Vec<&str> = text.split("$ ").filter(|command| !command.is_empty()).collect();
    for command in &commands {
        let (line, expected) = command.split_once('\n').unwrap_or((command, ""));
        let polity = Path::new(env!("CARGO_BIN_EXE_polity")).parent().expect("it is in a folder");
        let path = format!("{}:{}", polity.display(), std::env::var("PATH").unwrap_or_default());
        let script = format!("exec 2>&1; set -e\n{line}");
        let output = Command::new("sh").args(["-c", &script]).current_dir(folder).env("PATH", path).output();
        let output = output.expect("the shell runs");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{line}:\n{said}");
        let mut rest = said.lines();
        for expected in expected.lines().filter(|line| !line.is_empty()) {
            let is_there = rest.any(|said| said.trim() == expected.trim());
            assert!(is_there, "{line} does not say `{expected}`, in its place:\n{said}");
        }
    }
    commands.len()
}
