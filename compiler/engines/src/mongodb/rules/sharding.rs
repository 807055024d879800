//! `shard by` in a store that is sharded somewhere, by fields that can be a shard key.

use polity_govern::Stored;
use polity_model::{Store, TypeKind, Value};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0621;

pub(super) fn sharding(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    let environments = platform.environments.iter().map(|e| Some(e.id));
    let is_sharded = std::iter::once(None).chain(environments).any(|environment| {
        match platform.settings_of(store.id, environment).get("topology").map(|s| &s.value) {
            Some(Value::Tagged { tag, .. } | Value::Word(tag)) => tag == "sharded",
            _ => false,
        }
    });
    for entity in platform.entities_in(store.id) {
        let Some(shard) = &entity.shard else { continue };
        if !is_sharded {
            let message = format!("`{}` is not sharded in any environment", store.named.name);
            let problem = Diagnostic::new(E0621, shard.span, message)
                .here("would do nothing")
                .also(store.named.span, "the store's `topology` says how it is run")
                .help("write `topology: sharded { shards: 2 }` in the store, or leave this out");
            found.push(store.settings.saying("topology", "sharded { shards: 2 }", problem));
        }
        for field in shard.fields.iter().map(|id| entity.field(*id)) {
            if matches!(field.ty.kind, TypeKind::List(_)) && !shard.hashed {
                found.push(
                    Diagnostic::new(E0621, shard.span, "a list cannot be in a shard key")
                        .also(field.ty_span, "a list")
                        .help("shard by a field that holds one value"),
                );
            }
        }
    }
}
