//! The changes that a build would make in an output folder. `build` carries a plan out, `build --check` shows it.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use super::failure;
use super::manifest::{Journal, MANIFEST, Manifest, Sum, sum};
use super::regular::{self, OUTPUT};
use super::survey::{Kind, Survey};
use polity_engines::artifact::Artifacts;
use polity_text::cores;
use polity_text::diagnostics::printable::in_one_line;
use polity_text::diagnostics::{Diagnostic, codes};

/// The change that is due at a path of the output folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change<'a> {
    Create(&'a [u8]),
    /// The file is as Polity left it; here are the bytes that it should have.
    Replace(&'a [u8]),
    /// Polity wrote it, and the source asks for it no more.
    Remove,
}

/// The difference between an output folder and the artifacts that should be in it.
#[derive(Debug)]
pub struct Plan<'a> {
    /// The changes by path below the folder; what is right already is not listed.
    pub changes: BTreeMap<String, Change<'a>>,
    /// How many files are right already.
    pub unchanged: usize,
    /// Files that are left alone, each with the reason: edited by hand, or not Polity's.
    pub conflicts: Vec<Diagnostic>,
    /// Files in the folder that Polity neither wrote nor wants to.
    pub strays: Vec<String>,
    /// Temporary files of killed builds.
    pub leftovers: Vec<PathBuf>,
    /// Whether `manifest.json` does not say what it will have to.
    pub manifest_changes: bool,
    /// Whether the last build was stopped before its end.
    pub was_stopped: bool,
    pub(super) manifest_before: Manifest,
    pub(super) manifest: Manifest,
    pub(super) journal: Journal,
}

/// Compares the folder with the artifacts. A `partial` build (`--only`, `--env`) makes only some of the files, so
/// what it did not make is not taken for superfluous.
pub fn plan<'a>(out: &Path, artifacts: &'a Artifacts, partial: bool) -> Result<Plan<'a>, Diagnostic> {
    let before = Manifest::read(out)?;
    let stopped = Journal::read(out)?;
    let was_stopped = stopped.is_some();
    let stopped = stopped.unwrap_or_default();
    let known: BTreeSet<&str> = artifacts
        .iter()
        .map(|(path, _)| path)
        .chain(before.files.keys().map(String::as_str))
        .chain(stopped.files.keys().map(String::as_str))
        .collect();
    for path in &known {
        assert!(
            is_safe(path) || artifacts.get(path).is_none(),
            "an emitter wrote `{path}`, outside its folder"
        );
    }
    let known: Vec<&str> = known.into_iter().filter(|path| is_safe(path)).collect();
    let survey = Survey::take(out, &known.iter().copied().collect())?;
    let wanted = |path: &str| artifacts.get(path).map(|content| content.len() as u64);
    survey.judge_size(out, known.iter().filter(|path| survey.length(path) != wanted(path)).copied())?;
    // Reading and summing are most of what comparing costs, so every core takes a share.
    let found = cores::on_all(&known, |path| look_at(out, path, artifacts.get(path), &survey));

    let mut plan = Plan {
        changes: BTreeMap::new(),
        unchanged: 0,
        conflicts: Vec::new(),
        strays: survey.strays,
        leftovers: survey.leftovers,
        manifest_changes: false,
        was_stopped,
        manifest_before: before.clone(),
        manifest: Manifest::new(BTreeMap::new()),
        journal: Journal::default(),
    };
    for (path, found) in known.into_iter().zip(found) {
        plan.judge(path, found?, artifacts.get(path), partial, &stopped);
    }
    // Something above many files is in the way of each, and worth one message.
    plan.conflicts.dedup();
    plan.manifest_changes = plan.manifest != plan.manifest_before;
    Ok(plan)
}

impl<'a> Plan<'a> {
    /// Whether the folder is exactly what it should be.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.is_done() && self.conflicts.is_empty() && self.strays.is_empty()
    }

    /// Whether nothing is left to write or remove.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.changes.is_empty() && !self.manifest_changes && !self.was_stopped && self.leftovers.is_empty()
    }

    fn judge(
        &mut self,
        path: &str,
        found: Found,
        wanted: Option<&'a [u8]>,
        partial: bool,
        stopped: &Journal,
    ) {
        let recorded = self.manifest_before.files.get(path).cloned();
        let journaled = stopped.files.get(path);
        let is_ours =
            |sum: &Sum| recorded.as_ref() == Some(sum) || journaled.is_some_and(|sums| sums.contains(sum));
        let mut keep = recorded.clone();
        match (found, wanted) {
            (Found::Right { sum }, _) => {
                self.unchanged += 1;
                self.note_in_journal(path, &recorded, &sum);
                keep = Some(sum);
            }
            (Found::Nothing { wanted: Some(sum) }, Some(content)) => {
                self.changes.insert(path.to_owned(), Change::Create(content));
                self.note_in_journal(path, &recorded, &sum);
                keep = Some(sum);
            }
            (Found::Nothing { .. }, _) if partial => {}
            (Found::Nothing { .. }, _) => keep = None,
            (Found::Other { sum, wanted: Some(new) }, Some(content)) if is_ours(&sum) => {
                self.changes.insert(path.to_owned(), Change::Replace(content));
                self.note_in_journal(path, &recorded, &sum);
                self.note_in_journal(path, &recorded, &new);
                keep = Some(new);
            }
            // No build writes a source, whatever a manifest says: it is somebody's work.
            (Found::Other { .. }, None) if path.ends_with(".polity") => keep = None,
            (Found::Other { sum, .. }, None) if is_ours(&sum) => {
                self.note_in_journal(path, &recorded, &sum);
                if partial {
                    keep = Some(sum);
                } else {
                    self.changes.insert(path.to_owned(), Change::Remove);
                    keep = None;
                }
            }
            (Found::Other { .. }, Some(_)) if recorded.is_none() && journaled.is_none() => {
                self.conflicts.push(in_the_way(path, "a file that Polity did not write"));
            }
            (Found::Other { .. }, wanted) => self.conflicts.push(edited(path, wanted.is_some())),
            (Found::InTheWay { at, kind }, Some(_)) => self.conflicts.push(in_the_way(&at, noun(&kind))),
            (Found::InTheWay { at, .. }, None) if at == path => self.conflicts.push(edited(path, false)),
            (Found::InTheWay { .. }, None) => keep = None,
        }
        if let Some(sum) = keep {
            self.manifest.files.insert(path.to_owned(), sum);
        }
    }

    /// The journal need not repeat what the manifest says.
    fn note_in_journal(&mut self, path: &str, recorded: &Option<Sum>, sum: &Sum) {
        if recorded.as_ref() != Some(sum) {
            self.journal.files.entry(path.to_owned()).or_default().insert(sum.clone());
        }
    }
}

/// The thing that stands at a path, compared with what should.
enum Found {
    /// A file of the bytes that should stand there.
    Right {
        sum: Sum,
    },
    Nothing {
        wanted: Option<Sum>,
    },
    /// A file of other bytes.
    Other {
        sum: Sum,
        wanted: Option<Sum>,
    },
    /// Something at the path, or above it, that is no file or folder where one is needed.
    InTheWay {
        at: String,
        kind: Kind,
    },
}

fn noun(kind: &Kind) -> &'static str {
    match kind {
        Kind::Folder => "a folder",
        Kind::File { .. } => "a file",
        Kind::Other => "a symbolic link or a device",
    }
}

fn look_at(out: &Path, path: &str, wanted: Option<&[u8]>, survey: &Survey) -> Result<Found, Diagnostic> {
    let wanted_sum = wanted.map(sum);
    match survey.at(path) {
        None => return Ok(Found::Nothing { wanted: wanted_sum }),
        Some((at, Kind::File { .. })) if at == path => {}
        Some((at, kind)) => return Ok(Found::InTheWay { at: at.to_owned(), kind }),
    }
    let file = out.join(path);
    let most = wanted.map_or(OUTPUT, |wanted| OUTPUT.max(wanted.len() as u64));
    let missing = || failure("read", &file, &io::ErrorKind::NotFound.into());
    let content = regular::read(&file, most)?.ok_or_else(missing)?;
    Ok(match (wanted, wanted_sum) {
        (Some(wanted), Some(sum)) if wanted == content => Found::Right { sum },
        (_, wanted) => Found::Other { sum: sum(&content), wanted },
    })
}

/// A relative path of plain names, none of them hidden. A manifest that names others was not written by Polity and is
/// not followed.
fn is_safe(path: &str) -> bool {
    path != MANIFEST
        && !path.contains(['\\', ':'])
        && matches!(in_one_line(path), Cow::Borrowed(_))
        && path.split('/').all(|part| !part.is_empty() && !part.starts_with('.'))
}

fn edited(path: &str, wanted: bool) -> Diagnostic {
    let edited = Diagnostic::global(codes::E1005, format!("`{path}` was edited by hand"));
    if wanted {
        edited.note("its bytes are not those that Polity last wrote, so it is left as it is").help(
            "say in the source what the edit says and restore the file, or delete it to have it written again",
        )
    } else {
        edited
            .note("the source asks for it no more, but its bytes are not those that Polity wrote, so it is left")
            .help("delete it, or move it out of the output folder to keep it")
    }
}

fn in_the_way(path: &str, what: &str) -> Diagnostic {
    Diagnostic::global(codes::E1006, format!("{what} stands at `{path}`, where Polity writes"))
        .note("what Polity did not write is never replaced or followed")
        .help("move it away, or build into another folder with `--out`")
}
