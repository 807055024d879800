//! The catalog of a relational engine: its objects by identity.

mod dependencies;
mod differences;
mod identity;
mod kept;
mod name;
mod objects;
mod order;
mod pairs;
mod scan;
mod written;

use smol_str::SmolStr;

use crate::objects::Objects;

pub use crate::file::{FORMAT, UnreadableCatalog};
pub use dependencies::Dependencies;
pub use differences::{Difference, DifferenceKind, Texts};
pub use identity::ObjectId;
pub use name::{Name, Signature, UnreadableName};
pub use objects::*;
pub use pairs::Renames;
pub use scan::mentions;
pub use written::Normal;

/// The objects of one database, or of the part of it that one tenant has to itself.
pub type Catalog = Objects<Object>;

impl Objects<Object> {
    /// Adds rights to those that the role has on the object already.
    pub fn grant(&mut self, grant: Grant) {
        match self.by_id.get_mut(&ObjectId::Grant(grant.on.clone(), grant.to.clone())) {
            Some(Object::Grant(held)) => held.add(grant.privileges),
            _ => drop(self.insert(grant)),
        }
    }

    /// Returns a table by its name.
    #[must_use]
    pub fn table(&self, name: &Name) -> Option<&Table> {
        match self.get(&ObjectId::Table(name.clone())) {
            Some(Object::Table(table)) => Some(table),
            _ => None,
        }
    }

    /// Returns all tables, by name, and partitions among them.
    pub fn tables(&self) -> impl Iterator<Item = &Table> {
        self.objects().filter_map(|object| match object {
            Object::Table(table) => Some(table),
            _ => None,
        })
    }

    /// Returns the columns of a table in their order. One that is listed and was left out is skipped.
    pub fn columns<'c>(&'c self, table: &'c Table) -> impl Iterator<Item = &'c Column> {
        let first = ObjectId::Column(table.name.clone(), SmolStr::default());
        let by_name: Vec<&Column> = self.side_by_side(first, |object| match object {
            Object::Column(column) if column.table == table.name => Some(column),
            _ => None,
        });
        let place = move |name: &SmolStr| {
            by_name.binary_search_by_key(&name, |column| &column.name).ok().map(|at| by_name[at])
        };
        table.columns.iter().filter_map(place)
    }

    /// Returns the parts of a table from the `first` on: those of a kind stand side by side, so that one search finds all of them.
    fn side_by_side<'c, T>(
        &'c self,
        first: ObjectId,
        part: impl Fn(&'c Object) -> Option<&'c T>,
    ) -> Vec<&'c T> {
        self.by_id.range(first..).map_while(|(_, object)| part(object)).collect()
    }

    /// Returns the constraints of a table, by name.
    pub fn constraints<'c>(&'c self, table: &Name) -> impl Iterator<Item = &'c Constraint> {
        let first = ObjectId::Constraint(table.clone(), SmolStr::default());
        let parts: Vec<&Constraint> = self.side_by_side(first, |object| match object {
            Object::Constraint(constraint) if constraint.table == *table => Some(constraint),
            _ => None,
        });
        parts.into_iter()
    }

    /// Returns the triggers of a table, by name.
    pub fn triggers<'c>(&'c self, table: &Name) -> impl Iterator<Item = &'c Trigger> {
        let first = ObjectId::Trigger(table.clone(), SmolStr::default());
        let parts: Vec<&Trigger> = self.side_by_side(first, |object| match object {
            Object::Trigger(trigger) if trigger.table == *table => Some(trigger),
            _ => None,
        });
        parts.into_iter()
    }

    /// Returns what stands on a table or a view and goes with it: columns, constraints, indexes, triggers, policies, rules and
    /// rights.
    pub fn of_relation<'c>(&'c self, name: &Name) -> impl Iterator<Item = &'c Object> {
        let name = name.clone();
        self.objects().filter(move |object| match object {
            Object::Grant(grant) => matches!(&grant.on, Target::Relation(on) if *on == name),
            object => object.stands_on() == Some(&name),
        })
    }

    /// Returns what the tables, views and functions need of each other.
    #[must_use]
    pub fn dependencies(&self) -> Dependencies<'_> {
        Dependencies::of(self)
    }

    /// Whether the object that rights are on is one of the catalog's own.
    #[must_use]
    pub fn holds(&self, target: &Target) -> bool {
        match target {
            Target::Database => false,
            Target::Schema(name) => self.by_id.contains_key(&ObjectId::Schema(name.clone())),
            Target::Relation(name) => {
                self.by_id.contains_key(&ObjectId::Table(name.clone()))
                    || self.by_id.contains_key(&ObjectId::View(name.clone()))
            }
            Target::Sequence(name) => self.by_id.contains_key(&ObjectId::Sequence(name.clone())),
            Target::Function(signature) => self.by_id.contains_key(&ObjectId::Function(signature.clone())),
        }
    }
}
