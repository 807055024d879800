//! The record of the inputs of the last whole build, by which a build that would change nothing ends before it
//! compiles.
//!
//! A record says: "from these inputs comes this manifest". That stays true whatever happens to the output folder, so
//! a record is never out of date, only of no use; the folder itself is looked at each time, byte by byte. Only a
//! build that had nothing to report leaves one, because warnings must be told every time.
//!
//! The record is about one machine and one compiler, so it is no part of the output: it lies in a folder of its own
//! that version control and archivers pass over. A stranger may have put one there all the same, which `build --check`
//! therefore never asks.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::config::Config;
use super::lock::Lock;
use super::manifest::{JOURNAL, MANIFEST, Manifest, Sum, hexadecimal, sum};
use super::read::Project;
use super::regular::{self, LARGE, SMALL};
use super::survey::{CACHE_MARK, Survey};
use super::write::temporary;
use polity_model::Date;
use polity_text::cores;

const FOLDER: &str = ".polity";
const RECORD: &str = "build.json";

const CACHE_MARK_TEXT: &str = "Signature: 8a477f597d28d172789f06886806bc55\n\
    # Polity keeps here what it need not do again. It may be deleted.\n";

/// The sum of all that a whole build depends on: the source, the configuration, the compiler and the day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inputs(Sum);

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Record {
    inputs: Inputs,
    platform: String,
    /// The sum of `manifest.json`.
    manifest: Sum,
}

impl Inputs {
    /// `None` where a build cannot be compared with another: the text was mended while it was read, or the machine
    /// does not tell one compiler from the next.
    #[must_use]
    pub fn of(config: &Config, project: &Project, as_of: Option<Date>) -> Option<Self> {
        let compiler = std::env::current_exe().ok().and_then(|program| identity(&program))?;
        Self::with_compiler(&compiler, config, project, as_of)
    }

    fn with_compiler(
        compiler: &str,
        config: &Config,
        project: &Project,
        as_of: Option<Date>,
    ) -> Option<Self> {
        if !project.diagnostics.is_empty() {
            return None;
        }
        let mut all = Sha256::new();
        // The length before each part keeps what ends one from passing for the beginning of the next.
        let mut add = |part: &str| {
            all.update((part.len() as u64).to_le_bytes());
            all.update(part);
        };
        add(compiler);
        // A waiver runs out by itself.
        add(&as_of.map(|day| day.to_string()).unwrap_or_default());
        add(config.sources.iter().next().map_or("", |(_, file)| &file.text));
        for (_, file) in project.sources.iter() {
            add(&file.path);
            add(&file.text);
        }
        for file in project.sources.history() {
            add(&file.path);
            add(&file.text);
        }
        Some(Self(hexadecimal(&all.finalize())))
    }
}

/// Records that `inputs` gave the folder its manifest, after a build that had nothing to report. A folder that takes no
/// record is no reason to fail: the next build compiles again.
pub fn keep(out: &Path, inputs: &Inputs, platform: &str, manifest: &Sum) {
    let record = Record { inputs: inputs.clone(), platform: platform.to_owned(), manifest: manifest.clone() };
    if Record::read(out).is_some_and(|kept| kept == record) {
        return;
    }
    let folder = out.join(FOLDER);
    let put = |name: &str, content: &str| {
        let path = folder.join(name);
        temporary(&path, content.as_bytes()).is_ok_and(|file| file.persist(path).is_ok())
    };
    // The mark comes first: by it the next build knows that the folder is nobody's work.
    let _best_effort = fs::create_dir(&folder).map_or(regular::is_folder(&folder), |()| true)
        && put(CACHE_MARK, CACHE_MARK_TEXT)
        && put(".gitignore", "*\n")
        && serde_json::to_string(&record).is_ok_and(|record| put(RECORD, &record));
}

/// The number of files in `out`, where a build from `inputs` would change nothing and report nothing. Calls `waiting`
/// where a build is at work there.
#[must_use]
pub fn unchanged(out: &Path, inputs: &Inputs, waiting: impl FnOnce()) -> Option<usize> {
    let record = Record::read(out).filter(|record| record.inputs == *inputs)?;
    let _lock = Lock::shared(out, waiting).ok()??;
    let text = regular::read(&out.join(MANIFEST), LARGE).ok()??;
    if sum(&text) != record.manifest || fs::symlink_metadata(out.join(JOURNAL)).is_ok() {
        return None;
    }
    let manifest: Manifest = serde_json::from_slice(&text).ok()?;
    let survey = Survey::take(out, &manifest.files.keys().map(String::as_str).collect()).ok()?;
    if !survey.strays.is_empty() || !survey.leftovers.is_empty() {
        return None;
    }
    survey.judge_size(out, manifest.files.keys().map(String::as_str)).ok()?;
    let files: Vec<(&String, &Sum)> = manifest.files.iter().collect();
    let as_recorded = cores::on_all(&files, |(path, recorded)| {
        let content = survey.length(path).and_then(|length| regular::read(&out.join(path), length).ok()?);
        content.is_some_and(|content| sum(&content) == **recorded)
    });
    as_recorded.into_iter().all(|it_is| it_is).then_some(files.len())
}

/// The folder below `parent` that is named after the platform which was built there from `inputs`. So the output is
/// found before anything is parsed that says what the platform is called.
#[must_use]
pub fn find(parent: &Path, inputs: &Inputs) -> Option<PathBuf> {
    let folders = fs::read_dir(parent).ok()?.flatten().map(|entry| entry.path());
    folders.filter(|folder| regular::is_folder(folder)).find(|folder| {
        Record::read(folder).is_some_and(|record| {
            record.inputs == *inputs
                && folder.file_name().is_some_and(|name| name == record.platform.as_str())
        })
    })
}

impl Record {
    fn read(out: &Path) -> Option<Self> {
        let folder = Some(out.join(FOLDER)).filter(|folder| regular::is_folder(folder))?;
        serde_json::from_slice(&regular::read(&folder.join(RECORD), SMALL).ok()??).ok()
    }
}

/// Tells a program from every other, a rebuilt one of the same version too, without reading it: without optimisation
/// that would take longer than to compile. A file that is replaced or written has another inode or another `ctime`,
/// which the system sets and nobody else can.
#[cfg(unix)]
fn identity(program: &Path) -> Option<String> {
    use std::os::unix::fs::MetadataExt;
    let file = fs::metadata(program).ok()?;
    let numbers = [file.dev(), file.ino(), file.len()].map(|number| number.to_string()).join(" ");
    let times = [file.mtime(), file.mtime_nsec(), file.ctime(), file.ctime_nsec()];
    let times = times.map(|number| number.to_string()).join(" ");
    Some(format!("{} {numbers} {times} {}", env!("CARGO_PKG_VERSION"), program.display()))
}

#[cfg(not(unix))]
fn identity(_: &Path) -> Option<String> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use polity_text::source::{Source, Sources};

    fn inputs(compiler: &str, toml: &str, files: &[(&str, &str)]) -> Option<Inputs> {
        let config = Config { sources: Sources::single("polity.toml", toml), ..Config::default() };
        let file = |(path, text): &(&str, &str)| Source { path: (*path).into(), text: (*text).into() };
        let sources = Sources::new(files.iter().map(file).collect());
        Inputs::with_compiler(compiler, &config, &Project { sources, diagnostics: Vec::new() }, None)
    }

    #[test]
    fn everything_that_a_build_depends_on_counts() {
        let all = [
            inputs("1", "", &[]),
            inputs("1", "", &[("a", "b")]),
            inputs("1", "", &[("a", "b "), ("c", "d")]),
            inputs("1", "", &[("a", "b"), ("c", "d")]),
            inputs("1", "", &[("a", "bc"), ("", "d")]),
            inputs("1", "", &[("ab", ""), ("c", "d")]),
            inputs("1", "a", &[("a", "b"), ("c", "d")]),
            inputs("2", "", &[("a", "b"), ("c", "d")]),
        ];
        for (i, one) in all.iter().enumerate() {
            assert!(one.is_some() && all[i + 1..].iter().all(|other| one != other), "{i}");
        }
        assert_eq!(inputs("1", "", &[("c", "d"), ("a", "b")]), inputs("1", "", &[("a", "b"), ("c", "d")]));
    }

    #[test]
    fn text_that_was_mended_is_compared_with_nothing() {
        let project = super::super::read::read_text("a", vec![b'?', 0xff]);
        assert_eq!(Inputs::of(&Config::default(), &project, None), None);
    }

    #[test]
    fn a_program_that_is_written_anew_is_another() {
        let folder = tempfile::tempdir().expect("a folder");
        let (program, other) = (folder.path().join("polity"), folder.path().join("polity.new"));
        let write = |path: &Path| fs::write(path, "the same bytes").expect("the folder is ours");
        write(&program);
        let first = identity(&program);
        assert!(first.is_some() && first == identity(&program));
        write(&other);
        fs::rename(other, &program).expect("the folder is ours");
        assert_ne!(first, identity(&program));
        assert_eq!(identity(&folder.path().join("missing")), None);
    }
}
