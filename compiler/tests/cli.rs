//! The program as a person or a script meets it: arguments in; text, files and an exit code out.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a test runs the program in a folder"
)]

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// What came of a run.
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

#[test]
fn init_writes_a_project_that_builds_without_a_word() {
    let dir = shop();
    let check = polity(&dir, "check shop");
    assert_eq!((check.code, check.out.as_str(), check.err.as_str()), (0, "nothing is wrong\n", ""));
    let build = polity(&dir, "build shop");
    assert_eq!((build.code, build.err.as_str()), (0, ""), "{build:?}");
    assert!(build.out.ends_with("created in `generated/shop`\n"), "{build:?}");
    assert!(exists(&dir, "generated/shop/manifest.json") && exists(&dir, "generated/shop/main/schema.sql"));
    let again = polity(&dir, "build shop");
    assert!(
        again.out.ends_with("unchanged in `generated/shop`\n") && !again.out.contains("created"),
        "{again:?}"
    );
    assert_eq!(polity(&dir, "build shop --check").code, 0);
    assert_eq!(polity(&dir, "fmt shop --check").code, 0);
}

#[test]
fn init_names_the_platform_after_any_folder() {
    let dir = folder();
    for (folder, name) in [("My.Shop-2", "my_shop_2"), ("42", "p_42"), ("ça", "a"), ("—", "shop")] {
        assert_eq!(polity(&dir, &format!("init {folder}")).code, 0);
        let text = fs::read_to_string(dir.path().join(folder).join("platform.polity")).expect("it is there");
        assert!(text.contains(&format!("platform {name} {{")), "{text}");
        assert_eq!(polity(&dir, &format!("check {folder}")).code, 0, "{folder}");
    }
}

#[test]
fn init_overwrites_nothing() {
    let dir = folder();
    for existing in ["polity.toml", "x.polity", "deep/y.polity"] {
        let project = dir.path().join("p");
        let file = project.join(existing);
        fs::create_dir_all(file.parent().expect("it has one")).expect("it is ours");
        fs::write(&file, "mine").expect("it is ours");
        let run = polity(&dir, "init p");
        assert_eq!(run.code, 1, "{run:?}");
        assert!(run.err.contains("holds a project already"), "{run:?}");
        assert_eq!(fs::read_to_string(&file).expect("it is there"), "mine");
        assert!(!project.join("platform.polity").exists());
        fs::remove_dir_all(project).expect("it is ours");
    }
}

#[test]
fn mistakes_are_drawn_for_people_with_exit_code_1() {
    let dir = shop();
    replace(&dir, "shop/core.polity", "text(80)", "txet(80)");
    for command in ["check shop", "build shop"] {
        let run = polity(&dir, command);
        assert_eq!((run.code, run.out.as_str()), (1, ""), "{run:?}");
        assert!(
            run.err.contains("[shop/core.polity:") && run.err.contains("help: did you mean `text`?"),
            "{run:?}"
        );
    }
    assert!(!exists(&dir, "generated"));
}

#[test]
fn machines_get_json_or_sarif_on_standard_output_and_nothing_else() {
    let dir = shop();
    replace(&dir, "shop/core.polity", "text(80)", "txet(80)");
    for command in ["--format json check shop", "build shop --format json"] {
        let run = polity(&dir, command);
        assert_eq!((run.code, run.err.as_str()), (1, ""), "{run:?}");
        let line: serde_json::Value = serde_json::from_str(run.out.trim()).expect("one line of JSON");
        assert_eq!(line["file"], "shop/core.polity");
    }
    let sarif = |run: Run| {
        assert_eq!(run.err, "");
        let log: serde_json::Value = serde_json::from_str(&run.out).expect("a log");
        (run.code, log["runs"][0]["results"].as_array().expect("results").len())
    };
    assert_eq!(sarif(polity(&dir, "check shop --format sarif")), (1, 1));
    replace(&dir, "shop/core.polity", "txet(80)", "text(80)");
    assert_eq!(sarif(polity(&dir, "check shop --format sarif")), (0, 0));
    assert_eq!(sarif(polity(&dir, "build shop --format sarif")), (0, 0));
    let json = polity(&dir, "build shop --format json");
    assert_eq!((json.code, json.out.as_str(), json.err.as_str()), (0, "", ""));
}

#[test]
fn colour_is_only_for_terminals_unless_asked_for() {
    let dir = folder();
    assert!(!polity(&dir, "check").err.contains('\u{1b}'));
    assert!(polity(&dir, "check --color always").err.contains('\u{1b}'));
    assert!(!polity(&dir, "check --color never").err.contains('\u{1b}'));
}

#[test]
fn quiet_leaves_only_diagnostics() {
    let dir = shop();
    let run = polity(&dir, "build shop --quiet --timings");
    assert_eq!((run.code, run.out.as_str(), run.err.as_str()), (0, "", ""));
    assert!(polity(&dir, "check -q missing").err.contains("E1001"));
}

#[test]
fn timings_name_each_step() {
    let dir = shop();
    let run = polity(&dir, "build shop --timings");
    for step in ["reading", "parsing", "resolving", "checking", "main", "writing", "total"] {
        assert!(run.err.contains(&format!(" ms  {step}\n")), "{step}: {run:?}");
    }
}

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
        ("build shop --only zebra", "one of main, cache, "),
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
    fs::write(dir.path().join("shop/polity.toml"), "out = \"../gen\"\nskip = [\"helm\"]\n")
        .expect("it is ours");
    assert_eq!(polity(&dir, "build shop").code, 0);
    assert!(exists(&dir, "gen/main/schema.sql") && !exists(&dir, "gen/helm"));
    fs::write(dir.path().join("shop/polity.toml"), "out = \"../gen\"\nskip = [\"main\"]\n")
        .expect("it is ours");
    assert_eq!(polity(&dir, "build shop").code, 0);
    assert!(!exists(&dir, "gen/main") && exists(&dir, "gen/helm/values.yaml"));
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
fn explain_prints_the_page_of_a_code() {
    let dir = folder();
    for arguments in ["explain E0101", "explain e0101"] {
        let run = polity(&dir, arguments);
        assert_eq!(run.code, 0);
        assert_eq!(run.out, include_str!("../docs/errors/E0101.md"));
    }
    let unknown = polity(&dir, "explain E0011");
    assert_eq!((unknown.code, unknown.out.as_str()), (2, ""));
    assert!(unknown.err.contains("there is no code `E0011`\n  help: did you mean `E01"), "{unknown:?}");
}

#[test]
fn explain_says_what_holds_of_a_thing_and_why() {
    let dir = folder();
    fs::create_dir(dir.path().join("shop")).expect("it is ours");
    fs::write(dir.path().join("shop/shop.polity"), include_str!("fixtures/explained.polity"))
        .expect("it is ours");
    let mut told = String::new();
    for path in
        ["core.User.email", "core.Order.by", "core.User", "core.Recent", "cache.Session", "main.core.Order"]
    {
        let run = polity(&dir, &format!("explain {path} shop"));
        assert_eq!((run.code, run.err.as_str()), (0, ""), "{path}");
        told.push_str(&run.out);
        told.push_str("\n----\n\n");
    }
    insta::assert_snapshot!("explained", told);
    let json = polity(&dir, "explain core.User.email shop --format json");
    insta::assert_snapshot!("explained_json", json.out);
    let unknown = polity(&dir, "explain core.User.emial shop");
    assert_eq!(unknown.code, 2);
    assert!(unknown.err.contains("did you mean `core.User.email`?"), "{unknown:?}");
}

#[test]
fn commands_of_the_reference_that_are_not_built_yet_say_so() {
    let dir = folder();
    for command in [
        "plan",
        "seal first",
        "lint --fix x",
        "apply",
        "import postgres://x",
        "verify",
        "docs",
        "lsp --stdio",
    ] {
        let run = polity(&dir, command);
        let name = command.split(' ').next().expect("it has a name");
        assert_eq!(run.code, 2);
        assert!(run.err.contains(&format!("`polity {name}` is not built yet")), "{run:?}");
    }
}

#[test]
fn wrong_usage_is_exit_code_2_and_help_is_0() {
    let dir = folder();
    for arguments in ["", "buidl", "build --wrong", "explain", "check a b", "--format xml check"] {
        assert_eq!(polity(&dir, arguments).code, 2, "{arguments}");
    }
    for arguments in ["--help", "help build", "--version", "build --help"] {
        let run = polity(&dir, arguments);
        assert_eq!((run.code, run.err.as_str()), (0, ""), "{arguments}");
        assert!(run.out.contains("polity"), "{arguments}");
    }
}

#[test]
fn what_the_machine_refuses_is_exit_code_2() {
    let dir = shop();
    fs::write(dir.path().join("file"), "").expect("it is ours");
    for arguments in
        ["check missing", "check file", "build shop --out file", "build shop --out file/out", "init file"]
    {
        let run = polity(&dir, arguments);
        assert_eq!(run.code, 2, "{arguments}: {run:?}");
        assert!(run.err.contains("E1001"), "{arguments}: {run:?}");
    }
}

#[test]
fn completions_and_manual_name_every_command() {
    let dir = folder();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let run = polity(&dir, &format!("completions {shell}"));
        assert_eq!(run.code, 0);
        assert!(run.out.contains("explain") && run.out.contains("timings"), "{shell}");
    }
    let page = polity(&dir, "man");
    assert!(
        page.code == 0 && page.out.contains(".TH polity 1") && page.out.contains("polity\\-explain(1)"),
        "{page:?}"
    );
    assert_eq!(polity(&dir, "man --out man").code, 0);
    assert!(exists(&dir, "man/polity.1") && exists(&dir, "man/polity-build.1"));
}

#[test]
fn a_reader_that_closes_the_pipe_is_no_error() {
    let dir = folder();
    let script = format!("{{ {} explain E0101; echo $? >&2; }} | true", env!("CARGO_BIN_EXE_polity"));
    let output =
        Command::new("sh").args(["-c", &script]).current_dir(dir.path()).output().expect("there is a shell");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "0\n");
}

#[test]
fn output_that_cannot_be_written_is_exit_code_2() {
    let dir = folder();
    for arguments in ["explain E0101", "man", "completions bash", "check --format json"] {
        let script = format!("{} {arguments} > /dev/full", env!("CARGO_BIN_EXE_polity"));
        let output = Command::new("sh")
            .args(["-c", &script])
            .current_dir(dir.path())
            .output()
            .expect("there is a shell");
        assert_eq!(output.status.code(), Some(2), "{arguments}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(said, "error: cannot write to standard output: the disk is full\n", "{arguments}");
    }
}

#[test]
fn a_long_build_shows_progress_on_a_terminal_and_nothing_in_a_pipe() {
    let dir = folder();
    let mut source = String::from(
        "platform big {\n  environments: [dev]\n}\n\nstore main: postgres 15 { database: \"big\" }\n",
    );
    source.push_str("schema core in main {\n");
    // Long enough for a second or so, however quick this build of the program is.
    for n in 0..if cfg!(debug_assertions) { 3_000 } else { 50_000 } {
        source.push_str(&format!(
            "  entity E{n} {{\n    id: uuid key\n    a: text(80)\n    b: decimal(12, 2)\n  }}\n"
        ));
    }
    source.push_str("}\n");
    fs::write(dir.path().join("big.polity"), source).expect("it is ours");
    let piped = polity(&dir, "build --out piped");
    assert_eq!((piped.code, piped.err.as_str()), (0, ""));
    assert!(!piped.out.contains('\r') && !piped.out.contains('\u{1b}'), "{piped:?}");
    // `script` gives the program a terminal.
    let build = format!("{} build --out seen", env!("CARGO_BIN_EXE_polity"));
    let seen = Command::new("script")
        .args(["-qec", &build, "/dev/null"])
        .env("TERM", "xterm") // of which a machine that runs tests may have none
        .current_dir(dir.path())
        .stdin(Stdio::null())
        .output()
        .expect("there is `script`");
    let seen = String::from_utf8_lossy(&seen.stdout);
    assert!(
        ["parsing", "resolving", "checking", "main", "writing"].iter().any(|step| seen.contains(step)),
        "{seen:?}"
    );
    assert!(seen.ends_with("created in `seen`\r\n"), "{seen:?}");
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

const MESSY: &str = "platform  shop{environments:[dev]}\n";

#[test]
fn fmt_lays_files_out_anew_and_leaves_what_is_right() {
    let dir = shop();
    let project = dir.path().join("shop");
    let mode = |path: &Path| fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    fs::create_dir(dir.path().join("real")).expect("it is ours");
    fs::write(dir.path().join("real/file"), "enum  A{a,b}\n").expect("it is ours");
    fs::set_permissions(dir.path().join("real/file"), fs::Permissions::from_mode(0o600)).expect("it is ours");
    std::os::unix::fs::symlink(dir.path().join("real/file"), project.join("linked.polity"))
        .expect("links work");

    let check = polity(&dir, "fmt shop --check");
    assert_eq!(check.code, 1);
    assert!(
        check.out.contains("would change: shop/linked.polity\n") && check.out.contains("-enum  A{a,b}"),
        "{check:?}"
    );
    assert_eq!(fs::read_to_string(dir.path().join("real/file")).expect("it is there"), "enum  A{a,b}\n");
    let json = polity(&dir, "fmt shop --check --format json");
    assert!(json.code == 1 && json.out.contains("`shop/linked.polity` is not laid out"), "{json:?}");

    let run = polity(&dir, "fmt shop");
    assert_eq!((run.code, run.out.as_str()), (0, "1 of 3 files were laid out anew\n"), "{run:?}");
    assert_eq!(polity(&dir, "fmt shop --check").code, 0);
    assert!(project.join("linked.polity").is_symlink());
    assert_eq!(mode(&dir.path().join("real/file")), 0o600);
    let again = polity(&dir, "fmt shop/linked.polity shop");
    assert_eq!(again.out, "0 of 3 files were laid out anew\n");
}

#[test]
fn fmt_reads_standard_input() {
    let dir = folder();
    let run = polity_with_input(&dir, "fmt -", MESSY);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    assert!(run.out.starts_with("platform shop {"), "{run:?}");
    let again = polity_with_input(&dir, "fmt -", &run.out);
    assert_eq!(again.out, run.out);
    assert_eq!(polity_with_input(&dir, "fmt --check -", MESSY).code, 1);
    assert_eq!(polity_with_input(&dir, "fmt --check -", &run.out).code, 0);
    assert_eq!(polity_with_input(&dir, "fmt - x", MESSY).code, 2);
}

#[test]
fn fmt_leaves_alone_what_it_cannot_read() {
    let dir = folder();
    let broken: [&[u8]; 2] = [b"platform shop {\n", b"// caf\xe9\nplatform  shop{environments:[dev]}\n"];
    for bytes in broken {
        let path = dir.path().join("a.polity");
        fs::write(&path, bytes).expect("it is ours");
        let run = polity(&dir, "fmt");
        assert_eq!(run.code, 1, "{run:?}");
        assert!(run.err.contains("[a.polity:1:"), "{run:?}");
        assert_eq!(fs::read(&path).expect("it is there"), bytes);
    }
    let piped = polity_with_input(&dir, "fmt -", "platform shop {\n");
    assert_eq!((piped.code, piped.out.as_str()), (1, ""), "{piped:?}");
    assert_eq!(polity(&dir, "fmt missing.polity").code, 2);
}
