//! An empty place in which a script runs, with another for its home and one for what is temporary: afterwards all three are
//! as they were, but for what is documented, and no process is left.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// How long a script may take before it counts as hanging; the machine may be busy with other tests.
const PATIENCE: Duration = Duration::from_secs(120);

/// The shells that run every script.
pub const SHELLS: [&str; 2] = ["dash", "bash"];

pub struct Cell {
    work: TempDir,
    home: TempDir,
    temporary: TempDir,
    /// Where the emitted files are, which no script changes.
    files: TempDir,
    written: BTreeMap<PathBuf, Vec<u8>>,
    /// Folders of programs that scripts call.
    programs: Vec<PathBuf>,
    variables: Vec<(String, String)>,
}

impl Cell {
    pub fn new(files: TempDir) -> Self {
        let folder = || tempfile::tempdir().expect("a temporary folder");
        let written = tree(files.path());
        Self {
            work: folder(),
            home: folder(),
            temporary: folder(),
            files,
            written,
            programs: Vec::new(),
            variables: Vec::new(),
        }
    }

    /// The scripts find the programs of a folder.
    pub fn finds(&mut self, programs: PathBuf) {
        self.programs.push(programs);
    }

    /// Lets the scripts find the programs of a folder before all others.
    pub fn finds_first(&mut self, programs: PathBuf) {
        self.programs.insert(0, programs);
    }

    /// Every script knows a variable.
    pub fn knows(&mut self, name: &str, value: &str) {
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    /// Where an emitted file is.
    pub fn file(&self, path: &str) -> PathBuf {
        self.files.path().join(path)
    }

    /// Runs a program: what it printed, or why it failed with all that it printed.
    pub fn run(
        &self,
        program: &str,
        arguments: &[&str],
        variables: &[(&str, &str)],
        input: &str,
    ) -> Result<String, String> {
        self.run_in(self.work.path(), program, arguments, variables, input)
    }

    /// Runs a program that is documented to write one file: what it printed and the content of the file, or why it
    /// failed with all that it printed.
    pub fn run_writing(
        &self,
        file: &str,
        program: &str,
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> Result<(String, String), String> {
        let file = self.work.path().join(file);
        let printed = self.started(self.work.path(), program, arguments, variables, "")?;
        let content = fs::read_to_string(&file).expect("the documented file");
        fs::remove_file(&file).expect("ours");
        self.is_empty(program);
        Ok((printed, content))
    }

    /// Runs a program like [`Cell::run`], but in the folder of the emitted files, from which the pages name the files.
    pub fn run_beside(
        &self,
        program: &str,
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> Result<String, String> {
        self.run_in(self.files.path(), program, arguments, variables, "")
    }

    fn run_in(
        &self,
        folder: &Path,
        program: &str,
        arguments: &[&str],
        variables: &[(&str, &str)],
        input: &str,
    ) -> Result<String, String> {
        let result = self.started(folder, program, arguments, variables, input);
        self.is_empty(&format!("{program} {arguments:?} {variables:?}: {result:?}"));
        result
    }

    fn started(
        &self,
        folder: &Path,
        program: &str,
        arguments: &[&str],
        variables: &[(&str, &str)],
        input: &str,
    ) -> Result<String, String> {
        let mut path: Vec<String> = self.programs.iter().map(|folder| folder.display().to_string()).collect();
        path.push("/usr/local/bin:/usr/bin:/bin".to_owned());
        let mut command = Command::new(program);
        command.args(arguments).current_dir(folder).env_clear().env("PATH", path.join(":"));
        command.env("HOME", self.home.path()).env("TMPDIR", self.temporary.path()).env("LANG", "C.UTF-8");
        command
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .envs(variables.iter().copied());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        finished(command.spawn().unwrap_or_else(|e| panic!("{program}: {e}")), input)
    }

    /// Nothing is here that was not before; mongosh alone keeps its log and its history in the home.
    fn is_empty(&self, what: &str) {
        assert_eq!(tree(self.work.path()), BTreeMap::new(), "left by {what}");
        assert_eq!(tree(self.temporary.path()), BTreeMap::new(), "left by {what}");
        let home: Vec<PathBuf> =
            tree(self.home.path()).into_keys().filter(|file| !file.starts_with(".mongodb")).collect();
        assert_eq!(home, Vec::<PathBuf>::new(), "left in the home by {what}");
        assert!(tree(self.files.path()) == self.written, "the emitted files were changed by {what}");
    }
}

/// Everything below a folder: files with what they hold, and empty folders.
fn tree(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        let entries: Vec<PathBuf> =
            fs::read_dir(&next).expect("ours").map(|entry| entry.expect("ours").path()).collect();
        if entries.is_empty() && next != folder {
            found.insert(next.strip_prefix(folder).expect("below it").to_path_buf(), Vec::new());
        }
        for path in entries {
            if path.is_dir() && !path.is_symlink() {
                folders.push(path);
            } else {
                found.insert(
                    path.strip_prefix(folder).expect("below it").to_path_buf(),
                    fs::read(&path).unwrap_or_default(),
                );
            }
        }
    }
    found
}

/// Hands a child its input and waits until it has ended with all processes of its group. Gives its output, or all that
/// it printed where it failed.
fn finished(mut child: Child, input: &str) -> Result<String, String> {
    let group = child.id();
    // A child that reads nothing closes its input.
    let _ = child.stdin.take().expect("it has an input").write_all(input.as_bytes());
    let reader = |mut stream: Box<dyn Read + Send>| {
        std::thread::spawn(move || {
            let mut text = Vec::new();
            let _ = stream.read_to_end(&mut text);
            String::from_utf8_lossy(&text).into_owned()
        })
    };
    let output = reader(Box::new(child.stdout.take().expect("it has an output")));
    let errors = reader(Box::new(child.stderr.take().expect("it has one for errors")));
    let begin = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("a child of ours") {
            break status;
        }
        if begin.elapsed() > PATIENCE {
            let _ = child.kill();
            panic!("it hangs");
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let (output, errors) = (output.join().expect("reads"), errors.join().expect("reads"));
    // What is ending already may take a moment on a busy machine.
    while !members(group).is_empty() && begin.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(members(group), Vec::<String>::new(), "processes are left\n{output}\n{errors}");
    if status.success() { Ok(output) } else { Err(format!("{status}\n{output}\n{errors}")) }
}

/// The processes of a group that run, by their names.
fn members(group: u32) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").expect("Linux").flatten() {
        let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else { continue };
        // The name stands in parentheses and may hold anything: `1 (sh) S 0 <group> …`.
        let Some((before, after)) = stat.rsplit_once(')') else { continue };
        let mut rest = after.split_whitespace();
        // One that has ended is there until whoever is its parent by now asks for it.
        if rest.next() != Some("Z") && rest.nth(1) == Some(&group.to_string()) {
            found.push(before.to_owned());
        }
    }
    found
}
