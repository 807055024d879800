//! The schema of a value stays within what people can read.

use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::E0716;
use crate::model::keyspace::ValueShape;
use crate::model::written_out::{WrittenOut, counted};
use crate::model::{Platform, Store, Type, TypeKind};

/// A field takes some 100 bytes of `keyspaces.json`.
const MOST_FIELDS: u64 = 50_000;

/// Records that hold others many times, level by level, would grow without end.
pub(super) fn value_size(platform: &Platform, store: &Store, found: &mut Vec<Diagnostic>) {
    let mut sizes = WrittenOut::new(platform);
    let record = |id| Type::required(TypeKind::Struct(id));
    for keyspace in platform.keyspaces.iter().filter(|keyspace| keyspace.store == store.id) {
        let fields = match &keyspace.value {
            ValueShape::Json(id) | ValueShape::Document(id) | ValueShape::Hash(id) => sizes.ty(&record(*id)),
            ValueShape::Stream { fields, .. } => sizes.ty(&record(*fields)),
            ValueShape::Scalar(ty)
            | ValueShape::List(ty)
            | ValueShape::Set(ty)
            | ValueShape::SortedSet { of: ty, .. }
            | ValueShape::Geo(ty)
            | ValueShape::Bloom(ty) => sizes.ty(ty),
            ValueShape::Entity(entity) => sizes.entity(&platform[*entity]),
            ValueShape::Counter
            | ValueShape::Bitmap
            | ValueShape::HyperLogLog
            | ValueShape::TimeSeries
            | ValueShape::Limiter
            | ValueShape::Broken => continue,
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
