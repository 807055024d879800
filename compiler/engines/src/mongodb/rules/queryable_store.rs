//! Features that Queryable Encryption takes away from a store and its collections.
//! <https://www.mongodb.com/docs/manual/core/queryable-encryption/reference/limitations/>

use crate::mongodb::lower::encryption::{self, Mode};
use crate::mongodb::lower::{indexes, services};
use polity_govern::Stored;
use polity_model::entity::Fate;
use polity_model::{Entity, Store, Value};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0628;

/// 7.0 is the first server with it; 6.0 had a preview whose collections no other can read.
const FIRST_MAJOR: u32 = 7;

pub(super) fn queryable_store(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    if encryption::mode(platform, store.id) != Some(Mode::Queryable) {
        return;
    }
    let Some(setting) = platform.encrypted_by_driver(store.id) else { return };
    let told = |span, message: String, help: &str| {
        Diagnostic::new(E0628, span, message).also(setting.value_span, "asked for here").help(help)
    };
    let by_csfle = |span, message: String, help: &str| {
        told(span, message, &format!("{help}, or write `field_encryption: csfle`"))
            .edit(setting.value_span, "csfle")
    };
    if store.version.major() < FIRST_MAJOR {
        let message = "Queryable Encryption needs MongoDB 7".to_owned();
        found.push(by_csfle(store.engine_span, message, "run MongoDB 7"));
    }
    let layers =
        std::iter::once(&store.settings.base).chain(store.settings.environments.iter().map(|(_, r)| r));
    for topology in layers.filter_map(|layer| layer.get("topology")) {
        if matches!(&topology.value, Value::Word(tag) | Value::Tagged { tag, .. } if tag == "standalone") {
            let problem = told(
                topology.value_span,
                "Queryable Encryption needs transactions, which a single server has not".to_owned(),
                "write `topology: replica_set { members: 3 }`",
            );
            found.push(problem.edit(topology.value_span, "replica_set { members: 3 }"));
        }
    }
    let is_encrypted = |entity: &&Entity| encryption::encrypts(platform, entity);
    for entity in platform.entities_in(store.id).filter(is_encrypted) {
        let (name, all) = (&entity.named.name, indexes::indexes(platform, entity));
        if let Some(wanted) = all.iter().find(|wanted| wanted.index.expire_after_seconds.is_some()) {
            found.push(by_csfle(
                wanted.span,
                format!("documents of `{name}` cannot expire: MongoDB leaves behind what it finds them by"),
                "delete them by a client of your own",
            ));
        }
        if let Some(retain) = platform.retain(entity.id).filter(|r| r.fate == Fate::Anonymize) {
            found.push(by_csfle(
                retain.span,
                format!(
                    "documents of `{name}` cannot be anonymized: MongoDB leaves behind what it finds them by"
                ),
                "anonymize them by a client of your own",
            ));
        }
        for service in &platform.services {
            let mut rights = services::rights(platform, store, service).into_iter();
            if rights.any(|rights| rights.entity == entity.id && !rights.part.is_empty()) {
                let service_name = &service.named.name;
                found.push(told(
                    service.named.span,
                    format!("`{service_name}` would read `{name}` through a view, which finds nothing in ciphertext"),
                    "let it read the whole, or keep what it reads in a collection of its own",
                ));
            }
        }
    }
}
