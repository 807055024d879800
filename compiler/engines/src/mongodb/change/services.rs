//! Views, roles and users: what new clients may comes first, and what only those of before may goes with the contract.

use serde_json::json;

use super::super::print::roles::{may, password, shown};
use super::delta::Delta;
use super::{Script, call};
use crate::change::Time;
use crate::change::files::Draft;
use polity_catalog::Identified;
use polity_catalog::document::{Object, Role, User, View};

/// Gives services what they may, beside what they had.
pub(super) fn give(script: &mut Script<'_>, delta: &Delta<'_>) {
    for role in delta.lowered.roles() {
        let joined = joined_role(role, delta.old.role(&role.name));
        if delta.old.role(&role.name) != Some(&joined) {
            set_role(script, delta, joined);
        }
    }
    for object in delta.made() {
        if let Object::User(user) = object {
            make_user(script, user);
        }
    }
}

/// Takes from services what only those of before had.
pub(super) fn take(script: &mut Script<'_>, delta: &Delta<'_>) {
    for role in delta.lowered.roles() {
        if joined_role(role, delta.old.role(&role.name)) != *role {
            set_role(script, delta, role.clone());
        }
    }
    for object in delta.gone() {
        match object {
            Object::Role(role) => drop(script, object, "dropRole", &role.name),
            Object::User(user) => drop(script, object, "dropUser", &user.name),
            _ => {}
        }
    }
}

/// Makes views, and lets those that are there show what is new.
pub(super) fn show(script: &mut Script<'_>, delta: &Delta<'_>) {
    for object in delta.new.objects() {
        let Object::View(view) = object else { continue };
        let joined = joined_view(view, delta.old.view(&view.name));
        if delta.old.view(&view.name) != Some(&joined) {
            set_view(script, joined);
        }
    }
}

/// Lets views show today's fields alone, and drops those that are gone.
pub(super) fn hide(script: &mut Script<'_>, delta: &Delta<'_>) {
    for object in delta.new.objects() {
        if let Object::View(view) = object
            && joined_view(view, delta.old.view(&view.name)) != *view
        {
            set_view(script, view.clone());
        }
    }
    for object in delta.gone() {
        if let Object::View(view) = object {
            drop(script, object, "dropView", &view.name);
        }
    }
}

/// The role with the rights of before as well.
fn joined_role(role: &Role, before: Option<&Role>) -> Role {
    let mut joined = role.clone();
    for (on, actions) in before.into_iter().flat_map(|before| &before.privileges) {
        joined.privileges.entry(on.clone()).or_default().extend(actions.iter().copied());
    }
    joined
}

/// The view with the fields of before as well.
fn joined_view(view: &View, before: Option<&View>) -> View {
    let mut joined = view.clone();
    for (field, is_shown) in before.filter(|before| before.of == view.of).into_iter().flat_map(|it| &it.shows)
    {
        *joined.shows.entry(field.clone()).or_insert(*is_shown) |= is_shown;
    }
    joined
}

fn set_role(script: &mut Script<'_>, delta: &Delta<'_>, role: Role) {
    let entry = json!({ "role": role.name.as_str(), "may": may(&role), "shared": shared(delta, &role) });
    step(script, &role.clone().into(), "may what services say", call("setRole", &entry));
    script.makes(role);
}

/// The collections of which a tenant's database holds copies.
fn shared(delta: &Delta<'_>, role: &Role) -> Vec<String> {
    let names = role.privileges.keys().filter(|name| delta.lowered.shared.contains(*name));
    names.map(ToString::to_string).collect()
}

fn make_user(script: &mut Script<'_>, user: &User) {
    let entry = json!({ "user": user.name.as_str(), "password": password(&user.name) });
    step(script, &user.clone().into(), "logs in, once it has a password", call("setUser", &entry));
    script.makes(user.clone());
}

fn set_view(script: &mut Script<'_>, view: View) {
    let mut entry = shown(&view);
    entry["name"] = json!(view.name.as_str());
    step(script, &view.clone().into(), "shows what its service may read", call("setView", &entry));
    script.makes(view);
}

fn drop(script: &mut Script<'_>, object: &Object, function: &str, name: &str) {
    step(script, object, "is dropped", call(function, &json!({ "name": name })));
    script.takes(object.id());
}

fn step(script: &mut Script<'_>, object: &Object, does: &str, text: String) {
    let object = object.id().to_string();
    script.step(Draft { object, of: "", does, time: Time::Instant, risks: Vec::new(), text });
}
