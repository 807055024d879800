//! The schema of a value stays within what people can read.

use polity_govern::Stored;
use polity_model::keyspace::Held;
use polity_model::written_out::{WrittenOut, counted};
use polity_model::{Store, Type, TypeKind};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0716;

/// A field takes some 100 bytes of `keyspaces.json`.
const MOST_FIELDS: u64 = 50_000;

/// Records that hold others many times, level by level, would grow without end.
pub(super) fn value_size(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    let mut sizes = WrittenOut::new(platform);
    for keyspace in platform.keyspaces.iter().filter(|keyspace| keyspace.store == store.id) {
        let fields = match keyspace.value.held() {
            Held::Record(record) => sizes.ty(&Type::required(TypeKind::Struct(record))),
            Held::Value(ty) => sizes.ty(ty),
            Held::Entity(entity) => sizes.entity(&platform[entity]),
            Held::Nothing => continue,
        };
        if fields > MOST_FIELDS {
            let span = keyspace.value_span.unwrap_or(keyspace.named.span);
            let message = format!("the value of `{}` is larger than anybody can use", keyspace.named.name);
            found.push(
                Diagnostic::new(E0716, span, message)
                    .here(format!("{} fields, each record counted wherever it stands", counted(fields)))
                    .help("keep the inner records under keys of their own, or as `json`"),
            );
        }
    }
}
