//! The state of an output folder after a build is killed, has a rival, or is refused by the machine.
//!
//! The builds here are processes of their own: this very test program, which is asked to run
//! [`as_a_process`] only.

use std::env;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::*;
use polity_text::diagnostics::codes;

const OUT: &str = "POLITY_TEST_OUT";
const VERSIONS: &str = "POLITY_TEST_VERSIONS";

/// Forty files of 16 KiB, a third of which some versions lack. Each says which version it is of.
fn version(name: &str) -> Vec<(String, String)> {
    let seed = name.bytes().map(usize::from).sum::<usize>();
    (0..40)
        .filter(|n| n % 3 != seed % 3 || n % 2 == 0)
        .map(|n| {
            (format!("store{}/deep/file{n}.sql", n % 5), format!("version {name}\n").repeat(16 * 1024 / 12))
        })
        .collect()
}

fn build_version(out: &Path, name: &str) -> Result<Written, Diagnostic> {
    let files = version(name);
    let files: Vec<(&str, &str)> =
        files.iter().map(|(path, content)| (path.as_str(), content.as_str())).collect();
    build(out, &files)
}

/// Not a test: what the others start and kill. Builds the versions that it is told, one after the other, and ends
/// with 0 if all went well.
#[test]
#[ignore = "the other tests start it as a process of its own"]
fn as_a_process() {
    let (Ok(out), Ok(versions)) = (env::var(OUT), env::var(VERSIONS)) else { return };
    for name in versions.split(' ') {
        match build_version(Path::new(&out), name) {
            Ok(written) if written.diagnostics.is_empty() => {}
            Ok(written) => fail(&said(&written).join("\n")),
            Err(refused) => {
                fail(&format!("{} {}\n{}", refused.code, refused.message, refused.note.unwrap_or_default()));
            }
        }
    }
}

fn fail(message: &str) -> ! {
    eprintln!("<{message}>");
    std::process::exit(3)
}

/// How a shell starts [`as_a_process`].
fn command(program: &Path) -> String {
    format!("{} --ignored --exact {}::as_a_process --nocapture", program.display(), "io::tests::rough")
}

fn start(shell: &str, out: &Path, versions: &str) -> Child {
    Command::new("sh")
        .args(["-c", shell])
        .env(OUT, out)
        .env(VERSIONS, versions)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("there is a shell")
}

/// Runs to the end and gives the exit code with what was said.
fn finish(child: Child) -> (Option<i32>, String) {
    let output = child.wait_with_output().expect("it ends");
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let said =
        text.split_once('<').and_then(|(_, rest)| rest.rsplit_once('>')).map(|(said, _)| said.to_owned());
    (output.status.code(), said.unwrap_or_default())
}

fn this_program() -> std::path::PathBuf {
    env::current_exe().expect("this program runs")
}

/// Every file is wholly of one of the versions.
fn assert_nothing_is_torn(out: &Path, names: &[&str]) {
    let versions: Vec<BTreeMap<String, String>> =
        names.iter().map(|name| version(name).into_iter().collect()).collect();
    for (path, content) in tree(out) {
        let is_ours = path.starts_with(".polity-") || path.contains("/.polity-");
        assert!(
            is_ours || versions.iter().any(|files| files.get(&path) == Some(&content)),
            "`{path}` is torn: {} bytes",
            content.len()
        );
    }
}

fn assert_is_version(out: &Path, name: &str) {
    assert_eq!(tree(out), version(name).into_iter().collect(), "not version {name}");
    assert_manifest_is_true(out);
}

#[test]
fn a_kill_leaves_every_file_old_or_new_and_the_next_build_mends_all() {
    let out = tempfile::tempdir().expect("a folder");
    let shell = format!("exec {}", command(&this_program()));
    let versions = "a b c ".repeat(400);
    let journal = out.path().join(".polity-journal.json");
    let mut stopped_halfway = 0;
    for round in 0..30 {
        let mut child = start(&shell, out.path(), versions.trim());
        // Every third round begins clean and is killed as soon as it has begun to write, the others at any time.
        let began = Instant::now();
        while round % 3 == 0 && !journal.exists() {
            assert!(began.elapsed() < Duration::from_secs(30), "the build never begins");
        }
        thread::sleep(Duration::from_micros(if round % 3 == 0 { round * 70 } else { 15_000 + round * 900 }));
        child.kill().expect("it runs still");
        child.wait().expect("it ends");
        assert_nothing_is_torn(out.path(), &["a", "b", "c", "next"]);
        stopped_halfway += u32::from(journal.exists());
        if round % 3 == 2 {
            let written = build_version(out.path(), "next").expect("nothing refuses");
            assert_eq!(said(&written), [""; 0], "our own files are taken for somebody's");
            assert_is_version(out.path(), "next");
        }
    }
    assert!(stopped_halfway > 3, "the kills hit no build in the middle: {stopped_halfway}");
}

#[test]
fn two_builds_at_once_take_turns() {
    let out = tempfile::tempdir().expect("a folder");
    let shell = format!("exec {}", command(&this_program()));
    let rivals =
        ["a b c", "b a", "c b"].map(|order| start(&shell, out.path(), format!("{order} ").repeat(10).trim()));
    for rival in rivals {
        assert_eq!(finish(rival), (Some(0), String::new()));
    }
    let last = if tree(out.path()) == version("c").into_iter().collect() { "c" } else { "a" };
    let last = if tree(out.path()) == version("b").into_iter().collect() { "b" } else { last };
    assert_is_version(out.path(), last);
}

#[test]
fn a_build_that_waits_says_so() {
    let out = tempfile::tempdir().expect("a folder");
    let holder = crate::io::lock::Lock::exclusive(out.path(), || ()).expect("nobody holds it");
    let (told, hears) = std::sync::mpsc::channel();
    thread::scope(|scope| {
        let waiter = scope.spawn(|| {
            write(out.path(), &artifacts(&[("a", "a")]), false, move || {
                told.send(()).expect("somebody listens")
            })
        });
        hears.recv_timeout(Duration::from_secs(20)).expect("the build says that it waits");
        assert!(tree(out.path()).is_empty());
        drop(holder);
        waiter.join().expect("no panic").expect("nothing refuses");
    });
    assert_eq!(tree(out.path()), expected(&[("a", "a")]));
}

/// The machine allows no file over 8 KiB, so the build is refused when it has begun to write, as by a full disk.
#[test]
fn a_refusal_while_writing_changes_nothing_and_says_so() {
    for before in [None, Some("a")] {
        let out = tempfile::tempdir().expect("a folder");
        if let Some(before) = before {
            build_version(out.path(), before).expect("nothing refuses");
        }
        // A signal would come before the error; a program that ignores it, as this one then does, gets the error.
        let shell = format!("trap '' XFSZ; ulimit -f 16; exec {}", command(&this_program()));
        let (code, said) = finish(start(&shell, out.path(), "b"));
        assert_eq!(code, Some(3), "{said}");
        assert!(said.starts_with("E1001 cannot write `"), "{said}");
        assert!(said.contains("nothing was written: every file is as it was"), "{said}");
        assert!(said.contains("store0/deep/file0.sql"), "{said}");
        match before {
            Some(before) => assert_is_version(out.path(), before),
            None => assert!(
                tree(out.path()).is_empty() && fs::read_dir(out.path()).expect("it is there").count() == 0
            ),
        }
        build_version(out.path(), "b").expect("the cause is mended");
        assert_is_version(out.path(), "b");
    }
}

/// A real full disk, where this machine lets us make a small one.
#[test]
fn a_full_disk_changes_nothing_and_says_so() {
    let disk = tempfile::tempdir().expect("a folder");
    let mount =
        Command::new("mount").args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"]).arg(disk.path()).output();
    if !mount.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: making a small disk takes the right to mount");
        return;
    }
    let out = disk.path().join("out");
    let outcome = std::panic::catch_unwind(|| {
        build_version(&out, "a").expect("there is room for one version");
        let refused = build_version(&out, "b").expect_err("there is no room for two");
        assert_eq!(refused.code, codes::E1001);
        assert!(refused.message.ends_with("the disk is full"), "{}", refused.message);
        assert!(refused.note.expect("it says what was written").starts_with("nothing was written"));
        assert_is_version(&out, "a");
    });
    // Lazily: another process may look at the disk just now.
    let unmounted = Command::new("umount").arg("--lazy").arg(disk.path()).status().expect("umount runs");
    assert!(unmounted.success());
    outcome.expect("as above");
}

/// The folder of [`version`] `a` and a copy of this program, both for a user whom permissions bind: root runs the
/// build as nobody.
struct Restricted {
    home: tempfile::TempDir,
    is_root: bool,
}

impl Restricted {
    fn new() -> Self {
        let home = tempfile::tempdir().expect("a folder");
        fs::copy(this_program(), home.path().join("program")).expect("there is room");
        build_version(&home.path().join("out"), "a").expect("nothing refuses");
        let is_root = fs::metadata(home.path()).expect("it is there").uid() == 0;
        let restricted = Self { home, is_root };
        restricted.set_mode(0o755, &[""]);
        restricted.give("65534", "out");
        restricted
    }

    fn out(&self) -> std::path::PathBuf {
        self.home.path().join("out")
    }

    fn set_mode(&self, mode: u32, folders: &[&str]) {
        for folder in folders {
            let permissions = fs::Permissions::from_mode(mode);
            fs::set_permissions(self.home.path().join(folder), permissions).expect("it is ours");
        }
    }

    fn give(&self, owner: &str, path: &str) {
        if self.is_root {
            let path = self.home.path().join(path);
            let changed = Command::new("chown").args(["-R", owner]).arg(path).status().expect("chown runs");
            assert!(changed.success());
        }
    }

    fn build(&self, name: &str) -> (Option<i32>, String) {
        let prefix = if self.is_root { "setpriv --reuid=65534 --regid=65534 --clear-groups " } else { "" };
        let shell = format!("exec {prefix}{}", command(&self.home.path().join("program")));
        loop {
            let told = finish(start(&shell, &self.out(), name));
            // The program was just copied: a process that another test forked meanwhile may hold it open (ETXTBSY).
            if told.0 != Some(126) {
                return told;
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }
}

#[test]
fn a_read_only_folder_changes_nothing_and_says_so() {
    let restricted = Restricted::new();
    restricted.set_mode(0o555, &["out/store3/deep", "out/store3"]);
    let (code, said) = restricted.build("b");
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("store3/deep/") && said.contains("permission denied"), "{said}");
    assert!(said.contains("nothing was written: every file is as it was"), "{said}");
    assert_is_version(&restricted.out(), "a");
    restricted.set_mode(0o755, &["out/store3/deep", "out/store3"]);
    assert_eq!(restricted.build("b"), (Some(0), String::new()));
    assert_is_version(&restricted.out(), "b");
}

/// In a folder with the sticky bit one may create files but not replace those of others, so the refusal comes when
/// half of the files have been renamed.
#[test]
fn a_refusal_in_the_middle_says_which_files_are_new_and_which_are_old() {
    let restricted = Restricted::new();
    if !restricted.is_root {
        eprintln!("skipped: only root can make files of another user");
        return;
    }
    restricted.give("0", "out/store3");
    restricted.set_mode(0o1777, &["out/store3/deep"]);
    let (code, said) = restricted.build("b");
    assert_eq!(code, Some(3), "{said}");
    let (new, old) = said.split_once("these are as they were and out of date:").expect("it says both");
    assert!(
        new.contains("these were written or removed:") && new.contains("\n  store2/deep/file2.sql"),
        "{said}"
    );
    assert!(old.contains("\n  store3/deep/file3.sql") && old.contains("\n  store4/deep/file4.sql"), "{said}");
    assert_nothing_is_torn(&restricted.out(), &["a", "b"]);
    assert!(tree(&restricted.out())["store2/deep/file2.sql"].starts_with("version b"));
    assert!(tree(&restricted.out())["store4/deep/file4.sql"].starts_with("version a"));
    fs::remove_file(restricted.out().join(".polity-journal.json")).expect("it is left, and not needed here");
    assert_manifest_is_true(&restricted.out());
    restricted.give("65534", "out");
    assert_eq!(restricted.build("b"), (Some(0), String::new()));
    assert_is_version(&restricted.out(), "b");
}

/// The manifest cannot be replaced: the files are new, the journal stays and the next build knows them as its own.
#[test]
fn what_was_written_before_a_late_refusal_is_known_to_the_next_build() {
    let out = tempfile::tempdir().expect("a folder");
    built(out.path(), &[("a", "one"), ("b", "one")]);
    let manifest = fs::read(out.path().join(MANIFEST)).expect("it is there");
    built(out.path(), &[("a", "two"), ("b", "two")]);
    // As a build leaves it that is killed between the first rename and the manifest.
    fs::write(out.path().join("b"), "one").expect("it is ours");
    fs::write(out.path().join(MANIFEST), manifest).expect("it is ours");
    let journal = format!(r#"{{"files":{{"a":["{0}"],"b":["{0}"]}}}}"#, sum(b"two"));
    fs::write(out.path().join(".polity-journal.json"), journal).expect("it is ours");
    fs::write(out.path().join(".polity-x1.tmp"), "half").expect("it is ours");

    let written = built(out.path(), &[("a", "three"), ("b", "three")]);
    assert_eq!(said(&written), [""; 0]);
    assert_eq!(tree(out.path()), expected(&[("a", "three"), ("b", "three")]));
    assert_manifest_is_true(out.path());
}
