//! The history of a project: what was sealed, what is open, and what a seal adds.

use std::collections::BTreeMap;

use crate::{Date, Diagnostic, Sources, Valid, analyse, gate};
use polity_engines::change::{Change, PlacedChange};
use polity_engines::engine_of;
use polity_model::history::{CATALOG, History, MODEL, STATE, folder_of};
use polity_text::diagnostics::codes::E1901;

/// The open change of a project: the way from what was sealed to what the source says.
#[derive(Debug)]
pub struct Open {
    valid: Valid,
    pub changes: Vec<PlacedChange>,
}

/// Reads what was sealed. A file that is not as it was sealed is an error, and nothing is taken for sealed then.
pub(crate) fn read(sources: &Sources) -> (History, Vec<Diagnostic>) {
    let files = sources.history().iter().map(|file| (file.path.as_str(), &*file.text));
    match History::read(files) {
        Ok(history) => (history, Vec::new()),
        Err(unreadable) => {
            let said = unreadable.into_iter().map(|one| {
                let message = format!("`history/{}` is not what was sealed: {}", one.path, one.reason);
                Diagnostic::global(E1901, message).help(one.help)
            });
            (History::default(), said.collect())
        }
    }
}

/// Compares the source with what was sealed. There is an answer only where no error stands.
#[must_use]
pub fn open(sources: &Sources, as_of: Option<Date>) -> (Option<Open>, Vec<Diagnostic>) {
    let (governed, mut diagnostics, items) = analyse(sources, as_of, &mut |_| {});
    let valid = gate(governed, polity_engines::rules_of, &mut diagnostics);
    items.settle(&mut diagnostics);
    let open = valid.map(|valid| {
        let changes = valid.stores.iter().flat_map(|store| engine_of(store).change(&valid, store)).collect();
        Open { valid, changes }
    });
    (open, diagnostics)
}

impl Open {
    /// Whether a part has nothing to run: what takes away what only clients of before need, or all others.
    #[must_use]
    pub fn is_empty(&self, contract: bool) -> bool {
        self.changes.iter().all(|placed| placed.change.part(contract).next().is_none())
    }

    /// The number that the next migration has.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.valid.history.last() + 1
    }

    /// Returns the files of `history/` as they are once the change is sealed under a name, `checksums` among them.
    #[must_use]
    pub fn sealed(&self, name: &str, contract: bool) -> BTreeMap<String, String> {
        let mut files = self.valid.history.files.clone();
        for PlacedChange { place, change } in &self.changes {
            let mut added = change.part(contract).peekable();
            if added.peek().is_none() {
                continue;
            }
            let folder = format!("{place}/{}", folder_of(self.number(), name));
            for file in added {
                let stem = file.name.trim_end_matches(".sql");
                files.insert(format!("{folder}/{}", file.name), file.text.clone());
                files.insert(format!("{folder}/{stem}.json"), file.changes.clone());
            }
            let Change { catalog, contracted, state, .. } = change;
            let catalog = if contract { contracted } else { catalog };
            files.insert(format!("{folder}/{CATALOG}"), catalog.clone());
            files.insert(format!("{folder}/{STATE}"), state.clone());
        }
        files.insert(MODEL.to_owned(), self.valid.to_seal().to_json());
        let sums = files.iter().map(|(path, text)| (path.as_str(), text.as_str()));
        let sums = polity_model::history::checksums(sums);
        files.insert(polity_model::history::CHECKSUMS.to_owned(), sums);
        files
    }
}
