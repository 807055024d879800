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

/// Whether a text can name a module: in snake case, and no word of the language.
pub(crate) fn is_module_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        && !KEYWORDS.contains(&text)
}

/// The strict and reserved words (<https://doc.rust-lang.org/reference/keywords.html>).
const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop",
    "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static",
    "struct", "super", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual",
    "where", "while", "yield",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_modules_are_judged() {
        assert!(is_module_name("partition_key2") && is_module_name("sqlite"));
        for wrong in ["Key", "../x", "", "3s", "match", "a-b", "\u{e9}"] {
            assert!(!is_module_name(wrong), "{wrong}");
        }
    }
}
