//! The ledger: the files that ran in a database, in a schema of its own, which is no part of the platform. An administrator makes it, and
//! migrators write to it.
//!
//! | table | holds |
//! |---|---|
//! | `polity_ledger.migrations` | each file that ran in a place, with its sum, when it ran and as whom |
//! | `polity_ledger.tiers` | the texts that make a tenant's place ([`super::tiers`]) |
//! | `polity_ledger.registry` | each place with its account: how many files ran, and the digest of them; of a tenant with its parameters |
//!
//! A file that is a transaction and its two rows commit together. The undo of a migration takes its rows away.

use std::collections::BTreeMap;

use postgres::Row;

use super::plan::{Account, File, Place, Tenant};
use crate::live::{Connection, Refused};

/// Makes the ledger where it is not there.
pub(super) const MAKE: &str = include_str!("ledger.sql");

/// Lets a role, whose name is quoted, write to the ledger.
pub(super) fn grant(role: &str) -> String {
    format!(
        "GRANT USAGE ON SCHEMA polity_ledger TO {role};
         GRANT SELECT, INSERT, UPDATE ON polity_ledger.migrations, polity_ledger.registry TO {role};
         GRANT DELETE ON polity_ledger.migrations TO {role};"
    )
}

/// The account of a place, or of a tenant's, as the registry has it.
#[derive(Debug)]
pub(super) struct Registered {
    pub(super) place: String,
    /// Empty for the place that tenants share.
    pub(super) tenant: String,
    pub(super) account: Account,
    pub(super) parameters: Vec<(String, String)>,
    /// Whether a line of the source named the tenant.
    pub(super) was_named: bool,
}

/// The parameter by which the registry keeps that.
const IN_SOURCE: &str = "in_source";

impl Registered {
    /// A value that the place was made with.
    pub(super) fn value(&self, token: &str) -> Option<&str> {
        self.parameters.iter().find(|(name, _)| name == token).map(|(_, value)| value.as_str())
    }
}

/// Whether the database has a ledger.
///
/// # Errors
/// When somebody else than the database's administrator owns a part of it: whoever does decides what is done there, as
/// whoever writes to it.
pub(super) fn is_there(live: &mut Connection) -> Result<bool, Refused> {
    let rows = live.query(STRANGERS, &[])?;
    if let Some(row) = rows.first() {
        let (part, owner): (String, String) = (row.get(0), row.get(1));
        return Err(live.refusal(format!(
            "{part} belongs to {owner}, who does not own the database; its administrator drops or takes over what stands there"
        )));
    }
    let rows = live.query("SELECT to_regclass('polity_ledger.registry') IS NOT NULL", &[])?;
    Ok(rows.iter().any(|row| row.get(0)))
}

/// Whether the ledger has all that this program makes of it.
pub(super) fn is_current(live: &mut Connection) -> Result<bool, Refused> {
    let last = "SELECT to_regprocedure('polity_ledger.functions_of(text, text, text)') IS NOT NULL";
    Ok(live.query(last, &[])?.iter().any(|row| row.get(0)))
}

/// The parts of the schema of the ledger that neither a superuser has nor one who may act for the owner of the database.
const STRANGERS: &str = "
SELECT part, pg_get_userbyid(owner)::text
  FROM (
    SELECT 'schema polity_ledger', nspowner FROM pg_namespace WHERE nspname = 'polity_ledger'
    UNION ALL
    SELECT oid::regclass::text, relowner FROM pg_class WHERE relnamespace = to_regnamespace('polity_ledger')
    UNION ALL
    SELECT oid::regprocedure::text, proowner FROM pg_proc WHERE pronamespace = to_regnamespace('polity_ledger')
  ) AS parts (part, owner)
 WHERE NOT pg_has_role(owner, (SELECT datdba FROM pg_database WHERE datname = current_database()), 'USAGE')
 ORDER BY part
 LIMIT 1";

/// Reads the accounts of all places of a store; none where there is no ledger.
pub(super) fn read(live: &mut Connection, store: &str) -> Result<Vec<Registered>, Refused> {
    if !is_there(live)? {
        return Ok(Vec::new());
    }
    let sql = "SELECT place, tenant, files, digest, scripts, parameters::text
                 FROM polity_ledger.registry
                WHERE split_part(place, '/', 1) = $1";
    Ok(live.query(sql, &[&store])?.iter().map(registered).collect())
}

/// Reads one account; an empty one where nothing ran.
pub(super) fn account(live: &mut Connection, place: &Place, tenant: &str) -> Result<Account, Refused> {
    if !is_there(live)? {
        return Ok(Account::default());
    }
    let sql = "SELECT place, tenant, files, digest, scripts, parameters::text
                 FROM polity_ledger.registry
                WHERE place = $1 AND tenant = $2";
    let rows = live.query(sql, &[&place.name, &tenant])?;
    Ok(rows.first().map_or_else(Account::default, |row| registered(row).account))
}

fn registered(row: &Row) -> Registered {
    let files: i32 = row.get(2);
    let account = Account {
        files: usize::try_from(files).unwrap_or_default(),
        digest: row.get(3),
        scripts: row.get(4),
    };
    let mut parameters: BTreeMap<String, String> = serde_json::from_str(row.get(5)).unwrap_or_default();
    let was_named = parameters.remove(IN_SOURCE).is_some();
    Registered {
        place: row.get(0),
        tenant: row.get(1),
        account,
        parameters: parameters.into_iter().collect(),
        was_named,
    }
}

/// Reads the files that ran in a place, in their order, each with its sum: those of migrations, or scripts.
pub(super) fn ran(
    live: &mut Connection,
    place: &Place,
    tenant: &str,
    are_scripts: bool,
) -> Result<Vec<(String, String)>, Refused> {
    let sql = "SELECT file, sha256 FROM polity_ledger.migrations
                WHERE place = $1 AND tenant = $2 AND (number = 0) = $3
                ORDER BY number, ran_at";
    let rows = live.query(sql, &[&place.name, &tenant, &are_scripts])?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// Writes that a file ran.
pub(super) fn record(live: &mut Connection, place: &Place, tenant: &str, file: &File) -> Result<(), Refused> {
    let sql = "INSERT INTO polity_ledger.migrations (place, tenant, number, file, sha256)
               VALUES ($1, $2, $3, $4, $5)
               ON CONFLICT (place, tenant, number, file) DO UPDATE
               SET sha256 = EXCLUDED.sha256, ran_at = EXCLUDED.ran_at, ran_by = EXCLUDED.ran_by";
    let number = i32::try_from(file.number).unwrap_or(i32::MAX);
    live.query(sql, &[&place.name, &tenant, &number, &file.name, &file.sum]).map(drop)
}

/// Writes the account of a place.
pub(super) fn register(
    live: &mut Connection,
    place: &Place,
    tenant: Option<&Tenant>,
    account: &Account,
) -> Result<(), Refused> {
    let sql = "INSERT INTO polity_ledger.registry (place, tenant, number, files, digest, scripts, parameters)
               VALUES ($1, $2, $3, $4, $5, $6, $7::text::jsonb)
               ON CONFLICT (place, tenant) DO UPDATE
               SET number = EXCLUDED.number, files = EXCLUDED.files, digest = EXCLUDED.digest,
                   scripts = EXCLUDED.scripts, parameters = EXCLUDED.parameters";
    let last = account.files.checked_sub(1).and_then(|last| place.files.get(last));
    let number = last.map_or(0, |file| i32::try_from(file.number).unwrap_or(i32::MAX));
    let mut parameters: BTreeMap<&str, &str> =
        tenant.into_iter().flat_map(|one| &one.parameters).map(|(name, value)| (&**name, &**value)).collect();
    if tenant.is_some_and(|tenant| tenant.was_named) {
        parameters.insert(IN_SOURCE, "yes");
    }
    let parameters = serde_json::to_string(&parameters).unwrap_or_default();
    let files = i32::try_from(account.files).unwrap_or(i32::MAX);
    let name = tenant.map_or("", |tenant| &tenant.name);
    live.query(sql, &[&place.name, &name, &number, &files, &account.digest, &account.scripts, &parameters])
        .map(drop)
}
