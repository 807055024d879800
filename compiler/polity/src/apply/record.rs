//! Accounts of places in which other tools ran what was sealed, or that were adopted: each is held against what was sealed, and only
//! written down where it holds that.

use super::ledger;
use super::plan::render;
use super::run::Run;
use super::unit::{Sessions, Unit, in_words, migrator, quoted};
use super::{Moment, problem, session};
use crate::Diagnostic;
use crate::live::{Connection, Refused};
use polity_catalog::Identified;
use polity_catalog::relational::{Catalog, Difference, DifferenceKind, Object, ObjectId, Texts};
use polity_engines::postgres_describe::Scope;

/// So many differences are named.
const NAMED: usize = 3;

/// Writes down the places in which nothing ran, as far as they are as they were sealed.
pub(super) fn record(run: &Run<'_>, units: &mut [Unit<'_>]) {
    let beside: Vec<Scope> = units
        .iter()
        .filter(|unit| unit.tenant.is_some() && !unit.place.is_apart)
        .filter_map(|unit| Some(Scope::of(&catalog(unit).ok()?)))
        .collect();
    let mut sessions = Sessions::new(run);
    for unit in units.iter_mut().filter(|unit| unit.account.files == 0) {
        let done = sessions.admin_of(unit).and_then(|live| one(live, unit, &beside));
        let (place, tenant) = unit.names();
        match done {
            Ok(()) => {
                let files = unit.place.files.len() + unit.place.scripts.len();
                run.recorded(files, &Moment::Recorded { place, tenant, files });
            }
            Err(found) => {
                run.failed(&Moment::Fails {
                    place,
                    tenant,
                    file: "--record".to_owned(),
                    reason: in_words(&found),
                });
            }
        }
    }
}

/// The catalog of a place as it was sealed.
fn catalog(unit: &Unit<'_>) -> Result<Catalog, Diagnostic> {
    let text = match unit.tenant {
        Some(tenant) => render(&unit.place.catalog, tenant)?,
        None => unit.place.catalog.clone(),
    };
    Catalog::from_json(&text).map_err(|error| problem(format!("the sealed catalog: {error}")))
}

/// Returns what a database lacks of a catalog, or has otherwise, a line each. It may have more, such as what somebody else manages.
fn lacking(sealed: &Catalog, found: &Catalog) -> Vec<String> {
    let known = |object: &Object| match (object, sealed.get(&object.id())) {
        (Object::Table(table), Some(Object::Table(known))) => {
            let mut table = table.clone();
            table.columns.retain(|column| known.columns.contains(column));
            Object::Table(table)
        }
        _ => object.clone(),
    };
    let found: Catalog = found.objects().map(known).collect();
    let differences = sealed.differences(&found, Texts::Structure).into_iter();
    let is_needed = |one: &Difference| match (&one.object, &one.kind) {
        (_, DifferenceKind::OnlyInSecond) => false,
        // No migration needs a right that everybody has.
        (ObjectId::Grant(_, to), DifferenceKind::OnlyInFirst) => to != "public",
        _ => true,
    };
    differences.filter(is_needed).map(|one| one.to_string()).collect()
}

/// Holds one place against what was sealed, and writes it down.
fn one(live: &mut Connection, unit: &mut Unit<'_>, beside: &[Scope]) -> Result<(), Diagnostic> {
    let sealed = catalog(unit)?;
    let mut scope = Scope::of(&sealed);
    if unit.tenant.is_none() {
        scope = beside.iter().fold(scope, Scope::without);
    }
    let said = |refused: Refused| refused.diagnostic();
    let found = live.describe(&scope).map_err(said)?;
    let lines = lacking(&sealed, &found);
    if !lines.is_empty() {
        let named = lines[..lines.len().min(NAMED)].join("; ");
        let count = lines.len();
        return Err(problem(format!("it differs from what was sealed in {count} things: {named}")));
    }
    let written = (|| {
        session::settle(live)?;
        if !ledger::is_there(live)? {
            live.run(ledger::MAKE)?;
        }
        // One that was adopted may have no roles of the platform yet: they come with the next file of the administrator.
        let name = migrator(unit);
        if !live.query("SELECT FROM pg_roles WHERE rolname = $1", &[&name])?.is_empty() {
            live.run(&ledger::grant(&quoted(&name)))?;
        }
        live.run("BEGIN")?;
        for file in unit.place.files.iter().chain(&unit.place.scripts) {
            ledger::record(live, unit.place, unit.tenant_name(), file)?;
        }
        unit.account = unit.place.complete();
        ledger::register(live, unit.place, unit.tenant, &unit.account)?;
        live.run("COMMIT")
    })();
    written.map_err(said)
}
