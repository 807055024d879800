//! Child processes: run one with a time limit, or leave one running and find it again.

use std::fs::{self, File};
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::Result;

/// Runs `command` to its end with its output in the file `log`. When it fails or takes longer than `limit`, the error
/// holds the last lines of the log.
pub(crate) fn run_logged(command: &mut Command, log: &Path, limit: Duration) -> Result {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = File::create(log).map_err(|e| format!("cannot write {}: {e}", log.display()))?;
    let errors = output.try_clone().map_err(|e| format!("cannot write {}: {e}", log.display()))?;
    // Its own process group, so that a limit ends the children of an installer as well.
    let mut child = command
        .stdin(Stdio::null())
        .stdout(output)
        .stderr(errors)
        .process_group(0)
        .spawn()
        .map_err(|e| format!("cannot run `{name}`: {e}"))?;
    let what = match wait(&mut child, limit)? {
        Some(status) if status.success() => return Ok(()),
        Some(status) => format!("`{name}` failed ({status})"),
        None => {
            signal(&format!("-{}", child.id()), "KILL");
            let _ = child.wait();
            format!("`{name}` took more than {} s", limit.as_secs())
        }
    };
    Err(format!("{what}; the end of {}:\n{}", log.display(), tail(log)))
}

fn wait(child: &mut Child, limit: Duration) -> Result<Option<std::process::ExitStatus>> {
    let start = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(Some(status)),
            Ok(None) if start.elapsed() > limit => return Ok(None),
            Ok(None) => std::thread::sleep(Duration::from_millis(20)),
            Err(e) => return Err(format!("cannot wait for a process: {e}")),
        }
    }
}

/// The last 15 lines of a log, which is where programs say why they stopped.
pub(crate) fn tail(log: &Path) -> String {
    let mut bytes = Vec::new();
    if let Ok(mut file) = File::open(log) {
        let _ = file.read_to_end(&mut bytes);
    }
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(15)..].join("\n")
}

/// Sends a signal by name to one process (`123`) or group (`-123`). The standard library has no call for it, and a
/// shell has it built in on every machine.
pub(crate) fn signal(target: &str, name: &str) {
    let _ = Command::new("sh")
        .args(["-c", &format!("kill -s {name} -- {target}")])
        .stderr(Stdio::null())
        .status();
}

/// A process that outlives us. The number alone could by now belong to another program, so its start time is kept.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Running {
    pid: u32,
    started: String,
}

impl Running {
    pub(crate) fn of(pid: u32) -> Option<Self> {
        start_time(pid).map(|started| Self { pid, started })
    }

    pub(crate) fn save(&self, file: &Path) -> Result {
        fs::write(file, format!("{} {}\n", self.pid, self.started))
            .map_err(|e| format!("cannot write {}: {e}", file.display()))
    }

    /// The process that `file` recorded, if it still runs.
    pub(crate) fn load(file: &Path) -> Option<Self> {
        let text = fs::read_to_string(file).ok()?;
        let (pid, started) = text.trim().split_once(' ')?;
        let recorded = Self { pid: pid.parse().ok()?, started: started.to_owned() };
        (Self::of(recorded.pid)? == recorded).then_some(recorded)
    }

    /// Asks it to end, waits up to ten seconds, then ends it.
    pub(crate) fn stop(&self, first: &str) {
        signal(&self.pid.to_string(), first);
        let start = Instant::now();
        while Self::of(self.pid).as_ref() == Some(self) {
            if start.elapsed() > Duration::from_secs(10) {
                signal(&self.pid.to_string(), "KILL");
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// Field 22 of `/proc/PID/stat`, in clock ticks since boot (proc(5)); the name in field 2 may hold spaces. A process
/// that ended and waits to be reaped (`Z`) no longer runs.
fn start_time(pid: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?;
    (state != "Z").then(|| fields.nth(18).map(str::to_owned))?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sleeper() -> Child {
        Command::new("sleep").arg("100").spawn().expect("every machine has it")
    }

    fn scratch(name: &str) -> std::path::PathBuf {
        std::env::temp_dir().join(format!("polity-xtask-{}-{name}", std::process::id()))
    }

    #[test]
    fn a_recorded_process_is_found_and_stopped() {
        let (mut child, file) = (sleeper(), scratch("found"));
        Running::of(child.id()).expect("it runs").save(&file).expect("writes");
        let running = Running::load(&file).expect("it still runs");
        let reaper = std::thread::spawn(move || child.wait());
        running.stop("TERM");
        assert!(Running::load(&file).is_none());
        assert!(!reaper.join().expect("no panic").expect("it ended").success());
        let _ = fs::remove_file(file);
    }

    #[test]
    fn another_process_under_a_recorded_number_is_left_alone() {
        let (mut child, file) = (sleeper(), scratch("another"));
        fs::write(&file, format!("{} 1\n", child.id())).expect("writes");
        assert!(Running::load(&file).is_none(), "the kernel started nothing of ours in its first tick");
        assert!(child.try_wait().expect("it is ours").is_none());
        child.kill().and_then(|()| child.wait()).expect("it ends");
        let _ = fs::remove_file(file);
    }

    #[test]
    fn a_command_over_its_limit_ends_with_its_children() {
        let log = scratch("limit");
        let mut command = Command::new("sh");
        command.args(["-c", "echo begun; sleep 100; true"]);
        let error = run_logged(&mut command, &log, Duration::from_millis(200)).expect_err("it takes longer");
        assert!(error.contains("took more than") && error.ends_with("begun"), "{error}");
        let _ = fs::remove_file(log);
    }
}
