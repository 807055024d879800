//! A run: the accounts of all places are read, then what they lack is run: a number at a time, the shared place first, then the tenants
//! of each tier, several at once.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::ledger::{self, Registered};
use super::plan::{Account, Plan, Tenant};
use super::unit::{Sessions, Unit};
use super::{Choices, Moment, Summary, problem};
use super::{moved, record, session, tiers};
use crate::Diagnostic;
use crate::live::{Connection, Refused, Target};

/// Everything that the threads of a run share.
pub(super) struct Run<'r> {
    pub(super) migrator: &'r Target,
    pub(super) admin: Option<&'r Target>,
    pub(super) observe: &'r (dyn Fn(&Moment) + Sync),
    choices: &'r Choices,
    files: AtomicUsize,
    failed: AtomicUsize,
    /// The administrator's session and the lock that it holds.
    pub(super) lock: Option<(i32, String)>,
}

/// Applies what was sealed of a store to all its places.
///
/// # Errors
/// When nothing could be begun: a database cannot be reached, history is not what ran, or an administrator is needed.
/// What fails later is told to `observe`, and counted.
pub fn apply(
    plan: &Plan,
    migrator: &Target,
    admin: Option<&Target>,
    choices: &Choices,
    observe: &(dyn Fn(&Moment) + Sync),
) -> Result<Summary, Diagnostic> {
    let (files, failed) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let mut run = Run { migrator, admin, observe, choices, files, failed, lock: None };
    let mut control = session::begin(admin.unwrap_or(migrator)).map_err(|refused| run.closed(&refused))?;
    let key = format!("polity apply {}", plan.store);
    let waits = |holder| observe(&Moment::Waits { place: plan.store.clone(), tenant: None, holder });
    session::lock(&mut control, &key, waits).map_err(|refused| refused.diagnostic())?;
    if admin.is_some() {
        run.lock = Some((session::number(&mut control).map_err(|refused| refused.diagnostic())?, key));
        // There may be no such login yet: then it is asked once there is.
        session::begin(migrator).ok().map_or(Ok(()), |mut live| run.is_same(&mut live))?;
    }
    let registered = ledger::read(&mut control, &plan.store).map_err(|refused| refused.diagnostic())?;
    moved::judge(plan, &registered)?;
    let astray = moved::astray(plan, &registered);
    let tenants = tenants(plan, &registered);
    let mut units = Unit::all(plan, &tenants, &registered);
    run.look_into(&mut units)?;
    units.iter().filter(|unit| !unit.place.is_apart).try_for_each(|unit| unit.judge(&mut control))?;
    run.asks_for_admin(&units)?;
    if choices.record {
        record::record(&run, &mut units);
    } else if choices.dry_run {
        units.iter().flat_map(Unit::pending).for_each(|moment| observe(&moment));
        run.files.store(units.iter().map(Unit::left).sum(), Ordering::Relaxed);
    } else {
        run.waves(&mut units);
    }
    let is_whole = units.iter().all(|unit| unit.left() == 0);
    if admin.is_some() && is_whole && !choices.dry_run {
        tiers::refresh(&mut control, plan, &units[0].account).map_err(|refused| refused.diagnostic())?;
    }
    for one in astray {
        run.failed(&one.moment());
    }
    let left = if choices.dry_run { 0 } else { units.iter().map(Unit::left).sum() };
    let (files, failed) = (run.files.load(Ordering::Relaxed), run.failed.load(Ordering::Relaxed));
    Ok(Summary { places: units.len(), files, left, failed })
}

/// The tenants of the source, and those that were made in the database.
pub(super) fn tenants(plan: &Plan, registered: &[Registered]) -> Vec<Tenant> {
    let mut tenants = plan.tenants.clone();
    for one in registered.iter().filter(|one| !one.tenant.is_empty()) {
        let place = plan.places.iter().position(|place| place.name == one.place);
        if let Some(place) = place
            && !tenants.iter().any(|known| known.name == one.tenant && known.place == place)
        {
            let (name, parameters) = (one.tenant.clone(), one.parameters.clone());
            tenants.push(Tenant { name, place, parameters, was_named: one.was_named });
        }
    }
    tenants
}

impl Run<'_> {
    /// Reads the account of each tenant's database there. The shared registry has it as well, and may be older or newer than
    /// a database that was restored.
    fn look_into(&self, units: &mut [Unit<'_>]) -> Result<(), Diagnostic> {
        let refused: Mutex<Option<Diagnostic>> = Mutex::new(None);
        let apart: Vec<&mut Unit<'_>> = units.iter_mut().filter(|unit| unit.place.is_apart).collect();
        self.at_once(apart, |sessions, unit| {
            if let Err(found) = sessions.look_into(unit) {
                refused.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(found);
            }
        });
        refused.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
    }

    /// Refuses a migrator's session that is in another database than the administrator's: accounts would be kept of one, and files run in the
    /// other.
    pub(super) fn is_same(&self, live: &mut Connection) -> Result<(), Diagnostic> {
        let Some((number, key)) = &self.lock else { return Ok(()) };
        match session::sees(live, *number, key).map_err(|refused| refused.diagnostic())? {
            true => Ok(()),
            false => Err(problem("`--admin` and `--migrator` lead to different databases, and nothing ran")
                .help("name the same host, port and database in both")),
        }
    }

    /// Stops where an administrator's file is to run, and none is there.
    fn asks_for_admin(&self, units: &[Unit<'_>]) -> Result<(), Diagnostic> {
        let count: usize = units.iter().map(Unit::left_to_admin).sum();
        if self.admin.is_some() || (count == 0 && !self.choices.record) {
            return Ok(());
        }
        let (files, need) = if count == 1 { ("file", "needs") } else { ("files", "need") };
        Err(problem(format!("{count} {files} {need} an administrator, and nothing ran")).help(
            "run it again with `--admin URL`: a login that owns the database and may make roles (CREATEROLE)",
        ))
    }

    /// Runs what is lacking. A number begins when the one before is done everywhere, scripts of the source at the end.
    fn waves(&self, units: &mut [Unit<'_>]) {
        let numbers: BTreeSet<u32> = units.iter().flat_map(Unit::numbers).collect();
        let numbers = numbers.into_iter().map(Some).chain([None]);
        for number in numbers {
            let last = units.iter().map(|unit| unit.at).max().unwrap_or_default();
            for at in 0..=last {
                let group: Vec<&mut Unit<'_>> =
                    units.iter_mut().filter(|unit| unit.at == at && unit.lacks(number)).collect();
                self.at_once(group, |sessions, unit| {
                    let goes_on = self.failed.load(Ordering::Relaxed) < self.choices.stop_after;
                    if goes_on && sessions.lead_on(unit, number).is_err() {
                        self.failed.fetch_add(1, Ordering::Relaxed);
                    }
                });
                // Tenants need what all share, and the shared place of the next number what each tenant has.
                let failed = self.failed.load(Ordering::Relaxed);
                if failed >= self.choices.stop_after || (at == 0 && failed > 0) {
                    return;
                }
            }
            if self.failed.load(Ordering::Relaxed) > 0 {
                return;
            }
        }
    }

    /// Does something with each unit, several at once, each thread with sessions of its own.
    fn at_once<'u, 'p: 'u>(
        &self,
        units: Vec<&'u mut Unit<'p>>,
        work: impl Fn(&mut Sessions<'_>, &mut Unit<'p>) + Sync,
    ) {
        let threads = self.choices.at_once.clamp(1, units.len().max(1));
        let queue = Mutex::new(units.into_iter());
        let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
        thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    let mut sessions = Sessions::new(self);
                    while let Some(unit) = next() {
                        work(&mut sessions, unit);
                    }
                });
            }
        });
    }

    pub(super) fn ran(&self, moment: &Moment) {
        self.files.fetch_add(1, Ordering::Relaxed);
        (self.observe)(moment);
    }

    pub(super) fn recorded(&self, files: usize, moment: &Moment) {
        self.files.fetch_add(files, Ordering::Relaxed);
        (self.observe)(moment);
    }

    pub(super) fn failed(&self, moment: &Moment) {
        self.failed.fetch_add(1, Ordering::Relaxed);
        (self.observe)(moment);
    }

    /// The error for a database that lets nobody in.
    pub(super) fn closed(&self, refused: &Refused) -> Diagnostic {
        let found = refused.diagnostic();
        match refused.sqlstate.as_deref() {
            Some("28000" | "28P01") if self.admin.is_none() => found.help(
                "roles come with the first run that has `--admin URL`, without passwords: give this one its own, then run again",
            ),
            Some("28000" | "28P01") => found.help(
                "give the role a password or a certificate, then run again: what ran does not run again",
            ),
            _ => found,
        }
    }
}

/// Reads the account of a database of a tenant's own.
pub(super) fn account(live: &mut Connection, unit: &Unit<'_>) -> Result<Account, Refused> {
    ledger::account(live, unit.place, unit.tenant_name())
}
