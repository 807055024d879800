//! Builds that meet no obstacle but what people leave in the folder.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

use super::*;
use crate::io::write::compare;
use polity_text::diagnostics::codes;

const ONE: &[(&str, &str)] =
    &[("main/schema.sql", "one"), ("main/migrations/V1.sql", "v1"), ("cache/users.acl", "acl")];

#[test]
fn a_first_build_creates_and_a_second_touches_nothing() {
    let out = tempfile::tempdir().expect("a folder");
    let first = built(out.path(), ONE);
    assert_eq!((first.created.len(), first.unchanged, said(&first).len()), (3, 0, 0));
    assert_eq!(tree(out.path()), expected(ONE));
    assert_manifest_is_true(out.path());

    let stamp = |path: &str| {
        let metadata = fs::metadata(out.path().join(path)).expect("it is there");
        (metadata.ino(), metadata.mtime_nsec(), metadata.ctime_nsec())
    };
    let stamps = || [MANIFEST, "main/schema.sql", "cache/users.acl", ""].map(stamp);
    let before = stamps();
    let second = built(out.path(), ONE);
    assert_eq!(second, Written { unchanged: 3, manifest: first.manifest, ..Written::default() });
    assert_eq!(stamps(), before);
}

#[test]
fn a_manifest_lists_every_file_with_its_sha_256() {
    let out = tempfile::tempdir().expect("a folder");
    built(out.path(), &[("a", "abc")]);
    let manifest = fs::read_to_string(out.path().join(MANIFEST)).expect("it is there");
    insta::assert_snapshot!(manifest);
}

#[test]
fn only_what_differs_is_replaced_and_what_is_superfluous_goes() {
    let out = tempfile::tempdir().expect("a folder");
    built(out.path(), ONE);
    let schema = out.path().join("main/schema.sql");
    fs::set_permissions(&schema, fs::Permissions::from_mode(0o640)).expect("we own it");
    let two = &[("main/schema.sql", "two"), ("cache/users.acl", "acl")];
    let written = built(out.path(), two);
    assert_eq!(written.replaced, ["main/schema.sql"]);
    assert_eq!(written.removed, ["main/migrations/V1.sql"]);
    assert_eq!(written.unchanged, 1);
    assert_eq!(tree(out.path()), expected(two));
    assert!(!out.path().join("main/migrations").exists(), "an empty folder stays");
    assert_eq!(fs::metadata(&schema).expect("it is there").permissions().mode() & 0o777, 0o640);
    assert_manifest_is_true(out.path());
}

#[test]
fn a_source_stays_though_a_manifest_says_that_a_build_wrote_it() {
    let out = tempfile::tempdir().expect("a folder");
    built(out.path(), &[("main/a.polity", "platform p {}"), ("main/schema.sql", "one")]);
    let written = built(out.path(), &[("main/schema.sql", "one")]);
    assert_eq!((written.removed.len(), said(&written).len()), (0, 0));
    assert_eq!(tree(out.path())["main/a.polity"], "platform p {}");
    assert_eq!(built(out.path(), &[]).removed, ["main/schema.sql"]);
}

#[test]
fn new_files_can_be_read_by_all_whom_the_umask_lets() {
    let out = tempfile::tempdir().expect("a folder");
    built(out.path(), ONE);
    let ordinary = out.path().join("ordinary");
    fs::write(&ordinary, "").expect("the folder is ours");
    let mode = |path| fs::metadata(path).expect("it is there").permissions().mode();
    assert_eq!(mode(out.path().join("cache/users.acl")), mode(ordinary));
}

#[test]
fn a_file_edited_by_hand_is_left_and_reported_until_it_is_mended() {
    let out = tempfile::tempdir().expect("a folder");
    built(out.path(), ONE);
    let schema = out.path().join("main/schema.sql");
    fs::write(&schema, "mine").expect("the file is ours");
    for files in [ONE, &[("main/schema.sql", "two"), ("cache/users.acl", "new")]] {
        let written = built(out.path(), files);
        assert_eq!(said(&written), ["E1005 `main/schema.sql` was edited by hand"]);
        assert_eq!(tree(out.path())["main/schema.sql"], "mine");
    }
    assert_eq!(tree(out.path())["cache/users.acl"], "new");
    // Edited to what the source says now, it is right; restored or deleted, it is written again.
    fs::write(&schema, "two").expect("the file is ours");
    assert_eq!(said(&built(out.path(), &[("main/schema.sql", "two")])), [""; 0]);
    fs::remove_file(&schema).expect("the file is ours");
    assert_eq!(built(out.path(), &[("main/schema.sql", "three")]).created, ["main/schema.sql"]);
    assert_manifest_is_true(out.path());
}

#[test]
fn an_edited_file_is_left_even_when_the_source_wants_it_no_more() {
    let out = tempfile::tempdir().expect("a folder");
    built(out.path(), ONE);
    fs::write(out.path().join("cache/users.acl"), "mine").expect("the file is ours");
    for _ in 0..2 {
        let written = built(out.path(), &ONE[..2]);
        assert_eq!(said(&written), ["E1005 `cache/users.acl` was edited by hand"]);
        assert_eq!(tree(out.path())["cache/users.acl"], "mine");
    }
}

#[test]
fn what_polity_did_not_write_is_left_and_reported() {
    let out = tempfile::tempdir().expect("a folder");
    fs::create_dir_all(out.path().join("main")).expect("the folder is ours");
    fs::write(out.path().join("main/schema.sql"), "somebody's").expect("the folder is ours");
    built(out.path(), ONE);
    for (path, content) in [("notes.txt", "x"), ("main/notes.txt", "y"), ("src/deep/er/z", "z")] {
        let path = out.path().join(path);
        fs::create_dir_all(path.parent().expect("it has one")).expect("the folder is ours");
        fs::write(path, content).expect("the folder is ours");
    }
    fs::create_dir(out.path().join("empty")).expect("the folder is ours");
    fs::create_dir(out.path().join("target")).expect("the folder is ours");
    fs::write(out.path().join("target/CACHEDIR.TAG"), "Signature: 8a477f597d28d172789f06886806bc55")
        .expect("it is ours");
    let before = tree(out.path());
    let written = built(out.path(), ONE);
    let folder = out.path().display();
    assert_eq!(
        said(&written),
        [
            "E1006 a file that Polity did not write stands at `main/schema.sql`, where Polity writes"
                .to_owned(),
            format!("W1001 `main/notes.txt` in `{folder}` was not written by Polity"),
            format!("W1001 `notes.txt` in `{folder}` was not written by Polity"),
            format!("W1001 `src/` in `{folder}` was not written by Polity"),
        ]
    );
    assert_eq!(tree(out.path()), before);
}

#[test]
fn a_folder_without_a_manifest_is_taken_over_where_it_is_right() {
    let out = tempfile::tempdir().expect("a folder");
    built(out.path(), ONE);
    fs::remove_file(out.path().join(MANIFEST)).expect("it is there");
    let written = built(out.path(), ONE);
    assert_eq!(written, Written { unchanged: 3, manifest: written.manifest.clone(), ..Written::default() });
    assert_manifest_is_true(out.path());
}

#[test]
fn links_are_never_followed_out_of_the_folder() {
    let (out, outside) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    fs::write(outside.path().join("file"), "theirs").expect("the folder is ours");
    symlink(outside.path(), out.path().join("main")).expect("links work");
    fs::create_dir(out.path().join("cache")).expect("the folder is ours");
    symlink(outside.path().join("file"), out.path().join("cache/users.acl")).expect("links work");
    let written = built(out.path(), ONE);
    assert_eq!(
        said(&written),
        [
            "E1006 a symbolic link or a device stands at `cache/users.acl`, where Polity writes",
            "E1006 a symbolic link or a device stands at `main`, where Polity writes",
        ]
    );
    assert_eq!(tree(outside.path()), expected(&[("file", "theirs")]));
}

#[test]
fn a_folder_in_the_place_of_a_file_is_in_the_way() {
    let out = tempfile::tempdir().expect("a folder");
    fs::create_dir_all(out.path().join("cache/users.acl/sub")).expect("the folder is ours");
    fs::write(out.path().join("main"), "a file").expect("the folder is ours");
    let written = built(out.path(), ONE);
    assert_eq!(written.diagnostics.len(), 2, "{:?}", said(&written));
    assert!(written.diagnostics.iter().all(|d| d.code == codes::E1006));
    assert_eq!(tree(out.path()), expected(&[("main", "a file")]));
}

#[test]
fn a_manifest_that_reaches_outside_is_not_followed() {
    let parent = tempfile::tempdir().expect("a folder");
    let out = parent.path().join("out");
    built(&out, ONE);
    let victim = parent.path().join("victim");
    fs::write(&victim, "theirs").expect("the folder is ours");
    let mut manifest = Manifest::read(&out).expect("it is a manifest");
    for path in ["../victim", victim.to_str().expect("it is UTF-8"), "main/../../victim", "./../victim"] {
        manifest.files.insert(path.to_owned(), sum(b"theirs"));
    }
    fs::write(out.join(MANIFEST), manifest.to_json()).expect("it is ours");
    built(&out, &ONE[..1]);
    assert_eq!(fs::read_to_string(&victim).expect("it is there"), "theirs");
    assert_manifest_is_true(&out);
}

#[test]
fn a_manifest_that_cannot_be_understood_stops_the_build() {
    let out = tempfile::tempdir().expect("a folder");
    built(out.path(), ONE);
    let before = tree(out.path());
    for broken in ["", "<<<<<<< HEAD", "[]", "{}", r#"{"format":"polity-manifest-9","files":{}}"#] {
        fs::write(out.path().join(MANIFEST), broken).expect("it is ours");
        let refused = build(out.path(), &[("main/schema.sql", "two")]).expect_err(broken);
        assert_eq!(refused.code, codes::E1007, "{broken}: {refused:?}");
        assert_eq!(tree(out.path()), before);
    }
}

#[test]
fn a_partial_build_leaves_the_rest_as_it_is() {
    let out = tempfile::tempdir().expect("a folder");
    built(out.path(), ONE);
    let some = artifacts(&[("main/schema.sql", "two")]);
    let written = write(out.path(), &some, true, || ()).expect("nothing refuses");
    assert_eq!((written.replaced.len(), written.removed.len(), written.diagnostics.len()), (1, 0, 0));
    assert_eq!(tree(out.path()).len(), 3);
    assert_manifest_is_true(out.path());
    let is_clean = compare(out.path(), &some, true, || (), |plan| plan.is_clean()).expect("nothing refuses");
    assert!(is_clean);
}

#[test]
fn a_check_says_all_and_writes_nothing() {
    let out = tempfile::tempdir().expect("a folder");
    let check = |files: &[(&str, &str)]| {
        compare(
            out.path(),
            &artifacts(files),
            false,
            || (),
            |plan| {
                let changes: Vec<&str> = plan.changes.keys().map(String::as_str).collect();
                format!(
                    "{} {} {} {}",
                    changes.join(","),
                    plan.conflicts.len(),
                    plan.strays.join(","),
                    plan.is_clean()
                )
            },
        )
        .expect("nothing refuses")
    };
    assert_eq!(check(ONE), "cache/users.acl,main/migrations/V1.sql,main/schema.sql 0  false");
    assert!(tree(out.path()).is_empty());
    built(out.path(), ONE);
    assert_eq!(check(ONE), " 0  true");
    fs::write(out.path().join("main/schema.sql"), "mine").expect("it is ours");
    fs::write(out.path().join("stray"), "").expect("it is ours");
    let before = tree(out.path());
    assert_eq!(check(&ONE[..2]), "cache/users.acl 1 stray false");
    assert_eq!(tree(out.path()), before);
}

#[test]
fn a_check_of_a_folder_that_does_not_exist_makes_none() {
    let parent = tempfile::tempdir().expect("a folder");
    let out = parent.path().join("out");
    let missing = compare(&out, &artifacts(ONE), false, || (), |plan| plan.changes.len());
    assert_eq!(missing.expect("nothing refuses"), 3);
    assert!(!out.exists());
}
