//! Unpacks Debian packages, with all that they depend on, into a folder of ours: nothing is installed, nothing is
//! locked, and no privilege is needed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::install::run;
use super::place::{Place, create};
use crate::Result;

/// Which Debian the packages are from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Suite {
    /// The machine's own. Its C library is left out: it must be the one that belongs to the machine's own program
    /// loader.
    Own,
    /// Another by name. Its programs are started by its own program loader.
    Other(&'static str),
}

pub(super) fn unpack(place: &Place, suite: Suite, packages: &[&str], target: &Path) -> Result {
    if Command::new("apt-get").arg("--version").output().is_err() {
        return Err("there is no `apt-get`; the engines are packages of Debian 12".to_owned());
    }
    let apt = place.path("apt");
    for folder in [&apt, target] {
        let _ = fs::remove_dir_all(folder);
        create(folder)?;
    }
    for folder in ["lists/partial", "cache/archives/partial", "sources"] {
        create(&apt.join(folder))?;
    }
    // A package state of our own, which holds no installed package: so every dependency comes along, whatever the
    // machine has.
    let status = apt.join("status");
    fs::write(&status, "").map_err(|e| format!("cannot write {}: {e}", status.display()))?;
    let mut options = vec!["-oDebug::NoLocking=1".to_owned(), "-oAPT::Sandbox::User=".to_owned()];
    options.extend(["-oAcquire::Retries=3".to_owned(), "-qq".to_owned()]);
    for (option, value) in [("State::lists", "lists"), ("Cache", "cache"), ("State::status", "status")] {
        options.push(format!("-oDir::{option}={}", apt.join(value).display()));
    }
    if let Suite::Other(name) = suite {
        let sources = apt.join("sources");
        let file = sources.join("other.sources");
        fs::write(&file, sources_of(name)?).map_err(|e| format!("cannot write {}: {e}", file.display()))?;
        options.push(format!("-oDir::Etc::sourceparts={}", sources.display()));
        options.push("-oDir::Etc::sourcelist=/dev/null".to_owned());
    }
    run(place, "apt-lists", Command::new("apt-get").args(&options).arg("update"))?;
    let mut download = Command::new("apt-get");
    download.args(&options).args(["install", "--yes", "--download-only", "--no-install-recommends"]);
    run(place, "apt-download", download.args(packages))?;
    for package in downloaded(&apt.join("cache/archives"), suite)? {
        run(place, "apt-unpack", Command::new("dpkg-deb").arg("--extract").arg(package).arg(target))?;
    }
    let _ = fs::remove_dir_all(apt); // 190 MB that nothing reads again
    Ok(())
}

fn downloaded(archives: &Path, suite: Suite) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(archives).map_err(|e| format!("cannot read {}: {e}", archives.display()))?;
    let mut packages: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    packages.retain(|p| p.extension().is_some_and(|e| e == "deb"));
    if suite == Suite::Own {
        packages.retain(|p| !p.file_name().is_some_and(|n| n.to_string_lossy().starts_with("libc6_")));
    }
    packages.sort();
    Ok(packages)
}

/// The machine's own description of where Debian 12 is, with another suite in place of it: the mirror that has the
/// one has the other.
fn sources_of(suite: &str) -> Result<String> {
    let files =
        fs::read_dir("/etc/apt/sources.list.d").map_err(|e| format!("cannot read apt's sources: {e}"))?;
    for file in files.flatten().filter(|file| file.path().extension().is_some_and(|e| e == "sources")) {
        let text = fs::read_to_string(file.path()).unwrap_or_default();
        for stanza in text.split("\n\n") {
            let is_suites = |line: &&str| line.starts_with("Suites:");
            let Some(suites) = stanza.lines().find(is_suites) else { continue };
            if suites.split_whitespace().any(|word| word == "bookworm") {
                return Ok(stanza.replace(suites, &format!("Suites: {suite}")) + "\n");
            }
        }
    }
    Err("apt's sources do not name Debian 12 in a form that can be changed".to_owned())
}
