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

/// Waits until this session alone has a lock; `waits` is called once if another has it. Nothing is held meanwhile that would
/// keep an index from being built.
pub(super) fn lock(live: &mut Connection, key: &str, waits: impl FnOnce()) -> Result<(), Refused> {
    let mut waits = Some(waits);
    loop {
        let rows = live.query("SELECT pg_try_advisory_lock(hashtextextended($1, 0))", &[&key])?;
        if rows.iter().any(|row| row.get(0)) {
            return Ok(());
        }
        if let Some(waits) = waits.take() {
            waits();
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
    let sql = "SELECT EXISTS (
        SELECT FROM pg_locks l
         WHERE l.locktype = 'advisory' AND l.pid = $1 AND l.objsubid = 1
           AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
           AND (l.classid::bigint << 32 | l.objid::bigint) = hashtextextended($2, 0))";
    Ok(live.query(sql, &[&number, &key])?.iter().any(|row| row.get(0)))
}

/// Gives a lock back.
pub(super) fn unlock(live: &mut Connection, key: &str) -> Result<(), Refused> {
    live.query("SELECT pg_advisory_unlock(hashtextextended($1, 0))", &[&key]).map(drop)
}
