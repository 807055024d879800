//! The objects of a catalog by the one that they stand with, found in one pass.

use std::collections::BTreeMap;

use foldhash::HashMap;
use smol_str::SmolStr;

use polity_catalog::relational::{
    Catalog, Constraint, ConstraintRule, Extension, Grant, Index, Name, Object, Policy, Rule, Schema,
    Sequence, Table, Target, Trigger,
};

#[derive(Default)]
pub(in crate::postgres) struct Parts<'c> {
    pub(in crate::postgres) extensions: Vec<&'c Extension>,
    pub(in crate::postgres) schemas: Vec<&'c Schema>,
    pub(in crate::postgres) sequences: Vec<&'c Sequence>,
    /// Tables of which row security decides who sees a row.
    pub(in crate::postgres) closed: Vec<&'c Table>,
    pub(in crate::postgres) indexes: HashMap<&'c Name, Vec<&'c Index>>,
    pub(in crate::postgres) foreign_keys: BTreeMap<&'c Name, Vec<&'c Constraint>>,
    pub(in crate::postgres) triggers: BTreeMap<&'c Name, Vec<&'c Trigger>>,
    pub(in crate::postgres) policies: HashMap<&'c Name, Vec<&'c Policy>>,
    pub(in crate::postgres) rules: HashMap<&'c Name, Vec<&'c Rule>>,
    pub(in crate::postgres) owners: HashMap<&'c Name, &'c SmolStr>,
    /// The rights that roles give; those that the administrator gives stand in `roles.sql`.
    pub(in crate::postgres) grants: BTreeMap<&'c Target, Vec<&'c Grant>>,
}

impl<'c> Parts<'c> {
    pub(in crate::postgres) fn of(catalog: &'c Catalog) -> Self {
        let mut parts = Self::default();
        for object in catalog.objects() {
            match object {
                Object::Extension(extension) => parts.extensions.push(extension),
                Object::Schema(schema) => parts.schemas.push(schema),
                Object::Sequence(sequence) => parts.sequences.push(sequence),
                Object::Table(table) => {
                    parts.owners.insert(&table.name, &table.owner);
                    if table.row_security {
                        parts.closed.push(table);
                    }
                }
                Object::Constraint(one) if matches!(one.rule, ConstraintRule::ForeignKey(_)) => {
                    parts.foreign_keys.entry(&one.table).or_default().push(one);
                }
                Object::Index(index) => parts.indexes.entry(&index.table).or_default().push(index),
                Object::Trigger(trigger) => parts.triggers.entry(&trigger.table).or_default().push(trigger),
                Object::Policy(policy) => parts.policies.entry(&policy.table).or_default().push(policy),
                Object::Rule(rule) => parts.rules.entry(&rule.table).or_default().push(rule),
                Object::Grant(grant) if grant.by.is_some() => {
                    parts.grants.entry(&grant.on).or_default().push(grant)
                }
                Object::Role(_)
                | Object::Type(_)
                | Object::Column(_)
                | Object::Constraint(_)
                | Object::Function(_)
                | Object::View(_)
                | Object::Grant(_)
                | Object::DefaultPrivileges(_)
                | Object::Job(_) => {}
            }
        }
        parts
    }
}
