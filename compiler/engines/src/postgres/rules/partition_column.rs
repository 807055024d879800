//! A table is partitioned by what its kind of partition can work with.

use super::super::lower::types::underlying;
use super::entities;
use polity_govern::Stored;
use polity_model::entity::PartitionKind;
use polity_model::{Scalar, Store, TypeKind};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0511;

/// A list needs an enum or a bool (all values are known beforehand), a hash a number of parts; none a column that
/// is computed or absent; and `no overlap` cannot look across partitions before 17.
pub(super) fn partition_column(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    for entity in entities(platform, store) {
        let Some(partition) = &entity.partition else { continue };
        let mut refuse = |what: String, help: &str| {
            found.push(Diagnostic::new(E0511, partition.span, what).help(help));
        };
        let single = !matches!(partition.kind, PartitionKind::Hash { .. });
        if single && partition.fields.len() != 1 {
            refuse("a table is partitioned by one field here".to_owned(), "name one field");
        }
        for id in &partition.fields {
            let field = entity.field(*id);
            let name = &field.named.name;
            if field.computed.is_some() {
                refuse(
                    format!("`{name}` is computed, and PostgreSQL does not partition by that"),
                    "name a stored field",
                );
            }
            if field.ty.optional && single && partition.default.is_none() {
                refuse(
                    format!("`{name}` may be absent, and a row without it would have no partition"),
                    "make it required, or write `default` behind the partition",
                );
            }
            let kind = underlying(platform, &field.ty);
            match &partition.kind {
                PartitionKind::List => {
                    if !matches!(kind, TypeKind::Enum(_) | TypeKind::Scalar(Scalar::Bool) | TypeKind::Broken)
                    {
                        refuse(
                            format!("the values of `{name}` are not known beforehand"),
                            "a list needs an enum or a bool; otherwise write `partition by hash (…) into 16`",
                        );
                    }
                }
                PartitionKind::Range(_) | PartitionKind::Hash { .. } => {}
            }
        }
        if matches!(partition.kind, PartitionKind::Hash { into } if into == 0 || into > 1024) {
            refuse("a table has from 1 to 1024 partitions by hash".to_owned(), "write `into 16`");
        }
        if store.version.major() < 17
            && let Some(overlap) = entity.no_overlaps.first()
        {
            found.push(
                Diagnostic::new(
                    E0511,
                    overlap.span,
                    format!("PostgreSQL {} cannot judge `no overlap` across partitions", store.version),
                )
                .also(partition.span, "partitioned here")
                .help("leave one of the two out, or use PostgreSQL 17 or later"),
            );
        }
    }
}
