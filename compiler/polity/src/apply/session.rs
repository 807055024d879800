//! Sessions on databases: settings that make statements mean what they say, whatever a role or a database sets, and a lock that one
//! session has at a time.

use std::thread::sleep;
use std::time::Duration;

use crate::live::{Connection, Refused, Target};

/// Begins a session.
pub(super) fn begin(target: &Target) -> Result<Connection, Refused> {
    let mut live = Connection::open(target)?;
    settle(&mut live)?;
    Ok(live)
}

/// Gives a session its settings, and makes it act as who logged in.
pub(super) fn settle(live: &mut Connection) -> Result<(), Refused> {
    live.run(SETTINGS)
}

/// Sent by itself before anything else: how texts are read is settled before they are sent.
const SETTINGS: &str = "\
SET ROLE NONE;
SET standard_conforming_strings = on;
SET search_path = pg_catalog, pg_temp;
SET client_min_messages = warning;
SET default_transaction_read_only = off;
SET default_transaction_isolation = 'read committed';
SET default_transaction_deferrable = off;
SET check_function_bodies = on;
SET default_tablespace = '';
SET synchronous_commit = on;
SET lock_timeout = 0;
SET statement_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET row_security = on;
SELECT set_config(name, '0', false) FROM pg_settings WHERE name IN ('transaction_timeout', 'idle_session_timeout');
";

/// Waits until this session alone has a lock; `waits` is told once who has it, if another session has. Nothing is held meanwhile
/// that would keep an index from being built.
pub(super) fn lock(live: &mut Connection, key: &str, waits: impl FnOnce(String)) -> Result<(), Refused> {
    let mut waits = Some(waits);
    loop {
        let rows = live.query("SELECT pg_try_advisory_lock(hashtextextended($1, 0))", &[&key])?;
        if rows.iter().any(|row| row.get(0)) {
            return Ok(());
        }
        let holder = holder(live, key)?;
        if let Some(waits) = if holder.is_empty() { None } else { waits.take() } {
            waits(holder);
        }
        sleep(Duration::from_millis(200));
    }
}

/// The number of a session (`pg_backend_pid`).
pub(super) fn number(live: &mut Connection) -> Result<i32, Refused> {
    Ok(live.query("SELECT pg_backend_pid()", &[])?.first().map_or(0, |row| row.get(0)))
}

/// Whether another session, of this number, holds a lock in the database of this one.
pub(super) fn sees(live: &mut Connection, number: i32, key: &str) -> Result<bool, Refused> {
    Ok(holders(live, key)?.iter().any(|row| row.get::<_, i32>(0) == number))
}

/// Returns who holds a lock, as it is said to who waits for it.
fn holder(live: &mut Connection, key: &str) -> Result<String, Refused> {
    let rows = holders(live, key)?;
    let said = rows.iter().map(|row| {
        let (number, login): (i32, Option<String>) = (row.get(0), row.get(1));
        let login = login.map(|login| format!(" of `{login}`")).unwrap_or_default();
        format!("session {number}{login}")
    });
    Ok(said.collect::<Vec<_>>().join(", "))
}

/// The sessions that hold a lock in the database of this one: their numbers and logins.
fn holders(live: &mut Connection, key: &str) -> Result<Vec<postgres::Row>, Refused> {
    let sql = "SELECT l.pid, a.usename::text
          FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid
         WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
           AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
           AND (l.classid::bigint << 32 | l.objid::bigint) = hashtextextended($1, 0)";
    live.query(sql, &[&key])
}

/// Gives a lock back.
pub(super) fn unlock(live: &mut Connection, key: &str) -> Result<(), Refused> {
    live.query("SELECT pg_advisory_unlock(hashtextextended($1, 0))", &[&key]).map(drop)
}
