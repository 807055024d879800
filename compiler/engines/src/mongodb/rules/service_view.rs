//! The view through which a service reads part of a collection needs a name that is free.

use super::names::longest_collection;
use crate::mongodb::lower::services::{rights, view_name};
use polity_govern::Stored;
use polity_model::Store;
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0845;

/// A view with the name of a collection or of another view, or with one that is too long.
pub(super) fn service_view(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    let longest = longest_collection(platform, store);
    let mut taken: Vec<_> =
        platform.entities_in(store.id).map(|e| (e.named.stored.clone(), e.named.span)).collect();
    for service in &platform.services {
        for rights in rights(platform, store, service).iter().filter(|rights| !rights.part.is_empty()) {
            let entity = &platform[rights.entity];
            let (name, span) = (view_name(entity, service), service.named.span);
            let other = taken.iter().find(|(other, _)| *other == name).map(|(_, span)| *span);
            let wrong = match other {
                Some(_) => "is taken",
                None if name.len() > longest => "is too long for MongoDB",
                None => {
                    taken.push((name, span));
                    continue;
                }
            };
            let message = format!(
                "`{}` would read `{}` through the view `{name}`, a name that {wrong}",
                service.named.name, entity.named.name
            );
            let mut diagnostic = Diagnostic::new(E0845, span, message)
                .help("rename the service, or the collection with `as \"…\"`");
            if let Some(other) = other {
                diagnostic = diagnostic.also(other, "this has the name");
            }
            found.push(diagnostic);
        }
    }
}
