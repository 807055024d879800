//! Cold builds: what somebody waits for who has a fresh clone, its dependencies downloaded and nothing compiled.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::clear;
use super::measure;
use crate::{Result, workspace};

/// A build from nothing, and the seconds that it may take on two quiet cores.
struct Cold {
    what: &'static str,
    limit: Option<f64>,
    arguments: &'static [&'static str],
    seconds: f64,
}

/// The programs that the cold builds leave behind.
pub(super) struct Programs {
    /// Optimised as one, as it is published.
    pub(super) dist: PathBuf,
    /// Optimised crate by crate, for everyday use.
    pub(super) release: PathBuf,
}

/// Compiles each from nothing and returns the programs, and the times as Markdown.
pub(super) fn measure(folder: &Path) -> Result<(Programs, String)> {
    let mut builds = [
        Cold {
            what: "the README's first command",
            limit: Some(90.0),
            arguments: &["run", "--", "build", "dsl-examples/ismail", "--out", "target/bench/ismail"],
            seconds: 0.0,
        },
        Cold {
            what: "the library as a `build.rs` compiles it",
            limit: Some(60.0),
            arguments: &["build", "--package", "polity", "--lib", "--no-default-features"],
            seconds: 0.0,
        },
        Cold {
            what: "the program, `--release`",
            limit: Some(210.0),
            arguments: &["build", "--package", "polity", "--release"],
            seconds: 0.0,
        },
        Cold {
            what: "the program, `--profile dist`",
            limit: None,
            arguments: &["build", "--package", "polity", "--features", "live", "--profile", "dist"],
            seconds: 0.0,
        },
    ];
    let mut fetch = Command::new(env!("CARGO"));
    measure::run(fetch.current_dir(workspace()).args(["fetch", "--locked"]))?;
    for (number, build) in builds.iter_mut().enumerate() {
        eprintln!("cold build: {}", build.what);
        let target = folder.join(format!("build{number}"));
        clear(&target);
        let mut cargo = Command::new(env!("CARGO"));
        cargo.current_dir(workspace()).args(build.arguments).env("CARGO_TARGET_DIR", &target);
        build.seconds = measure::run(&mut cargo)?.0.milliseconds / 1000.0;
    }
    let program = |number: usize, profile: &str| folder.join(format!("build{number}/{profile}/polity"));
    Ok((Programs { release: program(2, "release"), dist: program(3, "dist") }, table(&builds)))
}

fn table(builds: &[Cold]) -> String {
    let mut text = "| cold build | limit | measured | met |\n|---|---:|---:|---|\n".to_owned();
    for Cold { what, limit, seconds, .. } in builds {
        let (limit, met) = match limit {
            Some(limit) if seconds <= limit => (format!("{limit:.0} s"), "yes"),
            Some(limit) => (format!("{limit:.0} s"), "**no**"),
            None => (String::new(), ""),
        };
        let _ = writeln!(text, "| {what} | {limit} | {seconds:.0} s | {met} |");
    }
    text
}
