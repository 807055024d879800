//! mongosh, kept from one script to the next: to start it takes a second or two of a processor, and a script a tenth.

use std::collections::BTreeMap;
use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::io::{BufRead, BufReader, Read, Seek, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use serde_json::json;

use super::required;

/// Runs a file with a mongosh that ran others before: what it printed, or why it failed.
pub(super) fn run(url: &str, file: &Path, variables: &[(&str, &str)]) -> Result<String, String> {
    let home = tempfile::tempdir().expect("a temporary folder");
    let mut environment: BTreeMap<_, _> = variables.iter().copied().collect();
    environment.insert("HOME", home.path().to_str().expect("the folder is UTF-8"));
    let file = file.to_str().expect("the file's name is UTF-8");
    let shell = match Shell::idle() {
        Some(shell) => shell,
        None => Shell::start(&program()?),
    };
    shell.run(json!({ "url": url, "file": file, "environment": environment }))
}

/// Runs a file like [`run`], but in a process of its own, for tests that depend on how the process begins and ends.
pub(super) fn run_alone(url: &str, file: &Path, variables: &[(&str, &str)]) -> Result<String, String> {
    let home = tempfile::tempdir().expect("a temporary folder");
    let mut command = Command::new(program()?);
    command.args(["--quiet", "--norc", url, "--file"]).arg(file).envs(variables.iter().copied());
    // It keeps a history and a log below the home.
    let output =
        command.env("HOME", home.path()).stdin(Stdio::null()).output().expect("mongosh was installed");
    told(output.status.success(), &output.stdout, &output.stderr)
}

fn program() -> Result<String, String> {
    required("mongosh", "POLITY_MONGOSH").ok_or_else(|| "mongosh was not installed".to_owned())
}

fn told(is_success: bool, printed: &[u8], errors: &[u8]) -> Result<String, String> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
    if is_success { Ok(text(printed)) } else { Err(format!("{}\n{}", text(printed), text(errors))) }
}

/// The shells that run no script at the moment, at most one for each thread. Their input ends with this process, and
/// they end with their input.
static IDLE: Mutex<Vec<Shell>> = Mutex::new(Vec::new());

/// A mongosh that runs the file `mongosh.js`.
struct Shell {
    process: Child,
    requests: ChildStdin,
    printed: BufReader<ChildStdout>,
    errors: File,
}

impl Shell {
    fn start(program: &str) -> Self {
        let errors = tempfile::tempfile().expect("a temporary file");
        let mut command = Command::new(program);
        command
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/src/engines/mongosh.js"))
            .env("MONGOSH_RUN_NODE_SCRIPT", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(errors.try_clone().expect("a file handle"));
        let mut process = command.spawn().expect("mongosh was installed");
        let requests = process.stdin.take().expect("it is piped");
        let printed = BufReader::new(process.stdout.take().expect("it is piped"));
        Self { process, requests, printed, errors }
    }

    /// One that still runs.
    fn idle() -> Option<Self> {
        let mut shell = IDLE.lock().unwrap_or_else(PoisonError::into_inner).pop()?;
        matches!(shell.process.try_wait(), Ok(None)).then_some(shell)
    }

    fn run(mut self, mut request: serde_json::Value) -> Result<String, String> {
        // No script can print it, for none has seen it.
        let end = format!("end of {:016x}", RandomState::new().hash_one(0));
        request["end"] = json!(end);
        writeln!(self.requests, "{request}").expect("mongosh takes a script");

        let mut printed = Vec::new();
        let code = loop {
            let begin = printed.len();
            let length = self.printed.read_until(b'\n', &mut printed).expect("mongosh prints");
            if length == 0 {
                break None;
            }
            if let Some(code) = printed[begin..].strip_prefix(end.as_bytes()) {
                let code = code.trim_ascii().to_vec();
                printed.truncate(begin - 1);
                break Some(code);
            }
        };
        let is_success = match &code {
            Some(code) => code == b"0",
            // The script has ended it, in such a way as mongosh itself does not.
            None => self.process.wait().expect("it is our child").success(),
        };
        let mut errors = Vec::new();
        self.errors.rewind().expect("the file is ours");
        self.errors.read_to_end(&mut errors).expect("the file is ours");
        if code.is_some() {
            self.errors.set_len(0).and_then(|()| self.errors.rewind()).expect("the file is ours");
            IDLE.lock().unwrap_or_else(PoisonError::into_inner).push(self);
        }
        told(is_success, &printed, &errors)
    }
}
