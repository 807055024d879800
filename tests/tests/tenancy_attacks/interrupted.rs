//! A promotion that is killed at any moment, or run by two at once: no row is lost, and whoever comes next ends it.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::Output;
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::promotion::{Move, Step, moving, told};
use super::seal::{of, steps};
use super::support::{OUR_PATIENT, OURS, rows};

/// In the place of `psql`: counts its calls, and at one of them kills everybody, the script among them, before or after
/// the real one did its work, or waits before it until it may go on.
const PSQL: &str = r#"#!/bin/sh
n=1
while ! mkdir "$CALLS/$n" 2>/dev/null; do n=$((n + 1)); done
if [ "$KILLED" = "before $n" ]; then kill -9 0; fi
PATH=$REAL
if [ "$WAITS" = "$n" ]; then
    mkdir "$CALLS/waits"
    while ! [ -e "$CALLS/goes" ]; do sleep 0.02; done
fi
psql "$@"
status=$?
if [ "$KILLED" = "after $n" ]; then kill -9 0; fi
exit $status
"#;

/// A step whose calls of `psql` are counted in a folder, of which one may be the last, and one may wait.
fn watched<'s>(moving: &Move, step: &'s str, killed: &str, waits: &str) -> (TempDir, Step<'s>) {
    let tools = TempDir::new().expect("a folder");
    let psql = tools.path().join("psql");
    std::fs::write(&psql, PSQL).expect("ours");
    std::fs::set_permissions(&psql, std::fs::Permissions::from_mode(0o755)).expect("ours");
    let step = moving.step(step);
    let real = step.variables[0].1.clone();
    let path = format!("{}:{real}", tools.path().display());
    let calls = tools.path().to_string_lossy().into_owned();
    let step = step.with("PATH", &path).with("REAL", &real).with("CALLS", &calls);
    (tools, step.with("KILLED", killed).with("WAITS", waits))
}

/// Runs a step that is killed at a call of `psql`. `None` where there were fewer calls, and it ended by itself.
fn killed(moving: &Move, step: &str, when: &str) -> Option<Output> {
    let (_tools, step) = watched(moving, step, when, "");
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
        core.log, core.bed, core.country, audit.trail, audit.trail_parts, audit.trail_seals, polity.seal";
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
        for round in 0..2 {
            begin_anew(&mut moving);
            let before = held(&mut moving)[0].clone();
            steps(&mut moving, earlier);
            let first = moving.step(pair[0]);
            let second = moving.step(pair[1]);
            let delay = Duration::from_millis(60 * round);
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

/// A step that comes between two calls of a copy, and is perhaps killed itself, leaves the rows whole in at least one
/// place.
#[test]
fn who_comes_between_does_no_harm() {
    let Some(mut moving) = moving() else { return };
    for call in ["1", "2", "3"] {
        for (other, when) in [("remove", "before 3"), ("remove", ""), ("thaw", ""), ("thaw", "after 1")] {
            begin_anew(&mut moving);
            let before = held(&mut moving)[0].clone();
            steps(&mut moving, &["freeze"]);
            let (calls, copy) = watched(&moving, "copy", "", call);
            let (_tools, second) = watched(&moving, other, when, "");
            let run = |step: &Step<'_>| told(step.command().process_group(0).output().expect("a shell runs"));
            let (copied, said) = thread::scope(|scope| {
                let copy = scope.spawn(|| run(&copy));
                let since = Instant::now();
                while !calls.path().join("waits").exists() && since.elapsed() < Duration::from_secs(60) {
                    thread::sleep(Duration::from_millis(10));
                }
                let other = scope.spawn(|| run(&second));
                // It may wait for what the copy holds, which then goes on.
                let since = Instant::now();
                while !other.is_finished() && since.elapsed() < Duration::from_secs(2) {
                    thread::sleep(Duration::from_millis(10));
                }
                std::fs::create_dir(calls.path().join("goes")).expect("ours");
                (copy.join().expect("a shell runs"), other.join().expect("a shell runs"))
            });
            let case = format!("copy at {call}, {other} killed {when:?}: {copied:?} {said:?}");
            let [here, there] = held(&mut moving);
            assert!(here == before || there == before, "{case}: rows are lost");
            assert!(here.is_empty() || here == before, "{case}: half of it");
            assert!(there.is_empty() || there == before, "{case}: half of it");
            if here.is_empty() {
                steps(&mut moving, &["remove"]);
            } else {
                at_last(&mut moving, "thaw").unwrap_or_else(|said| panic!("{case}, then thaw: {said}"));
                steps(&mut moving, &["freeze", "copy", "remove"]);
            }
            assert_eq!(held(&mut moving), [String::new(), before], "{case}");
        }
    }
}
