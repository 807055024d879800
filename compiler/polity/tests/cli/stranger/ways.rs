//! Ways to a project and to its output: those that are the user's own word stay open.

use std::fs;
use std::os::unix::fs::symlink;

use super::{Machine, run_in, tree};

#[test]
fn a_project_may_be_reached_through_a_link_that_is_the_users() {
    let machine = Machine::new();
    let (work, outside) = (machine.work(), machine.outside());
    // Such as `/tmp` on a Mac: the link is not the project's.
    symlink(&work, machine.dir.path().join("link")).expect("links work");
    for way in ["../link/shop", &machine.dir.path().join("link/shop").display().to_string()] {
        machine.run(&["check", way]).expect_code(0);
        machine.run(&["fmt", "--check", way]).expect_code(0);
        machine.run(&["build", way, "--check"]).expect_code(0);
    }
    run_in(&outside, &["check", "../link/shop"]).expect_code(0);
    // A link in the checkout that stays in it.
    symlink("shop", work.join("same")).expect("links work");
    machine.run(&["check", "same"]).expect_code(0);
    machine.run(&["build", "same", "--check"]).expect_code(0);
    // One that leads out is the project's word, unless the user says where it leads.
    fs::rename(work.join("shop"), outside.join("shop")).expect("it is ours");
    symlink(outside.join("shop"), work.join("shop")).expect("links work");
    machine.run(&["check", "shop"]).expect_code(1).expect("E1009").expect("leads out of");
    machine.run(&["fmt", "shop/core.polity"]).expect_code(1).expect("E1009");
    machine.run(&["check", "../outside/shop"]).expect_code(0);
    machine.run(&["fmt", "--check", "../outside/shop/core.polity"]).expect_code(0);
}

#[test]
fn output_goes_where_the_user_says_and_through_no_link_of_the_project() {
    let machine = Machine::new();
    let (work, outside) = (machine.work(), machine.outside());
    let before = tree(&outside);
    symlink(&outside, work.join("link")).expect("links work");
    symlink(&outside, work.join("shop/link")).expect("links work");
    fs::create_dir(work.join("below")).expect("it is ours");
    for way in [
        "link",
        "link/new",
        "below/../link/new",
        "shop/link/new",
        &work.join("link/new").display().to_string(),
    ] {
        for command in [
            vec!["build", "shop", "--out", way],
            vec!["build", "shop", "--check", "--out", way],
            vec!["man", "--out", way],
            vec!["init", way],
        ] {
            machine.run(&command).expect_safe(way).expect_code(1).expect("E1006");
            assert_eq!(tree(&outside), before, "{command:?}");
        }
    }
    // From elsewhere the project is still the stranger's, and so is the checkout around the current folder.
    let inside = work.join("shop/link/new").display().to_string();
    let project = work.join("shop").display().to_string();
    run_in(&outside, &["build", &project, "--out", &inside]).expect_code(1).expect("E1006");
    fs::create_dir(work.join(".git")).expect("it is ours");
    run_in(&work.join("below"), &["build", "../shop", "--out", "../link/new"]).expect_code(1).expect("E1006");
    fs::write(work.join("shop/polity.toml"), "out = \"link/new\"\n").expect("it is ours");
    run_in(&outside, &["build", &project]).expect_code(1).expect("E1006");
    machine.run(&["build", "shop"]).expect_code(1).expect("E1006");
    fs::write(work.join("shop/polity.toml"), "out = \"../../outside\"\n").expect("it is ours");
    machine.run(&["build", "shop"]).expect_code(1).expect("E1004");
    assert_eq!(tree(&outside), before);

    fs::remove_file(work.join("shop/polity.toml")).expect("it is ours");
    machine.run(&["build", "shop", "--out", "../outside/new"]).expect_code(0);
    let there = outside.join("new2").display().to_string();
    machine.run(&["build", "shop", "--out", &there]).expect_code(0);
    symlink(&work, machine.dir.path().join("users")).expect("links work");
    machine.run(&["build", "shop", "--out", "../users/new3"]).expect_code(0);
    assert!(outside.join("new2/manifest.json").exists() && work.join("new3/manifest.json").exists());
    fs::write(work.join("shop/polity.toml"), "out = \"gen/deep\"\n").expect("it is ours");
    machine.run(&["build", "shop"]).expect_code(0);
    assert!(work.join("shop/gen/deep/manifest.json").exists());
}

#[test]
fn what_a_forged_manifest_lists_is_removed_only_below_the_output() {
    let machine = Machine::new();
    let (work, outside) = (machine.work(), machine.outside());
    let before = tree(&outside);
    let shop = tree(&work.join("shop"));
    let out = work.join("generated/shop");
    symlink(&outside, out.join("link")).expect("links work");
    fs::create_dir(out.join(".git")).expect("it is ours");
    fs::write(out.join(".git/HEAD"), "ref").expect("it is ours");
    let mut manifest: serde_json::Value =
        serde_json::from_slice(&fs::read(out.join("manifest.json")).expect("it is there")).expect("JSON");
    let sum = |path: &std::path::Path| polity::io::manifest::sum(&fs::read(path).expect("it is there"));
    for (listed, real) in [
        ("../../shop/core.polity", work.join("shop/core.polity")),
        ("../../../outside/secret", outside.join("secret")),
        ("link/secret", outside.join("secret")),
        ("link/folder/schema.sql", outside.join("folder/schema.sql")),
        (".git/HEAD", out.join(".git/HEAD")),
    ] {
        manifest["files"][listed] = sum(&real).into();
    }
    let absolute = outside.join("secret");
    manifest["files"][absolute.display().to_string()] = sum(&absolute).into();
    for name in ["manifest.json", ".polity-journal.json"] {
        fs::write(out.join(name), manifest.to_string()).expect("it is ours");
        machine.run(&["build", "shop", "--check"]).expect_safe(name).expect_code(1);
        machine.run(&["build", "shop"]).expect_safe(name);
        assert_eq!(tree(&outside), before);
        assert_eq!(tree(&work.join("shop")), shop);
        assert!(out.join(".git/HEAD").exists());
    }
}
