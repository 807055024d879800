//! A promotion that is killed at any moment, or run by two at once: no row is lost, and whoever comes next ends it.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::Output;
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::promotion::{Move, moving, told};
use super::seal::{of, steps};
use super::support::{OUR_PATIENT, OURS, rows};

/// In the place of `psql`: counts its calls, and at one of them kills everybody, the script among them, before or after
/// the real one did its work.
const PSQL: &str = r#"#!/bin/sh
n=1
while ! mkdir "$CALLS/$n" 2>/dev/null; do n=$((n + 1)); done
if [ "$KILLED" = "before $n" ]; then kill -9 0; fi
PATH=$REAL
psql "$@"
status=$?
if [ "$KILLED" = "after $n" ]; then kill -9 0; fi
exit $status
"#;

/// Runs a step that is killed at a call of `psql`. `None` where there were fewer calls, and it ended by itself.
fn killed(moving: &Move, step: &str, when: &str) -> Option<Output> {
    let tools = TempDir::new().expect("a folder");
    let psql = tools.path().join("psql");
    std::fs::write(&psql, PSQL).expect("ours");
    std::fs::set_permissions(&psql, std::fs::Permissions::from_mode(0o755)).expect("ours");
    let step = moving.step(step);
    let real = step.variables[0].1.clone();
    let path = format!("{}:{real}", tools.path().display());
    let calls = tools.path().to_string_lossy().into_owned();
    let step = step.with("PATH", &path).with("REAL", &real).with("CALLS", &calls).with("KILLED", when);
    let output = step.command().process_group(0).output().expect("a shell runs");
    let was_killed = !output.status.success();
    if was_killed {
        assert!(
            output.status.code().is_none(),
            "it ended by itself: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    was_killed.then_some(output)
}

/// Runs a step until the server has noticed that whoever was killed is gone.
fn at_last(moving: &mut Move, step: &str) -> Result<String, String> {
    let since = Instant::now();
    loop {
        let result = moving.run(step);
        let busy = result.as_ref().is_err_and(|said| said.contains("at work"));
        if !busy || since.elapsed() > Duration::from_secs(60) {
            return result;
        }
        thread::sleep(Duration::from_millis(100));
    }
}

/// Everything as it was before the tenant was moved.
fn begin_anew(moving: &mut Move) {
    let emptied = "set session_replication_role = replica; truncate core.patients, core.visits, core.room, core.booking,
        core.log, core.bed, core.country, audit.trail, audit.trail_payload, audit.trail_head, audit.trail_anchor, polity.seal";
    moving.own().run(&format!("{emptied}; reset session_replication_role")).unwrap();
    moving.shared.run(&format!("{emptied}, polity.frozen; reset session_replication_role")).unwrap();
    moving.shared.script_as("clinic_migrator", &rows(OURS, OUR_PATIENT, "ours")).unwrap();
}

fn held(moving: &mut Move) -> [String; 2] {
    [moving.shared.run(&of(OURS)).unwrap(), moving.own().run(&of(OURS)).unwrap()]
}

#[test]
fn who_is_killed_loses_nothing_and_the_next_run_ends_it() {
    let Some(mut moving) = moving() else { return };
    for step in ["freeze", "copy", "thaw", "remove"] {
        for n in 1..=9 {
            let mut happened = false;
            for when in ["before", "after"] {
                begin_anew(&mut moving);
                let before = held(&mut moving)[0].clone();
                let earlier: &[&str] = match step {
                    "freeze" => &[],
                    "copy" => &["freeze"],
                    _ => &["freeze", "copy"],
                };
                steps(&mut moving, earlier);
                let case = format!("{step} killed {when} call {n}");
                happened |= killed(&moving, step, &format!("{when} {n}")).is_some();
                let [here, there] = held(&mut moving);
                assert!(here == before || there == before, "{case}: rows are lost");
                // Whatever it had done, the whole way can be gone again.
                match at_last(&mut moving, step) {
                    Ok(_) => {}
                    Err(said) => {
                        assert!(step == "copy" && said.contains("copied there already"), "{case}: {said}")
                    }
                }
                let later: &[&str] = match step {
                    "freeze" => &["copy", "remove"],
                    "copy" => &["remove"],
                    "thaw" => &["freeze", "copy", "remove"],
                    _ => &[],
                };
                for step in later {
                    at_last(&mut moving, step).unwrap_or_else(|said| panic!("{case}, then {step}: {said}"));
                }
                assert_eq!(held(&mut moving), [String::new(), before], "{case}");
            }
            if !happened {
                assert!(n > 1, "{step} calls psql");
                break;
            }
        }
    }
}

/// Two that run at the same time, whatever they do: the rows are whole in at least one place, and where they are not, there
/// is nothing. What is given up or ended afterwards ends well.
#[test]
fn two_at_once_do_no_harm() {
    let Some(mut moving) = moving() else { return };
    for (earlier, pair) in [
        (&["freeze"][..], ["copy", "copy"]),
        (&["freeze"], ["copy", "thaw"]),
        (&["freeze"], ["copy", "remove"]),
        (&["freeze", "copy"], ["remove", "remove"]),
        (&["freeze", "copy"], ["remove", "thaw"]),
        (&["freeze", "copy"], ["thaw", "thaw"]),
        (&["freeze", "copy"], ["copy", "thaw"]),
        (&[], ["freeze", "freeze"]),
    ] {
        for round in 0..4 {
            begin_anew(&mut moving);
            let before = held(&mut moving)[0].clone();
            steps(&mut moving, earlier);
            let first = moving.step(pair[0]);
            let second = moving.step(pair[1]);
            let delay = Duration::from_millis(30 * round);
            let (first, second) = thread::scope(|scope| {
                let first = scope.spawn(|| told(first.command().output().expect("a shell runs")));
                thread::sleep(delay);
                let second = told(second.command().output().expect("a shell runs"));
                (first.join().expect("a shell runs"), second)
            });
            let case = format!("{pair:?} {round}: {first:?} {second:?}");
            let [here, there] = held(&mut moving);
            assert!(here == before || there == before, "{case}: rows are lost");
            assert!(there.is_empty() || there == before, "{case}: half of it");
            assert!(here.is_empty() || here == before, "{case}: half of it");
            if here.is_empty() {
                steps(&mut moving, &["remove"]);
                assert_eq!(held(&mut moving), [String::new(), before], "{case}");
                continue;
            }
            at_last(&mut moving, "thaw").unwrap_or_else(|said| panic!("{case}, then thaw: {said}"));
            assert_eq!(held(&mut moving), [before.clone(), String::new()], "{case}");
            steps(&mut moving, &["freeze", "copy", "remove"]);
            assert_eq!(held(&mut moving), [String::new(), before], "{case}");
        }
    }
}
