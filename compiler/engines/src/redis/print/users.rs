//! `users.acl`, and `scripts/passwords.sh` that gives the users of it their passwords.

use std::fmt::Write;

use serde::Serialize;

use super::super::lowered::Lowered;
use polity_catalog::keyed::{Access, Rights, User};

/// Writes the file that `aclfile` names. It holds no password: a user without one cannot log in, until
/// `ACL SETUSER name >password` gives him the one that the secret holds. The format knows no comments.
pub(in super::super) fn acl(lowered: &Lowered) -> String {
    let mut out = String::new();
    for user in lowered.users() {
        line(user, &mut out);
    }
    out
}

fn line(user: &User, out: &mut String) {
    let state = if user.enabled { "on" } else { "off" };
    let _ = write!(out, "user {} {state} resetpass resetkeys", user.name);
    for word in keys(&user.rights) {
        let _ = write!(out, " {word}");
    }
    out.push_str(" resetchannels -@all");
    for word in commands(&user.rights) {
        let _ = write!(out, " {word}");
    }
    for selector in &user.selectors {
        let words: Vec<String> = keys(selector).chain(commands(selector)).collect();
        let _ = write!(out, " ({})", words.join(" "));
    }
    out.push('\n');
}

/// Returns the rules of a user as `ACL SETUSER` takes them behind those that take everything away.
pub(in super::super) fn rules(user: &User) -> Vec<String> {
    let state = if user.enabled { "on" } else { "off" };
    let own = keys(&user.rights).chain(commands(&user.rights));
    let selectors = user.selectors.iter().map(|selector| {
        let words: Vec<String> = keys(selector).chain(commands(selector)).collect();
        format!("({})", words.join(" "))
    });
    std::iter::once(state.to_owned()).chain(own).chain(selectors).collect()
}

fn keys(rights: &Rights) -> impl Iterator<Item = String> {
    rights.keys.iter().map(|pattern| {
        let access = match pattern.access {
            Access::Read => "%R~",
            Access::Write => "%W~",
            Access::ReadWrite => "~",
        };
        format!("{access}{}", pattern.glob)
    })
}

/// Returns the commands, with the channels before those that need them.
fn commands(rights: &Rights) -> impl Iterator<Item = String> {
    let needs_channels = |command: &str| matches!(command, "publish" | "subscribe" | "unsubscribe");
    let allowed = |command: &smol_str::SmolStr| format!("+{command}");
    let plain = rights.commands.iter().filter(move |command| !needs_channels(command)).map(allowed);
    let channels = rights.channels.iter().map(|glob| format!("&{glob}"));
    let messages = rights.commands.iter().filter(move |command| needs_channels(command)).map(allowed);
    plain.chain(channels).chain(messages)
}

/// Writes `scripts/passwords.sh`: gives the users of the access list, and replicas and sentinels, their passwords, which only
/// the environment holds.
pub(in super::super) fn passwords(lowered: &Lowered) -> String {
    #[derive(Serialize)]
    struct Account<'l> {
        name: &'l str,
        variable: String,
    }
    #[derive(Serialize)]
    struct Script<'l> {
        platform: &'l str,
        store: &'l str,
        users: Vec<Account<'l>>,
        replica: Option<Account<'l>>,
        sentinel: Option<Account<'l>>,
    }
    fn account(user: &User) -> Account<'_> {
        Account { name: &user.name, variable: format!("{}_password", user.name).to_uppercase() }
    }
    let (platform, store) = (&lowered.title.platform, &lowered.title.store);
    let named = |last: &str| {
        let name = format!("{platform}_{last}");
        lowered.users().find(|user| *user.name == name).map(account)
    };
    let users = lowered.users().filter(|user| user.enabled).map(account).collect();
    let script = Script { platform, store, users, replica: named("replica"), sentinel: named("sentinel") };
    polity_templates::render(polity_templates::redis::PASSWORDS, script)
}
