//! The files of a server, printed from its catalog.
//!
//! | file | prints |
//! |---|---|
//! | [`keyspaces`] | `keyspaces.json`, with the [`schema`] of each value |
//! | [`overview`] | `keyspaces.md` |
//! | [`library`] | `scripts/<platform>.lua`, `scripts/<platform>-<environment>.lua` |
//! | [`users`] | `users.acl`, and `scripts/passwords.sh` that gives the users their passwords |
//! | [`scripts`] | `scripts/end_entries.sh`, `scripts/erase_subject.sh`, `scripts/erase_tenant.sh` |
//! | [`configuration`] | `redis.conf`, `redis-tls.conf` and those of each environment |

pub(super) mod configuration;
pub(super) mod keyspaces;
pub(super) mod library;
pub(super) mod overview;
mod schema;
pub(super) mod scripts;
mod sentinel;
pub(super) mod users;
