//! The one way by which files are opened.
//!
//! A project may be a stranger's, such as a pull request that CI looks at. A file in it may be a link to one outside, a
//! device without an end, a FIFO that nobody writes, or larger than memory. So only regular files are read, never
//! through a link, and never more of them than a bound.

use std::fs::{self, File, Metadata};
use std::io::{self, Read, Write};
use std::path::Path;

use super::{failure, shown};
use polity_text::diagnostics::{Diagnostic, codes};

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;

/// The most that is read of `polity.toml`, or of a record.
#[cfg(feature = "cli")]
pub(crate) const SMALL: u64 = 64 * KIB;
/// The most that is read of a source, or of a manifest.
pub(crate) const LARGE: u64 = 32 * MIB;
/// The most that all sources of a project may have together.
pub(crate) const SOURCES: u64 = 64 * MIB;
/// The most that is read of files in the output folder that are not as they should be.
#[cfg(feature = "cli")]
pub(crate) const OUTPUT: u64 = 512 * MIB;

/// The content of a regular file of at most so many bytes; `None` where nothing stands at the path.
///
/// The folders above it are the caller's to judge: they were walked to, or belong to the path that the user named.
pub(crate) fn read(path: &Path, most: u64) -> Result<Option<Vec<u8>>, Diagnostic> {
    let refused = |error: io::Error| failure("read", path, &error);
    let metadata = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(refused(error)),
    };
    judge(path, &metadata)?;
    let file = File::open(path).map_err(refused)?;
    let opened = file.metadata().map_err(refused)?;
    // Something else may have been put there meanwhile.
    judge(path, &opened)?;
    if opened.len() > most {
        return Err(too_large(path, most));
    }
    let mut content = Vec::with_capacity(opened.len() as usize + 1);
    file.take(most + 1).read_to_end(&mut content).map_err(refused)?;
    if content.len() as u64 > most { Err(too_large(path, most)) } else { Ok(Some(content)) }
}

/// The content of a small file that the environment names, which may be a link, as secrets are that are mounted.
#[cfg(feature = "live")]
pub(crate) fn read_named(path: &Path) -> Result<Vec<u8>, Diagnostic> {
    let refused = |error: io::Error| failure("read", path, &error);
    let path = fs::canonicalize(path).map_err(refused)?;
    Ok(read(&path, SMALL)?.unwrap_or_default())
}

/// Opens a file that was judged to be a regular one to write, and writes nothing: whether the machine lets it be written.
#[cfg(feature = "cli")]
pub(crate) fn open_to_write(path: &Path) -> io::Result<()> {
    File::options().write(true).open(path).map(drop)
}

/// Writes a regular file that is nobody's but ours, and does not follow a link.
pub(crate) fn write(path: &Path, content: &[u8]) -> Result<(), Diagnostic> {
    let refused = |error: io::Error| failure("write", path, &error);
    if let Ok(metadata) = fs::symlink_metadata(path) {
        judge(path, &metadata)?;
    }
    let mut file = File::options().write(true).create(true).truncate(false).open(path).map_err(refused)?;
    file.set_len(0).and_then(|()| file.write_all(content)).map_err(refused)
}

/// Refuses what is no regular file.
pub(crate) fn judge(path: &Path, metadata: &Metadata) -> Result<(), Diagnostic> {
    if metadata.is_file() {
        return Ok(());
    }
    Err(Diagnostic::global(
        codes::E1009,
        format!("`{}` is {}, not a regular file", shown(path), kind(metadata)),
    )
    .note("what is no regular file of the project is neither read nor written, wherever it leads")
    .help("put the file itself there"))
}

/// Whether a folder, and no link to one, stands at the path.
#[cfg(feature = "cli")]
pub(crate) fn is_folder(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_dir())
}

/// Whether a regular file, and no link to one, stands at the path.
#[cfg(feature = "cli")]
pub(crate) fn is_file(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_file())
}

/// The error about more bytes than are read.
pub(crate) fn too_large(path: &Path, most: u64) -> Diagnostic {
    Diagnostic::global(
        codes::E1010,
        format!("`{}` has more than {}, the most that is read of it", shown(path), size(most)),
    )
    .help("part it into several files; if nobody wrote that much, remove it")
}

/// `64 KiB`, `32 MiB`.
pub(crate) fn size(bytes: u64) -> String {
    if bytes < MIB { format!("{} KiB", bytes / KIB) } else { format!("{} MiB", bytes / MIB) }
}

fn kind(metadata: &Metadata) -> &'static str {
    let kind = metadata.file_type();
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if kind.is_fifo() {
            return "a FIFO";
        } else if kind.is_socket() {
            return "a socket";
        }
    }
    match () {
        () if kind.is_symlink() => "a symbolic link",
        () if kind.is_dir() => "a folder",
        () => "a device",
    }
}
