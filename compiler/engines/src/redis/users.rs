//! `users.acl`: one user for each service, or one for the application where no service is declared; one for
//! maintenance, one for monitoring; nobody else gets in.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Serialize;

use super::{channels_of, keys, keyspaces_of, kind, services};
use polity_govern::check::Valid;
use polity_model::Store;
use polity_model::governance::Tenant;

/// The commands that every user may run before anything else.
const CONNECTION: &str = "+auth +hello +ping +echo +reset +quit +client|setname +client|id";

/// The commands that the application may run on each key that it may use, whatever the key holds.
const ANY_KEY: &str = "+del +unlink +exists +type +ttl +pttl +expire +pexpire";

/// The file that `aclfile` names. It holds no password: a user without one cannot log in, until
/// `ACL SETUSER name >password` gives him the one that the secret holds. The format knows no comments. On a server of
/// a tenant's own the application gets at that tenant's keys only.
pub(super) fn acl(valid: &Valid, store: &Store, tenant: Option<&Tenant>) -> String {
    let platform = &valid.name;
    let mut out = String::from("user default off resetpass resetkeys resetchannels -@all\n");
    if valid.services.is_empty() {
        application(valid, store, tenant, &mut out);
    }
    for user in services::users(valid, store, tenant) {
        let databases: String = user.databases.iter().map(|n| format!(" +select|{n}")).collect();
        let _ = writeln!(
            out,
            "user {} on resetpass resetkeys resetchannels -@all {CONNECTION}{databases} +multi +exec +discard \
             +unwatch +time {}",
            user.name,
            user.selectors.join(" ")
        );
    }
    // Loads the library and walks the keys; reads a value only where a person is to be found in it.
    let reads = super::erasure::commands(valid, store);
    let _ = writeln!(
        out,
        "user {platform}_maintenance on resetpass resetkeys ~* resetchannels -@all {CONNECTION} +select +scan +type \
         +exists +ttl +unlink +memory|usage +function|load +function|list +function|delete +function|stats +bgsave \
         +lastsave +acl|whoami{reads}"
    );
    // Without `CONFIG GET`, which would show the password that replicas use.
    let _ = writeln!(
        out,
        "user {platform}_monitor on resetpass resetkeys resetchannels -@all {CONNECTION} +info +slowlog|get \
         +slowlog|len +latency|latest +latency|histogram +memory|stats +client|list +cluster|info \
         +lastsave +dbsize +select"
    );
    out
}

/// The one user of a platform that tells no services apart: it may do what the keyspaces allow.
fn application(valid: &Valid, store: &Store, tenant: Option<&Tenant>, out: &mut String) {
    let platform = &valid.name;
    let databases = databases(valid, store);
    let _ = write!(
        out,
        "user {platform}_app on resetpass resetkeys resetchannels -@all {CONNECTION}{databases} +multi +exec \
         +discard +watch +unwatch +time"
    );
    for channel in channels_of(valid, store) {
        let _ = write!(out, " &{}", keys::glob(&channel.pattern, id(tenant, channel.global)));
    }
    if channels_of(valid, store).next().is_some() {
        out.push_str(" +publish +subscribe +unsubscribe");
    }
    for (commands, globs) in selectors(valid, store, tenant) {
        let globs: Vec<String> = globs.iter().map(|glob| format!("~{glob}")).collect();
        let commands: Vec<String> = commands.iter().map(|command| format!("+{command}")).collect();
        let _ = write!(out, " ({} {ANY_KEY} {} +fcall +fcall_ro)", globs.join(" "), commands.join(" "));
    }
    out.push('\n');
}

/// `scripts/passwords.sh`: gives the users of the access list their passwords, which only the environment holds.
pub(super) fn passwords(valid: &Valid, store: &Store) -> String {
    #[derive(Serialize)]
    struct User {
        name: String,
        variable: String,
    }
    #[derive(Serialize)]
    struct Script<'a> {
        platform: &'a str,
        users: Vec<User>,
    }
    let platform = &valid.name;
    let role = |role: &str| format!("{platform}_{role}");
    let mut names: Vec<String> =
        services::users(valid, store, None).iter().map(|user| user.name.to_string()).collect();
    if valid.services.is_empty() {
        names.push(role("app"));
    }
    names.extend([role("maintenance"), role("monitor")]);
    let user = |name: String| User { variable: format!("{name}_password").to_uppercase(), name };
    let users = names.into_iter().map(user).collect();
    polity_templates::render(polity_templates::redis::PASSWORDS, Script { platform, users })
}

/// ` +select|0 +select|3`: exactly the databases that hold something. A cluster has no `SELECT`.
fn databases(valid: &Valid, store: &Store) -> String {
    let mut used: Vec<u32> = keyspaces_of(valid, store).map(|k| k.database.map_or(0, |(n, _)| n)).collect();
    used.sort_unstable();
    used.dedup();
    used.iter().map(|n| format!(" +select|{n}")).collect()
}

/// The tenant's id that the keys and channels of one tenant begin with; `None` for global ones.
pub(super) fn id(tenant: Option<&Tenant>, global: bool) -> Option<&str> {
    tenant.filter(|_| !global).map(Tenant::id)
}

/// The keys of each kind with the commands of that kind, so that a session cannot be pushed to like a queue.
fn selectors(
    valid: &Valid,
    store: &Store,
    tenant: Option<&Tenant>,
) -> BTreeMap<&'static [&'static str], Vec<String>> {
    let mut out: BTreeMap<&'static [&'static str], Vec<String>> = BTreeMap::new();
    for keyspace in keyspaces_of(valid, store) {
        let globs = out.entry(kind::commands(&keyspace.value)).or_default();
        let id = id(tenant, keyspace.global);
        globs.push(keys::glob(&keyspace.pattern, id));
        if let Some(word) = keys::word_beside(&keyspace.value) {
            let beside = keys::beside(&keyspace.pattern, !keyspace.together_by.is_empty(), word);
            globs.push(keys::glob(&beside, id));
        }
    }
    out
}
