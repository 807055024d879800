//! A stranger's project in CI: whatever lies in it, nothing outside of it is read or written, nothing is shown that is no
//! source, every line is Polity's, and no command hangs.

mod names;
mod objects;
mod ways;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::folder;

/// A text that lies outside of the project, and in the environment of the program.
const SECRET: &str = "s3cret-of-the-machine";

/// A program that takes longer than this waits for ever. It is far more than the slowest machine needs.
const FOR_EVER: Duration = Duration::from_secs(120);

/// The options that change how things are told.
const FORMATS: [&str; 4] =
    ["--format human --color never", "--format human --color always", "--format json", "--format sarif"];

/// A checkout `work` with the project `shop` in it, built, and beside it the folder `outside`.
struct Machine {
    dir: TempDir,
}

impl Machine {
    fn new() -> Self {
        let machine = Self { dir: folder() };
        fs::create_dir(machine.work()).expect("it is ours");
        machine.run(&["init", "shop"]).expect_code(0);
        machine.run(&["build", "shop"]).expect_code(0);
        let outside = machine.outside();
        fs::create_dir_all(outside.join("folder")).expect("it is ours");
        for name in
            ["secret", "secret.polity", "folder/secret.polity", "folder/schema.sql", "folder/polity.toml"]
        {
            fs::write(outside.join(name), format!("{SECRET} {{\n")).expect("it is ours");
        }
        machine
    }

    fn work(&self) -> PathBuf {
        self.dir.path().join("work")
    }

    fn outside(&self) -> PathBuf {
        self.dir.path().join("outside")
    }

    fn run<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Seen {
        run_in(&self.work(), arguments)
    }
}

/// Runs `polity` in a folder, and kills it if it hangs.
fn run_in<A: AsRef<OsStr>>(folder: &Path, arguments: &[A]) -> Seen {
    let mut child = Command::new(env!("CARGO_BIN_EXE_polity"))
        .args(arguments)
        .current_dir(folder)
        .env("SECRET", SECRET)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    fn read(mut pipe: impl Read + Send + 'static) -> thread::JoinHandle<Vec<u8>> {
        thread::spawn(move || {
            let mut all = Vec::new();
            pipe.read_to_end(&mut all).expect("it can be read");
            all
        })
    }
    let out = read(child.stdout.take().expect("it was piped"));
    let err = read(child.stderr.take().expect("it was piped"));
    let what = arguments.iter().map(|a| a.as_ref().to_string_lossy()).collect::<Vec<_>>().join(" ");
    let began = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("it is our child") {
            break status;
        }
        if began.elapsed() > FOR_EVER {
            child.kill().expect("it is our child");
            panic!("`polity {what}` hangs");
        }
        thread::sleep(Duration::from_millis(2));
    };
    let text = |bytes: thread::JoinHandle<Vec<u8>>| {
        String::from_utf8(bytes.join().expect("it does not panic")).expect("what is printed is UTF-8")
    };
    Seen { what, code: status.code(), out: text(out), err: text(err) }
}

/// The arguments of a run, its exit code, and the texts that it printed.
#[derive(Debug)]
struct Seen {
    what: String,
    code: Option<i32>,
    out: String,
    err: String,
}

impl Seen {
    #[track_caller]
    fn expect_code(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }

    #[track_caller]
    fn expect(self, words: &str) -> Self {
        assert!(self.out.contains(words) || self.err.contains(words), "no {words:?} in {self:#?}");
        self
    }

    /// Holds what was printed against what a stranger could want of it.
    #[track_caller]
    fn expect_safe(self, place: &str) -> Self {
        assert!(matches!(self.code, Some(0..=2)), "{place}: {self:#?}");
        for text in [&self.out, &self.err] {
            assert!(!text.contains(SECRET), "{place}: the secret is shown: {self:#?}");
            let text = if self.what.contains("--color always") { without_colors(text) } else { text.clone() };
            if let Some(c) = text.chars().find(|c| *c != '\n' && is_hidden(*c)) {
                panic!("{place}: {c:?} is printed: {self:#?}");
            }
            for line in text.lines() {
                let begins = line.trim_start();
                assert!(!begins.starts_with("::"), "{place}: a command for a CI server: {self:#?}");
                assert!(!begins.starts_with("FORGED"), "{place}: a line is forged: {self:#?}");
                assert!(!line.contains("##[") && !line.contains("##vso["), "{place}: a command: {self:#?}");
            }
        }
        // Wrong usage is told on standard error, whatever the format; what holds of a thing is one object in many lines.
        let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap_or_default();
        if self.what.contains("--format json") && json(&self.out)["path"].is_null() {
            for line in self.out.lines() {
                assert!(json(line)["code"].is_string(), "{place}: {self:#?}");
            }
        } else if self.what.contains("--format sarif") && !self.out.is_empty() {
            let log = json(&self.out);
            assert!(log["version"] == "2.1.0" || log["path"].is_string(), "{place}: {self:#?}");
        }
        self
    }
}

/// Characters that end a line for some reader, steer a terminal, turn the direction of text or are not seen.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || "\u{ad}\u{61c}\u{180e}\u{feff}".contains(c)
        || ('\u{200b}'..='\u{200f}').contains(&c)
        || ('\u{2028}'..='\u{202e}').contains(&c)
        || ('\u{2060}'..='\u{206f}').contains(&c)
        || ('\u{e0000}'..='\u{e007f}').contains(&c)
}

/// Text without the sequences by which we colour it.
fn without_colors(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| !c.is_ascii_digit() && c != ';').unwrap_or(part.len());
        assert!(part[end..].starts_with('m'), "a sequence that is no colour: {part:?}");
        out.push_str(&part[end + 1..]);
    }
    out
}

/// Everything below a folder, without following or opening anything but regular files.
fn tree(folder: &Path) -> BTreeMap<PathBuf, String> {
    let (mut found, mut folders) = (BTreeMap::new(), vec![folder.to_owned()]);
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).expect("it is there") {
            let path = entry.expect("it can be read").path();
            let there = fs::symlink_metadata(&path).expect("it is there");
            let content = if there.is_dir() {
                folders.push(path.clone());
                String::new()
            } else if there.is_symlink() {
                fs::read_link(&path).expect("it is a link").display().to_string()
            } else if there.is_file() && there.len() < 1 << 20 {
                String::from_utf8_lossy(&fs::read(&path).expect("it can be read")).into_owned()
            } else {
                there.len().to_string()
            };
            let about = format!("{:?} {:?} {content}", there.file_type(), there.permissions());
            found.insert(path.strip_prefix(folder).expect("it is below").to_owned(), about);
        }
    }
    found
}

/// Copies a folder with what is in it, all of which is regular.
fn copy(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("-r").args([from, to]).status();
    assert!(copied.expect("there is `cp`").success());
}

/// Removes whatever stands at a path.
fn clear(path: &Path) {
    match fs::symlink_metadata(path) {
        Ok(there) if there.is_dir() => fs::remove_dir_all(path).expect("it is ours"),
        Ok(_) => fs::remove_file(path).expect("it is ours"),
        Err(_) => {}
    }
}
