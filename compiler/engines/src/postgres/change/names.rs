//! Indexes and constraints that are what they were under another name. What was sealed keeps its names, so this is only between two
//! databases that no source describes.

use std::collections::BTreeSet;

use super::super::lower::names::{LIMIT, fit};
use super::super::sql::{Ident, Qualified};
use super::writer::{Cost, Writer};
use crate::change::LockMode;
use polity_catalog::Identified;
use polity_catalog::relational::{Catalog, Constraint, ConstraintRule, Index, Name, Object, Renames};

/// Gives them their new names, takes others out of the way whose names something else is to have, and returns the older catalog with
/// these. Tables still have the names of before.
pub(super) fn rename<'l>(
    writer: &mut Writer<'_, 'l>,
    (old, new): (&Catalog, &Catalog),
    renames: &Renames,
    role: &'l str,
) -> Catalog {
    let (mut named, back) = (old.clone(), renames.reversed());
    let mut pairs = Vec::new();
    for object in new.objects().filter(|object| old.get(&object.id()).is_none()) {
        let is_left = |other: &&Object| new.get(&other.id()).is_none() && is_alike(other, object);
        let found = named.objects().find(is_left).cloned();
        if let Some(before) = found {
            named.remove(&before.id());
            pairs.push((before, object.clone()));
        }
    }
    let wanted: BTreeSet<Name> =
        new.objects().filter(|object| old.get(&object.id()).is_none()).filter_map(relation).collect();
    let is_in_the_way = |object: &&Object| {
        new.get(&object.id()).is_none() && relation(object).is_some_and(|name| wanted.contains(&name))
    };
    let in_the_way: Vec<Object> = named.objects().filter(is_in_the_way).cloned().collect();
    for before in in_the_way {
        if let Some(after) = aside(&before) {
            named.remove(&before.id());
            pairs.insert(0, (before, after));
        }
    }
    for (before, after) in pairs {
        let Some(table) = before.stands_on().map(|table| back.relation(table)) else { continue };
        let Some(sql) = statement(&table, &before, &after) else { continue };
        let cost = Cost::locks(&table, LockMode::AccessExclusive);
        writer.step(&after.id(), format!("was {}", before.id()), cost, |printer| {
            printer.act_as(role);
            printer.line(sql);
        });
        writer.takes(before.id());
        writer.makes(after.clone());
        named.insert(after);
    }
    named
}

/// The statement that renames an index or a constraint.
fn statement(table: &Name, before: &Object, after: &Object) -> Option<String> {
    match (before, after) {
        (Object::Index(old), Object::Index(new)) => {
            let name = Name::new(table.schema.clone(), old.name.name.clone());
            Some(format!("ALTER INDEX {} RENAME TO {};", Qualified(&name), Ident(&new.name.name)))
        }
        (Object::Constraint(old), Object::Constraint(new)) => {
            let (table, old, new) = (Qualified(table), Ident(&old.name), Ident(&new.name));
            Some(format!("ALTER TABLE {table} RENAME CONSTRAINT {old} TO {new};"))
        }
        _ => None,
    }
}

/// The name that an object has among tables, views and indexes, where it has one and is no table or view itself.
fn relation(object: &Object) -> Option<Name> {
    match object {
        Object::Index(index) => Some(index.name.clone()),
        Object::Constraint(one) => match one.rule {
            ConstraintRule::PrimaryKey(_) | ConstraintRule::Unique(_) | ConstraintRule::Exclude(_) => {
                Some(Name::new(one.table.schema.clone(), one.name.clone()))
            }
            ConstraintRule::Check(_) | ConstraintRule::ForeignKey(_) => None,
        },
        _ => None,
    }
}

/// Returns an object under a name that nothing else has.
fn aside(object: &Object) -> Option<Object> {
    let other = |name: &str| fit(&format!("polity_old_{name}"), LIMIT);
    match object {
        Object::Index(index) => {
            let name = Name::new(index.name.schema.clone(), other(&index.name.name));
            Some(Index { name, ..index.clone() }.into())
        }
        Object::Constraint(one) => Some(Constraint { name: other(&one.name), ..one.clone() }.into()),
        _ => None,
    }
}

/// Whether two indexes or constraints of a table differ in nothing but their names.
fn is_alike(first: &Object, second: &Object) -> bool {
    match (first, second) {
        (Object::Index(first), Object::Index(second)) => {
            first.name.schema == second.name.schema
                && Index { name: second.name.clone(), ..first.clone() } == *second
        }
        (Object::Constraint(first), Object::Constraint(second)) => {
            Constraint { name: second.name.clone(), ..first.clone() } == *second
        }
        _ => false,
    }
}
