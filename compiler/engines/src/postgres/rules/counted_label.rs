//! Rows of every tenant that the server counts by what carries a label.

use super::entities;
use polity_govern::Stored;
use polity_model::entity::PartitionKind;
use polity_model::{Entity, Expr, FieldId, Isolation, Store};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::W0825;
use polity_text::source::Span;

/// An index with a condition, a unique constraint with one, and partitions by value, of a field that carries a label, where tenants
/// have one database in common: `pg_class.reltuples` says to all of them how many rows each has.
pub(super) fn counted_label(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    let shares = |isolation: Option<Isolation>| isolation != Some(Isolation::Database);
    if !platform.tiers.iter().any(|tier| shares(tier.isolation())) {
        return;
    }
    for entity in entities(platform, store).filter(|entity| entity.tenant.is_some()) {
        let indexes = entity.indexes.iter().map(|index| ("an index", index.filter.as_ref(), index.span));
        let uniques =
            entity.uniques.iter().map(|unique| ("what is unique", unique.filter.as_ref(), unique.span));
        for (what, filter, span) in indexes.chain(uniques) {
            let labelled = filter.and_then(|filter| named_by(platform, entity, filter));
            found.extend(labelled.map(|field| {
                told(platform, entity, field, span, &format!("{what} with this condition"))
                    .help("leave the condition out, or name in it what carries no label")
            }));
        }
        let Some(partition) = &entity.partition else { continue };
        let tells = !matches!(partition.kind, PartitionKind::Hash { .. });
        let labelled = partition.fields.iter().find(|field| tells && is_labelled(platform, entity, **field));
        found.extend(labelled.map(|field| {
            told(platform, entity, *field, partition.span, "each partition")
                .help("partition by what carries no label, or by `hash`")
        }));
    }
}

fn told(platform: &Stored, entity: &Entity, field: FieldId, span: Span, what: &str) -> Diagnostic {
    let named = &entity.field(field).named;
    let carried = platform.labels_of(entity.id, field).first();
    let label = carried.map(|carried| platform[carried.label].name.as_str()).unwrap_or_default();
    let message = format!("{what} counts the rows of every tenant by `{}`, which is `#{label}`", named.name);
    Diagnostic::new(W0825, span, message)
        .also(named.span, "labelled here, or by what it belongs to")
        .note("PostgreSQL tells whoever logs in how many rows an index or a partition has (`pg_class.reltuples`), and row security hides no catalog")
}

/// The first field of a condition that carries a label.
fn named_by(platform: &Stored, entity: &Entity, filter: &Expr) -> Option<FieldId> {
    let mut labelled = None;
    filter.fields(&mut |path, _| {
        if labelled.is_none() && is_labelled(platform, entity, path.root) {
            labelled = Some(path.root);
        }
    });
    labelled
}

/// Whether a field carries a label. How many rows were deleted softly says nothing of a person.
fn is_labelled(platform: &Stored, entity: &Entity, field: FieldId) -> bool {
    entity.field(field).soft_delete.is_none() && !platform.labels_of(entity.id, field).is_empty()
}

#[cfg(test)]
mod tests {
    use polity_text::source::Sources;

    fn warned(isolation: &str, entity: &str) -> usize {
        let source = format!(
            "platform shop {{ environments: [dev] }}\ntenancy by tenant_id: uuid\n\
             tier one {{ isolation: {isolation} }}\n\
             store main: postgres 15 {{ database: \"shop\" }}\nenum Illness {{ flu, hiv }}\n\
             schema core in main {{\n{entity}\n}}\n"
        );
        let found = polity::check(&Sources::single("test.polity", &source), None);
        assert!(found.iter().all(|d| !d.is_error()), "{found:#?}");
        found.iter().filter(|d| d.code == super::W0825).count()
    }

    #[test]
    fn what_the_server_counts_by_a_label_is_told() {
        let visit = |clauses: &str| {
            format!(
                "entity Visit {{ id: uuid = uuid_v7(); at: date; kind: int; ill: Illness #health; {clauses} }}"
            )
        };
        let key = "key (id)";
        for told in [
            "index (at) where ill = hiv",
            "index (at) where kind = 2 or ill != flu",
            "unique (at) where ill = hiv",
        ] {
            for isolation in ["row", "schema"] {
                assert_eq!(warned(isolation, &visit(&format!("{key}; {told}"))), 1, "{isolation} {told}");
            }
            assert_eq!(warned("database", &visit(&format!("{key}; {told}"))), 0, "{told}");
            let global = visit(&format!("{key}; {told}")).replacen("entity", "global entity", 1);
            assert_eq!(warned("row", &global), 0, "{told}");
        }
        for silent in ["index (ill)", "index (at) where kind = 2", "unique (at, ill)"] {
            assert_eq!(warned("row", &visit(&format!("{key}; {silent}"))), 0, "{silent}");
        }
        assert_eq!(warned("row", &visit("key (id, ill); partition by list (ill)")), 1);
        assert_eq!(warned("row", &visit("key (id, ill); partition by hash (ill) into 4")), 0);
        assert_eq!(warned("row", &visit("key (id, kind); partition by hash (kind) into 4")), 0);
    }
}
