use std::path::PathBuf;

use super::Outcome;
use super::as_of::AsOf;
use super::project::Opened;
use super::terminal::Terminal;

/// Parse, resolve and check a project; write nothing
#[derive(Debug, clap::Args)]
pub(super) struct Check {
    /// The project's folder
    #[arg(default_value = ".", hide_default_value = true)]
    dir: PathBuf,
    #[command(flatten)]
    as_of: AsOf,
}

impl Check {
    pub(super) fn run(self, terminal: &Terminal) -> Outcome {
        let opened = match Opened::read(&self.dir, terminal) {
            Ok(opened) => opened,
            Err(outcome) => return outcome,
        };
        let mut diagnostics = opened.project.diagnostics;
        if !opened.project.sources.is_empty() {
            diagnostics.extend(crate::check(&opened.project.sources, self.as_of.day()));
        }
        let outcome = terminal.report(&diagnostics, &opened.shown);
        if outcome == Outcome::Fine && diagnostics.is_empty() {
            terminal.say("nothing is wrong");
        }
        outcome
    }
}
