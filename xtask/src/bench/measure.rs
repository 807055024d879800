//! How long a whole process takes, and how much memory.

use std::process::{Command, Stdio};
use std::time::Instant;

use wait4::Wait4;

use crate::Result;

/// The best of several runs: on a shared machine the shortest time is the one least disturbed.
#[derive(Clone, Copy)]
pub(super) struct Cost {
    pub(super) milliseconds: f64,
    pub(super) megabytes: f64,
}

impl Cost {
    const NONE: Self = Self { milliseconds: f64::INFINITY, megabytes: f64::INFINITY };

    pub(super) fn best(costs: impl IntoIterator<Item = Self>) -> Self {
        costs.into_iter().fold(Self::NONE, |best, cost| Self {
            milliseconds: best.milliseconds.min(cost.milliseconds),
            megabytes: best.megabytes.min(cost.megabytes),
        })
    }
}

/// Runs a command to its end. What it writes to standard error comes back too.
pub(super) fn run(command: &mut Command) -> Result<(Cost, String)> {
    let name = command.get_program().to_string_lossy().into_owned();
    // A file, because a pipe that nobody reads while we wait would fill up and stop the process.
    let errors = std::env::temp_dir().join(format!("polity-bench-{}", std::process::id()));
    let file =
        std::fs::File::create(&errors).map_err(|e| format!("cannot write {}: {e}", errors.display()))?;
    let start = Instant::now();
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(file).spawn();
    let ended = child.and_then(|child| child.wait4()).map_err(|e| format!("cannot run `{name}`: {e}"))?;
    let milliseconds = start.elapsed().as_secs_f64() * 1000.0;
    let text = std::fs::read_to_string(&errors).unwrap_or_default();
    let _ = std::fs::remove_file(errors);
    if !ended.status.success() {
        return Err(format!("`{name}` failed ({}):\n{text}", ended.status));
    }
    let megabytes = ended.rusage.maxrss as f64 / 1e6;
    Ok((Cost { milliseconds, megabytes }, text))
}
