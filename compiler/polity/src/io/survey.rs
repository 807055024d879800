//! The survey of what lies in an output folder.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::manifest::{JOURNAL, MANIFEST};
use super::regular::{self, OUTPUT};
use super::{failure, name as printed};
use polity_text::diagnostics::Diagnostic;

/// Begins and ends the names of files that are being written. What is left of them was left by a killed build.
pub(super) const TEMPORARY: (&str, &str) = (".polity-", ".tmp");

/// The standard mark of a folder that a tool fills and may empty, such as cargo's `target`
/// (<https://bford.info/cachedir/>). What lies in one is nobody's work.
pub(super) const CACHE_MARK: &str = "CACHEDIR.TAG";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    File {
        /// In bytes.
        length: u64,
    },
    Folder,
    /// A symbolic link, a device or the like: never followed and never replaced.
    Other,
}

/// The entries of an output folder by their path below it, with `/`.
#[derive(Debug, Default)]
pub(super) struct Survey {
    pub(super) entries: BTreeMap<String, Kind>,
    /// Entries that neither the artifacts nor the manifest know, as messages write them. Of a folder only the name is
    /// given, with a `/` at the end.
    pub(super) strays: Vec<String>,
    /// Temporary files of killed builds.
    pub(super) leftovers: Vec<PathBuf>,
}

impl Survey {
    /// Looks through the folder as far as `known` paths (of files) lead, so that a build into a folder that holds
    /// much else costs nothing for that.
    pub(super) fn take(out: &Path, known: &BTreeSet<&str>) -> Result<Self, Diagnostic> {
        let mut survey = Self::default();
        survey.folder(out, "", known)?;
        survey.strays.sort();
        Ok(survey)
    }

    /// The entry that stands where a file at `path` would be written: at the path itself, or at a part of it that is no
    /// folder.
    pub(super) fn at<'p>(&self, path: &'p str) -> Option<(&'p str, Kind)> {
        let parents = path.match_indices('/').map(|(end, _)| &path[..end]);
        for parent in parents {
            match self.entries.get(parent) {
                None => return None,
                Some(Kind::Folder) => {}
                Some(kind) => return Some((parent, *kind)),
            }
        }
        self.entries.get(path).map(|kind| (path, *kind))
    }

    /// The length of the file at a path, if one stands there.
    pub(super) fn length(&self, path: &str) -> Option<u64> {
        match self.at(path) {
            Some((at, Kind::File { length })) if at == path => Some(length),
            _ => None,
        }
    }

    /// Refuses to read the files at these paths if they are too much together.
    pub(super) fn judge_size<'p>(
        &self,
        out: &Path,
        paths: impl Iterator<Item = &'p str>,
    ) -> Result<(), Diagnostic> {
        let bytes = paths.filter_map(|path| self.length(path)).fold(0, u64::saturating_add);
        if bytes > OUTPUT { Err(regular::too_large(out, OUTPUT)) } else { Ok(()) }
    }

    fn folder(&mut self, folder: &Path, prefix: &str, known: &BTreeSet<&str>) -> Result<(), Diagnostic> {
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) if prefix.is_empty() && error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(failure("read the folder", folder, &error)),
        };
        // Read to its end first, so that no folder is held open while those in it are looked through.
        for entry in entries.collect::<Vec<_>>() {
            let entry = entry.map_err(|error| failure("read the folder", folder, &error))?;
            let kind = entry.file_type().map_err(|error| failure("read", &entry.path(), &error))?;
            let name = entry.file_name();
            let Some(name) = name.to_str() else {
                // Polity writes no such name, so nothing that it knows lies there.
                let end = if kind.is_dir() { "/" } else { "" };
                self.strays.push(format!("{}{}{end}", printed(prefix.as_ref()), printed(&name)));
                continue;
            };
            let path = format!("{prefix}{name}");
            let below = format!("{path}/");
            let leads_on =
                known.range(below.as_str()..).next().is_some_and(|first| first.starts_with(&below));
            if kind.is_dir() {
                self.entries.insert(path.clone(), Kind::Folder);
                if leads_on {
                    self.folder(&entry.path(), &below, known)?;
                } else if !known.contains(path.as_str()) && is_somebodys(&entry.path()) {
                    self.strays.push(printed(below.as_ref()));
                }
                continue;
            }
            if kind.is_file() && name.starts_with(TEMPORARY.0) && name.ends_with(TEMPORARY.1) {
                self.leftovers.push(entry.path());
                continue;
            }
            if !leads_on && !known.contains(path.as_str()) && path != MANIFEST && path != JOURNAL {
                self.strays.push(printed(path.as_ref()));
            }
            let kind = if kind.is_file() {
                let metadata = entry.metadata().map_err(|error| failure("read", &entry.path(), &error))?;
                Kind::File { length: metadata.len() }
            } else {
                Kind::Other
            };
            self.entries.insert(path, kind);
        }
        Ok(())
    }
}

/// Whether a folder that Polity does not know holds anything that may be a person's. One that cannot be read may.
fn is_somebodys(folder: &Path) -> bool {
    !regular::is_file(&folder.join(CACHE_MARK))
        && fs::read_dir(folder).map_or(true, |mut entries| entries.next().is_some())
}
