//! No two override files have the same name.

use foldhash::{HashMap, HashMapExt};

use crate::Governed;
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0408;

/// `overrides/<environment>_<store>.yml` joins two names by `_`, so that `a` and `b_c` meet `a_b` and `c`, and an
/// environment called `base` meets the base itself.
pub fn override_names(platform: &Governed, found: &mut Vec<Diagnostic>) {
    if !platform.tenants.is_empty() {
        for store in platform.stores.iter().filter(|store| store.named.name == "security_config") {
            let message = "two files would be called `security_config.yml`";
            found.push(
                Diagnostic::new(E0408, store.named.span, message)
                    .note("a tenant's other file of this name says what protects its data")
                    .help("rename the store"),
            );
        }
    }
    let mut taken = HashMap::new();
    for store in &platform.stores {
        taken.insert(format!("base_{}", store.named.name), (store.named.span, store.named.span));
    }
    for environment in &platform.environments {
        for store in &platform.stores {
            let here = (environment.span, store.named.span);
            let name = format!("{}_{}", environment.name, store.named.name);
            if let Some(first) = taken.insert(name.clone(), here) {
                found.push(
                    Diagnostic::new(
                        E0408,
                        environment.span,
                        format!("two files would be called `overrides/{name}.yml`"),
                    )
                    .here("this environment and the store below make that name")
                    .also(store.named.span, "with this store")
                    .also(first.1, "the other file is of this store")
                    .help("rename the environment or the store"),
                );
            }
        }
    }
}
