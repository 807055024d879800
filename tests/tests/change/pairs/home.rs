//! A place of a platform in a database, with its rows: the one that all share, or the schemas or the database of a tenant.

use std::collections::BTreeSet;

use polity::apply::{File, Plan};
use polity::history::Open;
use polity_catalog::relational::{Catalog, Texts};
use polity_engines::change::{ChangeFile, Locked, Risk, Step};
use polity_engines::postgres_describe::Scope;
use polity_tests::engines::Postgres;
use polity_text::tokens;

use super::super::locks;
use super::super::read::Read;
use super::super::support::Lineage;
use super::rows::Rows;
use crate::describe::support::{by_name, describe, report};

/// The tenant that has a place to itself, with the values of its tokens; `None` of the place that all share.
type Whose = Option<(String, Vec<(String, String)>)>;

pub struct Home {
    /// `main`, or `main/beside` for that of a tier.
    pub place: String,
    whose: Whose,
    /// The database of a tenant that has one to itself.
    apart: Option<Postgres>,
    migrator: String,
    /// The schemas that it is made of, as a pattern.
    schemas: String,
    /// The files that ran.
    ran: BTreeSet<String>,
    pub rows: Rows,
    /// The description of before, as long as nothing runs.
    described: Option<(Scope, Catalog)>,
}

/// The settings of a session that takes a migration back.
const SET: &str = "SET standard_conforming_strings = on; SET client_min_messages = warning; SET search_path = pg_catalog, pg_temp;
SET TimeZone = 'UTC'; SET lock_timeout = '2s'; SET row_security = off;
-- Values of new columns, which somebody could have written, may go.
SET polity.undo_may_lose = on;";

impl Home {
    /// Returns all of a platform, the shared one first.
    pub fn all(lineage: &mut Lineage, plan: &Plan) -> Vec<Self> {
        let new = |place: &str, whose: Whose, apart: Option<Postgres>, migrator: String, schemas: String| {
            let (place, ran, rows) = (place.to_owned(), BTreeSet::new(), Rows::default());
            Self { place, whose, apart, migrator, schemas, ran, rows, described: None }
        };
        let shared = new(&plan.places[0].name, None, None, lineage.migrator(), "^s[0-9]$".to_owned());
        let mut homes = vec![shared];
        for tenant in &plan.tenants {
            let place = &plan.places[tenant.place];
            let prefix = tenant.parameters.iter().find(|(name, _)| name == "tenant_prefix");
            let prefix = prefix.map_or("", |(_, prefix)| prefix);
            let (apart, migrator, prefix) = match place.is_apart {
                true => (Some(lineage.server.another()), lineage.migrator_of(&tenant.name), ""),
                false => (None, lineage.migrator(), prefix),
            };
            let whose = Some((tenant.name.clone(), tenant.parameters.clone()));
            homes.push(new(&place.name, whose, apart, migrator, format!("^{prefix}s[0-9]$")));
        }
        homes
    }

    pub fn is_shared(&self) -> bool {
        self.whose.is_none()
    }

    /// Whether it stands in the shared database, and is not that itself.
    pub fn is_beside(&self) -> bool {
        self.whose.is_some() && self.apart.is_none()
    }

    /// `main/beside of acme_0`
    pub fn name(&self) -> String {
        let of = self.whose.as_ref().map(|(name, _)| format!(" of {name}"));
        format!("{}{}", self.place, of.unwrap_or_default())
    }

    /// A text of its tier as it has it itself.
    fn own(&self, text: &str) -> String {
        let Some((_, parameters)) = &self.whose else { return text.to_owned() };
        let values = parameters.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        tokens::render(&tokens::escaped(text, false), values).expect("all tokens have values")
    }

    /// Knows that something ran, there or beside it.
    pub fn is_changed(&mut self) {
        self.described = None;
    }

    /// Fills its tables.
    pub fn fill(&mut self, lineage: &mut Lineage) {
        let id = self.whose.as_ref().and_then(|(_, all)| all.iter().find(|(name, _)| name == "tenant_id"));
        let id = id.map(|(_, id)| id.clone());
        let server = self.apart.as_mut().unwrap_or(&mut lineage.server);
        self.rows = Rows::fill(server, &self.schemas, id.as_deref());
    }

    /// Checks that its rows are there.
    pub fn has_its_rows(&mut self, lineage: &mut Lineage) -> Result<(), String> {
        let server = self.apart.as_mut().unwrap_or(&mut lineage.server);
        self.rows.are_there(server)
    }

    /// Empties tables.
    pub fn empty(&mut self, lineage: &mut Lineage, tables: &[String]) {
        let server = self.apart.as_mut().unwrap_or(&mut lineage.server);
        Rows::empty(server, tables);
    }

    /// Knows the rows that are left.
    pub fn counts_anew(&mut self, lineage: &mut Lineage) {
        let server = self.apart.as_mut().unwrap_or(&mut lineage.server);
        self.rows = self.rows.now(server);
    }

    /// Returns the files of a part of a change of it.
    pub fn changes(&self, open: &Open, contract: bool) -> Vec<ChangeFile> {
        let its = open.changes.iter().filter(|placed| placed.place == self.place);
        its.flat_map(|placed| placed.change.part(contract)).map(|file| self.change(file)).collect()
    }

    fn change(&self, file: &ChangeFile) -> ChangeFile {
        let lock = |lock: &Locked| Locked { table: self.own(&lock.table), mode: lock.mode };
        let risk = |risk: &Risk| match risk {
            Risk::Misfits { count } => Risk::Misfits { count: self.own(count) },
            other => other.clone(),
        };
        let step = |step: &Step| Step {
            locks: step.locks.iter().map(lock).collect(),
            risks: step.risks.iter().map(risk).collect(),
            sql: self.own(&step.sql),
            ..step.clone()
        };
        let steps = file.steps.iter().map(step).collect();
        let (name, text) = (file.name.clone(), self.own(&file.text));
        ChangeFile { name, phase: file.phase, runs: file.runs, steps, text, changes: String::new() }
    }

    /// Returns the tables with rows that do not fit, by the queries of the plan.
    pub fn misfits(&mut self, lineage: &mut Lineage, files: &[ChangeFile]) -> Result<Vec<String>, String> {
        let server = self.apart.as_mut().unwrap_or(&mut lineage.server);
        let mut tables = Vec::new();
        let steps = || files.iter().flat_map(|file| &file.steps);
        for step in steps() {
            for risk in &step.risks {
                let Risk::Misfits { count } = risk else { continue };
                let answer = server.run(count).map_err(|said| format!("{count}: {said}"))?;
                if answer != "0" {
                    // A step that only counts locks nothing; another one about the same does.
                    let mut locks =
                        steps().filter(|one| one.object == step.object).flat_map(|one| &one.locks);
                    tables.push(locks.next().expect("its table is locked").table.clone());
                }
            }
        }
        Ok(tables)
    }

    /// The files that did not run yet, with their texts.
    fn pending<'r>(&self, read: &'r Read) -> Vec<(&'r File, Vec<String>)> {
        let plan = read.plan();
        let place = plan.places.iter().find(|place| place.name == self.place).expect("it has the place");
        let name = self.whose.as_ref().map(|(name, _)| name);
        let tenant = name.and_then(|name| plan.tenants.iter().find(|tenant| tenant.name == *name));
        let files = place.files.iter().filter(|file| !self.ran.contains(&file.name));
        files.map(|file| (file, file.texts(tenant).expect("all tokens have values"))).collect()
    }

    /// Runs what did not run yet.
    ///
    /// # Errors
    /// The first file that fails, with what the server said.
    pub fn apply(&mut self, lineage: &mut Lineage, read: &Read) -> Result<(), String> {
        for (file, texts) in self.pending(read) {
            let server = self.apart.as_ref().unwrap_or(&lineage.server);
            let role = if file.by_admin { "postgres" } else { &self.migrator };
            let mut session = server.session(role).map_err(|said| format!("{role}: {said}"))?;
            let is_whole = file.is_transaction && !file.by_admin;
            let ends = if is_whole { ["BEGIN", "COMMIT"] } else { ["", ""] };
            let texts = texts.iter().map(String::as_str);
            let mut all = std::iter::once(ends[0]).chain(texts).chain([ends[1]]);
            let done = all.try_for_each(|text| session.batch_execute(text));
            done.map_err(|error| format!("{}: {}: {error:?}", self.name(), file.name))?;
            self.ran.insert(file.name.clone());
        }
        Ok(())
    }

    /// Runs what did not run yet, and watches it. Returns what a step says and does not do, or does and does not say, and the
    /// number of files.
    ///
    /// # Errors
    /// The first file that fails, with what the server said.
    pub fn watch(
        &mut self,
        lineage: &mut Lineage,
        read: &Read,
        changes: &[ChangeFile],
    ) -> Result<(Vec<String>, usize), String> {
        let (pending, mut misses) = (self.pending(read), Vec::new());
        for (file, texts) in &pending {
            let is_it = |change: &&ChangeFile| file.name.ends_with(&format!("/{}", change.name));
            let change = changes.iter().find(is_it);
            let change = change.ok_or_else(|| format!("{} was not open", file.name))?;
            let server = self.apart.as_mut().unwrap_or(&mut lineage.server);
            let found = locks::run(server, &self.migrator, change, (file, texts));
            misses.extend(found.map_err(|said| format!("{}: {}: {said}", self.name(), file.name))?);
            self.ran.insert(file.name.clone());
        }
        Ok((misses, pending.len()))
    }

    /// Takes the second migration back.
    ///
    /// # Errors
    /// The words of the server.
    pub fn take_back(&mut self, lineage: &Lineage) -> Result<(), String> {
        let Some(undo) = lineage.history.get(&format!("{}/V0002__second/undo.sql", self.place)) else {
            return Ok(());
        };
        let server = self.apart.as_ref().unwrap_or(&lineage.server);
        let mut session = server.session(&self.migrator).map_err(|said| said.to_string())?;
        let undo = self.own(undo);
        session.batch_execute(SET).expect("the settings are known");
        let done = session.batch_execute(&format!("BEGIN;\n{undo}\nCOMMIT"));
        done.map_err(|error| format!("the undo of {}: {error:?}\n{undo}", self.name()))?;
        self.ran.retain(|name| !name.starts_with("V0002"));
        Ok(())
    }

    /// Returns the catalog that was sealed last, by a migration of at most this number.
    pub fn sealed(&self, lineage: &Lineage, most: u32) -> Catalog {
        let begin = format!("{}/V", self.place);
        let number = |path: &str| -> Option<u32> {
            path.strip_prefix(&begin)?.strip_suffix("/catalog.json")?.split("__").next()?.parse().ok()
        };
        let mut all = lineage.history.iter().filter(|(path, _)| number(path).is_some_and(|one| one <= most));
        let (_, text) = all.next_back().expect("something was sealed");
        Catalog::from_json(&self.own(text)).expect("it is a catalog")
    }

    /// Returns the catalog that a source has for it.
    pub fn lowered<'r>(&self, read: &'r Read) -> &'r Catalog {
        let name = self.whose.as_ref().map(|(name, _)| name);
        let place = read.places().iter().find(|place| place.tenant.as_ref() == name);
        &place.expect("it has the place").catalog
    }

    /// Compares it with a catalog. `beside` are the parts of its database that others have to themselves. A column that was dropped
    /// comes back behind all others, unless columns stand `in_order`.
    ///
    /// # Errors
    /// The differences, a line each.
    pub fn is(
        &mut self,
        lineage: &mut Lineage,
        what: &str,
        catalog: &Catalog,
        beside: &[Scope],
        in_order: bool,
    ) -> Result<(), String> {
        let own = Scope::of(catalog);
        let beside = if self.is_shared() { beside } else { &[] };
        let scope = beside.iter().fold(own, |scope, other| scope.without(other));
        let live = match self.described.take() {
            Some((known, live)) if known == scope => live,
            _ => describe(self.apart.as_mut().unwrap_or(&mut lineage.server), &scope),
        };
        let found = match in_order {
            true => report(catalog, &live, Texts::Structure),
            false => report(&by_name(catalog), &by_name(&live), Texts::Structure),
        };
        self.described = Some((scope, live));
        if found.is_empty() { Ok(()) } else { Err(format!("{}: {what}:\n{found}", self.name())) }
    }
}
