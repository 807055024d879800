use std::path::PathBuf;

use super::Outcome;
use super::as_of::AsOf;
use super::project::Opened;
use super::terminal::Terminal;
use crate::Diagnostic;
use crate::history::{self, Open};

/// Begin the history of a store with a PostgreSQL database that is there
#[derive(Debug, clap::Args)]
pub(super) struct Adopt {
    /// The database: `postgres://LOGIN@HOST:PORT/DATABASE`
    url: String,
    /// The project's folder
    #[arg(default_value = ".", hide_default_value = true)]
    dir: PathBuf,
    /// The store whose database it is
    #[arg(long, default_value = "main")]
    store: String,
    #[command(flatten)]
    as_of: AsOf,
}

impl Adopt {
    pub(super) fn run(self, terminal: &Terminal) -> Outcome {
        let opened = match Opened::read(&self.dir, terminal) {
            Ok(opened) => opened,
            Err(outcome) => return outcome,
        };
        let (open, mut found) = history::open_to_adopt(&opened.project.sources, self.as_of.day());
        found.extend(opened.project.diagnostics.iter().cloned());
        let mut done = String::new();
        if let Some(open) = open.filter(|_| !found.iter().any(Diagnostic::is_error)) {
            match self.adopt(&open, &opened) {
                Ok(folder) => done = folder,
                Err(refused) => found.extend(refused),
            }
        }
        let outcome = terminal.report(&found, &opened.shown);
        if outcome == Outcome::Fine {
            terminal.say(&format!("adopted as `history/{done}`"));
            terminal.say("what the database lacks is the open change: `polity plan` shows it");
        }
        outcome
    }

    /// Describes the database, writes what was found as history and into the ledger there, and returns the folder of the migration.
    #[cfg(feature = "live")]
    fn adopt(&self, open: &Open, opened: &Opened) -> Result<String, Vec<Diagnostic>> {
        use crate::apply::record_adopted;
        use crate::io::history::write;
        use crate::live::{Connection, Target};
        use polity_text::source::Source;

        let one = |refused: Diagnostic| vec![refused];
        open.may_adopt(&self.store).map_err(one)?;
        let adoption = open.adoption(&self.store).map_err(one)?;
        let target = Target::read(&self.url).map_err(|refused| one(refused.diagnostic()))?;
        let described = Connection::open(&target).and_then(|mut live| {
            let beyond = live.beyond(&adoption.scope())?;
            Ok((live.describe_with_twins(&adoption, &adoption.scope())?, beyond))
        });
        let ((live, twins), beyond) = described.map_err(|refused| one(refused.diagnostic()))?;
        let files = open.with_adopted(adoption.adopted(&live, &twins, &beyond))?;
        let begun =
            files.iter().map(|(path, text)| Source { path: path.clone(), text: text.as_str().into() });
        let begun = opened.project.sources.clone().with_history(begun.collect());
        // First the ledger, which may be written again.
        let (valid, found) = history::sealed(&begun, self.as_of.day());
        record_adopted(&valid.ok_or(found)?, &self.store, &target).map_err(one)?;
        write(&self.dir, &open.checksums(), &files).map_err(one)?;
        let of_store = format!("{}/V", self.store);
        let last = files.keys().rfind(|path| path.starts_with(&of_store));
        Ok(last
            .and_then(|path| path.rsplit_once('/'))
            .map_or_else(String::new, |(folder, _)| folder.to_owned()))
    }

    /// Says that this program has no connections.
    #[cfg(not(feature = "live"))]
    fn adopt(&self, open: &Open, _: &Opened) -> Result<String, Vec<Diagnostic>> {
        open.may_adopt(&self.store).map_err(|refused| vec![refused])?;
        Err(vec![super::against::no_connections()])
    }
}
