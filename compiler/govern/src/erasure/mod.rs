//! The plan after which nothing of a person is left: every place that leads to the person, in the order that works.
//!
//! A row is the person's where a reference of it leads to the person, or to a row that is the person's. What becomes
//! of it, the source says:
//!
//! | it says | the row |
//! |---|---|
//! | `retain … then anonymize` | stays, without the person |
//! | `on delete set null` at the reference | stays, and forgets whom it referred to |
//! | nothing, and the row holds nothing personal and no secret, and refers to rows that stay | stays as it is, as long as they do |
//! | anything else | goes |
//!
//! A reference of a row that is anonymized is emptied where it leads to what goes, may be absent, and is enforced by no
//! store; MongoDB has no `on delete`.
//!
//! Where several references lead to persons, the row is that of one of them: `personal of` says whose (`whose.rs`). The
//! others merely refer. Once the row goes to which they lead, they are emptied, in rows that are somebody else's; one that
//! is required prevents the plan.
//!
//! References of the person's own row lead to others, and so they are not followed. Those that are stored as keyed
//! hashes nobody can follow: their rows stay, and lead to nobody once all else is gone. A reference to the person inside of
//! a record that holds something personal counts like one of the row.

mod inside;
mod keys;
mod planner;
#[cfg(test)]
mod tests;
mod whose;

use super::Governed;
use super::labels::Carried;
use polity_model::{AuditLogId, Duration, EntityId, FieldId, KeyspaceId, StoreId, Value, ViewId};

use planner::Planner;

pub use inside::{Inside, Unseen};
pub use keys::{Held, Keys, Names};
pub use whose::{Path, Step};

/// The steps that erase one person.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The entity that says `subject`.
    pub subject: EntityId,
    /// The rows that are referred to before the rows that refer, so that all are found before any goes; they go the
    /// other way round.
    pub rows: Vec<Rows>,
    /// After the rows, or a reader would fill them again.
    pub keys: Vec<Keys>,
    /// Views that hold personal values of rows in the plan, and are made anew.
    pub views: Vec<ViewId>,
    /// Fields that hold keyed hashes of what is the person's.
    pub pseudonyms: Vec<(EntityId, FieldId)>,
    /// Last, since the steps before left old values there.
    pub trails: Vec<AuditLogId>,
    /// The stores of rows in the order in which each has to be visited: a row may be found only by way of another store.
    pub turns: Vec<StoreId>,
    /// References that close a ring, so that there is no order.
    pub rings: Vec<(EntityId, usize)>,
    /// References of rows that stay to rows that go.
    pub stuck: Vec<(EntityId, usize)>,
}

/// The rows of one entity in a plan, and what becomes of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Rows {
    pub entity: EntityId,
    pub action: Action,
    /// The references by which a row is the person's, by their position in the entity; none for the person.
    pub by: Vec<usize>,
    /// The references inside of records by which it is; they lead to the person directly.
    pub inside: Vec<Inside>,
    /// The references that are emptied: those in `by` with the rest of a row that is the person's, the others in every
    /// row that merely refers to the person.
    pub emptied: Vec<usize>,
    /// The entities from here to the person, the person last; none for the person.
    pub path: Vec<EntityId>,
    /// The fields by whose values others find what is the person's.
    pub sought: Vec<FieldId>,
    /// Whether another store needs these values to find what it holds.
    pub handed_on: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    Delete,
    /// The row stays, without the person.
    Anonymize,
    /// The row stays as it is: nothing in it is personal once what it refers to names nobody.
    Keep,
    /// The row is about somebody else and forgets the person.
    Forget,
}

/// The entities and keyspaces that are about a person, and that no plan finds.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Unreached {
    /// With a field that carries the label.
    pub entities: Vec<(EntityId, FieldId)>,
    /// Without an end of their own.
    pub keyspaces: Vec<KeyspaceId>,
}

impl Plan {
    /// The rows of an entity, with what becomes of them; `None` where the plan has none.
    #[must_use]
    pub fn rows_of(&self, entity: EntityId) -> Option<&Rows> {
        self.rows.iter().find(|rows| rows.entity == entity)
    }

    /// The rows that are the person's own, in the order in which they are found.
    pub fn found_rows(&self) -> impl DoubleEndedIterator<Item = &Rows> {
        self.rows.iter().filter(|rows| rows.action != Action::Forget)
    }
}

/// One plan for each entity that says `subject`, in the order in which they were written. Each costs as much as there
/// are references.
pub(super) fn plans(governed: &Governed) -> Vec<Plan> {
    let referring = governed.referring();
    governed.subjects().map(|subject| Planner::new(governed, subject, &referring).plan()).collect()
}

impl Governed {
    /// Finds the entities and keyspaces that are about a person (`personal` or `card`), and that no plan finds.
    #[must_use]
    pub fn unreached(&self, plans: &[Plan]) -> Unreached {
        let mut entities = vec![false; self.entities.len()];
        let mut keyspaces = vec![false; self.keyspaces.len()];
        for plan in plans {
            plan.found_rows().for_each(|rows| entities[rows.entity.index()] = true);
            plan.keys.iter().for_each(|keys| keyspaces[keys.keyspace.index()] = true);
        }
        let carries = |carried: &[Carried]| self.is_about_person(carried);
        let left = self.entities.iter().filter(|entity| !entities[entity.id.index()]);
        let keys = self.keyspaces.iter().filter(|keyspace| {
            !keyspaces[keyspace.id.index()]
                && keyspace.ends().is_none()
                && carries(self.labels_of_keyspace(keyspace.id))
        });
        Unreached {
            entities: left.filter_map(|entity| Some((entity.id, self.personal_field(entity.id)?))).collect(),
            keyspaces: keys.map(|keyspace| keyspace.id).collect(),
        }
    }

    /// The first field of an entity that says something about a person.
    #[must_use]
    pub fn personal_field(&self, entity: EntityId) -> Option<FieldId> {
        let mut fields = self[entity].fields();
        fields.find(|(id, _)| self.is_about_person(self.labels_of(entity, *id))).map(|(id, _)| id)
    }

    /// Whether a row says something of its person, or holds a secret that is of no use to anybody else.
    pub(crate) fn holds_of_person(&self, entity: EntityId) -> bool {
        let mut fields = self[entity].fields();
        self.personal_field(entity).is_some()
            || fields
                .any(|(id, field)| self.is_labelled(entity, id, "secret") || self.has_password(&field.ty))
    }

    /// How long a backup of a store is kept in whichever environment, and for whichever tenants, keeps it longest.
    #[must_use]
    pub fn backup_retain(&self, store: StoreId) -> Option<Duration> {
        let environments = self.environments.iter().map(|environment| Some(environment.id));
        let audiences = self.audiences();
        let seen = std::iter::once(None)
            .chain(environments)
            .flat_map(|environment| audiences.iter().map(move |audience| (environment, *audience)));
        let kept = seen.filter_map(|(environment, audience)| {
            let settings = self.settings_seen(store, environment, audience);
            let Some(Value::Record(backup)) = settings.get("backup").map(|setting| &setting.value) else {
                return None;
            };
            match backup.get("retain").map(|setting| &setting.value) {
                Some(Value::Duration(kept)) => Some(*kept),
                _ => None,
            }
        });
        kept.max_by_key(|kept| kept.at_most_milliseconds())
    }

    /// The references to each entity: the entity that refers, and the position of the reference in it.
    fn referring(&self) -> Vec<Vec<(EntityId, usize)>> {
        let mut referring = vec![Vec::new(); self.entities.len()];
        for entity in &self.entities {
            for (i, reference) in self.numbered_references(entity.id) {
                referring[reference.target.index()].push((entity.id, i));
            }
        }
        referring
    }
}
