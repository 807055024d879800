//! Carries a [`Plan`] out so that every file is either old or new, whatever happens in between.
//!
//! All new bytes, the manifest's too, are first written to temporary files, each in the folder of its target; a
//! full disk or a folder without permission is met there, while nothing has changed yet. Only then are they
//! renamed over their targets, which the file system does in one step each. A kill leaves some files old, some new, none torn, and
//! a journal by which the next build knows its own (see [`super::manifest`]).
//!
//! Files are not forced to disk (`fsync`): a power cut is not a kill, the artifacts can be built again, and
//! waiting for the disk would cost more than all the rest of a build. A file that a power cut tore has another
//! sum than the manifest says, and is reported.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::TempPath;

use super::lock::Lock;
use super::manifest::{JOURNAL, MANIFEST, Manifest, Sum, sum};
use super::plan::{Change, Plan, plan};
use super::survey::TEMPORARY;
use super::{failure, reason, regular, shown};
use polity_engines::artifact::Artifacts;
use polity_text::diagnostics::{Diagnostic, codes};

/// The changes that a build made to the output folder, and what it left alone there.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Written {
    pub created: Vec<String>,
    pub replaced: Vec<String>,
    pub removed: Vec<String>,
    pub unchanged: usize,
    /// The sum of `manifest.json` as this build leaves it.
    pub manifest: Sum,
    /// The files that were left alone, and why: conflicts are errors, strays warnings.
    pub diagnostics: Vec<Diagnostic>,
}

/// Brings the output folder up to date. Calls `waiting` where another build is at work there.
pub fn write(
    out: &Path,
    artifacts: &Artifacts,
    partial: bool,
    waiting: impl FnOnce(),
) -> Result<Written, Diagnostic> {
    fs::create_dir_all(out).map_err(|error| failure("create the folder", out, &error))?;
    let _lock = Lock::exclusive(out, waiting).map_err(|error| failure("lock the folder", out, &error))?;
    let plan = plan(out, artifacts, partial)?;
    for leftover in &plan.leftovers {
        fs::remove_file(leftover)
            .map_err(|error| failure("remove what a stopped build left,", leftover, &error))?;
    }
    let manifest = sum(plan.manifest.to_json().as_bytes());
    let mut written = Written { unchanged: plan.unchanged, manifest, ..Written::default() };
    if !plan.is_done() {
        Writer { out, plan: &plan, folders: Vec::new() }.run(&mut written)?;
    }
    written.diagnostics = plan.conflicts;
    written.diagnostics.extend(plan.strays.iter().map(|path| stray(out, path)));
    Ok(written)
}

/// Compares the output folder with the artifacts and hands the differences to `show`, while no build can write.
pub fn compare<T>(
    out: &Path,
    artifacts: &Artifacts,
    partial: bool,
    waiting: impl FnOnce(),
    show: impl FnOnce(&Plan<'_>) -> T,
) -> Result<T, Diagnostic> {
    let _lock = Lock::shared(out, waiting).map_err(|error| failure("lock the folder", out, &error))?;
    Ok(show(&plan(out, artifacts, partial)?))
}

/// Makes a file, or replaces a regular one, in one step. A link at the path is refused and never followed, and what may not
/// be written is not replaced.
pub fn replace_file(path: &Path, content: &[u8]) -> Result<(), Diagnostic> {
    may_write(path)?;
    rename(temporary(path, content)?, path)
}

/// Refuses a path at which something stands that is no regular file, or one that may not be written: its folder would let it
/// be replaced all the same.
pub fn may_write(path: &Path) -> Result<(), Diagnostic> {
    let refused = |error: &io::Error| failure("write", path, error);
    match fs::symlink_metadata(path) {
        Ok(found) => {
            regular::judge(path, &found)?;
            // Whoever administers the machine may open it in spite of that.
            if found.permissions().readonly() {
                return Err(refused(&io::ErrorKind::PermissionDenied.into())
                    .note("the file is read-only")
                    .help("make it writable, or leave it as it is"));
            }
            regular::open_to_write(path).map_err(|error| refused(&error))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(refused(&error)),
    }
}

/// The warning about a file in the output folder that is not Polity's.
#[must_use]
pub fn stray(out: &Path, path: &str) -> Diagnostic {
    Diagnostic::global(codes::W1001, format!("`{path}` in `{}` was not written by Polity", shown(out)))
        .help("move it out of the output folder, which holds nothing but what Polity writes")
}

/// New bytes under temporary names, which vanish when dropped.
struct Staged<'a> {
    files: Vec<(&'a str, TempPath)>,
    manifest: Option<TempPath>,
}

struct Writer<'a> {
    out: &'a Path,
    plan: &'a Plan<'a>,
    /// Folders that this build created, parents first.
    folders: Vec<PathBuf>,
}

impl<'a> Writer<'a> {
    fn run(mut self, written: &mut Written) -> Result<(), Diagnostic> {
        let staged = match self.stage() {
            Ok(staged) => staged,
            Err(error) => {
                self.take_back();
                return Err(self.stopped(error, written));
            }
        };
        let done = self.swap(staged.files, written).and_then(|()| self.remove(written)).and_then(|()| {
            staged.manifest.map_or(Ok(()), |manifest| rename(manifest, &self.out.join(MANIFEST)))
        });
        if let Err(error) = done {
            self.record_what_was_done(written);
            return Err(self.stopped(error, written));
        }
        self.sweep(written);
        Ok(())
    }

    /// Writes the journal and, under temporary names, every new file and the manifest.
    fn stage(&mut self) -> Result<Staged<'a>, Diagnostic> {
        let plan = self.plan;
        if !plan.journal.files.is_empty() {
            let journal = self.out.join(JOURNAL);
            rename(temporary(&journal, plan.journal.to_json().as_bytes())?, &journal)?;
        }
        let mut files = Vec::with_capacity(plan.changes.len());
        for (path, change) in &plan.changes {
            if let Change::Create(content) | Change::Replace(content) = change {
                self.create_parents(path)?;
                files.push((path.as_str(), temporary(&self.out.join(path), content)?));
            }
        }
        let manifest = match plan.manifest_changes {
            true => Some(temporary(&self.out.join(MANIFEST), plan.manifest.to_json().as_bytes())?),
            false => None,
        };
        Ok(Staged { files, manifest })
    }

    fn create_parents(&mut self, path: &str) -> Result<(), Diagnostic> {
        for (end, _) in path.match_indices('/') {
            let folder = self.out.join(&path[..end]);
            match fs::create_dir(&folder) {
                Ok(()) => self.folders.push(folder),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(failure("create the folder", &folder, &error)),
            }
        }
        Ok(())
    }

    /// Undoes what [`Self::stage`] left, as far as the machine lets it; the next build sweeps the rest.
    fn take_back(&self) {
        if !self.plan.was_stopped {
            let _best_effort = fs::remove_file(self.out.join(JOURNAL));
        }
        for folder in self.folders.iter().rev() {
            let _best_effort = fs::remove_dir(folder);
        }
    }

    fn swap(&self, staged: Vec<(&str, TempPath)>, written: &mut Written) -> Result<(), Diagnostic> {
        for (path, temporary) in staged {
            rename(temporary, &self.out.join(path))?;
            match self.plan.changes[path] {
                Change::Replace(_) => written.replaced.push(path.to_owned()),
                Change::Create(_) | Change::Remove => written.created.push(path.to_owned()),
            }
        }
        Ok(())
    }

    fn remove(&self, written: &mut Written) -> Result<(), Diagnostic> {
        for (path, _) in self.plan.changes.iter().filter(|(_, change)| **change == Change::Remove) {
            let file = self.out.join(path);
            fs::remove_file(&file).map_err(|error| failure("remove", &file, &error))?;
            written.removed.push(path.clone());
        }
        Ok(())
    }

    /// After a refusal in the middle, a manifest of the files that are new and those that are as they were. Where
    /// even that is refused, the journal still says which files are Polity's.
    fn record_what_was_done(&self, written: &Written) {
        let done: BTreeSet<&String> =
            written.created.iter().chain(&written.replaced).chain(&written.removed).collect();
        let mut files = self.plan.manifest.files.clone();
        for path in self.plan.changes.keys().filter(|path| !done.contains(path)) {
            files.remove(path);
            files.extend(
                self.plan.manifest_before.files.get_key_value(path).map(|(p, sum)| (p.clone(), sum.clone())),
            );
        }
        let target = self.out.join(MANIFEST);
        let _best_effort = temporary(&target, Manifest::new(files).to_json().as_bytes())
            .and_then(|manifest| rename(manifest, &target));
    }

    /// Removes the journal, which the manifest has made superfluous, and folders that have become empty.
    fn sweep(&self, written: &Written) {
        // A journal that stays says only what is true; a folder that is not empty refuses.
        let _best_effort = fs::remove_file(self.out.join(JOURNAL));
        for path in &written.removed {
            for (end, _) in path.match_indices('/').rev() {
                if fs::remove_dir(self.out.join(&path[..end])).is_err() {
                    break;
                }
            }
        }
    }

    /// The error, with which files are new and which are as they were.
    fn stopped(&self, error: Diagnostic, written: &Written) -> Diagnostic {
        let done: Vec<&String> =
            written.created.iter().chain(&written.replaced).chain(&written.removed).collect();
        let left: Vec<&String> = self.plan.changes.keys().filter(|path| !done.contains(path)).collect();
        let list = |paths: &[&String]| paths.iter().map(|path| format!("\n  {path}")).collect::<String>();
        let mut note = match done.as_slice() {
            [] => "nothing was written: every file is as it was".to_owned(),
            done => format!("these were written or removed:{}", list(done)),
        };
        if !left.is_empty() {
            note.push_str(&format!("\nthese are as they were and out of date:{}", list(&left)));
        }
        error.note(note).help("no file is half-written; mend the cause and build again")
    }
}

/// Writes `content` to a temporary file beside `target`, with the permissions that `target` has or a new file gets.
pub(super) fn temporary(target: &Path, content: &[u8]) -> Result<TempPath, Diagnostic> {
    let write = || -> io::Result<TempPath> {
        let folder = target.parent().unwrap_or(Path::new("."));
        let mut builder = tempfile::Builder::new();
        builder.prefix(TEMPORARY.0).suffix(TEMPORARY.1);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(fs::Permissions::from_mode(0o666));
        }
        let mut file = builder.tempfile_in(folder)?;
        file.write_all(content)?;
        if let Ok(existing) = fs::symlink_metadata(target) {
            file.as_file().set_permissions(existing.permissions())?;
        }
        // The handle is closed: a build may write more files than a process may hold open.
        Ok(file.into_temp_path())
    };
    write().map_err(|error| {
        Diagnostic::global(codes::E1001, format!("cannot write `{}`: {}", shown(target), reason(&error)))
    })
}

fn rename(temporary: TempPath, target: &Path) -> Result<(), Diagnostic> {
    temporary.persist(target).map_err(|error| failure("replace", target, &error.error))
}
