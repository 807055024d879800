//! One place of a run: its account, and the files that it lacks.

use std::thread::sleep;
use std::time::{Duration, Instant};

use super::ledger::{self, Registered};
use super::plan::{Account, File, Place, Plan, Tenant};
use super::run::{Run, account};
use super::{Moment, problem, session};
use crate::Diagnostic;
use crate::live::{Connection, Refused, Target};
use polity_text::tokens;

/// The place that tenants share, or that of a tenant.
pub(super) struct Unit<'p> {
    /// The position of the place in the plan: the shared one first.
    pub(super) at: usize,
    pub(super) place: &'p Place,
    pub(super) tenant: Option<&'p Tenant>,
    pub(super) account: Account,
}

impl<'p> Unit<'p> {
    /// All places, each with its account as the registry of the shared database has it.
    pub(super) fn all(plan: &'p Plan, tenants: &'p [Tenant], registered: &[Registered]) -> Vec<Self> {
        let known = |place: &Place, tenant: &str| {
            registered.iter().find(|one| one.place == place.name && one.tenant == tenant)
        };
        let unit = |at: usize, tenant: Option<&'p Tenant>| {
            let place = &plan.places[at];
            let known = known(place, tenant.map_or("", |tenant| &tenant.name));
            Self { at, place, tenant, account: known.map(|one| one.account.clone()).unwrap_or_default() }
        };
        std::iter::once(unit(0, None))
            .chain(tenants.iter().map(|tenant| unit(tenant.place, Some(tenant))))
            .collect()
    }

    pub(super) fn tenant_name(&self) -> &str {
        self.tenant.map_or("", |tenant| &tenant.name)
    }

    /// The place in words.
    fn shown(&self) -> String {
        self.tenant.map_or_else(
            || self.place.name.clone(),
            |tenant| format!("{} of `{}`", self.place.name, tenant.name),
        )
    }

    /// The files of a number that did not run; without one, the scripts.
    fn files(&self, number: Option<u32>) -> Vec<&'p File> {
        match number {
            Some(number) => {
                self.place.pending(&self.account).iter().filter(|file| file.number == number).collect()
            }
            None => self.place.pending_scripts(&self.account).iter().collect(),
        }
    }

    pub(super) fn lacks(&self, number: Option<u32>) -> bool {
        !self.files(number).is_empty()
    }

    /// The numbers of the files that did not run.
    pub(super) fn numbers(&self) -> impl Iterator<Item = u32> {
        self.place.pending(&self.account).iter().map(|file| file.number)
    }

    /// How many files are left.
    pub(super) fn left(&self) -> usize {
        self.place.pending(&self.account).len() + self.place.pending_scripts(&self.account).len()
    }

    pub(super) fn left_to_admin(&self) -> usize {
        self.place.pending(&self.account).iter().filter(|file| file.by_admin).count()
    }

    /// The files that would run.
    pub(super) fn pending(&self) -> Vec<Moment> {
        let all = self.place.pending(&self.account).iter().chain(self.place.pending_scripts(&self.account));
        all.map(|file| self.moment(file, 0, true)).collect()
    }

    fn moment(&self, file: &File, milliseconds: u64, is_dry: bool) -> Moment {
        let (place, tenant) = self.names();
        Moment::File { place, tenant, file: file.name.clone(), milliseconds, is_dry }
    }

    pub(super) fn names(&self) -> (String, Option<String>) {
        (self.place.name.clone(), self.tenant.map(|tenant| tenant.name.clone()))
    }

    /// Whether what ran is what history has; otherwise the first file that differs is named.
    pub(super) fn judge(&self, live: &mut Connection) -> Result<(), Diagnostic> {
        if self.place.knows(&self.account) {
            return Ok(());
        }
        let ran = ledger::ran(live, self.place, self.tenant_name(), false)
            .map_err(|refused| refused.diagnostic())?;
        let files = self.place.files.iter().map(|file| (&file.name, &file.sum));
        let differs = ran.iter().zip(files).find(|((name, sum), file)| (name, sum) != *file);
        let (file, how) = match (differs, ran.get(self.place.files.len())) {
            (Some(((name, _), _)), _) => (name.as_str(), "is not what ran under this name"),
            (None, Some((name, _))) => (name.as_str(), "ran, and history does not have it"),
            (None, None) => ("", "does not agree with its own registry"),
        };
        let message = format!("`history/{}/{file}` {how} in {}", self.place.name, self.shown());
        Err(problem(message)
            .help("history is never edited: take it back from version control, or the newer source of it"))
    }
}

/// The sessions of a thread: those with the shared database, and those with the database of the tenant that it works for.
pub(super) struct Sessions<'r> {
    run: &'r Run<'r>,
    shared: [Option<Connection>; 2],
    own: [Option<Connection>; 2],
}

impl<'r> Sessions<'r> {
    pub(super) fn new(run: &'r Run<'r>) -> Self {
        Self { run, shared: [None, None], own: [None, None] }
    }

    /// Reads the account of a tenant's database there; it has none where the database is not there.
    pub(super) fn look_into(&mut self, unit: &mut Unit<'_>) -> Result<(), Diagnostic> {
        let by_admin = self.run.admin.is_some();
        let Some(target) = self.target(unit, by_admin) else { return Ok(()) };
        let mut live = match session::begin(&target) {
            Ok(live) => live,
            // Where nothing ran there may be no database, and no migrator of it.
            Err(refused) if is_missing(&refused, by_admin) && unit.account == Account::default() => {
                return Ok(());
            }
            Err(refused) => return Err(self.run.closed(&refused)),
        };
        unit.account = account(&mut live, unit).map_err(|refused| refused.diagnostic())?;
        unit.judge(&mut live)
    }

    /// Runs the files of a number in a place; without one, the scripts of the source.
    pub(super) fn lead_on(&mut self, unit: &mut Unit<'_>, number: Option<u32>) -> Result<(), ()> {
        self.own = [None, None];
        for file in unit.files(number) {
            let began = Instant::now();
            let ran = self.file(unit, file);
            self.warn(unit);
            match ran {
                Ok(false) => {}
                Ok(true) => {
                    let milliseconds = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
                    self.run.ran(&unit.moment(file, milliseconds, false));
                }
                Err(found) => {
                    let (place, tenant) = unit.names();
                    let reason = in_words(&found);
                    (self.run.observe)(&Moment::Fails { place, tenant, file: file.name.clone(), reason });
                    return Err(());
                }
            }
        }
        Ok(())
    }

    /// Runs a file in a place, unless another session did meanwhile. Returns whether it ran.
    fn file(&mut self, unit: &mut Unit<'_>, file: &File) -> Result<bool, Diagnostic> {
        let texts = file.texts(unit.tenant)?;
        let (run, names) = (self.run, unit.names());
        let waits = |holder| {
            let (place, tenant) = names.clone();
            (run.observe)(&Moment::Waits { place, tenant, holder });
        };
        let live = self.session(unit, file.by_admin)?;
        let key = format!("polity apply {} {}", unit.place.name, unit.tenant_name());
        let said = |refused: Refused| refused.diagnostic();
        session::lock(live, &key, waits).map_err(said)?;
        let done = attempts(run, unit, file, live, &texts);
        // A session that broke holds nothing.
        let _ = session::settle(live).and_then(|()| session::unlock(live, &key));
        let ran;
        (unit.account, ran) = done.map_err(|refused| misfits(&refused, unit, file))?;
        if unit.place.is_apart {
            let (place, tenant, account) = (unit.place, unit.tenant, unit.account.clone());
            let shared = self.shared(false)?;
            ledger::register(shared, place, tenant, &account).map_err(said)?;
        }
        Ok(ran)
    }

    /// A session for a place, kept until the next.
    fn session(&mut self, unit: &Unit<'_>, by_admin: bool) -> Result<&mut Connection, Diagnostic> {
        if !unit.place.is_apart {
            return self.shared(by_admin);
        }
        let at = usize::from(by_admin);
        if self.own[at].is_none() {
            let target = self.target(unit, by_admin).ok_or_else(|| problem("an administrator is needed"))?;
            let begun = match session::begin(&target) {
                Err(refused) if by_admin && refused.sqlstate.as_deref() == Some(NO_DATABASE) => {
                    let sql = format!("CREATE DATABASE {}", quoted(target.database_name()));
                    self.shared(true)?.run(&sql).map_err(|refused| {
                        refused
                            .diagnostic()
                            .help(format!("let somebody run: {sql}, for the administrator to own"))
                    })?;
                    session::begin(&target)
                }
                begun => begun,
            };
            self.own[at] = Some(begun.map_err(|refused| self.run.closed(&refused))?);
        }
        self.own[at].as_mut().ok_or_else(|| problem("no session"))
    }

    /// The administrator's session for a place that is there.
    pub(super) fn admin_of(&mut self, unit: &Unit<'_>) -> Result<&mut Connection, Diagnostic> {
        self.own = [None, None];
        if unit.place.is_apart {
            let target = self.target(unit, true).ok_or_else(|| problem("an administrator is needed"))?;
            self.own[1] = Some(session::begin(&target).map_err(|refused| self.run.closed(&refused))?);
        }
        self.session(unit, true)
    }

    fn shared(&mut self, by_admin: bool) -> Result<&mut Connection, Diagnostic> {
        let at = usize::from(by_admin);
        if self.shared[at].is_none() {
            let target = if by_admin { self.run.admin } else { Some(self.run.migrator) };
            let target = target.ok_or_else(|| problem("an administrator is needed"))?;
            let mut live = session::begin(target).map_err(|refused| self.run.closed(&refused))?;
            if !by_admin {
                self.run.is_same(&mut live)?;
            }
            self.shared[at] = Some(live);
        }
        self.shared[at].as_mut().ok_or_else(|| problem("no session"))
    }

    /// The way to the database of a tenant's own: called after the shared one, with a migrator of its own.
    fn target(&self, unit: &Unit<'_>, by_admin: bool) -> Option<Target> {
        let tenant = unit.tenant?;
        let from = if by_admin { self.run.admin? } else { self.run.migrator };
        let name = format!("{}{}", tenant.value(tokens::PREFIX), self.run.migrator.database_name());
        let target = from.database(&name);
        let migrator = super::plan::render(&unit.place.migrator, tenant).ok()?;
        Some(if by_admin { target } else { target.as_login(&migrator) })
    }

    /// Tells what servers warned of.
    fn warn(&mut self, unit: &Unit<'_>) {
        let sessions = self.shared.iter_mut().chain(&mut self.own).flatten();
        for text in sessions.flat_map(Connection::take_warnings) {
            let (place, tenant) = unit.names();
            (self.run.observe)(&Moment::Warning { place, tenant, text });
        }
    }
}

/// The error of a file; where rows did not fit, with the queries that count them.
fn misfits(refused: &Refused, unit: &Unit<'_>, file: &File) -> Diagnostic {
    let found = refused.diagnostic();
    let is_of_rows = refused
        .sqlstate
        .as_deref()
        .is_some_and(|state| UNFIT_CLASSES.contains(&state.get(..2).unwrap_or_default()) || state == UNFIT);
    let counts = file.counts(unit.tenant);
    if !is_of_rows || counts.is_empty() {
        return found;
    }
    let (role, counts) = (migrator(unit), counts.join("; "));
    found.help(format!("what finds the rows that do not fit, as {role}: {counts}"))
}

/// Values that are none of a type, and constraints that rows violate.
const UNFIT_CLASSES: [&str; 2] = ["22", "23"];
/// The words of a file that counted rows.
const UNFIT: &str = "55000";

/// Whether a database is not there, or not the login that comes with it.
fn is_missing(refused: &Refused, by_admin: bool) -> bool {
    refused
        .sqlstate
        .as_deref()
        .is_some_and(|state| state == NO_DATABASE || (!by_admin && state.starts_with("28")))
}

/// Runs a file; again after a pause where it met a lock, or another session that met its own.
fn attempts(
    run: &Run<'_>,
    unit: &Unit<'_>,
    file: &File,
    live: &mut Connection,
    texts: &[String],
) -> Result<(Account, bool), Refused> {
    let mut pauses = PAUSES.iter();
    loop {
        let refused = match once(unit, file, live, texts) {
            Ok(done) => return Ok(done),
            Err(refused) => refused,
        };
        let met_a_lock = refused.sqlstate.as_deref().is_some_and(|state| LOCKS.contains(&state));
        let Some(pause) = pauses.next().filter(|_| met_a_lock) else { return Err(refused) };
        let (place, tenant) = unit.names();
        let reason = refused.message.clone();
        (run.observe)(&Moment::Retries { place, tenant, file: file.name.clone(), reason });
        sleep(*pause);
    }
}

const NO_DATABASE: &str = "3D000";
/// A lock that did not come in time, and sessions that waited for each other.
const LOCKS: [&str; 2] = ["55P03", "40P01"];
const PAUSES: [Duration; 5] = [
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
];

/// Runs a file and writes that it ran: in one transaction where the file is one. Returns the account after it, and whether it ran.
fn once(
    unit: &Unit<'_>,
    file: &File,
    live: &mut Connection,
    texts: &[String],
) -> Result<(Account, bool), Refused> {
    let before = account(live, unit)?;
    let after = after(unit, file, &before);
    let is_done = if file.number == 0 {
        let ran = ledger::ran(live, unit.place, unit.tenant_name(), true)?;
        ran.iter().any(|(name, sum)| *name == file.name && *sum == file.sum)
    } else {
        before == after // another session was quicker
    };
    let texts = if is_done { &[] } else { texts };
    let done = if file.by_admin || !file.is_transaction {
        beside(unit, file, live, texts)
    } else {
        live.run("BEGIN").and_then(|()| texts.iter().try_for_each(|text| live.run(text)))
    };
    let done = done.and_then(|()| {
        session::settle(live)?;
        ledger::record(live, unit.place, unit.tenant_name(), file)?;
        ledger::register(live, unit.place, unit.tenant, &after)?;
        live.run("COMMIT")
    });
    if done.is_err() {
        // A session that broke is in no transaction.
        let _ = live.run("ROLLBACK").and_then(|()| session::settle(live));
    }
    done.map(|()| (after, !is_done))
}

/// Runs a file that is no transaction, or has its own, and begins the one that says so.
fn beside(unit: &Unit<'_>, file: &File, live: &mut Connection, texts: &[String]) -> Result<(), Refused> {
    texts.iter().try_for_each(|text| live.run(text))?;
    session::settle(live)?;
    if file.by_admin {
        if !ledger::is_there(live)? || !ledger::is_current(live)? {
            live.run(ledger::MAKE)?;
        }
        live.run(&ledger::grant(&quoted(&migrator(unit))))?;
    }
    live.run("BEGIN")
}

/// The account once a file ran.
fn after(unit: &Unit<'_>, file: &File, before: &Account) -> Account {
    let place = unit.place;
    if file.number == 0 {
        let is_last = place.scripts.last().is_some_and(|last| last.name == file.name);
        let scripts = if is_last { place.scripts_digest() } else { before.scripts.clone() };
        return Account { scripts, ..before.clone() };
    }
    let at = place.files.iter().position(|known| known.name == file.name).unwrap_or_default();
    place.account((at + 1).max(before.files.min(place.files.len())), before)
}

/// The role that migrates a place.
pub(super) fn migrator(unit: &Unit<'_>) -> String {
    let of = |tenant: &Tenant| super::plan::render(&unit.place.migrator, tenant).ok();
    unit.tenant.and_then(of).unwrap_or_else(|| unit.place.migrator.clone())
}

/// A name as a statement has it.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// An error in words, with what helps.
pub(super) fn in_words(found: &Diagnostic) -> String {
    let help = found.help.iter().map(|help| format!("; {help}"));
    format!("{}{}", found.message, help.collect::<String>())
}
