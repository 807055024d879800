//! A place as it was sealed: the catalog, and what stands beside it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::super::sql::Ident;
use super::database::Database;
use super::doubles::{Double, doubles};
use super::fills::Recode;
use super::indexings::{Indexing, indexings};
use super::lowered::Lowered;
use super::roles::Roles;
use super::sealings::{Sealing, sealings};
use polity_catalog::Identified;
use polity_catalog::origins::Origins;
use polity_catalog::relational::{Catalog, FORMAT, Grant, Object, Renames};
use polity_text::quoting::{is_invisible, visible};

/// A place as it was sealed.
#[derive(Debug, Clone)]
pub(in crate::postgres) struct Sealed {
    pub(in crate::postgres) catalog: Catalog,
    pub(in crate::postgres) state: State,
    /// The names that differ today.
    pub(in crate::postgres) renames: Renames,
    /// The columns that keep their old names beside the new ones until the contract.
    pub(in crate::postgres) doubles: Vec<Double>,
    /// The columns that clients encrypt from now on, no longer or otherwise.
    pub(in crate::postgres) sealings: Vec<Sealing>,
    /// The keyed hashes that come or go beside ciphertexts.
    pub(in crate::postgres) indexings: Vec<Indexing>,
    /// The objects that belong to no role of the platform, as they were sealed; it was adopted with them.
    pub(in crate::postgres) strangers: Vec<Object>,
    /// The catalog under today's names, in which the platform's owner has those as well.
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
    /// The values that are called otherwise, and that rows may hold by their old names until the contract.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(in crate::postgres) recoded: Vec<Recode>,
    pub(in crate::postgres) origins: Origins,
}

impl Default for Sealed {
    fn default() -> Self {
        Self {
            catalog: Catalog::default(),
            state: State::default(),
            renames: Renames::none(quoted),
            doubles: Vec::new(),
            sealings: Vec::new(),
            indexings: Vec::new(),
            strangers: Vec::new(),
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
        if let Some(name) = hidden(&catalog) {
            return Err(format!("catalog.json: `{}` is no name: nobody sees a part of it", visible(&name)));
        }
        let (renamed, strangers) = (catalog.clone(), Vec::new());
        Ok(Self {
            catalog,
            state,
            renames: Renames::none(quoted),
            doubles: Vec::new(),
            sealings: Vec::new(),
            indexings: Vec::new(),
            strangers,
            renamed,
        })
    }

    /// Finds what is called otherwise today, and gives what was lowered the names and the order that were sealed.
    pub(super) fn settle(&mut self, database: &Database, lowered: &mut Lowered, origins: &Origins) {
        let today = (&lowered.catalog, origins);
        self.renames = Renames::between((&self.catalog, &self.state.origins), today, quoted);
        self.doubles = doubles(database, lowered, self, origins);
        self.sealings = sealings(database, lowered, self, origins);
        for double in &self.doubles {
            self.renames.forget(&double.table, &double.old);
        }
        for sealing in &self.sealings {
            for column in sealing.before.columns() {
                self.renames.forget(&sealing.table, column);
            }
        }
        self.renamed = self.renames.applied(&self.catalog);
        self.indexings = indexings(lowered, self, origins);
        self.take_over(lowered, &database.roles);
        lowered.catalog.keep_names(&self.renamed);
    }

    /// Gives the objects of other roles to the platform's owner.
    fn take_over(&mut self, lowered: &Lowered, roles: &Roles) {
        let known: BTreeSet<&SmolStr> = lowered.roles().map(|role| &role.name).collect();
        // Beside the shared tables stand schemas of tenants, whose objects belong to the roles of the shared database.
        let is_known = |role: &SmolStr| known.contains(role) || roles.holds(role);
        let is_strangers = |object: &&Object| owner_of(object).is_some_and(|owner| !is_known(owner));
        self.strangers = self.catalog.objects().filter(is_strangers).cloned().collect();
        if self.strangers.is_empty() {
            return;
        }
        let taken = |object: &Object| {
            let mut object = object.clone();
            if is_strangers(&&object) {
                own(&mut object, &roles.owner);
            }
            object
        };
        self.renamed = self.renamed.objects().map(taken).collect();
    }
}

impl State {
    pub(in crate::postgres) fn of(
        lowered: &Lowered,
        origins: &Origins,
        admin: String,
        recoded: Vec<Recode>,
    ) -> Self {
        let steps = lowered.steps.iter().map(|step| step.sql.clone());
        let steps = steps.chain(lowered.fills.remembered()).collect();
        Self { format: FORMAT, admin, steps, recoded, origins: origins.clone() }
    }

    pub(in crate::postgres) fn to_json(&self) -> String {
        // Names and texts only: there is nothing in it that JSON could not say.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }
}

/// A name or a type of a catalog that holds what nobody sees.
fn hidden(catalog: &Catalog) -> Option<String> {
    let said = catalog.objects().flat_map(|object| {
        let ty = match object {
            Object::Column(column) => column.ty.to_string(),
            _ => String::new(),
        };
        [object.id().to_string(), ty]
    });
    said.into_iter().find(|name| name.contains(is_invisible))
}

/// The role that owns an object, or that gives rights on it.
pub(in crate::postgres) fn owner_of(object: &Object) -> Option<&SmolStr> {
    match object {
        Object::Schema(one) => Some(&one.owner),
        Object::Sequence(one) => Some(&one.owner),
        Object::Table(one) => Some(&one.owner),
        Object::Function(one) => Some(&one.owner),
        Object::View(one) => Some(&one.owner),
        Object::Grant(one) => one.by.as_ref(),
        _ => None,
    }
}

/// Gives an object to a role.
pub(in crate::postgres) fn own(object: &mut Object, role: &SmolStr) {
    let owner = match object {
        Object::Schema(one) => &mut one.owner,
        Object::Sequence(one) => &mut one.owner,
        Object::Table(one) => &mut one.owner,
        Object::Function(one) => &mut one.owner,
        Object::View(one) => &mut one.owner,
        Object::Grant(Grant { by: Some(by), .. }) => by,
        _ => return,
    };
    *owner = role.clone();
}

/// A name as the SQL of a catalog writes it.
pub(in crate::postgres) fn quoted(name: &str) -> String {
    Ident(name).to_string()
}
