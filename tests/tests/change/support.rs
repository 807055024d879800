//! A platform whose source changes: sealed again and again, and led on in a live database.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use polity::apply::{Plan, record_adopted};
use polity::artifact::Artifacts;
use polity::diagnostics::render::{Format, render};
use polity::history::{Open, open, open_to_adopt, sealed};
use polity::live::{Connection, Target, drift};
use polity::source::{Source, Sources};
use polity_catalog::Catalog as AnyCatalog;
use polity_catalog::relational::{Catalog, Texts};
use polity_engines::postgres_describe::Scope;
use polity_tests::engines::Postgres;
use polity_tests::project;

use super::read::Read;
use crate::describe::support::{describe, report};
use crate::tenancy_attacks::support::{OURS, THEIRS};

/// The history of a platform whose PostgreSQL store is `main`, and a database that it is installed in.
pub struct Lineage {
    pub server: Postgres,
    pub(super) history: BTreeMap<String, String>,
    /// The files of `main/migrations` that ran.
    ran: Vec<String>,
    name: String,
    /// The parts of the database that are compared by themselves.
    pub others: Vec<Scope>,
    /// The files that were built last, with the source and the number of files in its history.
    built: RefCell<Option<(String, usize, Rc<Artifacts>)>>,
    /// The source that was read last.
    pub(super) read: RefCell<Option<Rc<Read>>>,
}

impl Lineage {
    fn new(server: Postgres, name: String) -> Self {
        let (history, ran) = (BTreeMap::new(), Vec::new());
        let (others, built, read) = (Vec::new(), RefCell::default(), RefCell::default());
        Self { server, history, ran, name, others, built, read }
    }

    /// Seals the first source and installs it.
    pub fn begin(server: Postgres, first: &str) -> Self {
        let mut lineage = Self::begin_sealed(server, first);
        lineage.migrate(first).expect("it installs");
        lineage
    }

    /// Seals the first source.
    pub fn begin_sealed(server: Postgres, first: &str) -> Self {
        let words = first.split_once("platform ").expect("it is a platform").1;
        let name = words.split(' ').next().unwrap_or_default().to_owned();
        let mut lineage = Self::new(server, name);
        lineage.seal(first, "initial", false).expect("it is valid");
        lineage
    }

    /// Begins with a database that is there already, which somebody or an earlier version made.
    ///
    /// # Errors
    /// What stands in the way: objects of which the source knows nothing.
    pub fn adopt(server: Postgres, text: &str) -> Result<Self, String> {
        let words = text.split_once("platform ").expect("it is a platform").1;
        let name = words.split(' ').next().unwrap_or_default().to_owned();
        let mut lineage = Self::new(server, name);
        let sources = lineage.sources(text);
        let (open, found) = open_to_adopt(&sources, None);
        let open = open.ok_or_else(|| render(&found, &sources, Format::Json))?;
        let adoption = open.adoption("main").expect("it can be adopted");
        let target = Target::read(&lineage.server.url("postgres")).expect("it is a URL");
        let mut live = Connection::open(&target).expect("it opens");
        let beyond = live.beyond(&adoption.scope()).unwrap_or_else(|refused| panic!("{refused}"));
        let (live, twins) = live
            .describe_with_twins(&adoption, &adoption.scope())
            .unwrap_or_else(|refused| panic!("{refused}"));
        let adopted = open.with_adopted(adoption.adopted(&live, &twins, &beyond));
        lineage.history = adopted.map_err(|found| {
            let lines = found.iter().map(|one| format!("{} {}", one.code, one.message));
            lines.collect::<Vec<_>>().join("\n")
        })?;
        let valid = sealed(&lineage.sources(text), None).0.expect("it is valid");
        record_adopted(&valid, "main", &target).unwrap_or_else(|found| panic!("{found:?}"));
        let compiled = polity::compile(&lineage.sources(text), &polity::Options::default());
        let artifacts = compiled.artifacts.unwrap_or_else(|| panic!("{:#?}", compiled.diagnostics));
        let is_adopted = |path: &&str| path.contains("/V0001");
        lineage.ran = artifacts.iter().map(|(path, _)| path).filter(is_adopted).map(str::to_owned).collect();
        Ok(lineage)
    }

    /// Forgets what ran, for a new installation on another server.
    pub fn anew(&mut self, server: Postgres) {
        (self.server, self.ran) = (server, Vec::new());
    }

    /// Returns a source with what was sealed so far.
    pub fn sources(&self, text: &str) -> Sources {
        let file =
            |(path, text): (&String, &String)| Source { path: path.clone(), text: text.as_str().into() };
        Sources::single("test.polity", text).with_history(self.history.iter().map(file).collect())
    }

    /// Returns the change from what was sealed to a source.
    ///
    /// # Errors
    /// What is wrong with the source.
    pub fn open(&self, text: &str) -> Result<Open, String> {
        let sources = self.sources(text);
        let (open, found) = open(&sources, None);
        open.ok_or_else(|| render(&found, &sources, Format::Json))
    }

    /// Seals a part of the change; whether there was any.
    ///
    /// # Errors
    /// What is wrong with the source.
    pub fn seal(&mut self, text: &str, name: &str, contract: bool) -> Result<bool, String> {
        let open = self.open(text)?;
        Ok(self.seal_open(&open, name, contract))
    }

    /// Seals a part of a change that was found; whether there was any.
    pub fn seal_open(&mut self, open: &Open, name: &str, contract: bool) -> bool {
        let is_empty = open.is_empty(contract);
        if !is_empty {
            self.history = open.sealed(name, contract);
        }
        !is_empty
    }

    /// Returns the files of a source with what was sealed so far.
    fn built(&self, text: &str) -> Rc<Artifacts> {
        let mut built = self.built.borrow_mut();
        match &*built {
            Some((of, count, artifacts)) if of == text && *count == self.history.len() => {
                Rc::clone(artifacts)
            }
            _ => {
                let compiled = polity::compile(&self.sources(text), &polity::Options::default());
                let artifacts = compiled.artifacts.unwrap_or_else(|| panic!("{:#?}", compiled.diagnostics));
                let artifacts = Rc::new(artifacts);
                *built = Some((text.to_owned(), self.history.len(), Rc::clone(&artifacts)));
                artifacts
            }
        }
    }

    /// Runs the files that did not run yet: the administrator's, then those of the migrator.
    ///
    /// # Errors
    /// The first file that fails, with what the server said.
    pub fn migrate(&mut self, text: &str) -> Result<(), String> {
        let artifacts = self.built(text);
        let migrator = self.migrator();
        for (folder, role) in [("main/admin/", "postgres"), ("main/migrations/", migrator.as_str())] {
            let of_folder = |path: &str| {
                path.strip_prefix(folder).is_some_and(|file| {
                    !file.contains('/') && file.ends_with(".sql") && file.starts_with('V')
                })
            };
            for (path, content) in artifacts.iter().filter(|(path, _)| of_folder(path)) {
                if self.ran.iter().any(|ran| ran == path) {
                    continue;
                }
                let text = String::from_utf8_lossy(content);
                let text = if role == migrator { framed(&artifacts, path, &text) } else { text.into_owned() };
                self.server.script_as(role, &text).map_err(|said| format!("{path}: {said}\n{text}"))?;
                self.ran.push(path.to_owned());
            }
        }
        Ok(())
    }

    /// Returns the files that were sealed, as a program runs them that keeps account of it.
    pub fn plan(&self, text: &str) -> Plan {
        let (valid, found) = sealed(&self.sources(text), None);
        Plan::of(&valid.unwrap_or_else(|| panic!("{found:#?}")), "main").expect("it was sealed")
    }

    /// The role that runs what no administrator does.
    pub fn migrator(&self) -> String {
        format!("{}_migrator", self.name)
    }

    /// The role that does so in the database of a tenant's own.
    pub fn migrator_of(&self, tenant: &str) -> String {
        format!("{}_{tenant}_migrator", self.name)
    }

    /// Knows that everything ran that was sealed.
    pub fn has_run(&mut self, text: &str) {
        let artifacts = self.built(text);
        let is_migration = |path: &&str| {
            ["main/migrations/", "main/admin/"].iter().any(|folder| path.starts_with(folder))
                && path.ends_with(".sql")
        };
        self.ran = artifacts.iter().map(|(path, _)| path).filter(is_migration).map(str::to_owned).collect();
    }

    /// Another trial of the platform, in a copy of its database.
    pub fn twin(&mut self) -> Self {
        Self {
            history: self.history.clone(),
            ran: self.ran.clone(),
            ..Self::new(self.server.copy(), self.name.clone())
        }
    }

    /// Returns the texts of all migrations but the first.
    pub fn migrations(&self, text: &str) -> String {
        let compiled = polity::compile(&self.sources(text), &polity::Options::default());
        let Some(artifacts) = compiled.artifacts else { return format!("{:#?}", compiled.diagnostics) };
        let later = artifacts.iter().filter(|(path, _)| {
            path.starts_with("main/migrations/V") && !path.contains("V0001") && path.ends_with(".sql")
        });
        later.map(|(path, text)| format!("---- {path}\n{}", String::from_utf8_lossy(text))).collect()
    }

    /// Forgets that a migration ran, once it was taken back.
    pub fn forget(&mut self, number: u32) {
        let of_number = [format!("/V{number:04}__"), format!("/V{number:04}.")];
        self.ran.retain(|path| !of_number.iter().any(|part| path.contains(part)));
    }

    /// Leads the database on to a source: what new clients need, then what only old ones did.
    ///
    /// # Errors
    /// The first file that fails, or the differences between the database and the source at the end.
    pub fn lead_to(&mut self, text: &str, name: &str) -> Result<(), String> {
        if self.seal(text, name, false)? {
            self.migrate(text)?;
            self.same_as_sealed()?;
        }
        if self.seal(text, &format!("{name}_contract"), true)? {
            self.migrate(text)?;
        }
        self.same_as(text)
    }

    /// Leads a database that was adopted on to a source, and says at each step how it differs from what was sealed.
    ///
    /// # Errors
    /// The first file that fails, or the differences.
    pub fn lead_on(&mut self, text: &str, name: &str) -> Result<(), String> {
        for (name, contract) in [(name.to_owned(), false), (format!("{name}_contract"), true)] {
            if self.seal(text, &name, contract)? {
                self.migrate(text)?;
            }
            let found = self.drift(text)?;
            if !found.is_empty() {
                return Err(format!("{name}: {found:#?}"));
            }
        }
        let open = self.open(text)?;
        if open.is_empty(false) && open.is_empty(true) { Ok(()) } else { Err(format!("{:#?}", open.changes)) }
    }

    /// Returns the differences between what was sealed and the database.
    ///
    /// # Errors
    /// What is wrong with the source.
    pub fn drift(&mut self, text: &str) -> Result<Vec<String>, String> {
        let open = self.open(text)?;
        let adoption = open.adoption("main").expect("it is a store");
        let target = Target::read(&self.server.url("postgres")).expect("it is a URL");
        let mut live = Connection::open(&target).expect("it opens");
        drift(&mut live, &adoption, &[]).map(|drift| drift.differences).map_err(|refused| refused.to_string())
    }

    /// Compares the database with the source, and with a new installation of it.
    ///
    /// # Errors
    /// The differences, a line each.
    pub fn same_as(&mut self, text: &str) -> Result<(), String> {
        let catalog = self.lowered(text);
        self.equal("lowered, then described", &catalog)
    }

    /// Returns the catalog that a source has for the shared place.
    pub fn lowered(&self, text: &str) -> Catalog {
        let sources = self.sources(text);
        let valid = project::valid(&sources);
        let store =
            valid.stores.iter().find(|store| store.engine == "postgres").expect("it has such a store");
        let placed = polity_engines::engine_of(store).lower(&valid, store).swap_remove(0);
        let AnyCatalog::Relational(catalog) = placed.catalog else { panic!("the store is relational") };
        catalog
    }

    /// Compares the database with what was sealed last.
    pub fn same_as_sealed(&mut self) -> Result<(), String> {
        let catalog = self.sealed();
        self.equal("sealed, then described", &catalog)
    }

    /// Returns the catalog that was sealed last.
    pub fn sealed(&self) -> Catalog {
        let is_of_main = |path: &str| path.starts_with("main/V") && path.ends_with("/catalog.json");
        let mut catalogs = self.history.iter().filter(|(path, _)| is_of_main(path));
        let (_, text) = catalogs.next_back().expect("something was sealed");
        Catalog::from_json(text).expect("it is a catalog")
    }

    /// Runs the undo of a migration, with a line before it.
    ///
    /// # Errors
    /// The words of the server.
    pub fn undo(&mut self, text: &str, number: u32, line: &str) -> Result<(), String> {
        let artifacts = self.built(text);
        let of_number = format!("main/migrations/U{number:04}__");
        let (_, undo) = artifacts
            .iter()
            .find(|(path, _)| path.starts_with(&of_number) && path.ends_with(".sql"))
            .expect("it has an undo");
        let undo = format!("{line}\n{}", String::from_utf8_lossy(undo));
        let migrator = self.migrator();
        self.server.script_as(&migrator, &undo).map(drop).map_err(|said| format!("{said}\n{undo}"))
    }

    fn scope(&self, catalog: &Catalog) -> Scope {
        self.others.iter().fold(Scope::of(catalog), |scope, other| scope.without(other))
    }

    /// Compares the database with a catalog.
    pub fn equal(&mut self, what: &str, catalog: &Catalog) -> Result<(), String> {
        let scope = self.scope(catalog);
        let live = describe(&mut self.server, &scope);
        match report(catalog, &live, Texts::Structure) {
            found if found.is_empty() => Ok(()),
            found => Err(format!("{what}:\n{found}")),
        }
    }
}

/// Returns a file as a tool runs it: in a transaction, unless it is told that it cannot be in one.
fn framed(artifacts: &Artifacts, path: &str, text: &str) -> String {
    let configuration = artifacts.get(&format!("{path}.conf")).unwrap_or_default();
    match String::from_utf8_lossy(configuration).contains("executeInTransaction=false") {
        true => text.to_owned(),
        false => format!("BEGIN;\n{text}COMMIT;\n"),
    }
}

/// Holds a truth against the database.
pub fn holds(lineage: &mut Lineage, truth: &str) {
    let query =
        format!("DO $$ BEGIN IF ({truth}) IS NOT TRUE THEN RAISE 'it does not hold'; END IF; END $$;");
    lineage.server.script_as("postgres", &query).unwrap_or_else(|said| panic!("{truth}: {said}"));
}

/// Writes 1,500 patients of each of two tenants of the clinic, each with a visit.
pub fn rows_of_both(lineage: &Lineage) {
    for (tenant, who) in [(OURS, "ours"), (THEIRS, "theirs")] {
        let rows = format!(
            "SET ROLE clinic_migrator;
             INSERT INTO core.country VALUES ('SN') ON CONFLICT DO NOTHING;
             INSERT INTO core.patients (tenant_id, email, name, country)
             SELECT '{tenant}', '{who}' || n || '@example.org', 'n', 'SN' FROM generate_series(1, 1500) n;
             INSERT INTO core.visits (tenant_id, patient, note)
             SELECT tenant_id, id, 'x' FROM core.patients WHERE tenant_id = '{tenant}';"
        );
        lineage.server.script_as("postgres", &rows).expect("the rows are written");
    }
}
