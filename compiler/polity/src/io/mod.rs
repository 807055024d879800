//! The only input and output of the library, beside the command line and the build script: a project folder
//! is read, and an output folder is brought up to date. A build script only reads.

#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "the one module whose work is IO")]

#[cfg(feature = "cli")]
pub mod config;
pub mod history;
#[cfg(feature = "cli")]
mod lock;
#[cfg(feature = "cli")]
pub mod manifest;
#[cfg(feature = "cli")]
pub mod plan;
pub mod read;
#[cfg(feature = "cli")]
pub mod record;
pub(crate) mod regular;
#[cfg(feature = "cli")]
mod survey;
#[cfg(all(test, feature = "cli"))]
mod tests;
pub(crate) mod way;
#[cfg(feature = "cli")]
pub mod write;

use std::ffi::OsStr;
use std::io;
use std::path::{Component, Path};

use polity_text::diagnostics::printable::in_one_line;
use polity_text::diagnostics::{Diagnostic, codes};

/// A diagnostic about what the machine refused, such as `cannot read \`shop/a.polity\`: permission denied`.
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

/// A path as messages write it: in one line, with `/` on every machine, and no `./` before it. A byte that is not UTF-8
/// is an escape like what is hidden.
pub(crate) fn shown(path: &Path) -> String {
    let parts = path.components().filter(|part| *part != Component::CurDir);
    let shown = parts.map(|part| name(part.as_os_str())).collect::<Vec<_>>().join("/");
    match shown.as_str() {
        "" => ".".to_owned(),
        // The root is a component of its own.
        absolute if absolute.starts_with("//") => absolute[1..].to_owned(),
        _ => shown,
    }
}

/// The path of a source, which is the same as it is shown, so that nothing that is written of it can be taken for
/// anything else.
pub(crate) fn named(path: &Path) -> Result<String, Diagnostic> {
    let is_plain = |part: Component<'_>| part.as_os_str().to_str() == Some(&name(part.as_os_str()));
    let shown = shown(path);
    if path.components().all(is_plain) {
        return Ok(shown);
    }
    Err(Diagnostic::global(codes::E1011, format!("`{shown}` is not a name that a source can have"))
        .note("it is not UTF-8, or holds a character that ends a line, steers a terminal or is not seen")
        .help("give the file, and each folder that it lies in, a name of letters, digits, `_`, `-` and `.`"))
}

/// A name of the file system in one line.
pub(crate) fn name(name: &OsStr) -> String {
    let mut line = String::new();
    for chunk in name.as_encoded_bytes().utf8_chunks() {
        line.push_str(&in_one_line(chunk.valid()));
        line.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
    }
    line
}
