//! The messages for people and for machines, and where each is printed.

use std::fs;
use std::process::{Command, Stdio};

use super::{Run, exists, folder, polity, replace, shop};

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
