//! The list of what Polity wrote into an output folder, `manifest.json`, and the journal of a build that is under way.
//!
//! The manifest is how a build tells a file that it wrote from one that a person changed. It is replaced last.
//! A build that is killed before that leaves files that the manifest does not know; so that they are not taken
//! for somebody's work, a build first writes down what it is about to write, in `.polity-journal.json`, and
//! removes that at the end.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::regular::{self, LARGE};
use polity_text::diagnostics::{Diagnostic, codes};

pub const MANIFEST: &str = "manifest.json";
pub(super) const JOURNAL: &str = ".polity-journal.json";

const FORMAT: &str = "polity-manifest-1";

/// A file's SHA-256, in hexadecimal.
pub type Sum = String;

#[must_use]
pub fn sum(content: &[u8]) -> Sum {
    hexadecimal(&Sha256::digest(content))
}

pub(super) fn hexadecimal(bytes: &[u8]) -> Sum {
    let mut text = Sum::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let _infallible = write!(text, "{byte:02x}");
    }
    text
}

/// Every file that the last build left in the folder, by its path below it, with `/`.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    format: String,
    pub files: BTreeMap<String, Sum>,
}

/// The sums that a file may have after a build that was stopped half-way, beside that of the manifest.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Journal {
    pub(super) files: BTreeMap<String, BTreeSet<Sum>>,
}

impl Manifest {
    #[must_use]
    pub fn new(files: BTreeMap<String, Sum>) -> Self {
        Self { format: FORMAT.to_owned(), files }
    }

    /// The manifest of an output folder; an empty one where there is none.
    pub(super) fn read(out: &Path) -> Result<Self, Diagnostic> {
        let path = out.join(MANIFEST);
        let Some(text) = regular::read(&path, LARGE)? else { return Ok(Self::default()) };
        match serde_json::from_slice::<Self>(&text) {
            Ok(manifest) if manifest.format == FORMAT => Ok(manifest),
            Ok(_) => Err(unreadable(&path, "it is of another version of Polity".into())),
            // What the error says beside the place quotes the file, and whoever put it there may have meant that.
            Err(error) => {
                let what = if error.is_data() { "no list of files" } else { "no JSON" };
                let (line, column) = (error.line(), error.column());
                Err(unreadable(&path, format!("it is {what}, at line {line}, column {column}")))
            }
        }
    }

    /// As it is written: a line a file, so that version control shows which changed.
    #[must_use]
    pub fn to_json(&self) -> String {
        let json = serde_json::to_string_pretty(self).expect("text is always JSON");
        json + "\n"
    }
}

impl Journal {
    /// The journal that a stopped build left; `None` where the last one came to its end. A journal is replaced as a
    /// whole like every file, so one that is not JSON was not written here and says nothing.
    pub(super) fn read(out: &Path) -> Result<Option<Self>, Diagnostic> {
        let text = regular::read(&out.join(JOURNAL), LARGE)?;
        Ok(text.map(|text| serde_json::from_slice(&text).unwrap_or_default()))
    }

    pub(super) fn to_json(&self) -> String {
        serde_json::to_string(self).expect("text is always JSON")
    }
}

fn unreadable(path: &Path, reason: String) -> Diagnostic {
    Diagnostic::global(codes::E1007, format!("cannot understand `{}`: {reason}", super::shown(path)))
        .note("without it Polity cannot tell the files that it wrote from those that a person changed")
        .help(
            "restore it from version control, or delete it and build again: files that still are what Polity \
             writes are taken over, and others are reported",
        )
}
