//! Arguments, exit codes, help.

use std::fs;

use super::{exists, folder, polity, shop};

#[test]
fn commands_of_the_reference_that_are_not_built_yet_say_so() {
    let dir = folder();
    for command in ["lint --fix x", "import postgres://x", "verify", "docs", "lsp --stdio"] {
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
fn a_store_that_is_not_there_is_told_with_those_that_are() {
    let dir = shop();
    let run = polity(&dir, "apply --store nix --migrator postgres://x@127.0.0.1:1/x shop");
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.err.contains("no store `nix`") && run.err.contains("the stores are: cache, main"), "{run:?}");
    let run = polity(&dir, "apply --migrator postgres://x@127.0.0.1:1/x shop");
    assert!(run.err.contains("nothing was sealed of the store `main`"), "{run:?}");
}
