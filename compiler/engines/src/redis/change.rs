//! From what was sealed to what the source says: users and functions that serve both, and the old ones once no key of before is
//! left.

use std::fmt::Write;

use super::keys;
use super::lower;
use super::lowered::Lowered;
use super::print::{library, users};
use crate::artifact::Artifacts;
use crate::change::files::{Draft, Files, Writer};
use crate::change::scripts::{in_order, target};
use crate::change::{Change, Phase, Risk, Time};
use polity_catalog::Identified;
use polity_catalog::keyed::{Catalog, Keyspace, Object, Piece, Rights, User};
use polity_govern::Stored;
use polity_govern::check::Valid;
use polity_model::Store;
use polity_text::quoting::shell;

/// The file of one phase while it is written.
type Script<'w> = Writer<'w, Object>;

/// Returns the way from what was sealed of a store, or from nothing, to what the source says.
pub(super) fn change(valid: &Stored, store: &Store) -> Change {
    let origins = lower::origins(valid, store);
    let place = valid.history.places.get(&store.named.name);
    // A file that cannot be read is reported by a rule.
    let sealed = place.and_then(|place| Catalog::from_json(&place.catalog).ok()).unwrap_or_default();
    let (mut lowered, contracted) = (lower::server(valid, store, None), lower::contracted(valid, store));
    keep_functions(&sealed, &mut lowered);
    let environments: Vec<_> = valid.environments.iter().map(|environment| &environment.name).collect();
    let mut files = Files::new(&origins, &sealed, ".sh");

    let mut script = files.begin();
    for user in lowered.users() {
        let joined = joined(user, &sealed);
        if sealed.get(&Object::from(user.clone()).id()) != Some(&joined.clone().into()) {
            set_user(&mut script, &joined);
        }
    }
    keep_users(&mut script);
    files.end_admin(script, Phase::Admin);

    let mut script = files.begin();
    load(&mut script, &sealed, &lowered, &environments);
    told(&mut script, &sealed, &lowered.catalog);
    files.end(script, Phase::Expand, "");

    let mut script = files.begin();
    for keyspace in waiting(&sealed, &lowered.catalog) {
        require_gone(&mut script, &keyspace, &contracted.catalog);
    }
    for user in contracted.users() {
        let before = lowered.users().find(|one| one.name == user.name);
        if before.map(|before| joined(before, &sealed)).as_ref() != Some(user) {
            set_user(&mut script, user);
        }
    }
    drop_users(&mut script, &sealed, &contracted.catalog);
    keep_users(&mut script);
    files.end_admin(script, Phase::Contract);

    let mut script = files.begin();
    load(&mut script, &lowered.catalog, &contracted, &environments);
    gone(&mut script, &sealed, &contracted.catalog);
    files.end(script, Phase::Contract, "");
    files.finish(STATE.to_owned())
}

/// Everything beside the catalog that the next change starts from: nothing.
const STATE: &str = "{\n  \"format\": 1\n}\n";

/// Adds the files of the migrations of a store of which something was sealed.
pub(super) fn emit(valid: &Valid, store: &Store, artifacts: &mut Artifacts) {
    let folder = &store.named.name;
    let Some(place) = valid.history.places.get(folder) else { return };
    for migration in &place.migrations {
        let about = format!("Sealed as {}, {}.", migration.number, migration.name);
        for (file, text) in in_order(migration) {
            let path = format!("{folder}/{}", target(migration, file));
            let script = framed(valid, store, &about, &path, text);
            artifacts.add(path, script);
        }
    }
    for file in change(valid, store).files {
        let path = format!("{folder}/open/{}", file.name);
        let script = framed(valid, store, OPEN, &path, &file.text);
        artifacts.add(path, script);
    }
}

const OPEN: &str = "Not sealed: `polity seal NAME` makes it a migration. Nobody runs it before.";

/// A script of its own around the calls of a file.
fn framed(valid: &Valid, store: &Store, about: &str, file: &str, body: &str) -> String {
    let values = serde_json::json!({
        "platform": valid.name.as_str(),
        "store": store.named.name.as_str(),
        "about": about,
        "file": file,
        "user": format!("{}_{}", valid.name, if is_admins(file) { "operator" } else { "maintenance" }),
        "body": body.trim_end(),
    });
    polity_templates::render(polity_templates::redis::CHANGE, values)
}

/// Whether a file states users.
fn is_admins(file: &str) -> bool {
    file.contains("/admin/") || file.rsplit('/').next().is_some_and(|name| name.starts_with("10_admin"))
}

/// Keeps the functions that clients of before call.
fn keep_functions(sealed: &Catalog, lowered: &mut Lowered) {
    for object in sealed.objects() {
        if is_code(object) && lowered.catalog.get(&object.id()).is_none() {
            lowered.add(object.clone());
        }
    }
}

fn is_code(object: &Object) -> bool {
    matches!(object, Object::Library(_) | Object::Fragment(_) | Object::Function(_))
}

/// The user with the rights of before as well.
fn joined(user: &User, sealed: &Catalog) -> User {
    let mut joined = user.clone();
    if let Some(Object::User(before)) = sealed.get(&Object::from(user.clone()).id()) {
        let Rights { keys, channels, commands } = &before.rights;
        add_missing(&mut joined.rights.keys, keys);
        add_missing(&mut joined.rights.channels, channels);
        add_missing(&mut joined.rights.commands, commands);
        add_missing(&mut joined.selectors, &before.selectors);
    }
    joined
}

fn add_missing<T: Clone + PartialEq>(these: &mut Vec<T>, others: &[T]) {
    for other in others {
        if !these.contains(other) {
            these.push(other.clone());
        }
    }
}

fn set_user(script: &mut Script<'_>, user: &User) {
    if !user.enabled {
        // `users.acl` switches it off when the server starts first; here it would be whoever runs this.
        script.makes(user.clone());
        return;
    }
    let words = users::rules(user);
    let words: Vec<String> = words.iter().map(|word| shell::word(word)).collect();
    let text = format!("set_user {} {}\n", shell::word(&user.name), words.join(" "));
    let object = Object::from(user.clone());
    let does = "may what is its service's";
    script.step(draft(&object.id().to_string(), does, text));
    script.makes(user.clone());
}

/// Lets users stay when the server starts anew.
fn keep_users(script: &mut Script<'_>) {
    script.append("keep_users\n");
}

fn drop_users(script: &mut Script<'_>, sealed: &Catalog, today: &Catalog) {
    for object in sealed.objects() {
        if let Object::User(user) = object
            && today.get(&object.id()).is_none()
        {
            let text = format!("drop_user {}\n", shell::word(&user.name));
            script.step(draft(&object.id().to_string(), "is dropped", text));
            script.takes(object.id());
        }
    }
}

/// Loads the library as it is in each environment, where anything of it differs.
fn load(script: &mut Script<'_>, before: &Catalog, lowered: &Lowered, environments: &[&smol_str::SmolStr]) {
    let is_code = |object: &&Object| is_code(object);
    let made = || lowered.catalog.objects().filter(is_code).filter(|one| before.get(&one.id()) != Some(one));
    let gone = || before.objects().filter(is_code).filter(|one| lowered.catalog.get(&one.id()).is_none());
    if made().next().is_none() && gone().next().is_none() {
        return;
    }
    let Some(text) = library::text(lowered, None) else { return };
    let mut out = String::new();
    let others = environments.iter().filter_map(|name| {
        let own = library::text(lowered, Some(name))?;
        (lowered.variation(name).is_some() && without_head(&own) != without_head(&text))
            .then_some((name, own))
    });
    let _ = writeln!(out, "case \"${{POLITY_ENVIRONMENT-}}\" in");
    for (name, own) in others {
        let _ = writeln!(
            out,
            "{})\n    load_functions << 'END_OF_FUNCTIONS'\n{}\nEND_OF_FUNCTIONS\n    ;;",
            shell::word(name),
            own.trim_end()
        );
    }
    let _ = writeln!(
        out,
        "*)\n    load_functions << 'END_OF_FUNCTIONS'\n{}\nEND_OF_FUNCTIONS\n    ;;\nesac",
        text.trim_end()
    );
    script.step(draft("library", "is replaced, with all functions of before until the contract", out));
    made().for_each(|object| script.makes(object.clone()));
    gone().for_each(|object| script.takes(object.id()));
}

/// A library without what it says of itself, which names its file.
fn without_head(text: &str) -> &str {
    text.split_once("\n\n").map_or(text, |(_, rest)| rest)
}

/// Tells of keys that clients write otherwise, for which nothing is to be done on a server.
fn told(script: &mut Script<'_>, sealed: &Catalog, today: &Catalog) {
    for object in today.objects() {
        if sealed.get(&object.id()) == Some(object) {
            continue;
        }
        let (does, remark) = match object {
            Object::Keyspace(keyspace) => {
                let shown = keys::shown(&keyspace.key);
                let former = keyspace.former.iter().map(|one| keys::shown(&one.key)).collect::<Vec<_>>();
                let before = if former.is_empty() {
                    String::new()
                } else {
                    format!(", and reads {}", former.join(", "))
                };
                (
                    "is written by new clients",
                    format!("The keyspace {}: a client writes {shown}{before}.", keyspace.name),
                )
            }
            Object::Channel(channel) => (
                "is published by new clients",
                format!("The channel {}: {}.", channel.name, keys::shown(&channel.key)),
            ),
            Object::Configuration(_) => (
                "is read when the server starts",
                "The configuration: the server reads redis.conf when it starts.".to_owned(),
            ),
            _ => continue,
        };
        script.step(draft(&object.id().to_string(), does, shell::remark(&remark)));
        script.makes(object.clone());
    }
}

/// Returns the keyspaces of which keys of before may be there: those that have other keys today, and those that are gone.
fn waiting(sealed: &Catalog, today: &Catalog) -> Vec<Keyspace> {
    let is_gone = |object: &&Object| today.get(&object.id()).is_none();
    let gone = sealed.objects().filter(is_gone).filter_map(|object| match object {
        Object::Keyspace(before) => {
            let former = std::iter::once(before.as_former()).chain(before.former.iter().cloned());
            Some(Keyspace { former: former.collect(), ..before.clone() })
        }
        _ => None,
    });
    let other = today.objects().filter_map(|object| match object {
        Object::Keyspace(keyspace) if !keyspace.former.is_empty() => Some(keyspace.clone()),
        _ => None,
    });
    gone.chain(other).collect()
}

/// Stops while keys of before are there.
fn require_gone(script: &mut Script<'_>, keyspace: &Keyspace, contracted: &Catalog) {
    for former in &keyspace.former {
        let mut text = String::new();
        for (key, _) in former.keys() {
            let pattern = shell::word(&expression(&key.pieces()));
            let _ = writeln!(text, "require_gone {} {pattern}", former.database);
        }
        let count = format!(
            "redis-cli -n {} --scan | grep -Ec {}",
            former.database,
            shell::word(&expression(&former.key.pieces()))
        );
        let object = Object::from(keyspace.clone()).id().to_string();
        let mut draft = draft(&object, "is read no more by keys of before, once none is left", text);
        draft.risks = vec![Risk::Misfits { count }];
        script.step(draft);
    }
    if let (Some(today), false) = (contracted.keyspace(&keyspace.name), keyspace.former.is_empty()) {
        script.makes(today.clone());
    }
}

/// Takes what the source has no more.
fn gone(script: &mut Script<'_>, sealed: &Catalog, today: &Catalog) {
    for object in sealed.objects() {
        let (Object::Keyspace(_) | Object::Channel(_)) = object else { continue };
        if today.get(&object.id()).is_none() {
            let remark = format!("The {}: nobody uses it any more.", object.id());
            script.step(draft(&object.id().to_string(), "is used by nobody", shell::remark(&remark)));
            script.takes(object.id());
        }
    }
}

fn draft<'d>(object: &'d str, does: &'d str, text: String) -> Draft<'d> {
    Draft { object: object.to_owned(), of: object, does, time: Time::Instant, risks: Vec::new(), text }
}

/// Writes the regular expression, as `grep -E` reads it, that matches the keys.
fn expression(pieces: &[Piece<'_>]) -> String {
    let mut out = String::from("^");
    for piece in pieces {
        match piece {
            Piece::Text(text) => {
                for c in text.chars() {
                    if c.is_ascii_punctuation() && !"_:-%,/@#~&=!<>;\"'`".contains(c) {
                        out.push('\\');
                    }
                    out.push(c);
                }
            }
            Piece::Parameter { .. } => out.push_str("[^:{}]*"),
        }
    }
    out.push('$');
    out
}
