//! `polity build` and `polity check`: what they write, and what they find out of date.

use std::fs;
use std::path::Path;

use super::{exists, polity, replace, shop};

#[test]
fn check_lists_what_is_out_of_date_changed_by_hand_or_stray_and_writes_nothing() {
    let dir = shop();
    polity(&dir, "build shop");
    replace(&dir, "shop/core.polity", "text(80)", "text(100)");
    let users = "generated/shop/cache/users.acl";
    fs::write(dir.path().join(users), "mine").expect("it is ours");
    fs::write(dir.path().join("generated/shop/stray"), "").expect("it is ours");
    fs::remove_file(dir.path().join("generated/shop/cache/redis.conf")).expect("it is ours");
    let manifest = fs::read(dir.path().join("generated/shop/manifest.json")).expect("it is there");
    let run = polity(&dir, "build shop --check");
    assert_eq!(run.code, 1);
    assert!(run.out.contains("missing: cache/redis.conf\n"), "{run:?}");
    assert!(run.out.contains("out of date: main/schema.sql\n"), "{run:?}");
    assert!(run.out.lines().any(|line| line.trim_start().starts_with('-') && line.contains("80")), "{run:?}");
    assert!(
        run.out.lines().any(|line| line.trim_start().starts_with('+') && line.contains("100")),
        "{run:?}"
    );
    for said in ["E1008", "E1005", "`cache/users.acl` was edited by hand", "W1001", "`stray`"] {
        assert!(run.err.contains(said), "{said}: {run:?}");
    }
    assert!(!exists(&dir, "generated/shop/cache/redis.conf"));
    assert_eq!(fs::read(dir.path().join("generated/shop/manifest.json")).expect("it is there"), manifest);

    let json = polity(&dir, "build shop --check --format json");
    let messages: Vec<serde_json::Value> =
        json.out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert!(
        messages.iter().any(|m| m["message"] == "`main/schema.sql` is out of date" && m["code"] == "E1008")
    );
    assert!(messages.iter().any(|m| m["message"] == "`cache/redis.conf` is missing"));

    let build = polity(&dir, "build shop");
    assert_eq!(build.code, 1, "{build:?}");
    assert!(build.err.contains("E1005") && build.err.contains("W1001"), "{build:?}");
    assert_eq!(fs::read_to_string(dir.path().join(users)).expect("it is there"), "mine");
    assert!(exists(&dir, "generated/shop/cache/redis.conf") && exists(&dir, "generated/shop/stray"));
}

#[test]
fn only_limits_to_a_store_or_an_output_and_env_to_overlays() {
    let dir = shop();
    let run = polity(&dir, "build shop --only cache");
    assert_eq!(run.code, 0, "{run:?}");
    assert!(exists(&dir, "generated/shop/cache/redis.conf") && !exists(&dir, "generated/shop/main"));
    polity(&dir, "build shop");
    replace(&dir, "shop/core.polity", "text(80)", "text(100)");
    let before = fs::read(dir.path().join("generated/shop/main/schema.sql")).expect("it is there");
    assert_eq!(polity(&dir, "build shop --only helm").code, 0);
    assert_eq!(fs::read(dir.path().join("generated/shop/main/schema.sql")).expect("it is there"), before);
    assert_eq!(polity(&dir, "build shop --only helm --check").code, 0);
    assert_eq!(polity(&dir, "build shop --check").code, 1);

    fs::remove_dir_all(dir.path().join("generated")).expect("it is ours");
    assert_eq!(polity(&dir, "build shop --env prod").code, 0);
    assert!(
        exists(&dir, "generated/shop/helm/values-prod.yaml")
            && exists(&dir, "generated/shop/main/schema.sql")
    );
    assert!(!exists(&dir, "generated/shop/helm/values-dev.yaml"));
    assert_eq!(polity(&dir, "build shop --env prod --check").code, 0);
    assert_eq!(polity(&dir, "build shop --env dev --check").code, 1, "there is none of its overlays");
    assert_eq!(polity(&dir, "build shop --check").code, 1);
}

#[test]
fn a_check_of_one_environment_or_target_finds_the_files_of_the_others_in_order() {
    let dir = shop();
    replace(&dir, "shop/platform.polity", "in prod { ", "in prod { settings: { work_mem: 64MiB }, ");
    let prod = "generated/shop/main/postgresql-prod.conf";
    assert_eq!(polity(&dir, "build shop").code, 0);
    assert!(exists(&dir, prod));
    for partial in ["--env dev", "--env prod", "--only main", "--only main --env dev", "--only helm"] {
        let run = polity(&dir, &format!("build shop --check {partial}"));
        assert_eq!(run.code, 0, "{partial}: {run:?}");
    }
    replace(&dir, "shop/platform.polity", "64MiB", "32MiB");
    assert_eq!(polity(&dir, "build shop --check --env dev").code, 0, "nothing changes there");
    assert_eq!(polity(&dir, "build shop --check --only cache").code, 0);
    assert_eq!(polity(&dir, "build shop --env dev").code, 0);
    assert!(fs::read_to_string(dir.path().join(prod)).expect("it is left").contains("64MB"));
    assert_eq!(polity(&dir, "build shop --check --env prod").code, 1);
    assert_eq!(polity(&dir, "build shop --env prod").code, 0);
    assert_eq!(polity(&dir, "build shop --check").code, 0);
}

#[test]
fn targets_and_environments_that_do_not_exist_are_wrong_usage() {
    let dir = shop();
    for (arguments, help) in [
        ("build shop --only cahce", "did you mean `cache`?"),
        ("build shop --only hlem", "did you mean `helm`?"),
        ("build shop --only zebra", "one of cache, main, "),
        ("build shop --env prd", "did you mean `prod`?"),
    ] {
        let run = polity(&dir, arguments);
        assert_eq!(run.code, 2, "{run:?}");
        assert!(run.err.contains(help), "{run:?}");
        assert!(!exists(&dir, "generated"));
    }
}

#[test]
fn polity_toml_says_where_to_write_and_what_to_leave_out() {
    let dir = shop();
    fs::write(dir.path().join("shop/polity.toml"), "out = \"gen\"\nskip = [\"helm\"]\n").expect("it is ours");
    assert_eq!(polity(&dir, "build shop").code, 0);
    assert!(exists(&dir, "shop/gen/main/schema.sql") && !exists(&dir, "shop/gen/helm"));
    fs::write(dir.path().join("shop/polity.toml"), "out = \"gen\"\nskip = [\"main\"]\n").expect("it is ours");
    assert_eq!(polity(&dir, "build shop").code, 0);
    assert!(!exists(&dir, "shop/gen/main") && exists(&dir, "shop/gen/helm/values.yaml"));
    let contradiction = polity(&dir, "build shop --only main");
    assert_eq!(contradiction.code, 2);
    assert!(contradiction.err.contains("`skip` in `polity.toml` leaves that out"), "{contradiction:?}");
    fs::write(dir.path().join("shop/polity.toml"), "skip = [\"hlem\"]\n").expect("it is ours");
    let run = polity(&dir, "build shop");
    assert_eq!(run.code, 1);
    assert!(
        run.err.contains("[shop/polity.toml:1:9]") && run.err.contains("did you mean `helm`?"),
        "{run:?}"
    );
}

#[test]
fn the_same_source_gives_the_same_bytes_wherever_it_lies() {
    let dir = shop();
    polity(&dir, "build shop --out one");
    fs::create_dir(dir.path().join("deep")).expect("it is ours");
    fs::rename(dir.path().join("shop"), dir.path().join("deep/shop")).expect("it is ours");
    polity(&dir, "build deep/shop --out two");
    let manifest =
        |out: &str| fs::read_to_string(dir.path().join(out).join("manifest.json")).expect("it is there");
    assert_eq!(manifest("one"), manifest("two"));
    assert!(Path::new(&dir.path().join("one/main/schema.sql")).exists());
}
