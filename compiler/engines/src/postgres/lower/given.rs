//! The names that the source says, which the register of names takes first, so that those of the compiler give way.

use smol_str::SmolStr;

use super::names::{Names, Space, fit};
use super::placement::Placement;
use super::scripted::{self, Kind};
use super::table::partitions;
use super::views::LoweredView;
use polity_model::Entity;
use polity_text::source::Span;

/// Takes the names of tables, sequences, trails and views, keeps those that indexes, constraints and scripts will have,
/// and announces those that several things may want.
pub(super) fn take(placement: &Placement, entities: &[&Entity], names: &mut Names) {
    for (schema, name, span) in relations(placement, entities) {
        names.given(Space::Relations(schema), &name, span);
    }
    for entity in entities {
        let (schema, table) = (placement.schema_of(entity), fit(&entity.named.stored, super::names::LIMIT));
        for (name, aliased, _) in indexes(entity) {
            let whole = if aliased { name.to_string() } else { format!("{table}_{name}") };
            names.reserve(Space::Relations(schema.clone()), &whole);
        }
        for (partition, _) in partitions::wanted(placement, entity) {
            names.announce(Space::Relations(schema.clone()), &partition);
        }
    }
    for made in scripted::made_in(placement.platform, placement.store) {
        match made.kind {
            Kind::Relation => names.reserve(Space::Relations(made.schema), &made.name),
            Kind::Function(_) => names.reserve(Space::Functions(made.schema), &made.name),
            Kind::Trigger(_) => {}
        }
    }
    for view in placement.platform.views.iter().filter(|view| view.store == placement.store.id) {
        if view.materialized.is_some() {
            let (space, name) = LoweredView::wanted_refresher(placement, view);
            names.announce(space, &name);
        }
    }
}

/// Returns the schema, the name and the place of each relation that is declared.
pub(in crate::postgres) fn relations(
    placement: &Placement,
    entities: &[&Entity],
) -> Vec<(SmolStr, SmolStr, Span)> {
    let (platform, store) = (placement.platform, placement.store.id);
    let one = |schema, named: &polity_model::Named| (schema, named.stored.clone(), named.span);
    let tables = entities.iter().map(|entity| one(placement.schema_of(entity), &entity.named));
    let sequences = platform.sequences.iter().filter(|sequence| sequence.store == store);
    let sequences = sequences.map(|sequence| one(placement.schema(sequence.schema), &sequence.named));
    let logs = platform.audit_logs.iter().filter(|log| log.store == store);
    let logs = logs.map(|log| one(placement.schema(log.schema), &log.named));
    let views = platform.views.iter().filter(|view| view.store == store);
    let views = views.map(|view| one(placement.schema_of_view(view), &view.named));
    tables.chain(sequences).chain(logs).chain(views).collect()
}

/// Returns the names that the source says of indexes and of unique constraints, whether each is the whole name, and its
/// place.
pub(in crate::postgres) fn indexes(entity: &Entity) -> impl Iterator<Item = (&SmolStr, bool, Span)> {
    let indexes = entity.indexes.iter().map(|index| (&index.name, index.aliased, index.span));
    let uniques = entity.uniques.iter().map(|unique| (&unique.name, unique.aliased, unique.span));
    indexes.chain(uniques).filter_map(|(name, aliased, span)| Some((name.as_ref()?, aliased, span)))
}
