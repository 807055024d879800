//! Objects of a database that the source knows nothing of. Somebody made it, so nothing is done about it before the source says what it
//! is: a declaration, `removed`, or `unmanaged`.

use std::collections::BTreeSet;

use smol_str::SmolStr;

use super::super::lower::database::Database;
use super::super::lower::lowered::Lowered;
use super::super::lower::sealed::owner_of;
use polity_catalog::Identified;
use polity_catalog::relational::{Catalog, Name, Object, ObjectId, Target};
use polity_model::Unmanaged;
use polity_text::naming::snake_case;

/// An object that the source knows nothing of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stranger {
    /// The object as a line with `unmanaged` names it: `table core.legacy`, and `role app` for the rights of a role.
    pub object: String,
}

/// Takes the objects out that lines of the source name, and returns those that none does; and the lines that name nothing. `beyond` are
/// objects that no catalog holds.
pub(super) fn take(
    database: &Database,
    lowered: &Lowered,
    today: &mut Catalog,
    beyond: &BTreeSet<String>,
) -> (Vec<Stranger>, Vec<SmolStr>) {
    let mut expected = lowered.catalog.clone();
    expected.keep_names(today);
    let judge = Judge { database, lowered, expected: &expected, live: today };
    let unknown = today.objects().filter(|object| expected.get(&object.id()).is_none());
    let unknown = unknown.filter_map(|object| judge.line(object)).chain(beyond.iter().cloned());
    let unknown: BTreeSet<String> = unknown.collect();
    let said: BTreeSet<&str> = lines(database).map(|one| one.object.as_str()).collect();
    // A role that owns something goes on with it, where a line says so.
    let owners = today.objects().filter_map(owner_of).map(|owner| ObjectId::Role(owner.clone()).to_string());
    let owners: BTreeSet<String> = owners.collect();
    let is_idle = |line: &&&str| !unknown.contains(**line) && !owners.contains(**line);
    let idle = said.iter().filter(is_idle).map(|line| SmolStr::new(*line)).collect();
    let strangers = unknown.iter().filter(|line| !said.contains(line.as_str()));
    let strangers = strangers.map(|line| Stranger { object: line.clone() }).collect();
    leave_out(database, today);
    (strangers, idle)
}

/// Takes the objects out that lines of the source name, with all that stands on them.
pub(super) fn leave_out(database: &Database, live: &mut Catalog) {
    let said: BTreeSet<&str> = lines(database).map(|one| one.object.as_str()).collect();
    let is_said = |id: &ObjectId| said.contains(id.to_string().as_str());
    let is_relation_said =
        |name: &Name| is_said(&ObjectId::Table(name.clone())) || is_said(&ObjectId::View(name.clone()));
    let is_role_said = |role: &SmolStr| is_said(&ObjectId::Role(role.clone()));
    let is_out = |object: &Object| {
        let by_role = match object {
            Object::Grant(grant) => {
                is_role_said(&grant.to) || is_target_said(&grant.on, &is_said, &is_relation_said)
            }
            Object::DefaultPrivileges(one) => is_role_said(&one.by),
            _ => false,
        };
        by_role || is_said(&object.id()) || object.stands_on().is_some_and(is_relation_said)
    };
    let gone: Vec<ObjectId> = live.objects().filter(|object| is_out(object)).map(Identified::id).collect();
    for id in gone {
        live.remove(&id);
        if let ObjectId::Column(table, column) = &id
            && let Some(Object::Table(mut table)) = live.remove(&ObjectId::Table(table.clone()))
        {
            table.columns.retain(|name| name != column);
            live.insert(table);
        }
    }
}

/// The lines of the source about a store's database.
fn lines<'d>(database: &'d Database) -> impl Iterator<Item = &'d Unmanaged> {
    let store = database.store.id;
    database.platform.unmanaged.iter().filter(move |one| one.store.is_none_or(|of| of == store))
}

fn is_target_said(
    on: &Target,
    is_said: &impl Fn(&ObjectId) -> bool,
    is_relation_said: &impl Fn(&Name) -> bool,
) -> bool {
    match on {
        Target::Database | Target::Schema(_) => false,
        Target::Relation(name) => is_relation_said(name),
        Target::Sequence(name) => is_said(&ObjectId::Sequence(name.clone())),
        Target::Function(signature) => is_said(&ObjectId::Function(signature.clone())),
    }
}

/// Tells the compiler's own objects, which an earlier version of it may have made, from those that a person made.
struct Judge<'j, 'd> {
    database: &'j Database<'d>,
    lowered: &'j Lowered,
    expected: &'j Catalog,
    live: &'j Catalog,
}

impl Judge<'_, '_> {
    /// Returns the line about an object; `None` where none is needed.
    fn line(&self, object: &Object) -> Option<String> {
        let is_needed = match object {
            Object::Grant(grant) => {
                // What an administrator gives, `roles.sql` states. What goes with an object is told with it.
                let is_stated =
                    grant.by.is_none() && matches!(grant.on, Target::Database | Target::Schema(_));
                let is_on_stranger =
                    matches!(grant.on, Target::Relation(_) | Target::Sequence(_) | Target::Function(_))
                        && !self.expected.holds(&grant.on);
                if is_stated || is_on_stranger || self.is_role(&grant.to) {
                    return None;
                }
                return Some(ObjectId::Role(grant.to.clone()).to_string());
            }
            Object::DefaultPrivileges(one) => {
                return (!self.is_role(&one.by)).then(|| ObjectId::Role(one.by.clone()).to_string());
            }
            Object::Function(one) => !self.is_role(&one.owner),
            Object::View(one) => !self.is_role(&one.owner),
            Object::Table(table) => !self.is_removed_table(&table.name),
            Object::Sequence(_) => true,
            Object::Column(column) => {
                self.has_table(&column.table) && !self.is_removed_column(&column.table, &column.name)
            }
            Object::Constraint(_)
            | Object::Index(_)
            | Object::Trigger(_)
            | Object::Policy(_)
            | Object::Rule(_) => {
                object.stands_on().is_some_and(|table| self.has_table(table) && !self.is_own(table))
            }
            // No scope of a source asks for types.
            Object::Role(_) | Object::Schema(_) | Object::Extension(_) | Object::Type(_) | Object::Job(_) => {
                false
            }
        };
        is_needed.then(|| object.id().to_string())
    }

    /// Whether a role is the platform's.
    fn is_role(&self, name: &str) -> bool {
        self.lowered.roles().any(|role| role.name == name)
    }

    /// Whether the source has a table or a view, so that what stands on it has to be told by itself.
    fn has_table(&self, name: &Name) -> bool {
        self.expected.holds(&Target::Relation(name.clone()))
    }

    /// Whether a table is a role's of the platform, so that the compiler made what stands on it.
    fn is_own(&self, name: &Name) -> bool {
        self.live.table(name).is_none_or(|table| self.is_role(&table.owner))
    }

    fn is_removed_table(&self, name: &Name) -> bool {
        let platform = self.database.platform;
        platform.removed.iter().filter(|one| one.what == "entity").any(|one| {
            let (place, entity) = one.path.rsplit_once('.').unwrap_or(("", &one.path));
            let schema = platform.schemas.iter().find(|schema| schema.named.name == place);
            let schema = schema.map_or(place, |schema| schema.named.stored.as_str());
            name.schema == schema && name.name == snake_case(entity)
        })
    }

    fn is_removed_column(&self, table: &Name, column: &str) -> bool {
        let platform = self.database.platform;
        let Some(of) = self.database.tables.iter().find(|one| one.name.0 == *table) else { return false };
        let path = platform.entity_path(of.entity.id);
        platform.removed.iter().filter(|one| one.what == "field").any(|one| {
            let field = one.path.strip_prefix(&path).and_then(|rest| rest.strip_prefix('.'));
            field.is_some_and(|field| field == column || snake_case(field) == column)
        })
    }
}
