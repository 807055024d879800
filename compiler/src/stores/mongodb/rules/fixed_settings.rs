//! Settings that decide what is stored are the same in every environment.

use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::E0625;
use crate::model::{Platform, Store};

/// Validators, indexes and the client are written once, so that `naming` cannot change from one to the other.
pub(super) fn fixed_settings(platform: &Platform, store: &Store, found: &mut Vec<Diagnostic>) {
    for (environment, overlay) in &store.settings.environments {
        if let Some(setting) = overlay.get("naming") {
            found.push(
                Diagnostic::new(E0625, setting.name_span, "`naming` is the same in every environment")
                    .here(format!("in `{}` alone", platform[*environment].name))
                    .help("write it in the store, outside of `in …`"),
            );
        }
    }
}
