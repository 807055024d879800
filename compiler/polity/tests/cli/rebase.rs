//! Two branches that both seal, merged by git.

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use super::{Run, folder};

/// Runs git in the project; whether it succeeded, and what it said.
fn git(dir: &TempDir, arguments: &[&str]) -> (bool, String) {
    let identity =
        ["-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "merge.conflictStyle=diff3"];
    let output = Command::new("git")
        .args(identity)
        .args(arguments)
        .current_dir(dir.path().join("shop"))
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .expect("git runs");
    (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
}

fn done(dir: &TempDir, arguments: &[&str]) {
    let (succeeded, said) = git(dir, arguments);
    assert!(succeeded, "git {arguments:?}: {said}");
}

/// Runs `polity` in the project.
fn polity(dir: &TempDir, arguments: &str) -> Run {
    let output = Command::new(env!("CARGO_BIN_EXE_polity"))
        .args(arguments.split(' '))
        .current_dir(dir.path().join("shop"))
        .output()
        .expect("it runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    Run { code: output.status.code().expect("no signal"), out: text(output.stdout), err: text(output.stderr) }
}

fn migrations(dir: &TempDir) -> Vec<String> {
    let folders = fs::read_dir(dir.path().join("shop/history/main")).expect("it is there");
    let names =
        folders.map(|entry| entry.expect("it can be read").file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.filter(|name| name.starts_with('V')).collect();
    names.sort();
    names
}

fn edit(path: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(path).expect("it is there");
    assert!(text.contains(from), "{from}");
    fs::write(path, text.replacen(from, to, 1)).expect("writes");
}

/// A repository in which both branches sealed a second migration, and one was merged into the other.
fn merged() -> TempDir {
    let dir = folder();
    assert_eq!(super::polity(&dir, "init shop").code, 0);
    assert_eq!(polity(&dir, "seal initial").code, 0);
    done(&dir, &["init", "--quiet", "--initial-branch=main"]);
    done(&dir, &["add", "."]);
    done(&dir, &["commit", "--quiet", "-m", "initial"]);
    let source = dir.path().join("shop/core.polity");
    done(&dir, &["checkout", "--quiet", "-b", "nicks"]);
    edit(&source, "    created_at:", "    nick: text(20)?\n    created_at:");
    assert_eq!(polity(&dir, "seal nicks").code, 0);
    done(&dir, &["add", "."]);
    done(&dir, &["commit", "--quiet", "-m", "nicks"]);
    done(&dir, &["checkout", "--quiet", "main"]);
    let more = "\nschema more in main {\n  entity Note { id: uuid key = uuid_v7(); body: text(200) }\n}\n";
    fs::write(dir.path().join("shop/more.polity"), more).expect("writes");
    assert_eq!(polity(&dir, "seal notes").code, 0);
    done(&dir, &["add", "."]);
    done(&dir, &["commit", "--quiet", "-m", "notes"]);
    let (succeeded, said) = git(&dir, &["merge", "nicks"]);
    assert!(!succeeded && said.contains("history/checksums"), "{said}");
    assert_eq!(migrations(&dir), ["V0001__initial", "V0002__nicks", "V0002__notes"]);
    dir
}

/// The history is whole, and its migrations are these.
fn holds(dir: &TempDir, expected: &[&str]) {
    assert_eq!(migrations(dir), expected);
    let run = polity(dir, "plan");
    assert_eq!((run.code, run.out.as_str()), (0, "nothing differs from what was sealed\n"), "{run:?}");
    done(dir, &["add", "."]);
    done(dir, &["commit", "--quiet", "-m", "merged"]);
}

#[test]
fn a_conflict_says_how_it_ends_and_a_side_can_be_kept() {
    let dir = merged();
    let run = polity(&dir, "check");
    assert!(run.code == 1 && run.err.contains("E1901") && run.err.contains("--keep ours"), "{run:?}");
    let run = polity(&dir, "seal --rebase");
    assert!(run.code == 1 && run.err.contains("--keep ours"), "{run:?}");
    let run = polity(&dir, "seal --rebase --keep ours");
    assert!(run.code == 0 && run.out.contains("V0003__nicks"), "{run:?}");
    holds(&dir, &["V0001__initial", "V0002__notes", "V0003__nicks"]);
    let run = polity(&dir, "seal --rebase");
    assert!(run.code == 2 && run.err.contains("nothing that another branch"), "{run:?}");
}

#[test]
fn the_other_side_can_be_kept_under_a_name() {
    let dir = merged();
    let run = polity(&dir, "seal --rebase jottings --keep theirs");
    assert_eq!(run.code, 0, "{run:?}");
    holds(&dir, &["V0001__initial", "V0002__nicks", "V0003__jottings"]);
}

#[test]
fn a_side_that_git_took_whole_is_the_one_that_is_kept() {
    let dir = merged();
    done(&dir, &["checkout", "--theirs", "history"]);
    let run = polity(&dir, "check");
    assert!(run.code == 1 && run.err.contains("seal --rebase"), "{run:?}");
    let run = polity(&dir, "seal --rebase");
    assert_eq!(run.code, 0, "{run:?}");
    holds(&dir, &["V0001__initial", "V0002__nicks", "V0003__notes"]);
}
