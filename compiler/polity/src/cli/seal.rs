use std::path::PathBuf;

use super::Outcome;
use super::as_of::AsOf;
use super::project::{Opened, open_change};
use super::terminal::Terminal;
use crate::history::{self, Open};
use crate::io::history::write;
use clap::ValueEnum;
use polity_model::history::rebase::{Kept, Side};
use polity_model::history::{CHECKSUMS, folder_of};
use polity_text::source::Source;

/// Make the open change a migration, in `history/` beside the source
#[derive(Debug, clap::Args)]
pub(super) struct Seal {
    /// The name of the migration: letters, digits and `_`
    #[arg(value_parser = name, required_unless_present = "rebase")]
    name: Option<String>,
    /// The project's folder
    #[arg(default_value = ".", hide_default_value = true)]
    dir: PathBuf,
    /// Seal what takes away what only clients of before need
    #[arg(long)]
    contract: bool,
    /// After a merge: keep what one branch sealed, and seal what the other did anew behind it
    #[arg(long)]
    rebase: bool,
    /// The side that is kept where git left a conflict in `history/`; without, the one that `checksums` lists
    #[arg(long, value_enum, requires = "rebase")]
    keep: Option<Keep>,
    #[command(flatten)]
    as_of: AsOf,
}

impl Seal {
    pub(super) fn run(self, terminal: &Terminal) -> Outcome {
        let Some(name) = self.name.as_ref().filter(|_| !self.rebase) else { return self.rebase(terminal) };
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
        self.write(&open, name, &open.checksums(), terminal)
    }

    /// Seals the change, from `checksums` as they stand in the folder.
    fn write(&self, open: &Open, name: &str, before: &str, terminal: &Terminal) -> Outcome {
        let files = open.sealed(name, self.contract);
        if let Err(refused) = write(&self.dir, before, &files) {
            return terminal.report_one(refused);
        }
        for placed in &open.changes {
            let parts = placed.change.part(self.contract).count();
            if parts > 0 {
                let folder = folder_of(open.number(), name);
                let noun = if parts == 1 { "file" } else { "files" };
                terminal.say(&format!("sealed {parts} {noun} in `history/{}/{folder}`", placed.place));
            }
        }
        Outcome::Fine
    }

    /// Keeps one side of a history in which two branches sealed, and seals what the other did anew.
    fn rebase(&self, terminal: &Terminal) -> Outcome {
        let opened = match Opened::read(&self.dir, terminal) {
            Ok(opened) => opened,
            Err(outcome) => return outcome,
        };
        let there = opened.project.sources.history();
        let before = there.iter().find(|file| file.path == CHECKSUMS).map_or("", |file| &*file.text);
        let files = there.iter().map(|file| (file.path.as_str(), &*file.text));
        let Kept { files, dropped } = match Kept::of(files, self.keep.map(Side::from)) {
            Ok(kept) => kept,
            Err(unreadable) => return terminal.report(&history::told(unreadable), &opened.shown),
        };
        let Some(last) = dropped.last() else {
            return terminal.usage("`history/` holds nothing that another branch sealed", None);
        };
        let kept = files.iter().map(|(path, text)| Source { path: path.clone(), text: text.as_str().into() });
        let sources = opened.project.sources.clone().with_history(kept.collect());
        let (open, found) = history::open(&sources, self.as_of.day());
        let outcome = terminal.report(&found, &opened.shown);
        let Some(open) = open.filter(|_| outcome == Outcome::Fine) else { return outcome };
        terminal.say(&format!("left out what the other branch sealed: {}", dropped.join(", ")));
        if !open.is_empty(self.contract) {
            return self.write(&open, self.name.as_deref().unwrap_or(last), before, terminal);
        }
        match write(&self.dir, before, &files) {
            Err(refused) => terminal.report_one(refused),
            Ok(()) => {
                terminal.say("nothing differs from what was kept");
                Outcome::Fine
            }
        }
    }
}

/// The side of a conflict, as git calls them.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Keep {
    /// The one of HEAD, which is the branch that is merged or rebased onto
    Ours,
    /// The other one
    Theirs,
}

impl From<Keep> for Side {
    fn from(keep: Keep) -> Self {
        match keep {
            Keep::Ours => Self::Ours,
            Keep::Theirs => Self::Theirs,
        }
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
