//! The account of a database that was adopted.

use super::ledger;
use super::plan::{Account, Plan};
use super::session;
use crate::live::{Refused, Target};
use crate::{Diagnostic, Valid};

/// Writes into the ledger of a database that all which was sealed of a store ran there.
///
/// # Errors
/// When there is no such store, nothing was sealed of it, or the database refuses.
pub fn record_adopted(valid: &Valid, store: &str, target: &Target) -> Result<(), Diagnostic> {
    let plan = Plan::of(valid, store)?;
    record(&plan, target).map_err(|refused| refused.diagnostic())
}

fn record(plan: &Plan, target: &Target) -> Result<(), Refused> {
    let Some(place) = plan.places.first() else { return Ok(()) };
    let mut live = session::begin(target)?;
    live.run("BEGIN")?;
    if !ledger::is_there(&mut live)? {
        live.run(ledger::MAKE)?;
    }
    let known = ledger::account(&mut live, place, "")?;
    if known != Account::default() && !place.knows(&known) {
        return Err(live.refusal(format!("its ledger knows `{}` by another history already", place.name)));
    }
    let migrator = "SELECT quote_ident(rolname) FROM pg_roles WHERE rolname = $1";
    for role in live.query(migrator, &[&place.migrator])? {
        live.run(&ledger::grant(role.get(0)))?;
    }
    for file in &place.files {
        ledger::record(&mut live, place, "", file)?;
    }
    ledger::register(&mut live, place, None, &place.account(place.files.len(), &Account::default()))?;
    live.run("COMMIT")
}
