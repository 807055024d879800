use std::path::PathBuf;

use super::Outcome;
use super::as_of::AsOf;
use super::fix::fix;
use super::project::Opened;
use super::terminal::Terminal;

/// Parse, resolve and check a project; write nothing
#[derive(Debug, clap::Args)]
pub(super) struct Check {
    /// The project's folder
    #[arg(default_value = ".", hide_default_value = true)]
    dir: PathBuf,
    /// Write what was meant in place of what is wrong, where nothing else can have been meant; then check
    #[arg(long)]
    fix: bool,
    #[command(flatten)]
    as_of: AsOf,
}

impl Check {
    pub(super) fn run(self, terminal: &Terminal) -> Outcome {
        let mut opened = match Opened::read(&self.dir, terminal) {
            Ok(opened) => opened,
            Err(outcome) => return outcome,
        };
        if self.fix {
            opened = match fix(opened, &self.dir, self.as_of.day(), terminal) {
                Ok(opened) => opened,
                Err(outcome) => return outcome,
            };
        }
        let mut diagnostics = opened.project.diagnostics;
        let mut proved = Vec::new();
        if !opened.project.sources.is_empty() {
            let (found, lines) = crate::check_and_prove(&opened.project.sources, self.as_of.day());
            diagnostics.extend(found);
            proved = lines;
        }
        let outcome = terminal.report(&diagnostics, &opened.shown);
        if outcome == Outcome::Fine {
            if diagnostics.is_empty() {
                terminal.say("nothing is wrong");
            }
            proved.iter().for_each(|line| terminal.say(line));
        }
        outcome
    }
}
