//! The outbox: what entities publish, written in the transaction that changes the row. A relay reads its entries, gives them
//! to the channels and streams that they name, and deletes them.
//!
//! | module | makes |
//! |---|---|
//! | [`table`] | the table, who may read it, and what tells of its oldest entry |
//! | [`triggers`] | the triggers of tables that publish, and their functions |
//! | [`values`] | the names of channels and the messages, as SQL |
//! | [`watch`] | the alert on an outbox that nobody empties |

mod table;
mod triggers;
mod values;
mod watch;

use polity_govern::Stored;
use polity_model::entity::Operation;
use polity_model::{Duration, DurationUnit, Entity, EntityId, Store};
use smol_str::{SmolStr, format_smolstr};

use super::super::sql::Name;
use super::calendar;
use super::names::{Names, Space, word};
use super::placement::Placement;
pub(super) use table::lower;
pub(super) use triggers::lower_triggers;
pub(in crate::postgres) use watch::watches;

/// The outbox of the database that tenants share, or that there are no tenants of.
pub(in crate::postgres) const SHARED: &str = "polity.outbox";

/// The time after which retention deletes an entry that no relay took.
pub(in crate::postgres) const KEPT: Duration = Duration { count: 7, unit: DurationUnit::Days };

/// The columns of an entry behind the tenant's, without its number: it gets another where it is moved to.
pub(in crate::postgres) const COLUMNS: &str = "at, target, operation, subjects, message";

/// The outbox of a database, or of a tenant's schemas.
#[derive(Debug)]
pub(in crate::postgres) struct Outbox {
    pub(in crate::postgres) name: Name,
    /// The function of the triggers of each table that publishes.
    writers: Vec<(EntityId, Name)>,
}

impl Outbox {
    /// The outbox of entities in a place; `None` where none of them publishes.
    pub(super) fn of(placement: &Placement, entities: &[&Entity], names: &mut Names) -> Option<Self> {
        let schema = placement.functions();
        let writer = |entity: &&Entity| {
            let table = placement.table_of(entity);
            let wanted = format!("publish_{}", word(&format!("{}_{}", table.schema, table.name)));
            let space = Space::Functions(schema.clone());
            let name = names.derived(space, &wanted, &table.to_string(), entity.named.span);
            (entity.id, Name::new(schema.clone(), name))
        };
        // What all tenants share is published where they share it, not where a tenant has a copy.
        let tells = |entity: &&&Entity| publishes(entity) && (!entity.global || placement.tenant.is_none());
        let writers: Vec<_> = entities.iter().filter(tells).map(writer).collect();
        (!writers.is_empty()).then(|| Self { name: Name::new(schema.clone(), "outbox"), writers })
    }

    /// Returns the names of the triggers of a table; none where it publishes nothing here. They run after every other.
    pub(in crate::postgres) fn triggers(&self, entity: &Entity) -> Vec<SmolStr> {
        let publishes = self.writers.iter().any(|(writer, _)| *writer == entity.id);
        let operations = if publishes { operations(entity) } else { Vec::new() };
        operations.into_iter().map(|operation| format_smolstr!("zz_publish_{}", word_of(operation))).collect()
    }

    /// Returns the function that encodes a text as a segment of a name.
    fn encode(&self) -> Name {
        Name::new(self.name.schema.clone(), "encode_segment")
    }

    /// Returns the function that tells how many entries wait, and since when.
    pub(in crate::postgres) fn waiting(&self) -> Name {
        Name::new(self.name.schema.clone(), "outbox_waiting")
    }
}

/// Writes the condition that retention has not reached an entry.
pub(in crate::postgres) fn kept() -> String {
    format!("at >= now() - interval '{}'", calendar::words(KEPT))
}

/// Whether anything in a store publishes.
pub(in crate::postgres) fn is_in(platform: &Stored, store: &Store) -> bool {
    platform.entities_in(store.id).any(publishes)
}

pub(super) fn publishes(entity: &Entity) -> bool {
    !entity.publishes.is_empty()
}

/// The operations that an entity publishes, each once.
fn operations(entity: &Entity) -> Vec<Operation> {
    let mut all: Vec<Operation> =
        entity.publishes.iter().flat_map(|publish| publish.operations.iter().copied()).collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn word_of(operation: Operation) -> &'static str {
    match operation {
        Operation::Insert => "insert",
        Operation::Update => "update",
        Operation::Delete => "delete",
    }
}
