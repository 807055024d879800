//! Reads a project folder: its `*.polity` files, wherever they lie in it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{failure, shown};
use crate::diagnostics::{Diagnostic, codes};
use crate::source::{FileId, Source, Sources, Span};

pub const EXTENSION: &str = "polity";

/// Offsets in a file are 32 bits wide.
const LARGEST: u64 = u32::MAX as u64 - 1;

/// The text of a project. The diagnostics are about text that is not UTF-8: it is read all the same, with `?` for
/// each wrong byte, so that one wrong letter hides no other mistake.
#[derive(Debug, Default)]
pub struct Project {
    pub sources: Sources,
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads every `*.polity` file of `folder` and the folders in it, with paths relative to it. Fails where the machine
/// refuses.
pub fn read_project(folder: &Path) -> Result<Project, Diagnostic> {
    let paths = find_sources(folder)?;
    let mut files = Vec::with_capacity(paths.len());
    for path in &paths {
        let relative = path.strip_prefix(folder).unwrap_or(path);
        files.push(Text::read(path, shown(relative))?);
    }
    let mut project = Project::new(files);
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
pub fn read_files(paths: &[PathBuf]) -> Result<Project, Diagnostic> {
    let files = paths.iter().map(|path| Text::read(path, shown(path))).collect::<Result<_, _>>()?;
    Ok(Project::new(files))
}

/// A single text that was read already.
#[must_use]
pub fn read_text(path: &str, bytes: Vec<u8>) -> Project {
    Project::new(vec![Text::new(path.to_owned(), bytes)])
}

/// The `*.polity` files of a folder and the folders in it, sorted. Hidden folders and links to folders are passed
/// over.
pub fn find_sources(folder: &Path) -> Result<Vec<PathBuf>, Diagnostic> {
    let mut found = Vec::new();
    collect(folder, &mut found)?;
    found.sort();
    Ok(found)
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), Diagnostic> {
    let refused = |error: io::Error| failure("read the folder", folder, &error);
    for entry in fs::read_dir(folder).map_err(refused)? {
        let entry = entry.map_err(refused)?;
        let (path, name) = (entry.path(), entry.file_name());
        let is_hidden = name.to_string_lossy().starts_with('.');
        if entry.file_type().map_err(refused)?.is_dir() {
            if !is_hidden {
                collect(&path, found)?;
            }
        } else if !is_hidden
            && path.extension().is_some_and(|extension| extension == EXTENSION)
            && path.is_file()
        {
            found.push(path);
        }
    }
    Ok(())
}

impl Project {
    fn new(files: Vec<Text>) -> Self {
        let wrong: Vec<(String, Vec<usize>)> =
            files.iter().filter(|f| !f.wrong.is_empty()).map(|f| (f.path.clone(), f.wrong.clone())).collect();
        let sources =
            Sources::new(files.into_iter().map(|f| Source { path: f.path, text: f.text.into() }).collect());
        let diagnostics = wrong
            .iter()
            .filter_map(|(path, wrong)| {
                let (id, _) = sources.iter().find(|(_, source)| source.path == *path)?;
                Some(not_utf8(id, wrong))
            })
            .collect();
        Self { sources, diagnostics }
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
    fn read(file: &Path, path: String) -> Result<Self, Diagnostic> {
        let refused = |error: io::Error| failure("read", file, &error);
        if fs::metadata(file).map_err(refused)?.len() > LARGEST {
            return Err(refused(io::ErrorKind::FileTooLarge.into()));
        }
        Ok(Self::new(path, fs::read(file).map_err(refused)?))
    }

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
