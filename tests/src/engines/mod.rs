//! The real engines, as small helpers. `cargo xtask engines` installs and starts them and writes `services.env`; this
//! module reads it.
//!
//! A test asks for what it needs and returns early when it is not there:
//!
//! ```no_run
//! use polity_tests::engines::Postgres;
//!
//! let Some(mut db) = Postgres::database() else { return };
//! db.run("create table t (n int check (n > 0))").expect("creates");
//! assert_eq!(db.run("insert into t values (0)").expect_err("refused").sqlstate, "23514");
//! ```
//!
//! A skipped test says so by name. With `POLITY_REQUIRE_ENGINES=1` (as `cargo xtask test` sets it) a missing engine
//! fails the test instead, unless it is one of the optional ones.

mod mongo;
mod mongosh;
mod postgres;
mod redis;
mod redis_node;
mod redis_tls;
mod server;
mod tools;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

pub use mongo::{GuardedMongo, Mongo, MongoError};
pub use postgres::{Postgres, SqlError};
pub use redis::{Redis, RedisCluster};
pub use redis_node::{NodeConnection, RedisNode};
pub use redis_tls::{Authority, RedisTls};
pub use tools::Tool;

/// `services.env` as a map; empty when no engine runs.
static SERVICES: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    let root = std::env::var_os("POLITY_ENGINES_ROOT")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/engines"), PathBuf::from);
    let text = fs::read_to_string(root.join("services.env")).unwrap_or_default();
    let lines = text.lines().filter_map(|line| line.strip_prefix("export ")?.split_once('='));
    lines.map(|(name, value)| (name.to_owned(), value.trim_matches('\'').to_owned())).collect()
});

/// The value of `variable` in `services.env`, for an engine that CI must have. Skips or fails the test without it.
fn required(engine: &str, variable: &str) -> Option<String> {
    let value = service(variable);
    if value.is_none() {
        assert!(
            std::env::var_os("POLITY_REQUIRE_ENGINES").is_none(),
            "{engine} does not run; start it with `cargo xtask engines`"
        );
        skip(engine);
    }
    value
}

/// The value of `variable` in `services.env`, for an engine that the tests can do without. Skips the test without it.
fn optional(engine: &str, variable: &str) -> Option<String> {
    let value = service(variable);
    if value.is_none() {
        skip(engine);
    }
    value
}

fn service(variable: &str) -> Option<String> {
    SERVICES.get(variable).cloned()
}

/// Says which test did not run, past the test runner's capturing, and adds it to the list that `cargo xtask test`
/// counts.
fn skip(engine: &str) {
    let thread = std::thread::current();
    let line = format!("skipped {}: needs {engine}\n", thread.name().unwrap_or("a test"));
    let _ = std::io::stderr().write_all(line.as_bytes());
    if let Some(list) = std::env::var_os("POLITY_SKIPPED") {
        let _ = fs::OpenOptions::new()
            .append(true)
            .create(true)
            .open(list)
            .and_then(|mut f| f.write_all(line.as_bytes()));
    }
}

/// A name that no other test, in this process or another, uses: `prefix_1234_5`.
fn unique(prefix: &str) -> String {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("{prefix}_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}
