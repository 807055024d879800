//! A value that only a module knows is in a store that lists the module.

use crate::redis::{in_environment, keyspaces_of, kind, settings_anywhere};
use polity_govern::Stored;
use polity_model::{Record, Store, Value};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0704;

/// A kind of value whose module the store does not list in `modules`.
pub(super) fn missing_module(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    let servers = settings_anywhere(platform, store);
    let lists = |settings: &Record, module: &str| match settings.get("modules").map(|s| &s.value) {
        Some(Value::List(modules)) => {
            modules.iter().any(|m| matches!(m, Value::Word(word) if word == module))
        }
        _ => false,
    };
    for keyspace in keyspaces_of(platform, store) {
        let Some(kind) = kind::of(&keyspace.value) else { continue };
        let Some(module) = kind::module(kind) else { continue };
        let Some((place, _)) = servers.iter().find(|(_, settings)| !lists(settings, module)) else {
            continue;
        };
        let place = in_environment(platform, *place);
        let kind = kind.name();
        let span = keyspace.value_span.unwrap_or(keyspace.named.span);
        let all = listed(store).chain([module]).collect::<Vec<_>>().join(", ");
        let problem = Diagnostic::new(E0704, span, format!("a {kind} needs the module `{module}`"))
            .here("plain Redis does not know this kind")
            .also(store.named.span, format!("this store does not list `{module}`{place}"))
            .help(format!("write `modules: [{all}]` in the store{}", instead(kind)));
        found.push(store.settings.saying("modules", &format!("[{all}]"), problem));
    }
}

/// The modules that a store lists for every environment.
fn listed(store: &Store) -> impl Iterator<Item = &str> {
    let said = match store.settings.base.get("modules").map(|setting| &setting.value) {
        Some(Value::List(modules)) => &modules[..],
        _ => &[],
    };
    said.iter().filter_map(|module| match module {
        Value::Word(word) => Some(word.as_str()),
        _ => None,
    })
}

fn instead(kind: &str) -> &'static str {
    if kind == "document" { ", or write `json { … }` to keep it as text" } else { "" }
}
