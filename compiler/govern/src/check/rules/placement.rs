//! Everything stands in a store whose engine has such things.

use crate::Governed;
use polity_model::StoreId;
use polity_model::engine::About;
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0410;
use polity_text::source::Span;

/// An entity in a store of keys, a keyspace or a channel in a store of entities, a schema in a store without schemas.
pub fn placement(platform: &Governed, found: &mut Vec<Diagnostic>) {
    let engine = |store: StoreId| platform[store].about;
    let mut wrong = |what: &str, span: Span, store: StoreId, engine: &About, help: String| {
        found.push(
            Diagnostic::new(E0410, span, format!("{} has no {what}", engine.title))
                .also(platform[store].named.span, format!("this store runs on {}", engine.title))
                .help(help),
        );
    };
    let fitting = |fits: fn(&About) -> bool| {
        let names: Vec<&str> = platform.engines.known.iter().filter(|e| fits(e)).map(|e| e.title).collect();
        names.join(" or ")
    };
    for entity in &platform.entities {
        if let Some(engine) = engine(entity.store).filter(|e| !e.has_entities) {
            let help =
                format!("write a `keyspace`, or put the entity into a {} store", fitting(|e| e.has_entities));
            wrong("entities", entity.named.span, entity.store, engine, help);
        }
    }
    let keyed = platform.keyspaces.iter().map(|k| ("keyspaces", k.named.span, k.store));
    let channels = platform.channels.iter().map(|c| ("channels", c.named.span, c.store));
    for (what, span, store) in keyed.chain(channels) {
        if let Some(engine) = engine(store).filter(|e| e.has_entities) {
            let help = format!("write an `entity`, or put it into a {} store", fitting(|e| !e.has_entities));
            wrong(what, span, store, engine, help);
        }
    }
    for schema in &platform.schemas {
        if let Some(engine) = engine(schema.store).filter(|e| !e.has_schemas) {
            let name = &platform[schema.store].named.name;
            let help = format!("write `entity … in {name}` outside a schema");
            wrong("schemas", schema.named.span, schema.store, engine, help);
        }
    }
}
