//! `polity plan` and `polity seal`, from the first source to the contract.

use std::fs;

use tempfile::TempDir;

use super::{Run, folder, polity};

/// A project whose first source was sealed.
fn sealed() -> TempDir {
    let dir = folder();
    assert_eq!(polity(&dir, "init shop").code, 0);
    let Run { code, out, err } = polity(&dir, "seal initial shop");
    let said =
        "sealed 2 files in `history/cache/V0001__initial`\nsealed 2 files in `history/main/V0001__initial`\n";
    assert_eq!((code, out.as_str()), (0, said), "{err}");
    dir
}

/// Replaces a part of the source.
fn edit(dir: &TempDir, from: &str, to: &str) {
    let path = dir.path().join("shop/core.polity");
    let text = fs::read_to_string(&path).expect("it is there");
    assert!(text.contains(from), "{from}");
    fs::write(path, text.replacen(from, to, 1)).expect("writes");
}

#[test]
fn what_is_removed_goes_with_the_contract() {
    let dir = sealed();
    let run = polity(&dir, "plan shop");
    assert_eq!((run.code, run.out.as_str()), (0, "nothing differs from what was sealed\n"));
    let run = polity(&dir, "seal nothing shop");
    assert!(run.code == 2 && run.err.contains("nothing differs"), "{run:?}");
    edit(&dir, "    created_at: timestamp = now()\n", "    removed created_at because \"orders say it\"\n");
    let run = polity(&dir, "plan shop");
    assert!(run.code == 0 && run.out.contains("waits until no client of before is left"), "{run:?}");
    edit(&dir, "    removed created_at", "    phone: phone? #personal\n    removed created_at");
    let run = polity(&dir, "seal phones shop");
    assert_eq!(run.code, 0, "{run:?}");
    let run = polity(&dir, "seal again shop");
    assert!(run.code == 2 && run.err.contains("--contract"), "{run:?}");
    let pending = dir.path().join("shop/history/main/pending");
    let lines = fs::read_to_string(&pending).expect("something waits");
    assert!(lines.contains("column core.customers.created_at is dropped"), "{lines}");
    let run = polity(&dir, "build shop --out out");
    assert!(run.code == 0 && run.out.contains("until no client of before is left"), "{run:?}");
    let run = polity(&dir, "seal phones_contract shop --contract");
    assert_eq!(run.code, 0, "{run:?}");
    assert!(!pending.exists());
    let run = polity(&dir, "plan shop");
    assert_eq!((run.code, run.out.as_str()), (0, "nothing differs from what was sealed\n"));
}

#[test]
fn names_that_are_no_names_are_refused() {
    let dir = folder();
    assert_eq!(polity(&dir, "init shop").code, 0);
    for name in ["Upper", "../up", "a__b", "1st", "", "a/b"] {
        let run = polity(&dir, &format!("seal {name} shop"));
        assert_eq!(run.code, 2, "{name}: {run:?}");
    }
    assert!(!dir.path().join("shop/history").exists());
}

/// A seal that was stopped is either not done, which names the files that it left, or done.
#[test]
fn a_stopped_seal_is_done_or_named() {
    let dir = sealed();
    edit(&dir, "    created_at:", "    phone: phone? #personal\n    created_at:");
    let history = dir.path().join("shop/history");
    let before = ["checksums", "model.json"].map(|file| fs::read(history.join(file)).expect("it is there"));
    assert_eq!(polity(&dir, "seal phones shop").code, 0);
    // Stopped right behind the sums.
    let model = fs::read(history.join("model.json")).expect("it is there");
    fs::write(history.join(".model.json"), &model).expect("writes");
    fs::write(history.join("model.json"), &before[1]).expect("writes");
    let run = polity(&dir, "plan shop");
    assert_eq!((run.code, run.out.as_str()), (0, "nothing differs from what was sealed\n"), "{}", run.err);
    // Stopped before them.
    fs::write(history.join("checksums"), &before[0]).expect("writes");
    let run = polity(&dir, "plan shop");
    assert!(run.code == 1 && run.err.contains("V0002__phones") && run.err.contains("remove it"), "{run:?}");
    fs::remove_dir_all(history.join("main/V0002__phones")).expect("it goes");
    let run = polity(&dir, "seal phones shop");
    assert_eq!(run.code, 0, "{run:?}");
}

/// One of several seals at once is done, and the others say so and change nothing.
#[test]
fn of_seals_at_once_one_is_done() {
    let dir = sealed();
    edit(&dir, "    created_at:", "    phone: phone? #personal\n    created_at:");
    let runs: Vec<Run> = std::thread::scope(|scope| {
        let seal = |at: usize| {
            let dir = &dir;
            scope.spawn(move || polity(dir, &format!("seal phones_{at} shop")))
        };
        let all: Vec<_> = (0..6).map(seal).collect();
        all.into_iter().map(|run| run.join().expect("it ends")).collect()
    });
    assert_eq!(runs.iter().filter(|run| run.code == 0).count(), 1, "{runs:?}");
    for run in runs.iter().filter(|run| run.code != 0) {
        assert!(
            run.err.contains("meanwhile") || run.err.contains("nothing differs") || run.err.contains("E1901"),
            "{run:?}"
        );
    }
    let folders = fs::read_dir(dir.path().join("shop/history/main")).expect("it is there");
    let second = folders
        .filter(|entry| entry.as_ref().expect("readable").file_name().to_string_lossy().starts_with("V0002"));
    assert_eq!(second.count(), 1);
    let run = polity(&dir, "plan shop");
    assert_eq!((run.code, run.out.as_str()), (0, "nothing differs from what was sealed\n"), "{}", run.err);
}
