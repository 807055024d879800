use std::path::PathBuf;

use super::Outcome;
use super::as_of::AsOf;
use super::project::open_change;
use super::terminal::Terminal;
use crate::io::history::write;
use polity_model::history::folder_of;

/// Make the open change a migration, in `history/` beside the source
#[derive(Debug, clap::Args)]
pub(super) struct Seal {
    /// The name of the migration: letters, digits and `_`
    #[arg(value_parser = name)]
    name: String,
    /// The project's folder
    #[arg(default_value = ".", hide_default_value = true)]
    dir: PathBuf,
    /// Seal what takes away what only clients of before need
    #[arg(long)]
    contract: bool,
    #[command(flatten)]
    as_of: AsOf,
}

impl Seal {
    pub(super) fn run(self, terminal: &Terminal) -> Outcome {
        let (open, outcome) = match open_change(&self.dir, self.as_of.day(), terminal) {
            Ok(opened) => opened,
            Err(outcome) => return outcome,
        };
        let Some(open) = open.filter(|_| outcome == Outcome::Fine) else { return outcome };
        if self.contract && !open.is_empty(false) {
            let help = "seal that first: `polity seal NAME`";
            return terminal.usage("there is an open change that takes nothing away", Some(help));
        }
        if open.is_empty(self.contract) {
            let waits = !self.contract && !open.is_empty(true);
            let help = waits
                .then_some("what takes away what only clients of before need: `polity seal --contract NAME`");
            return terminal.usage("nothing differs from what was sealed", help);
        }
        let files = open.sealed(&self.name, self.contract);
        if let Err(refused) = write(&self.dir, &open.checksums(), &files) {
            return terminal.report_one(refused);
        }
        for placed in &open.changes {
            let parts = placed.change.part(self.contract).count();
            if parts > 0 {
                let folder = folder_of(open.number(), &self.name);
                let noun = if parts == 1 { "file" } else { "files" };
                terminal.say(&format!("sealed {parts} {noun} in `history/{}/{folder}`", placed.place));
            }
        }
        Outcome::Fine
    }
}

/// The name of a migration, which stands in the names of files.
fn name(text: &str) -> Result<String, String> {
    let is_plain = text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if is_plain && text.len() <= 60 && !text.contains("__") {
        return Ok(text.to_owned());
    }
    Err("a name begins with a lower case letter and has at most 60 letters, digits and single `_`".to_owned())
}
