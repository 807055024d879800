//! The cost of a change: a plan from a sealed source to one that differs in a tenth of its entities, beside `check` of the same.

use std::fmt::Write;
use std::path::Path;
use std::process::Command;

use super::measure::{self, Cost};
use super::{N, clear, workload};
use crate::Result;

/// How often each of the two runs, in turns.
const TIMES: usize = 15;

/// How many times as long as `check` a plan may take.
const BAR: f64 = 2.0;

/// Prints what both cost, and the bar.
pub(super) fn run(polity: &Path, folder: &Path) -> Result {
    let source = folder.join("changed");
    clear(&source);
    workload::write(N, &source)?;
    measure::run(Command::new(polity).args(["seal", "initial"]).arg(&source))?;
    workload::write_changed(N, &source)?;
    let (mut plans, mut checks) = (Vec::new(), Vec::new());
    for _ in 0..TIMES {
        plans.push(measure::run(Command::new(polity).arg("plan").arg(&source))?.0);
        checks.push(measure::run(Command::new(polity).arg("check").arg(&source))?.0);
    }
    clear(folder);
    print!("{}", figures(Cost::best(plans), Cost::best(checks)));
    Ok(())
}

fn figures(plan: Cost, check: Cost) -> String {
    let mut text = "| command | time | peak memory |\n|---|---:|---:|\n".to_owned();
    for (name, cost) in [("plan", plan), ("check", check)] {
        let _ = writeln!(text, "| `{name}` | {:.0} ms | {:.0} MB |", cost.milliseconds, cost.megabytes);
    }
    let times = plan.milliseconds / check.milliseconds;
    let met = if times <= BAR { "yes" } else { "**no**" };
    let _ = writeln!(text, "\n| bar | limit | measured | met |\n|---|---:|---:|---|");
    let _ = writeln!(text, "| N={N}: `plan` beside `check` | {BAR:.1} times | {times:.1} times | {met} |");
    text
}
