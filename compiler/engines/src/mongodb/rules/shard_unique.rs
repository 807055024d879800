//! In a sharded collection, what is unique begins with the shard key.

use crate::mongodb::lower::collection;
use crate::mongodb::lower::indexes::{self, Wanted};
use polity_govern::Stored;
use polity_model::Store;
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0605;

/// Each shard knows only its own documents, so MongoDB refuses a unique index that does not lead with the (ranged)
/// shard key. <https://www.mongodb.com/docs/manual/core/sharding-shard-a-collection/#uniqueness>
pub(super) fn shard_unique(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    for entity in platform.entities_in(store.id) {
        let Some(shard) = &entity.shard else { continue };
        let Some(shard_key) = indexes::shard_key(platform, entity) else { continue };
        // By the hash of `_id`, equal `_id`s meet on one shard, whose own index keeps them apart.
        let all = indexes::indexes(platform, entity);
        for Wanted { index, span } in all.iter().filter(|wanted| wanted.index.unique) {
            if index.keys.starts_with(&shard_key) {
                continue;
            }
            let names: Vec<&str> =
                shard.fields.iter().map(|f| entity.field(*f).named.name.as_str()).collect();
            let help = if shard.hashed {
                format!("write `shard by ({})`, which spreads by range", names.join(", "))
            } else {
                let missing = names.join(", ");
                format!("begin it with `{missing}`, or shard by what is unique")
            };
            let mut diagnostic =
                Diagnostic::new(E0605, *span, "MongoDB cannot keep this unique over all shards")
                    .here("does not lead with the shard key")
                    .also(shard.span, "the shard key")
                    .help(help);
            if shard.hashed {
                diagnostic = diagnostic.note("an index on hashes cannot be unique");
            } else if entity.key.len() == 1 && collection::id_field(platform, entity).is_none() {
                diagnostic =
                    diagnostic.note("`_id` is unique on each shard only, so the key has an index of its own");
            }
            found.push(diagnostic);
        }
    }
}
