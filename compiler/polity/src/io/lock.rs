//! One build at a time in an output folder; checks may read together.
//!
//! The lock is advisory and the operating system drops it with the process, so a killed build leaves none
//! behind. On Unix it lies on the folder itself and no file is needed.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::Path;

/// Held until dropped.
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// For a build: nobody else may read or write. Calls `waiting` first where somebody does.
    pub(super) fn exclusive(out: &Path, waiting: impl FnOnce()) -> io::Result<Self> {
        let file = open(out)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                waiting();
                file.lock()?;
            }
            Err(TryLockError::Error(error)) => tolerate(error)?,
        }
        Ok(Self { _file: file })
    }

    /// For a check: nobody may write. `None` where the folder does not exist, so that there is nothing to read.
    pub(super) fn shared(out: &Path, waiting: impl FnOnce()) -> io::Result<Option<Self>> {
        let file = match open(out) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        match file.try_lock_shared() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                waiting();
                file.lock_shared()?;
            }
            Err(TryLockError::Error(error)) => tolerate(error)?,
        }
        Ok(Some(Self { _file: file }))
    }
}

/// Some network file systems have no locks. Every file is still replaced as a whole there; only the promise
/// that two builds wait for each other is lost, which is no reason to refuse the build.
fn tolerate(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::Unsupported { Ok(()) } else { Err(error) }
}

#[cfg(unix)]
fn open(out: &Path) -> io::Result<File> {
    if !fs::metadata(out)?.is_dir() {
        return Err(io::ErrorKind::NotADirectory.into());
    }
    File::open(out)
}

/// Where a folder cannot be opened as a file, a file of the temporary folder named after it stands in.
#[cfg(not(unix))]
fn open(out: &Path) -> io::Result<File> {
    use sha2::Digest;
    let canonical = fs::canonicalize(out)?;
    let digest = sha2::Sha256::digest(canonical.to_string_lossy().as_bytes());
    let name: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(std::env::temp_dir().join(format!("polity-{name}.lock")))
}
