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
    for (package, tests) in
        [("polity-engines", ["--lib", "demo::"].as_slice()), ("polity", &["--test", "all", "pages::"])]
    {
        let said = cargo(&copy, &[&["test", "--package", package], tests].concat());
        assert!(said.contains("test result: ok") && !said.contains("running 0 tests"), "{said}");
        assert!(!said.contains("warning:"), "{said}");
    }
}

/// Runs cargo in the copy, and returns what it said.
fn cargo(copy: &Path, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .current_dir(copy)
        .args(arguments)
        .env("CARGO_TARGET_DIR", copy.join("target"))
        // With other flags the crates of others would be compiled anew.
        .envs(std::env::var_os("POLITY_RUSTFLAGS").map(|flags| ("RUSTFLAGS", flags)))
        .env("CARGO_NET_OFFLINE", "true")
        .env("INSTA_UPDATE", "no")
        .output()
        .expect("cargo runs");
    let said =
        [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).join("\n");
    assert!(output.status.success(), "{arguments:?}: {said}");
    said
}

/// A copy of the workspace without what git ignores, next to the folder that this test was built into.
fn copy() -> PathBuf {
    let own = std::env::current_exe().expect("it runs");
    let built = own.ancestors().nth(2).expect("target/debug/deps holds it");
    let (from, to) = (root(), built.with_file_name("scaffolds"));
    if to.exists() {
        fs::remove_dir_all(&to).expect("the folder is ours");
    }
    let listing = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let listed = Command::new("git").current_dir(&from).args(listing).output().expect("git runs");
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    let files = String::from_utf8(listed.stdout).expect("our names are UTF-8");
    for file in files.split('\0').filter(|file| !file.is_empty() && from.join(file).exists()) {
        let target = to.join(file);
        fs::create_dir_all(target.parent().expect("it is below the copy")).expect("the folder is ours");
        fs::copy(from.join(file), target).expect("there is room");
    }
    // The crates of others are compiled already, and would be compiled to the same files. What cargo writes about its
    // work it writes in place, so that is no link.
    let warm = to.join("target/debug");
    fs::create_dir_all(&warm).expect("the folder is ours");
    let of_others = "set -e; cp -al \"$0/deps\" \"$1/\"; cp -a \"$0/build\" \"$0/.fingerprint\" \"$1/\"; cd \"$1\"; \
                     rm -rf deps/*polity* deps/*xtask* deps/all-* build/*polity* .fingerprint/*polity* .fingerprint/*xtask*";
    let status = Command::new("sh").args(["-c", of_others]).arg(built).arg(&warm).status().expect("sh runs");
    assert!(status.success());
    to
}
