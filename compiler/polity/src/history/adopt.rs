//! History that begins with a database that is there.

use std::collections::BTreeMap;

use super::{Open, with_sums};
use crate::Diagnostic;
use polity_engines::adoption_of;
use polity_engines::postgres_adopt::{Adopted, Adoption};
use polity_model::history::MODEL;
use polity_text::diagnostics::codes::{E1911, E1912};
use polity_text::diagnostics::did_you_mean;

impl Open {
    /// Returns the way to hold the database of a store against what was sealed, or against the source where nothing was.
    ///
    /// # Errors
    /// When there is no such store, or its engine has no such way.
    pub fn adoption(&self, store: &str) -> Result<Adoption<'_>, Diagnostic> {
        let stores = || self.valid.stores.iter();
        let Some(found) = stores().find(|one| one.named.name == store) else {
            let help = did_you_mean(store, stores().map(|one| one.named.name.as_str()));
            let message = format!("the platform has no store `{store}`");
            return Err(
                Diagnostic::global(E1912, message).help(help.unwrap_or_else(|| "name it with `--store`"))
            );
        };
        adoption_of(&self.valid, found).ok_or_else(|| {
            Diagnostic::global(
                E1912,
                format!(
                    "the database of `{store}` cannot be adopted: {} has no migrations yet",
                    found.engine
                ),
            )
            .help("its scripts bring it to what the source says: run them")
        })
    }

    /// Judges whether the history of a store may begin with its database.
    ///
    /// # Errors
    /// When it began already, or tenants have places of their own that would be left out.
    pub fn may_adopt(&self, store: &str) -> Result<(), Diagnostic> {
        if self.adoption(store)?.is_sealed() {
            return Err(Diagnostic::global(E1912, format!("the history of `{store}` began already"))
                .help("compare the database with it: `polity plan --against URL`"));
        }
        if let Some(tier) = self.valid.tiers_with_places().next() {
            let message = format!(
                "tenants of the tier `{}` have databases or schemas of their own, which cannot be adopted yet",
                tier.named.name
            );
            return Err(Diagnostic::global(E1912, message)
                .help("adopt platforms whose tenants share their tables, or seal from new installations"));
        }
        Ok(())
    }

    /// Returns the files of `history/` with what was adopted, `checksums` among them.
    ///
    /// # Errors
    /// Everything that the source knows nothing of, and lines of it that name nothing.
    pub fn with_adopted(&self, adopted: Adopted) -> Result<BTreeMap<String, String>, Vec<Diagnostic>> {
        let Adopted { files: added, model, strangers, unsayable, idle } = adopted;
        let unmanaged = |object: &str| self.valid.unmanaged.iter().find(move |one| one.object == object);
        let mut found: Vec<Diagnostic> = idle
            .iter()
            .filter_map(|object| {
                let message = format!("the database has no `{object}` that the source does not have as well");
                Some(Diagnostic::new(E1911, unmanaged(object)?.span, message).help("remove the line"))
            })
            .collect();
        found.extend(strangers.iter().map(|one| {
            let line = format!("unmanaged {:?} because \"…\"", one.object);
            Diagnostic::global(
                E1911,
                format!("the database has `{}`, which the source does not know", one.object),
            )
            .help(format!("declare it, or leave it to others: `{line}`"))
        }));
        found.extend(
            unsayable.into_iter().map(|one| {
                Diagnostic::global(E1912, format!("`{}` {}", one.object, one.reason)).help(one.help)
            }),
        );
        if !found.is_empty() {
            return Err(found);
        }
        let mut files = self.valid.history.files.clone();
        files.extend(added);
        files.insert(MODEL.to_owned(), model.to_json());
        Ok(with_sums(files))
    }
}
