//! Things that two catalogs have in common, whatever they are called: tables, columns, views and sequences by their origins.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use super::scan::replaced;
use super::{
    Catalog, Column, ColumnValue, ConstraintRule, Index, Name, Object, ObjectId, Reach, Sequence, Table,
    Target, identity_sequence,
};
use crate::origins::Origins;

/// The new names of things that an older catalog calls otherwise.
#[derive(Debug, Clone)]
pub struct Renames {
    /// Writes a name as the SQL of the catalogs does.
    quoted: fn(&str) -> String,
    /// Tables, views and sequences.
    relations: BTreeMap<Name, Name>,
    /// Columns, each by the old name of its table.
    columns: BTreeMap<Name, BTreeMap<SmolStr, SmolStr>>,
}

impl Renames {
    /// No other names.
    #[must_use]
    pub fn none(quoted: fn(&str) -> String) -> Self {
        Self { quoted, relations: BTreeMap::new(), columns: BTreeMap::new() }
    }

    /// Finds the things of one origin that have another name in the newer catalog. `quoted` writes a name as the SQL of both
    /// catalogs does.
    #[must_use]
    pub fn between(
        (old, of_old): (&Catalog, &Origins),
        (new, of_new): (&Catalog, &Origins),
        quoted: fn(&str) -> String,
    ) -> Self {
        let ids = |catalog: &Catalog| -> BTreeMap<String, ObjectId> {
            catalog.by_id.keys().filter(|id| is_paired(id)).map(|id| (id.to_string(), id.clone())).collect()
        };
        let (before, after) = (ids(old), ids(new));
        let mut renames = Self::none(quoted);
        for (first, second) in of_old.renamed(of_new) {
            match (before.get(first), after.get(second)) {
                (Some(ObjectId::Column(table, old)), Some(ObjectId::Column(_, new))) if old != new => {
                    renames.columns.entry(table.clone()).or_default().insert(old.clone(), new.clone());
                }
                (
                    Some(ObjectId::Table(old) | ObjectId::View(old) | ObjectId::Sequence(old)),
                    Some(ObjectId::Table(new) | ObjectId::View(new) | ObjectId::Sequence(new)),
                ) => drop(renames.relations.insert(old.clone(), new.clone())),
                _ => {}
            }
        }
        renames.pair_partitions(old, new);
        renames
    }

    /// Finds partitions that have another name, by their table and their bounds.
    fn pair_partitions(&mut self, old: &Catalog, new: &Catalog) {
        let places = |catalog: &Catalog, table: &dyn Fn(&Name) -> Name| -> BTreeMap<(Name, SmolStr), Name> {
            let partitions = catalog.objects().filter_map(|object| match object {
                Object::Table(Table { name, partition_of: Some(of), .. }) => {
                    Some(((table(&of.table), of.values.clone()), name.clone()))
                }
                _ => None,
            });
            partitions.collect()
        };
        let after = places(new, &Name::clone);
        for (place, name) in places(old, &|table| self.relation(table)) {
            if let Some(now) = after.get(&place).filter(|now| **now != name) {
                self.relations.insert(name, now.clone());
            }
        }
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.relations.is_empty() && self.columns.is_empty()
    }

    /// Returns the tables, views and sequences that are called otherwise: the old name of each, and the new one.
    pub fn relations(&self) -> impl Iterator<Item = (&Name, &Name)> {
        self.relations.iter()
    }

    /// Returns the columns that are called otherwise: the old name of the table, and both names of the column.
    pub fn columns(&self) -> impl Iterator<Item = (&Name, &SmolStr, &SmolStr)> {
        self.columns
            .iter()
            .flat_map(|(table, columns)| columns.iter().map(move |(old, new)| (table, old, new)))
    }

    /// Returns what a relation is called now.
    #[must_use]
    pub fn relation(&self, old: &Name) -> Name {
        self.relations.get(old).unwrap_or(old).clone()
    }

    /// Returns what the column of a table, which has its old name, is called now.
    #[must_use]
    pub fn column(&self, table: &Name, old: &SmolStr) -> SmolStr {
        self.columns.get(table).and_then(|columns| columns.get(old)).unwrap_or(old).clone()
    }

    /// Takes a column, by its old name and that of its table, for one that has no other name.
    pub fn forget(&mut self, table: &Name, old: &str) {
        if let Some(columns) = self.columns.get_mut(table) {
            columns.remove(old);
        }
        self.columns.retain(|_, columns| !columns.is_empty());
    }

    /// Returns the way back: the old names of things that have the new ones.
    #[must_use]
    pub fn reversed(&self) -> Self {
        let relations = self.relations.iter().map(|(old, new)| (new.clone(), old.clone())).collect();
        let swapped = |columns: &BTreeMap<SmolStr, SmolStr>| {
            columns.iter().map(|(old, new)| (new.clone(), old.clone())).collect()
        };
        let columns = self.columns.iter().map(|(table, columns)| (self.relation(table), swapped(columns)));
        Self { quoted: self.quoted, relations, columns: columns.collect() }
    }

    /// Returns what a column that has another name, or whose table has, was called before.
    #[must_use]
    pub fn column_before(&self, table: &Name, column: &SmolStr) -> Option<(Name, SmolStr)> {
        let relation = self.relations.iter().find(|(_, new)| *new == table).map_or(table, |(old, _)| old);
        let of_table = self.columns.get(relation).into_iter().flatten();
        let name = of_table.into_iter().find(|(_, new)| *new == column).map_or(column, |(old, _)| old);
        (relation != table || name != column).then(|| (relation.clone(), name.clone()))
    }

    /// Returns a catalog as it is once everything has its new name, which is what PostgreSQL makes of `RENAME`.
    #[must_use]
    pub fn applied(&self, old: &Catalog) -> Catalog {
        if self.is_empty() { old.clone() } else { old.objects().map(|object| self.renamed(object)).collect() }
    }

    fn renamed(&self, object: &Object) -> Object {
        let mut object = object.clone();
        match &mut object {
            Object::Table(table) => self.of_table(table),
            Object::Column(column) => {
                let (table, name) = (column.table.clone(), column.name.clone());
                column.name = self.column(&table, &name);
                column.table = self.relation(&table);
                self.of_sequence(column, &table, &name);
            }
            Object::Constraint(one) => {
                let table = one.table.clone();
                self.of_rule(&table, &mut one.rule);
                one.table = self.relation(&table);
            }
            Object::Index(index) => self.of_index(index),
            Object::View(view) => view.name = self.relation(&view.name),
            Object::Sequence(sequence) => self.of_counted(sequence),
            Object::Trigger(trigger) => {
                let table = trigger.table.clone();
                self.of_list(&table, &mut trigger.columns);
                trigger.condition.iter_mut().for_each(|sql| self.of_text(&table, sql));
                trigger.table = self.relation(&table);
            }
            Object::Policy(policy) => {
                let table = policy.table.clone();
                policy.using.iter_mut().chain(&mut policy.check).for_each(|sql| self.of_text(&table, sql));
                policy.table = self.relation(&table);
            }
            Object::Rule(rule) => {
                let table = rule.table.clone();
                self.of_text(&table, &mut rule.condition);
                rule.table = self.relation(&table);
            }
            Object::Grant(grant) => {
                if let Target::Relation(name) | Target::Sequence(name) = &mut grant.on {
                    let table = name.clone();
                    for reach in grant.privileges.values_mut() {
                        if let Reach::Columns(columns) = reach {
                            self.of_list(&table, columns);
                        }
                    }
                    *name = self.relation(&table);
                }
            }
            Object::Role(_)
            | Object::Schema(_)
            | Object::Extension(_)
            | Object::Type(_)
            | Object::Function(_)
            | Object::DefaultPrivileges(_)
            | Object::Job(_) => {}
        }
        object
    }

    /// Keeps the name of the sequence that counts a column, which was made under the old names.
    fn of_sequence(&self, column: &mut Column, table: &Name, name: &str) {
        let is_counted = matches!(column.value, ColumnValue::Identity | ColumnValue::AlwaysIdentity);
        if !is_counted {
            return;
        }
        let kept = match column.sequence.is_empty() {
            true => identity_sequence(&table.name, name),
            false => column.sequence.clone(),
        };
        let wanted = identity_sequence(&column.table.name, &column.name);
        column.sequence = if kept == wanted { SmolStr::default() } else { kept };
    }

    /// Names a sequence and the column that it goes with.
    fn of_counted(&self, sequence: &mut Sequence) {
        sequence.name = self.relation(&sequence.name);
        if let Some((table, column)) = &mut sequence.more.column {
            *column = self.column(table, column);
            *table = self.relation(table);
        }
    }

    fn of_table(&self, table: &mut Table) {
        let old = table.name.clone();
        self.of_list(&old, &mut table.columns);
        if let Some(partitioned) = &mut table.partitioned {
            self.of_list(&old, &mut partitioned.columns);
        }
        if let Some(of) = &mut table.partition_of {
            of.table = self.relation(&of.table);
        }
        table.name = self.relation(&old);
    }

    fn of_index(&self, index: &mut Index) {
        let table = index.table.clone();
        index.columns.iter_mut().for_each(|column| self.of_text(&table, &mut column.sql));
        index.filter.iter_mut().for_each(|sql| self.of_text(&table, sql));
        self.of_list(&table, &mut index.include);
        index.table = self.relation(&table);
        index.name.schema = index.table.schema.clone();
    }

    fn of_rule(&self, table: &Name, rule: &mut ConstraintRule) {
        match rule {
            ConstraintRule::PrimaryKey(columns) | ConstraintRule::Unique(columns) => {
                self.of_list(table, columns)
            }
            ConstraintRule::Check(sql) => self.of_text(table, sql),
            ConstraintRule::Exclude(exclusion) => {
                exclusion.elements.iter_mut().for_each(|(sql, _)| self.of_text(table, sql));
                exclusion.filter.iter_mut().for_each(|sql| self.of_text(table, sql));
            }
            ConstraintRule::ForeignKey(key) => {
                self.of_list(table, &mut key.columns);
                let target = key.target.clone();
                self.of_list(&target, &mut key.target_columns);
                if let super::OnDelete::SetNull(columns) = &mut key.on_delete {
                    self.of_list(table, columns);
                }
                key.target = self.relation(&target);
            }
        }
    }

    fn of_list(&self, table: &Name, columns: &mut [SmolStr]) {
        columns.iter_mut().for_each(|column| *column = self.column(table, column));
    }

    /// Gives the columns of a table their new names within SQL.
    fn of_text(&self, table: &Name, sql: &mut String) {
        if let Some(columns) = self.columns.get(table) {
            *sql = replaced(sql, |name| columns.get(name).map(|new| (self.quoted)(new)));
        }
    }
}

/// Whether an object stands for a thing of the source by itself.
fn is_paired(id: &ObjectId) -> bool {
    matches!(id, ObjectId::Table(_) | ObjectId::Column(..) | ObjectId::View(_) | ObjectId::Sequence(_))
}
