//! The things of a random platform, settled before any of them is written: whatever refers to a thing has to know its key
//! and how long its rows stay.

use super::draws::Draws;

pub struct Plan {
    pub major: u32,
    pub tenancy: Option<Tenancy>,
    pub schemas: usize,
    /// The schema of the audit log, where there is one.
    pub log: Option<usize>,
    pub is_chained: bool,
    /// Whether there is a key that encrypts.
    pub encrypts: bool,
    pub entities: Vec<Entity>,
    /// Pairs that refer to each other in circles of two and three, on top of what each refers to by itself.
    pub rings: Vec<(usize, usize)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Isolation {
    Schema,
    Database,
}

pub struct Tenancy {
    pub by_text: bool,
    pub is_signed: bool,
    pub is_pooled: bool,
    /// Tenants with a place of their own, beside those who share.
    pub tenants: Vec<Isolation>,
}

pub struct Entity {
    pub schema: usize,
    pub stored: String,
    pub is_global: bool,
    pub key: Key,
    pub partition: Option<Partition>,
    pub fate: Option<Fate>,
    pub append_only: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Key {
    Uuid,
    Text,
    Identity,
    Sequence,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Partition {
    Month,
    Hash,
    List,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Delete,
    Anonymize,
}

impl Plan {
    pub fn draw(draws: &mut Draws) -> Self {
        let major = draws.one(&[15, 15, 15, 16, 17, 18, 14]);
        let tenancy = (major > 14 && draws.below(3) > 0).then(|| Tenancy::draw(draws));
        let schemas = 1 + draws.below(4);
        // Most have few: what concerns several needs two or three of them.
        let count = draws.one(&[1, 2, 2, 3, 3, 4, 5, 8]);
        let log = draws.one_in(2).then(|| draws.below(schemas));
        let entities: Vec<Entity> =
            (0..count).map(|at| Entity::draw(draws, at, schemas, tenancy.is_some())).collect();
        let rings = (0..draws.below(3)).flat_map(|_| ring(draws, count)).collect();
        let (is_chained, encrypts) = (draws.one_in(2), draws.one_in(3));
        Self { major, tenancy, schemas, log, is_chained, encrypts, entities, rings }
    }

    /// Returns the path by which the source names an entity.
    pub fn path(&self, at: usize) -> String {
        format!("s{}.Thing{at}", self.entities[at].schema)
    }

    /// Returns whether each tenant has rows of its own.
    pub fn is_scoped(&self, at: usize) -> bool {
        self.tenancy.is_some() && !self.entities[at].is_global
    }
}

/// A circle through two or three entities, which may be one and the same.
fn ring(draws: &mut Draws, count: usize) -> Vec<(usize, usize)> {
    let members: Vec<usize> = (0..2 + draws.below(2)).map(|_| draws.below(count)).collect();
    (0..members.len()).map(|at| (members[at], members[(at + 1) % members.len()])).collect()
}

impl Tenancy {
    fn draw(draws: &mut Draws) -> Self {
        let (by_text, is_signed, is_pooled) = (draws.one_in(3), draws.one_in(4), draws.one_in(2));
        let tenants = (0..draws.below(3)).map(|_| draws.one(&[Isolation::Schema, Isolation::Database]));
        Self { by_text, is_signed, is_pooled, tenants: tenants.collect() }
    }
}

impl Entity {
    fn draw(draws: &mut Draws, at: usize, schemas: usize, has_tenants: bool) -> Self {
        let schema = draws.below(schemas);
        // The order of stored names is not that of names.
        let letter = draws.one(&["m", "a", "z", "Odd ", "x\"y ", "é"]);
        let is_global = has_tenants && draws.one_in(4);
        let partition = match draws.below(8) {
            5 => Some(Partition::Month),
            6 => Some(Partition::Hash),
            7 => Some(Partition::List),
            _ => None,
        };
        let key = match partition {
            Some(_) => Key::Uuid,
            None => draws.one(&[Key::Uuid, Key::Uuid, Key::Text, Key::Identity, Key::Sequence]),
        };
        // What all tenants share may only refuse to go, so nothing there is ever over age.
        let fate = match draws.below(6) {
            4 if !is_global => Some(Fate::Delete),
            5 if !is_global => Some(Fate::Anonymize),
            _ => None,
        };
        let append_only = fate != Some(Fate::Anonymize) && draws.one_in(6);
        Self { schema, stored: format!("{letter}{at}"), is_global, key, partition, fate, append_only }
    }

    /// Returns whether rows leave by whole partitions, to which no foreign key may lead.
    pub fn leaves_by_partition(&self) -> bool {
        self.partition == Some(Partition::Month) && self.fate == Some(Fate::Delete)
    }

    /// Returns the fields of the key, with their types.
    pub fn key_fields(&self) -> Vec<(&'static str, &'static str)> {
        let first = match self.key {
            Key::Uuid => ("id", "uuid"),
            Key::Text => ("id", "text(20)"),
            Key::Identity | Key::Sequence => ("id", "bigint"),
        };
        match self.partition {
            Some(Partition::Month) => vec![first, ("at", "timestamp")],
            Some(Partition::List) => vec![first, ("kind", "Status")],
            Some(Partition::Hash) | None => vec![first],
        }
    }
}
