//! The part of a database that one catalog is about.

use std::collections::BTreeSet;

use serde::Serialize;
use smol_str::SmolStr;

use polity_catalog::relational::{Catalog, Object, Privilege, Target};

/// The schemas, extensions and roles that are described.
///
/// Several places can share a database: the tables that all tenants share, and schemas that one tenant has to itself. A
/// right belongs to one of them: to the place of its role where the role is named in [`Scope::reaching`], and otherwise
/// to the place of the object.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Scope {
    /// The schemas whose objects are described.
    pub schemas: BTreeSet<SmolStr>,
    /// Extensions; those that nobody names are the administrator's.
    pub extensions: BTreeSet<SmolStr>,
    pub roles: BTreeSet<SmolStr>,
    /// Roles of which the rights on objects in other schemas are described as well.
    pub reaching: BTreeSet<SmolStr>,
    /// Roles of other places, whose rights on these objects are described there.
    pub others: BTreeSet<SmolStr>,
    /// Whether this is the place that the database belongs to. The rights of every role on the database, on the schema
    /// `public` and on the schemas of the extensions are described with it; otherwise those of `roles` are.
    pub database: bool,
    /// Roles of other places, whose rights on the database and on these schemas are described there.
    pub neighbours: BTreeSet<SmolStr>,
    /// Whether that is described as well for which no source has a word: types that somebody made, details of sequences. A catalog that
    /// was lowered or sealed says nothing of them, so they are unknown there, and not absent.
    pub whole: bool,
}

impl Scope {
    /// Returns the scope of everything that a catalog holds.
    #[must_use]
    pub fn of(catalog: &Catalog) -> Self {
        let mut scope = Self::default();
        for object in catalog.objects() {
            match object {
                Object::Schema(schema) => drop(scope.schemas.insert(schema.name.clone())),
                Object::Table(table) => drop(scope.schemas.insert(table.name.schema.clone())),
                Object::View(view) => drop(scope.schemas.insert(view.name.schema.clone())),
                Object::Function(function) => drop(scope.schemas.insert(function.name.schema.clone())),
                Object::Sequence(sequence) => drop(scope.schemas.insert(sequence.name.schema.clone())),
                Object::Type(ty) => drop(scope.schemas.insert(ty.name.schema.clone())),
                Object::Extension(extension) => drop(scope.extensions.insert(extension.name.clone())),
                Object::Role(role) => drop(scope.roles.insert(role.name.clone())),
                Object::Column(_)
                | Object::Constraint(_)
                | Object::Index(_)
                | Object::Trigger(_)
                | Object::Policy(_)
                | Object::Rule(_)
                | Object::Grant(_)
                | Object::DefaultPrivileges(_)
                | Object::Job(_) => {}
            }
        }
        for object in catalog.objects() {
            let Object::Grant(grant) = object else { continue };
            match (schema_of(&grant.on), &grant.by) {
                (Some(schema), Some(_)) if !scope.schemas.contains(schema) => {
                    scope.reaching.insert(grant.to.clone());
                }
                // Whoever makes the schemas of a tenant makes them in the database of another place.
                (None, _) => scope.database |= grant.privileges.contains_key(&Privilege::Create),
                _ => {}
            }
        }
        scope
    }

    /// Leaves the rights of roles out that another place of the same database describes.
    #[must_use]
    pub fn without(mut self, other: &Self) -> Self {
        self.others.extend(other.reaching.difference(&self.reaching).cloned());
        self.neighbours.extend(other.roles.difference(&self.roles).cloned());
        self
    }

    /// Returns the parameter of every query, as JSON.
    #[must_use]
    pub fn parameter(&self) -> String {
        // Sets of texts and a flag: there is nothing in them that JSON could not say.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Returns the schema that rights are on, or on an object in it.
fn schema_of(target: &Target) -> Option<&SmolStr> {
    match target {
        Target::Database => None,
        Target::Schema(name) => Some(name),
        Target::Sequence(name) | Target::Relation(name) => Some(&name.schema),
        Target::Function(signature) => Some(&signature.name.schema),
    }
}
