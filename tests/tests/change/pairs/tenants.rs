//! Tenants with schemas or a database of their own, whose places are led on behind the shared one.

use std::collections::BTreeMap;

use polity_catalog::relational::Texts;
use polity_engines::postgres_describe::Scope;
use polity_tests::engines::Postgres;

use super::super::support::Lineage;
use crate::describe::support::{describe, platform, report};

/// The databases of tenants that have one.
#[derive(Default)]
pub struct Tenants {
    apart: BTreeMap<String, Postgres>,
    /// How many files ran in the places of all.
    pub files: usize,
}

impl Tenants {
    /// Runs the files of the last migration in the place of each tenant that it changes.
    ///
    /// # Errors
    /// The first file that fails, with what the server said.
    pub fn lead_on(&mut self, lineage: &mut Lineage, text: &str) -> Result<(), String> {
        let plan = lineage.plan(text);
        let last = plan.places.iter().filter_map(|place| place.files.last()).map(|file| file.number).max();
        for tenant in &plan.tenants {
            let place = &plan.places[tenant.place];
            if place.is_apart && !self.apart.contains_key(&tenant.name) {
                self.apart.insert(tenant.name.clone(), lineage.server.another());
            }
            let (server, migrator) = match place.is_apart {
                true => (&self.apart[&tenant.name], lineage.migrator_of(&tenant.name)),
                false => (&lineage.server, lineage.migrator()),
            };
            for file in place.files.iter().filter(|file| Some(file.number) == last) {
                let texts = file.texts(Some(tenant)).map_err(|found| found.message)?;
                let role = if file.by_admin { "postgres" } else { &migrator };
                let mut session = server.session(role).map_err(|said| format!("{role}: {said}"))?;
                let is_whole = file.is_transaction && !file.by_admin;
                let ends = if is_whole { ["BEGIN", "COMMIT"] } else { ["", ""] };
                let mut all =
                    std::iter::once(ends[0]).chain(texts.iter().map(String::as_str)).chain([ends[1]]);
                let done = all.try_for_each(|text| session.batch_execute(text));
                done.map_err(|error| format!("{} of {}: {error:?}", file.name, tenant.name))?;
                self.files += 1;
            }
        }
        lineage.others = beside(lineage, text);
        Ok(())
    }

    /// Compares the place of each tenant with the source.
    ///
    /// # Errors
    /// The differences, a line each.
    pub fn same_as(&mut self, lineage: &mut Lineage, text: &str) -> Result<(), String> {
        let platform = platform(&lineage.sources(text));
        for place in &platform.places {
            let Some(tenant) = &place.tenant else { continue };
            let server = if place.beside { Some(&mut lineage.server) } else { self.apart.get_mut(tenant) };
            let server = server.ok_or_else(|| format!("{tenant} has no database"))?;
            let live = describe(server, &platform.scope(place));
            let found = report(&place.catalog, &live, Texts::Structure);
            if !found.is_empty() {
                return Err(format!("{tenant}, lowered, then described:\n{found}"));
            }
        }
        Ok(())
    }
}

/// The parts of the shared database that tenants have to themselves.
fn beside(lineage: &Lineage, text: &str) -> Vec<Scope> {
    let places = platform(&lineage.sources(text)).places;
    places.iter().filter(|place| place.beside).map(|place| Scope::of(&place.catalog)).collect()
}
