//! The text of a project, and places in it.

use std::sync::{Arc, LazyLock};

/// A file of the project, by its position in [`Sources`]; or a policy that comes with the compiler.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

impl FileId {
    /// Whether it is a policy that comes with the compiler.
    #[must_use]
    pub fn is_built_in(self) -> bool {
        self.0 >= BUILT_IN
    }
}

/// The ids from here on are those of the policies that come with the compiler.
const BUILT_IN: u32 = 1 << 31;

/// The policies that come with the compiler, in Polity itself, which `use policy` brings in.
pub const PACKS: &[(&str, &str)] = &[
    ("gdpr", include_str!("../policies/gdpr.polity")),
    ("pci_dss", include_str!("../policies/pci_dss.polity")),
    ("sox", include_str!("../policies/sox.polity")),
    ("hipaa", include_str!("../policies/hipaa.polity")),
    ("iso_27001", include_str!("../policies/iso_27001.polity")),
];

static PACK_SOURCES: LazyLock<Vec<Source>> = LazyLock::new(|| {
    let source = |(name, text): &(&str, &str)| Source {
        path: format!("polity:policies/{name}.polity"),
        text: (*text).into(),
    };
    PACKS.iter().map(source).collect()
});

/// The text of a policy that comes with the compiler.
#[must_use]
pub fn pack(name: &str) -> Option<(FileId, &'static Source)> {
    let at = PACKS.iter().position(|(known, _)| *known == name)?;
    Some((FileId(BUILT_IN + at as u32), &PACK_SOURCES[at]))
}

/// A range of bytes in one file. Offsets are true to the file as it is on disk: a BOM, CRLF, tabs and
/// non-ASCII characters all count as the bytes they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    pub file: FileId,
    pub start: u32,
    pub end: u32,
}

impl Span {
    #[must_use]
    pub fn new(file: FileId, start: usize, end: usize) -> Self {
        Self { file, start: start as u32, end: end as u32 }
    }

    /// From the start of `self` to the end of `other`, which must be of the same file.
    #[must_use]
    pub fn to(self, other: Span) -> Self {
        Self { file: self.file, start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

/// One file: the path as messages show it (relative, with `/`), and its text.
#[derive(Debug, Clone)]
pub struct Source {
    pub path: String,
    pub text: Arc<str>,
}

/// Every `*.polity` file of a project, sorted by path so that no output depends on the order of a folder.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    files: Vec<Source>,
    /// The files of `history/`, with paths below it.
    history: Vec<Source>,
}

impl Sources {
    #[must_use]
    pub fn new(mut files: Vec<Source>) -> Self {
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Self { files, history: Vec::new() }
    }

    /// A single file, for tests and pages of the reference.
    #[must_use]
    pub fn single(path: &str, text: &str) -> Self {
        Self { files: vec![Source { path: path.to_owned(), text: text.into() }], history: Vec::new() }
    }

    /// Adds the files of `history/`, with paths below it.
    #[must_use]
    pub fn with_history(mut self, mut history: Vec<Source>) -> Self {
        history.sort_by(|a, b| a.path.cmp(&b.path));
        self.history = history;
        self
    }

    /// Returns the files of `history/`, by path.
    #[must_use]
    pub fn history(&self) -> &[Source] {
        &self.history
    }

    /// Returns the files with their paths as seen from outside `folder`.
    #[must_use]
    pub fn under(&self, folder: &str) -> Self {
        if folder.is_empty() {
            return self.clone();
        }
        let under =
            |source: &Source| Source { path: format!("{folder}/{}", source.path), text: source.text.clone() };
        Self { files: self.files.iter().map(under).collect(), history: self.history.clone() }
    }

    pub fn iter(&self) -> impl Iterator<Item = (FileId, &Source)> {
        self.files.iter().enumerate().map(|(i, source)| (FileId(i as u32), source))
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.files.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// For a table with a line for every text that a span can be in: how many those are.
    #[must_use]
    pub(crate) fn slots(&self) -> usize {
        self.files.len() + PACKS.len()
    }

    /// The line of a text in such a table: the project's files, then the policies that come with the compiler.
    #[must_use]
    pub(crate) fn slot(&self, file: FileId) -> usize {
        if file.is_built_in() { self.files.len() + (file.0 - BUILT_IN) as usize } else { file.0 as usize }
    }

    #[must_use]
    pub fn get(&self, file: FileId) -> &Source {
        if file.is_built_in() {
            return &PACK_SOURCES[(file.0 - BUILT_IN) as usize];
        }
        &self.files[file.0 as usize]
    }

    /// The text a span covers.
    #[must_use]
    pub fn text(&self, span: Span) -> &str {
        self.get(span.file).text.get(span.start as usize..span.end as usize).unwrap_or("")
    }

    /// Line and column of a span's start, both from 1; the column counts characters, without a BOM.
    #[must_use]
    pub fn line_column(&self, span: Span) -> (usize, usize) {
        let text = &self.get(span.file).text;
        let before = &text.as_bytes()[..(span.start as usize).min(text.len())];
        let line_start = memchr::memrchr(b'\n', before).map_or(0, |n| n + 1);
        let line = memchr::memchr_iter(b'\n', before).count() + 1;
        (
            line,
            String::from_utf8_lossy(&before[line_start..]).chars().filter(|&c| c != '\u{feff}').count() + 1,
        )
    }
}
