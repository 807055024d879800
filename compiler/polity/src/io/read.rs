//! Reads a project folder: its `*.polity` files, wherever they lie in it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::regular::{self, LARGE, SOURCES, size};
use super::{failure, history, named, shown, way};
use polity_text::diagnostics::{Diagnostic, codes};
use polity_text::source::{FileId, Source, Sources, Span};

/// Files of source that a project may have, and files of its history.
pub(super) const FILES: usize = 10_000;

pub const EXTENSION: &str = "polity";

/// The text of a project, and what is wrong with it before anything is parsed.
///
/// Text that is not UTF-8 is read all the same, with `?` for each wrong byte, so that one wrong letter hides no other
/// mistake. Where a file could not be read there is no source at all, for what is missing would be missed everywhere.
#[derive(Debug, Default)]
pub struct Project {
    pub sources: Sources,
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads every `*.polity` file of `folder` and the folders in it, with paths relative to it. Fails where the machine
/// refuses.
pub fn read_project(folder: &Path) -> Result<Project, Diagnostic> {
    way::judge_input(folder)?;
    let paths = find_sources(folder)?;
    let mut reader = Reader::default();
    for path in &paths {
        reader.read(path, path.strip_prefix(folder).unwrap_or(path));
    }
    let mut project = reader.finish();
    project.sources = project.sources.with_history(history::read(folder)?);
    if paths.is_empty() {
        project.diagnostics.push(
            Diagnostic::global(
                codes::E1003,
                format!("there is no `.{EXTENSION}` file in `{}`", shown(folder)),
            )
            .help("`polity init` writes a first one"),
        );
    }
    Ok(project)
}

/// Reads single files, with paths as they are given.
#[must_use]
pub fn read_files(paths: &[PathBuf]) -> Project {
    let mut reader = Reader::default();
    for path in paths {
        reader.read(path, path);
    }
    reader.finish()
}

/// A single text that was read already.
#[must_use]
pub fn read_text(path: &str, bytes: Vec<u8>) -> Project {
    Project::new(vec![Text::new(path.to_owned(), bytes)])
}

/// The `*.polity` files of a folder and the folders in it, sorted, and whatever else is called so, which is refused when
/// it is read. Hidden folders, and links that are not called so, are passed over.
pub fn find_sources(folder: &Path) -> Result<Vec<PathBuf>, Diagnostic> {
    let is_source = |path: &Path| path.extension().is_some_and(|extension| extension == EXTENSION);
    let too_many = || {
        let message = format!("there are more than {FILES} `.{EXTENSION}` files");
        Diagnostic::global(codes::E1010, message).help("part them into several projects")
    };
    find_files(folder, is_source, too_many)
}

/// The files of a folder and the folders in it that `is_meant` takes, sorted. Hidden ones, and all in hidden folders, are passed over.
pub(super) fn find_files(
    folder: &Path,
    is_meant: impl Fn(&Path) -> bool,
    too_many: impl Fn() -> Diagnostic,
) -> Result<Vec<PathBuf>, Diagnostic> {
    let (mut paths, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    // Not a function that calls itself, which would hold every folder open that it came through.
    while let Some(folder) = folders.pop() {
        let refused = |error: io::Error| failure("read the folder", &folder, &error);
        for entry in fs::read_dir(&folder).map_err(refused)? {
            let entry = entry.map_err(refused)?;
            if entry.file_name().as_encoded_bytes().starts_with(b".") {
                continue;
            }
            let path = entry.path();
            if entry.file_type().map_err(refused)?.is_dir() {
                folders.push(path);
            } else if is_meant(&path) {
                paths.push(path);
            }
        }
        if paths.len() > FILES {
            return Err(too_many());
        }
    }
    paths.sort();
    Ok(paths)
}

/// Reads files one after the other, until they are more than a project may have.
#[derive(Default)]
struct Reader {
    files: Vec<Text>,
    refused: Vec<Diagnostic>,
    bytes: u64,
}

impl Reader {
    fn read(&mut self, path: &Path, name: &Path) {
        if self.bytes > SOURCES {
            return;
        }
        let content = || {
            let name = named(name)?;
            let missing = || failure("read", path, &io::ErrorKind::NotFound.into());
            Ok((name, regular::read(path, LARGE)?.ok_or_else(missing)?))
        };
        match content() {
            Ok((name, bytes)) => {
                self.bytes += bytes.len() as u64;
                self.files.push(Text::new(name, bytes));
            }
            Err(refused) => self.refused.push(refused),
        }
        if self.bytes > SOURCES {
            let message = format!("all source together has more than {}", size(SOURCES));
            self.refused
                .push(Diagnostic::global(codes::E1010, message).help("part it into several projects"));
        }
    }

    fn finish(self) -> Project {
        if self.refused.is_empty() {
            Project::new(self.files)
        } else {
            Project { sources: Sources::default(), diagnostics: self.refused }
        }
    }
}

impl Project {
    fn new(mut files: Vec<Text>) -> Self {
        // The order of `Sources`, in which a file's place is its id.
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let wrong = files.iter().enumerate().filter(|(_, file)| !file.wrong.is_empty());
        let diagnostics = wrong.map(|(at, file)| not_utf8(FileId(at as u32), &file.wrong)).collect();
        let source = |file: Text| Source { path: file.path, text: file.text.into() };
        Self { sources: Sources::new(files.into_iter().map(source).collect()), diagnostics }
    }
}

fn not_utf8(file: FileId, wrong: &[usize]) -> Diagnostic {
    let place = |at: usize| Span::new(file, at, at + 1);
    let first = wrong.first().copied().unwrap_or_default();
    let more = match wrong.len() {
        1 => String::new(),
        n => format!(", and neither are {} more", n - 1),
    };
    Diagnostic::new(codes::E1002, place(first), format!("this byte is not UTF-8{more}"))
        .help("save the file as UTF-8")
}

/// A file's text, and the offsets of the bytes that were not UTF-8.
struct Text {
    path: String,
    text: String,
    wrong: Vec<usize>,
}

impl Text {
    fn new(path: String, bytes: Vec<u8>) -> Self {
        match String::from_utf8(bytes) {
            Ok(text) => Self { path, text, wrong: Vec::new() },
            Err(error) => {
                let (text, wrong) = mended(error.as_bytes());
                Self { path, text, wrong }
            }
        }
    }
}

/// The text with `?` for each byte that is not UTF-8, so that all others keep their offsets.
fn mended(bytes: &[u8]) -> (String, Vec<usize>) {
    let (mut text, mut wrong) = (String::with_capacity(bytes.len()), Vec::new());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        for _ in chunk.invalid() {
            wrong.push(text.len());
            text.push('?');
        }
    }
    (text, wrong)
}
