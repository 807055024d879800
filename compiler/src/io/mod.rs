//! The only input and output of the library, beside the command line and the build script: a project folder
//! is read, and an output folder is brought up to date. A build script only reads.

#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "the one module whose work is IO")]

#[cfg(feature = "cli")]
pub mod config;
#[cfg(feature = "cli")]
mod lock;
#[cfg(feature = "cli")]
pub mod manifest;
#[cfg(feature = "cli")]
pub mod plan;
pub mod read;
#[cfg(feature = "cli")]
pub mod record;
#[cfg(feature = "cli")]
mod survey;
#[cfg(all(test, feature = "cli"))]
mod tests;
#[cfg(feature = "cli")]
pub mod write;

use std::io;
use std::path::{Component, Path};

use crate::diagnostics::{Diagnostic, codes};

/// What the machine refused, such as `cannot read \`shop/a.polity\`: permission denied`.
pub(crate) fn failure(doing: &str, path: &Path, error: &io::Error) -> Diagnostic {
    Diagnostic::global(codes::E1001, format!("cannot {doing} `{}`: {}", shown(path), reason(error)))
}

/// The reason in words of our own where the operating system's are a riddle.
pub(crate) fn reason(error: &io::Error) -> String {
    use io::ErrorKind::{
        FileTooLarge, IsADirectory, NotADirectory, NotFound, PermissionDenied, QuotaExceeded,
        ReadOnlyFilesystem, StorageFull,
    };
    match error.kind() {
        NotFound => "it does not exist".into(),
        PermissionDenied => "permission denied".into(),
        StorageFull => "the disk is full".into(),
        QuotaExceeded => "the disk quota is used up".into(),
        FileTooLarge => "it is larger than a file may be here".into(),
        ReadOnlyFilesystem => "the file system is read-only".into(),
        NotADirectory => "a part of the path is not a folder".into(),
        IsADirectory => "it is a folder".into(),
        _ => error.to_string(),
    }
}

/// A path as messages and artifacts write it: with `/` on every machine, and no `./` before it.
pub(crate) fn shown(path: &Path) -> String {
    let parts = path.components().filter(|part| *part != Component::CurDir);
    let shown = parts.map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/");
    match shown.as_str() {
        "" => ".".to_owned(),
        // The root is a component of its own.
        absolute if absolute.starts_with("//") => absolute[1..].to_owned(),
        _ => shown,
    }
}
