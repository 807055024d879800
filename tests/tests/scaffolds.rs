//! The start of an engine and of a rule, as the project's own tooling writes them: they compile without a warning, and
//! their tests pass, in a copy of the workspace.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use polity_tests::project::root;

#[test]
fn a_new_engine_and_new_rules_compile_and_pass_their_tests() {
    let copy = copy();
    for scaffold in [
        &["new-store", "demo"][..],
        &["new-rule", "E1102", "demo_rule"],
        &["new-rule", "W0599", "postgres_rule"],
        &["new-rule", "E0699", "mongodb_rule"],
        &["new-rule", "E0799", "redis_rule"],
        &["new-rule", "E0859", "common_rule"],
    ] {
        cargo(&copy, &[&["run", "--quiet", "--package", "xtask", "--"], scaffold].concat());
    }
    cargo(&copy, &["fmt", "--all", "--check"]);
    let said = cargo(&copy, &["test", "--package", "polity-engines", "--lib", "demo"]);
    assert!(said.contains("test result: ok. 2 passed"), "{said}");
    let said = cargo(&copy, &["test", "--package", "polity", "--test", "all", "pages::"]);
    assert!(said.contains("test result: ok. 5 passed"), "{said}");
}

/// Runs cargo in the copy, and returns what it said.
fn cargo(copy: &Path, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .current_dir(copy)
        .args(arguments)
        .env("CARGO_TARGET_DIR", copy.join("target"))
        .env("CARGO_NET_OFFLINE", "true")
        .env("INSTA_UPDATE", "no")
        .output()
        .expect("cargo runs");
    let said =
        [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).join("\n");
    assert!(output.status.success(), "{arguments:?}: {said}");
    said
}

/// A copy of what git knows of the workspace, always in one place, so that it is compiled over what was there before.
fn copy() -> PathBuf {
    let (from, to) = (root(), root().join("target/scaffolds"));
    let _ = fs::remove_dir_all(&to);
    let listed = Command::new("git").current_dir(&from).args(["ls-files", "-z"]).output().expect("git runs");
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    let files = String::from_utf8(listed.stdout).expect("our names are UTF-8");
    for file in files.split('\0').filter(|file| !file.is_empty() && from.join(file).exists()) {
        let target = to.join(file);
        fs::create_dir_all(target.parent().expect("it is below the copy")).expect("the folder is ours");
        fs::copy(from.join(file), target).expect("there is room");
    }
    // What others wrote is compiled already, and would be compiled to the same files.
    let (built, warm) = (from.join("target/debug"), to.join("target/debug"));
    fs::create_dir_all(&warm).expect("the folder is ours");
    let of_others = "for part in deps build .fingerprint; do cp -al \"$0/$part\" \"$1/\"; done; \
                     cd \"$1\"; rm -rf */*polity* */xtask* deps/all-*";
    let status = Command::new("sh").args(["-c", of_others]).args([built, warm]).status().expect("sh runs");
    assert!(status.success());
    to
}
