//! A build that would change nothing ends before it compiles; whatever else happened, it compiles and says the same
//! as if there had been no build before.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a test runs the program in a folder"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

const POLITY: &str = env!("CARGO_BIN_EXE_polity");
const OUT: &str = "generated/shop";

/// The exit code of a build, the texts that it printed, and whether it compiled. The messages are without the timings.
#[derive(Debug, PartialEq, Eq)]
struct Run {
    code: i32,
    out: String,
    err: String,
    compiled: bool,
}

/// Runs `program build ARGUMENTS` in a folder; arguments are split at spaces.
fn build_with(program: &Path, dir: &TempDir, arguments: &str) -> Run {
    let output = Command::new(program)
        .args(["build", "--timings"])
        .args(arguments.split(' '))
        .current_dir(dir.path())
        .output()
        .expect("the program starts");
    let err = String::from_utf8(output.stderr).expect("UTF-8");
    let (timings, said): (Vec<&str>, Vec<&str>) = err.lines().partition(|line| line.contains(" ms  "));
    Run {
        code: output.status.code().expect("no signal ended it"),
        out: String::from_utf8(output.stdout).expect("UTF-8"),
        err: said.join("\n"),
        compiled: timings.iter().any(|line| line.ends_with(" ms  parsing")),
    }
}

fn build(dir: &TempDir, arguments: &str) -> Run {
    build_with(Path::new(POLITY), dir, arguments)
}

/// A folder with the project that `init` writes in `shop`, built.
fn shop() -> TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    let made =
        Command::new(POLITY).args(["init", "shop"]).current_dir(dir.path()).stdout(Stdio::null()).status();
    assert!(made.expect("the program starts").success());
    let first = build(&dir, "shop");
    assert!(first.compiled && first.code == 0, "{first:?}");
    dir
}

fn write(dir: &TempDir, file: &str, text: &str) {
    fs::write(dir.path().join(file), text).expect("it is ours");
}

fn append(dir: &TempDir, file: &str, text: &str) {
    let before = fs::read_to_string(dir.path().join(file)).expect("it is there");
    write(dir, file, &format!("{before}{text}"));
}

fn remove(dir: &TempDir, path: &str) {
    let path = dir.path().join(path);
    if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }.expect("it is ours");
}

/// Every file below a folder but the records, by its path, with its content.
fn tree(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).expect("it is there") {
            let path = entry.expect("it can be read").path();
            if path.is_dir() {
                folders.extend((!path.ends_with(".polity")).then_some(path));
            } else {
                let content = fs::read(&path).expect("it can be read");
                found.insert(path.strip_prefix(folder).expect("it is below").to_owned(), content);
            }
        }
    }
    found
}

#[test]
fn it_says_what_a_whole_build_would_say() {
    let dir = shop();
    let before = tree(dir.path());
    for arguments in ["shop", "shop --format json", "shop --format sarif", "shop --quiet"] {
        let quick = build(&dir, arguments);
        fs::rename(dir.path().join(OUT).join(".polity"), dir.path().join("aside")).expect("it is ours");
        let whole = build(&dir, arguments);
        let _replaced = fs::remove_dir_all(dir.path().join(OUT).join(".polity"));
        fs::rename(dir.path().join("aside"), dir.path().join(OUT).join(".polity")).expect("it is ours");
        assert_eq!(Run { compiled: quick.compiled, ..whole }, quick, "{arguments}");
        // What is not for people tells no timings.
        assert!(
            !quick.compiled
                && (whole.compiled || arguments.contains("--format") || arguments.contains("--quiet"))
        );
    }
    assert_eq!(tree(dir.path()), before);
}

#[test]
fn a_check_compiles_whatever_the_record_says() {
    let dir = shop();
    let record = fs::read(dir.path().join(OUT).join(".polity/build.json")).expect("it is there");
    let check = build(&dir, "shop --check");
    assert!(check.compiled && check.code == 0, "{check:?}");
    // Of a stranger who knows the compiler: files of another source, with the manifest and the record that fit.
    let file = format!("{OUT}/main/schema.sql");
    append(&dir, &file, "-- forged\n");
    let sum = |path: &str| polity::io::manifest::sum(&fs::read(dir.path().join(path)).expect("it is there"));
    let list = format!("{OUT}/manifest.json");
    let manifest = fs::read_to_string(dir.path().join(&list)).expect("it is there");
    let (at, _) = manifest.match_indices("\"main/schema.sql\": \"").next().expect("it is listed");
    let from = at + "\"main/schema.sql\": \"".len();
    write(&dir, &list, &format!("{}{}{}", &manifest[..from], sum(&file), &manifest[from + 64..]));
    let mut record: serde_json::Value = serde_json::from_slice(&record).expect("it is JSON");
    record["manifest"] = sum(&list).into();
    write(&dir, &format!("{OUT}/.polity/build.json"), &record.to_string());
    assert!(!build(&dir, "shop").compiled, "the record is a good forgery");
    for arguments in ["shop --check", &format!("shop --check --out {OUT}")] {
        let check = build(&dir, arguments);
        assert!(check.compiled && check.code == 1, "{check:?}");
        assert!(check.out.contains("out of date: main/schema.sql\n"), "{check:?}");
    }
}

#[test]
fn whatever_happened_to_the_source_it_is_compiled() {
    let dir = shop();
    let core = fs::read_to_string(dir.path().join("shop/core.polity")).expect("it is there");
    write(&dir, "shop/core.polity", &core.replace("text(80)", "text(90)"));
    let edited = build(&dir, "shop");
    assert!(edited.compiled && edited.out.contains(" replaced"), "{edited:?}");
    write(&dir, "shop/core.polity", &core);
    assert!(build(&dir, "shop").compiled);
    assert!(!build(&dir, "shop").compiled);

    write(&dir, "shop/more.polity", "schema more in main {\n  entity Extra {\n    id: uuid key\n  }\n}\n");
    let added = build(&dir, "shop --check");
    assert!(added.compiled && added.code == 1 && added.out.contains("CREATE TABLE more."), "{added:?}");
    let added = build(&dir, "shop");
    assert!(added.compiled && added.code == 0, "{added:?}");
    fs::rename(dir.path().join("shop/more.polity"), dir.path().join("shop/moved.polity"))
        .expect("it is ours");
    assert!(build(&dir, "shop").compiled);
    remove(&dir, "shop/moved.polity");
    assert!(build(&dir, "shop").compiled);

    write(&dir, "shop/polity.toml", "skip = [\"helm\"]\n");
    let skipped = build(&dir, "shop");
    assert!(skipped.compiled && skipped.out.contains(" removed"), "{skipped:?}");
    assert!(!build(&dir, "shop").compiled);
    remove(&dir, "shop/polity.toml");
    let restored = build(&dir, "shop");
    assert!(restored.compiled && restored.out.contains(" created"), "{restored:?}");

    write(&dir, "shop/core.polity", &format!("{core}\nnonsense\n"));
    assert_eq!(build(&dir, "shop").code, 1);
    fs::write(dir.path().join("shop/core.polity"), [core.as_bytes(), b"// caf\xe9\n"].concat())
        .expect("it is ours");
    assert!(build(&dir, "shop").err.contains("E1002"));
}

#[test]
fn whatever_happened_to_the_output_is_reported_or_mended() {
    let file = format!("{OUT}/main/schema.sql");
    type Harm<'h> = &'h dyn Fn(&TempDir);
    let harms: [(&str, Harm<'_>); 9] = [
        ("`main/schema.sql` was edited by hand", &|dir| append(dir, &file, "-- mine\n")),
        ("1 created", &|dir| remove(dir, &file)),
        ("`stray` in", &|dir| write(dir, &format!("{OUT}/stray"), "")),
        ("E1007", &|dir| write(dir, &format!("{OUT}/manifest.json"), "{")),
        ("E1006", &|dir| {
            fs::rename(dir.path().join(&file), dir.path().join("real")).expect("it is ours");
            std::os::unix::fs::symlink(dir.path().join("real"), dir.path().join(&file)).expect("links work");
        }),
        ("unchanged", &|dir| remove(dir, &format!("{OUT}/manifest.json"))),
        ("unchanged", &|dir| write(dir, &format!("{OUT}/.polity-x.tmp"), "left by a build that was killed")),
        ("unchanged", &|dir| write(dir, &format!("{OUT}/.polity-journal.json"), "{\"files\":{}}")),
        ("unchanged", &|dir| write(dir, &format!("{OUT}/.polity/build.json"), "{")),
    ];
    for (i, (expected, harm)) in harms.iter().enumerate() {
        let dir = shop();
        assert!(!build(&dir, "shop").compiled);
        harm(&dir);
        let check = build(&dir, "shop --check");
        let run = build(&dir, "shop");
        assert!(check.compiled && run.compiled, "{i}: {check:?} {run:?}");
        assert!(run.out.contains(expected) || run.err.contains(expected), "{i}: {run:?}");
        // What could be mended is, and what was reported is reported for as long as it is there.
        let again = build(&dir, "shop");
        assert_eq!(again.compiled, !run.err.is_empty(), "{i}: {again:?}");
        assert_eq!(again.err, run.err, "{i}");
    }
}

#[test]
fn output_of_another_source_is_not_taken_for_that_of_this_one() {
    let dir = shop();
    let kept = dir.path().join("kept");
    fs::rename(dir.path().join(OUT), &kept).expect("it is ours");
    let core = fs::read_to_string(dir.path().join("shop/core.polity")).expect("it is there");
    write(&dir, "shop/core.polity", &core.replace("text(80)", "text(90)"));
    assert!(build(&dir, "shop").compiled);
    // As version control does that brings back the files of another commit, but not the record, which it ignores.
    fs::rename(dir.path().join(OUT).join(".polity"), dir.path().join("record")).expect("it is ours");
    remove(&dir, OUT);
    fs::rename(&kept, dir.path().join(OUT)).expect("it is ours");
    remove(&dir, &format!("{OUT}/.polity"));
    fs::rename(dir.path().join("record"), dir.path().join(OUT).join(".polity")).expect("it is ours");
    let check = build(&dir, "shop --check");
    assert!(
        check.compiled && check.code == 1 && check.out.contains("out of date: main/schema.sql"),
        "{check:?}"
    );
}

#[test]
fn a_part_of_a_build_tells_nothing_about_the_whole() {
    let dir = shop();
    for arguments in ["shop --env prod", "shop --only main", "shop --only main --check"] {
        assert!(build(&dir, arguments).compiled, "{arguments}");
    }
    assert!(!build(&dir, "shop").compiled);
    remove(&dir, "generated");
    assert!(build(&dir, "shop --only main").compiled);
    let whole = build(&dir, "shop");
    assert!(whole.compiled && whole.out.contains(" created"), "{whole:?}");
}

#[test]
fn every_day_is_judged_anew() {
    let dir = shop();
    assert!(build(&dir, "shop --as-of 2031-01-01").compiled);
    assert!(!build(&dir, "shop --as-of 2031-01-01").compiled);
    assert!(build(&dir, "shop --as-of 2031-01-02").compiled);
}

#[test]
fn warnings_are_told_every_time() {
    let dir = shop();
    append(
        &dir,
        "shop/core.polity",
        "schema more in main {\n  entity Part {\n    id: uuid key\n    of: -> Part?\n  }\n}\n",
    );
    let runs = [build(&dir, "shop"), build(&dir, "shop")];
    for run in &runs {
        assert!(run.compiled && run.code == 0 && run.err.contains("W0"), "{run:?}");
    }
    assert_eq!(runs[0].err, runs[1].err);
}

#[test]
fn a_compiler_trusts_only_its_own_records() {
    let dir = shop();
    let other = dir.path().join("polity");
    // A process of its own, so that no other test's child still holds the program open for writing when it is started.
    let copy = |to: &Path| {
        let copied = Command::new("cp").arg("-p").args([Path::new(POLITY), to]).status();
        assert!(copied.expect("there is `cp`").success());
    };
    copy(&other);
    assert!(build_with(&other, &dir, "shop").compiled);
    assert!(!build_with(&other, &dir, "shop").compiled);
    assert!(build(&dir, "shop").compiled);
    assert!(build_with(&other, &dir, "shop").compiled);
    // Rebuilt: in the same place, of the same size and, as reproducible builds have it, of the same age.
    copy(&dir.path().join("new"));
    fs::rename(dir.path().join("new"), &other).expect("it is ours");
    assert!(build_with(&other, &dir, "shop").compiled);
}

#[test]
fn a_copy_of_the_output_is_not_taken_for_the_output() {
    let dir = shop();
    let copied = Command::new("cp").args(["-r", OUT, "generated/copy"]).current_dir(dir.path()).status();
    assert!(copied.expect("there is `cp`").success());
    let run = build(&dir, "shop");
    assert!(!run.compiled && run.out.ends_with("unchanged in `generated/shop`\n"), "{run:?}");
    let named = build(&dir, "shop --out generated/copy");
    assert!(!named.compiled && named.out.ends_with("unchanged in `generated/copy`\n"), "{named:?}");
    remove(&dir, OUT);
    let run = build(&dir, "shop");
    assert!(run.compiled && run.out.ends_with("created in `generated/shop`\n"), "{run:?}");
}

#[test]
fn the_record_is_left_out_of_version_control_and_of_archives() {
    let dir = shop();
    let git = |arguments: &str| {
        let output = Command::new("git").args(arguments.split(' ')).current_dir(dir.path()).output();
        String::from_utf8(output.expect("there is `git`").stdout).expect("UTF-8")
    };
    git("init -q .");
    let seen = git("status --porcelain --untracked-files=all");
    assert!(seen.contains("generated/shop/manifest.json") && !seen.contains(".polity/"), "{seen}");
    let mark = fs::read_to_string(dir.path().join(OUT).join(".polity/CACHEDIR.TAG")).expect("it is there");
    assert!(mark.starts_with("Signature: 8a477f597d28d172789f06886806bc55"));
}

#[test]
fn builds_at_once_never_leave_a_record_that_is_not_true() {
    let dir = shop();
    let copied = Command::new("cp").args(["-r", "shop", "other"]).current_dir(dir.path()).status();
    assert!(copied.expect("there is `cp`").success());
    let core = fs::read_to_string(dir.path().join("other/core.polity")).expect("it is there");
    write(&dir, "other/core.polity", &core.replace("text(80)", "text(90)"));
    for source in ["shop", "other"] {
        assert_eq!(build(&dir, &format!("{source} --out {source}.out")).code, 0);
    }
    for _ in 0..5 {
        let rivals = ["shop", "other", "shop", "other"].map(|source| {
            Command::new(POLITY)
                .args(["build", source, "--out", "both"])
                .current_dir(dir.path())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .expect("the program starts")
        });
        for mut rival in rivals {
            assert!(rival.wait().expect("it ends").success());
        }
        for source in ["shop", "other", "other", "shop"] {
            assert_eq!(build(&dir, &format!("{source} --out both")).code, 0);
            assert_eq!(tree(&dir.path().join("both")), tree(&dir.path().join(format!("{source}.out"))));
        }
    }
}
