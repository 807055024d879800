//! The files that a scaffold consists of.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Result, workspace};

pub(crate) fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|e| format!("cannot read {}: {e}", path.display()))
}

/// Writes all files, lays out those in Rust, and prints their paths.
pub(crate) fn write(files: Vec<(PathBuf, String)>) -> Result {
    for (path, text) in &files {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|e| format!("cannot create {}: {e}", folder.display()))?;
        }
        fs::write(path, text).map_err(|e| format!("cannot write {}: {e}", path.display()))?;
        println!("{}", path.strip_prefix(workspace()).unwrap_or(path).display());
    }
    let rust = files.iter().map(|(path, _)| path).filter(|path| path.extension().is_some_and(|e| e == "rs"));
    let status =
        Command::new("rustfmt").current_dir(workspace()).args(["--edition", "2024"]).args(rust).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        other => Err(format!("the files are written, but `rustfmt` did not lay them out ({other:?})")),
    }
}
