//! A server process that belongs to one test.

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::service;

/// How long a server may take until it answers; the machine may be busy with other tests.
const PATIENCE: Duration = Duration::from_secs(60);

/// Ends with the value; its folder goes too.
pub(super) struct Server {
    command: Command,
    child: Child,
    folder: TempDir,
    signal: &'static str,
}

impl Server {
    /// Starts `command` in `folder` and waits until `ready` holds. The error is what the server printed.
    pub(super) fn start(
        command: Command,
        folder: TempDir,
        signal: &'static str,
        ready: impl Fn() -> bool,
    ) -> Result<Self, String> {
        let child = spawned(&command, folder.path());
        let mut server = Self { command, child, folder, signal };
        server.wait(ready)?;
        Ok(server)
    }

    /// Starts it again in the same folder, once it has ended. The error is what it printed.
    pub(super) fn again(&mut self, ready: impl Fn() -> bool) -> Result<(), String> {
        let _ = self.child.wait();
        self.child = spawned(&self.command, self.folder.path());
        self.wait(ready)
    }

    fn wait(&mut self, ready: impl Fn() -> bool) -> Result<(), String> {
        let begin = Instant::now();
        while !ready() {
            let ended = self.child.try_wait().is_ok_and(|status| status.is_some());
            if ended || begin.elapsed() > PATIENCE {
                return Err(self.log());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    /// Returns what ends it at once, without a word to its clients.
    pub(super) fn end(&self) -> impl Fn() + Send + Sync + use<> {
        let signal = format!("kill -s QUIT {}", self.child.id());
        move || drop(Command::new("sh").args(["-c", &signal]).status())
    }

    /// Returns all that the server has printed.
    pub(super) fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("server.log")).unwrap_or_default()
    }

    /// Ends it without a chance to say so to others.
    pub(super) fn kill(mut self) {
        self.signal = "KILL";
    }

    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let signal = format!("kill -s {} {}", self.signal, self.child.id());
        let _ = Command::new("sh").args(["-c", &signal]).stderr(Stdio::null()).status();
        let _ = self.child.wait();
    }
}

fn spawned(command: &Command, folder: &Path) -> Child {
    let output = File::create(folder.join("server.log")).expect("the folder is ours");
    let mut command = ends_with_us(command);
    command.stdin(Stdio::null()).stdout(output.try_clone().expect("a file handle")).stderr(output);
    as_server_user(&mut command, folder).spawn().expect("the server's program was installed")
}

/// A test that is killed never drops its server, so the kernel is asked to end it.
fn ends_with_us(command: &Command) -> Command {
    let mut wrapped = Command::new("setpriv");
    wrapped.args(["--pdeathsig", "KILL", "--"]).arg(command.get_program()).args(command.get_args());
    wrapped
}

/// PostgreSQL refuses to run as root; `services.env` says whom to run it as then.
pub(super) fn as_server_user<'c>(command: &'c mut Command, folder: &Path) -> &'c mut Command {
    command.current_dir(folder).env("HOME", folder);
    if let Some((user, group)) = server_user() {
        command.uid(user).gid(group);
    }
    command
}

/// A new folder that the server's user owns.
pub(super) fn folder() -> TempDir {
    let folder = tempfile::Builder::new().prefix("polity-").tempdir().expect("a temporary folder");
    hand_over(folder.path());
    folder
}

/// Makes the server's user the owner of a file or folder.
pub(super) fn hand_over(path: &Path) {
    if let Some((user, group)) = server_user() {
        std::os::unix::fs::chown(path, Some(user), Some(group)).expect("root may hand over a file");
    }
}

fn server_user() -> Option<(u32, u32)> {
    let ids = service("POLITY_ENGINES_USER")?;
    let (user, group) = ids.split_once(':')?;
    Some((user.parse().ok()?, group.parse().ok()?))
}
