//! Reading the project that a command is about.

use std::path::Path;

use super::Outcome;
use super::terminal::Terminal;
use crate::history::{self, Open};
use crate::io::config::{Config, read_config};
use crate::io::read::{Project, read_project};
use crate::io::shown;
use polity_model::Date;
use polity_text::diagnostics::{Diagnostic, codes, did_you_mean};
use polity_text::source::Sources;

/// A project with its configuration.
pub(super) struct Opened {
    pub(super) config: Config,
    pub(super) project: Project,
    /// The sources as messages show them: with the folder before each path, so that a terminal can open it.
    pub(super) shown: Sources,
}

impl Opened {
    /// Reads the project in `folder`, or reports why it cannot be.
    pub(super) fn read(folder: &Path, terminal: &Terminal) -> Result<Self, Outcome> {
        // It may hold a password, which no message repeats.
        if folder.to_string_lossy().contains("://") {
            let help = "the project's folder comes last, behind the URL";
            return Err(terminal.usage("a URL stands where the project's folder is expected", Some(help)));
        }
        let (config, found) = read_config(folder).map_err(|refused| terminal.report_one(refused))?;
        if !found.is_empty() {
            return Err(terminal.report(&found, &config.sources));
        }
        let project = read_project(folder).map_err(|refused| terminal.report_one(refused))?;
        let shown = project.sources.under(&prefix(folder));
        Ok(Self { config, project, shown })
    }

    /// Reports the names under `skip` in `polity.toml` that are neither a store nor an output.
    pub(super) fn check_skip(&self, targets: &[String]) -> Vec<Diagnostic> {
        let unknown = self.config.skip.iter().filter(|(name, _)| !targets.contains(name));
        unknown
            .map(|(name, span)| {
                let known = targets.iter().map(String::as_str);
                let help = did_you_mean(name, known)
                    .unwrap_or_else(|| format!("what can be left out: {}", targets.join(", ")));
                Diagnostic::new(codes::E1004, *span, format!("`{name}` is neither a store nor an output"))
                    .help(help)
            })
            .collect()
    }
}

/// Compares the project in a folder with what was sealed of it, and reports what is found. There is a change only where the source can
/// be read.
pub(super) fn open_change(
    folder: &Path,
    as_of: Option<Date>,
    terminal: &Terminal,
) -> Result<(Option<Open>, Outcome), Outcome> {
    let opened = Opened::read(folder, terminal)?;
    let (open, found) = history::open(&opened.project.sources, as_of);
    let mut diagnostics = opened.project.diagnostics;
    diagnostics.extend(found);
    let outcome = terminal.report(&diagnostics, &opened.shown);
    Ok((open, outcome))
}

/// `.` is not worth writing before every path.
fn prefix(folder: &Path) -> String {
    let shown = shown(folder);
    if shown == "." { String::new() } else { shown.trim_end_matches('/').to_owned() }
}
