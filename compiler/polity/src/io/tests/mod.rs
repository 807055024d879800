//! An output folder under everything that can happen to it.

mod calm;
mod reading;
mod rough;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::manifest::{MANIFEST, Manifest, sum};
use super::write::{Written, write};
use polity_engines::artifact::Artifacts;
use polity_text::diagnostics::Diagnostic;

fn artifacts(files: &[(&str, &str)]) -> Artifacts {
    let mut artifacts = Artifacts::default();
    for (path, content) in files {
        artifacts.add(*path, *content);
    }
    artifacts
}

fn build(out: &Path, files: &[(&str, &str)]) -> Result<Written, Diagnostic> {
    write(out, &artifacts(files), false, || ())
}

/// A build that must not fail.
fn built(out: &Path, files: &[(&str, &str)]) -> Written {
    build(out, files).expect("nothing refuses")
}

/// The codes of what was reported, with the messages.
fn said(written: &Written) -> Vec<String> {
    written.diagnostics.iter().map(|d| format!("{} {}", d.code, d.message)).collect()
}

/// Every file in the folder but the manifest, with its content.
fn tree(out: &Path) -> BTreeMap<String, String> {
    fn collect(folder: &Path, prefix: &str, found: &mut BTreeMap<String, String>) {
        for entry in fs::read_dir(folder).expect("the folder is there") {
            let entry = entry.expect("it can be read");
            let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if entry.file_type().expect("it has a type").is_dir() {
                collect(&entry.path(), &format!("{path}/"), found);
            } else if path != MANIFEST {
                let content = fs::read(entry.path()).expect("it can be read");
                found.insert(path, String::from_utf8_lossy(&content).into_owned());
            }
        }
    }
    let mut found = BTreeMap::new();
    collect(out, "", &mut found);
    found
}

fn expected(files: &[(&str, &str)]) -> BTreeMap<String, String> {
    files.iter().map(|(path, content)| ((*path).to_owned(), (*content).to_owned())).collect()
}

/// Holds the manifest against the files.
fn assert_manifest_is_true(out: &Path) {
    let manifest = Manifest::read(out).expect("it is a manifest");
    let files: BTreeMap<String, String> =
        tree(out).into_iter().map(|(path, content)| (path, sum(content.as_bytes()))).collect();
    assert_eq!(manifest.files, files);
}
