//! A value that only a module knows is in a store that lists the module.

use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::E0704;
use crate::model::{Platform, Store, Value};
use crate::stores::redis::{keyspaces_of, kind};

/// A kind of value whose module the store does not list in `modules`.
pub(super) fn missing_module(platform: &Platform, store: &Store, found: &mut Vec<Diagnostic>) {
    let settings = platform.settings_of(store.id, None);
    let listed = |module: &str| match settings.get("modules").map(|s| &s.value) {
        Some(Value::List(modules)) => {
            modules.iter().any(|m| matches!(m, Value::Word(word) if word == module))
        }
        _ => false,
    };
    for keyspace in keyspaces_of(platform, store) {
        let Some(module) = kind::module(&keyspace.value).filter(|m| !listed(m)) else { continue };
        let kind = kind::name(&keyspace.value);
        let span = keyspace.value_span.unwrap_or(keyspace.named.span);
        found.push(
            Diagnostic::new(E0704, span, format!("a {kind} needs the module `{module}`"))
                .here("plain Redis does not know this kind")
                .also(store.named.span, format!("this store does not list `{module}`"))
                .help(format!("add `modules: [{module}]` to the store{}", instead(kind))),
        );
    }
}

fn instead(kind: &str) -> &'static str {
    if kind == "document" { ", or write `json { … }` to keep it as text" } else { "" }
}
