//! `roles.js`: brings the roles, the views and, given their passwords, the users of a database to what the services say.

use serde_json::{Map, Value as Json, json};

use super::place;
use crate::mongodb::lower::Lowered;
use polity_catalog::document::{Action, Catalog, Role, View};
use polity_govern::check::Valid;
use polity_model::Store;
use polity_text::quoting::javascript;

pub(super) fn script(valid: &Valid, store: &Store, lowered: &Lowered<'_>) -> String {
    let services: Vec<Json> = lowered.roles().map(|role| service(&lowered.catalog, role)).collect();
    let shared: Vec<&str> = lowered.shared.iter().map(|name| name.as_str()).collect();
    let mut values = place::header(valid, store);
    values.insert("services".to_owned(), json!(javascript::literal(&Json::Array(services))));
    values.insert("shared".to_owned(), json!(javascript::texts(&shared)));
    values.insert("prefix".to_owned(), json!(javascript::literal(&json!(format!("{}_", valid.name)))));
    polity_templates::render(polity_templates::mongodb::ROLES, values)
}

/// A role with the views that it may read, and the variable that holds the password of its user.
fn service(catalog: &Catalog, role: &Role) -> Json {
    let views = role.privileges.keys().filter_map(|name| catalog.view(name));
    let views: Map<String, Json> = views.map(|view| (view.name.to_string(), shown(view))).collect();
    json!({
        "role": role.name.as_str(),
        "password": password(&role.name),
        "may": may(role),
        "views": views,
    })
}

/// The actions of a role by collection and view, with spaces between them.
pub(in crate::mongodb) fn may(role: &Role) -> Json {
    let privileges = role.privileges.iter().map(|(name, actions)| {
        let actions: Vec<&str> = actions.iter().copied().map(Action::name).collect();
        (name.to_string(), json!(actions.join(" ")))
    });
    Json::Object(privileges.collect())
}

/// The variable that holds the password of a user.
pub(in crate::mongodb) fn password(user: &str) -> String {
    format!("{user}_password").to_uppercase()
}

/// The view with its fields as `$project` writes them.
pub(in crate::mongodb) fn shown(view: &View) -> Json {
    let shows: Map<String, Json> =
        view.shows.iter().map(|(name, is_shown)| (name.to_string(), json!(u8::from(*is_shown)))).collect();
    json!({ "of": view.of.as_str(), "shows": shows })
}
