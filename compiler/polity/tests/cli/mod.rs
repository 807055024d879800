//! The program as a person or a script meets it: arguments in; text, files and an exit code out.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a test runs the program in a folder"
)]

mod build;
mod explain;
mod fix;
mod fmt;
mod init;
mod rebase;
mod render;
mod report;
mod seal;
mod stranger;
mod usage;

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// The exit code of a run, and the texts that it printed.
#[derive(Debug)]
struct Run {
    code: i32,
    out: String,
    err: String,
}

/// Runs `polity` in a folder. Arguments are split at spaces.
fn polity(dir: &TempDir, arguments: &str) -> Run {
    polity_with_input(dir, arguments, "")
}

fn polity_with_input(dir: &TempDir, arguments: &str, input: &str) -> Run {
    let mut child = Command::new(env!("CARGO_BIN_EXE_polity"))
        .args(arguments.split(' '))
        .current_dir(dir.path())
        .env_remove("NO_COLOR")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    // A program that does not read its input closes it, which is fine.
    let _unread = child.stdin.take().expect("it was piped").write_all(input.as_bytes());
    let output = child.wait_with_output().expect("the program ends");
    Run {
        code: output.status.code().expect("no signal ended it"),
        out: String::from_utf8(output.stdout).expect("UTF-8"),
        err: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

/// A folder with the project that `init` writes in `shop`.
fn shop() -> TempDir {
    let dir = folder();
    assert_eq!(polity(&dir, "init shop").code, 0);
    dir
}

fn replace(dir: &TempDir, file: &str, from: &str, to: &str) {
    let path = dir.path().join(file);
    let text = fs::read_to_string(&path).expect("it is there");
    assert!(text.contains(from), "`{from}` is not in `{file}`");
    fs::write(path, text.replace(from, to)).expect("it is ours");
}

fn exists(dir: &TempDir, file: &str) -> bool {
    dir.path().join(file).exists()
}
