//! Settings that decide what is stored are the same in every environment.

use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::E0625;
use crate::model::{Platform, Store};

/// Validators, indexes and the client are written once, so that these cannot change from one to the other.
const FIXED: &[&str] = &["naming", "field_encryption"];

pub(super) fn fixed_settings(platform: &Platform, store: &Store, found: &mut Vec<Diagnostic>) {
    for (environment, overlay) in &store.settings.environments {
        for (name, setting) in FIXED.iter().filter_map(|name| Some((name, overlay.get(*name)?))) {
            let message = format!("`{name}` is the same in every environment");
            found.push(
                Diagnostic::new(E0625, setting.name_span, message)
                    .here(format!("in `{}` alone", platform[*environment].name))
                    .help("write it in the store, outside of `in …`"),
            );
        }
    }
}
