//! A place as it was sealed: the catalog, and what stands beside it.

use serde::{Deserialize, Serialize};

use super::super::sql::Ident;
use super::database::Database;
use super::lowered::Lowered;
use polity_catalog::origins::Origins;
use polity_catalog::relational::{Catalog, FORMAT, Renames};

/// A place as it was sealed.
#[derive(Debug, Clone)]
pub(in crate::postgres) struct Sealed {
    pub(in crate::postgres) catalog: Catalog,
    pub(in crate::postgres) state: State,
    /// The names that differ today.
    pub(in crate::postgres) renames: Renames,
    /// The catalog under today's names.
    pub(in crate::postgres) renamed: Catalog,
}

/// Everything beside the catalog that the next change starts from.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::postgres) struct State {
    pub(in crate::postgres) format: u32,
    /// The sum of the administrator's file that was sealed last.
    pub(in crate::postgres) admin: String,
    /// The statements of the source that ran once, and its backfills.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(in crate::postgres) steps: Vec<String>,
    pub(in crate::postgres) origins: Origins,
}

impl Default for Sealed {
    fn default() -> Self {
        Self {
            catalog: Catalog::default(),
            state: State::default(),
            renames: Renames::none(quoted),
            renamed: Catalog::default(),
        }
    }
}

impl Sealed {
    /// Returns what was sealed of a place, if anything was. A file that cannot be read is reported by a rule.
    pub(super) fn of(database: &Database) -> Option<Self> {
        let placement = &database.placement;
        let store = database.platform.history.places.get(&placement.in_history())?;
        // That of a tier holds tokens for what is a tenant's.
        let said = |text: &str| match placement.tenant {
            Some(tenant) => database.platform.for_tenant(text, tenant),
            None => text.to_owned(),
        };
        Self::read(&said(&store.catalog), &said(&store.state)).ok()
    }

    /// Reads the files of the last seal.
    ///
    /// # Errors
    /// The file that cannot be read, and the reason.
    pub(in crate::postgres) fn read(catalog: &str, state: &str) -> Result<Self, String> {
        let catalog = Catalog::from_json(catalog).map_err(|error| format!("catalog.json: {error}"))?;
        let state: State = serde_json::from_str(state).map_err(|error| format!("state.json: {error}"))?;
        if state.format != FORMAT {
            return Err(format!("state.json: format {}, where {FORMAT} is expected", state.format));
        }
        Ok(Self { renamed: catalog.clone(), catalog, state, renames: Renames::none(quoted) })
    }

    /// Finds what is called otherwise today, and gives what was lowered the names and the order that were sealed.
    pub(super) fn settle(&mut self, lowered: &mut Lowered, origins: &Origins) {
        let today = (&lowered.catalog, origins);
        self.renames = Renames::between((&self.catalog, &self.state.origins), today, quoted);
        self.renamed = self.renames.applied(&self.catalog);
        lowered.catalog.keep_names(&self.renamed);
    }
}

impl State {
    pub(in crate::postgres) fn of(lowered: &Lowered, origins: &Origins, admin: String) -> Self {
        let steps = lowered.steps.iter().map(|step| step.sql.clone());
        let steps = steps.chain(lowered.fills.remembered()).collect();
        Self { format: FORMAT, admin, steps, origins: origins.clone() }
    }

    pub(in crate::postgres) fn to_json(&self) -> String {
        // Names and texts only: there is nothing in it that JSON could not say.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }
}

/// A name as the SQL of a catalog writes it.
fn quoted(name: &str) -> String {
    Ident(name).to_string()
}
