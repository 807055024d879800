//! Names that were sealed: an object that has one keeps it. What stands on tables is known by what it holds.

use std::collections::{BTreeMap, BTreeSet};

use smol_str::{SmolStr, format_smolstr};

use super::{
    Catalog, Column, ColumnValue, Constraint, ConstraintRule, Index, Name, Object, ObjectId, Reach, Target,
};

impl Catalog {
    /// Gives each constraint and index that a sealed catalog holds under another name that name, and puts the columns of each table
    /// in their sealed order, new ones last. `sealed` has today's names of tables and columns (`Renames::applied`).
    pub fn keep_names(&mut self, sealed: &Catalog) {
        let constraints = self.sealed_constraints(sealed);
        let indexes = self.sealed_indexes(sealed);
        self.give_way(&constraints, &indexes, sealed);
        for (id, name) in constraints {
            if let Some(Object::Constraint(mut one)) = self.by_id.remove(&id) {
                one.name = name;
                self.insert(one);
            }
        }
        for (id, name) in indexes {
            if let Some(Object::Index(mut index)) = self.by_id.remove(&id) {
                index.name = name;
                self.insert(index);
            }
        }
        for (id, object) in &mut self.by_id {
            if let (Object::Column(column), Some(Object::Column(before))) = (&mut *object, sealed.get(id))
                && is_counted(column)
                && is_counted(before)
            {
                column.sequence = before.sequence.clone();
            }
            if let Object::Table(table) = object
                && let Some(before) = sealed.table(&table.name)
            {
                in_order(&mut table.columns, &before.columns);
            }
        }
        self.order_grants();
    }

    /// Gives other names to what is new and has the name that something else keeps.
    fn give_way(
        &mut self,
        constraints: &[(ObjectId, SmolStr)],
        indexes: &[(ObjectId, Name)],
        sealed: &Catalog,
    ) {
        let mut kept: BTreeSet<Name> = indexes.iter().map(|(_, name)| name.clone()).collect();
        kept.extend(constraints.iter().filter_map(|(id, name)| match id {
            ObjectId::Constraint(table, _) => Some(Name::new(table.schema.clone(), name.clone())),
            _ => None,
        }));
        let renamed: BTreeSet<&ObjectId> =
            constraints.iter().map(|(id, _)| id).chain(indexes.iter().map(|(id, _)| id)).collect();
        let in_the_way: Vec<ObjectId> = self
            .by_id
            .iter()
            .filter(|(id, _)| !renamed.contains(id) && sealed.get(id).is_none())
            .filter(|(_, object)| index_name(object).is_some_and(|name| kept.contains(&name)))
            .map(|(id, _)| id.clone())
            .collect();
        for id in in_the_way {
            match self.by_id.remove(&id) {
                Some(Object::Index(mut index)) => {
                    index.name.name = other_name(&index.name.name, &index.table);
                    self.insert(index);
                }
                Some(Object::Constraint(mut one)) => {
                    one.name = other_name(&one.name, &one.table);
                    self.insert(one);
                }
                _ => {}
            }
        }
    }

    /// Puts the columns of rights in the order that their tables have.
    fn order_grants(&mut self) {
        let columns: BTreeMap<Name, Vec<SmolStr>> = self
            .objects()
            .filter_map(|object| match object {
                Object::Table(table) => Some((table.name.clone(), table.columns.clone())),
                _ => None,
            })
            .collect();
        for object in self.by_id.values_mut() {
            let Object::Grant(grant) = object else { continue };
            let Target::Relation(on) = &grant.on else { continue };
            let Some(order) = columns.get(on) else { continue };
            let place = |name: &SmolStr| order.iter().position(|column| column == name);
            for reach in grant.privileges.values_mut() {
                if let Reach::Columns(columns) = reach {
                    columns.sort_by_key(place);
                }
            }
        }
    }

    /// Returns the constraints that have another name in `sealed`, and that name.
    fn sealed_constraints(&self, sealed: &Catalog) -> Vec<(ObjectId, SmolStr)> {
        let constraints = |catalog: &'_ Catalog, other: &Catalog| {
            let mut of_table: BTreeMap<Name, Vec<Constraint>> = BTreeMap::new();
            for (id, object) in &catalog.by_id {
                if let Object::Constraint(one) = object
                    && other.get(id).is_none()
                {
                    of_table.entry(one.table.clone()).or_default().push(one.clone());
                }
            }
            of_table
        };
        let (mut left, mut named) = (constraints(sealed, self), Vec::new());
        for (table, own) in constraints(self, sealed) {
            let Some(left) = left.get_mut(&table) else { continue };
            for one in own {
                let alike =
                    |other: &Constraint| Constraint { name: one.name.clone(), ..other.clone() } == one;
                let found = left.iter().position(alike);
                if let Some(at) = found.or_else(|| left.iter().position(|other| lists_alike(other, &one))) {
                    named.push((ObjectId::Constraint(one.table, one.name), left.remove(at).name));
                }
            }
        }
        named
    }

    /// Returns the indexes that have another name in `sealed`, and that name.
    fn sealed_indexes(&self, sealed: &Catalog) -> Vec<(ObjectId, Name)> {
        let indexes = |catalog: &'_ Catalog, other: &Catalog| {
            let mut of_table: BTreeMap<Name, Vec<Index>> = BTreeMap::new();
            for (id, object) in &catalog.by_id {
                if let Object::Index(index) = object
                    && other.get(id).is_none()
                {
                    of_table.entry(index.table.clone()).or_default().push(index.clone());
                }
            }
            of_table
        };
        let (mut left, mut named) = (indexes(sealed, self), Vec::new());
        for (table, own) in indexes(self, sealed) {
            let Some(left) = left.get_mut(&table) else { continue };
            for one in own {
                let alike = |other: &Index| Index { name: one.name.clone(), ..other.clone() } == one;
                if let Some(at) = left.iter().position(alike) {
                    named.push((ObjectId::Index(one.name), left.remove(at).name));
                }
            }
        }
        named
    }
}

/// Whether two checks list what the same column may hold, be it the same or not.
fn lists_alike(one: &Constraint, other: &Constraint) -> bool {
    let column = |constraint: &Constraint| match &constraint.rule {
        ConstraintRule::Check(sql) => {
            let lists = [(" IN ('", ")"), (" <@ ARRAY['", "]")];
            let of = |(open, end): (&str, &str)| sql.ends_with(end).then(|| sql.split_once(open)).flatten();
            lists.into_iter().find_map(of).map(|(column, _)| column.to_owned())
        }
        _ => None,
    };
    column(one).is_some_and(|of| column(other) == Some(of))
}

/// Whether a sequence counts a column.
fn is_counted(column: &Column) -> bool {
    matches!(column.value, ColumnValue::Identity | ColumnValue::AlwaysIdentity)
}

/// The name of the index that an object is or has.
fn index_name(object: &Object) -> Option<Name> {
    match object {
        Object::Index(index) => Some(index.name.clone()),
        Object::Constraint(one) => {
            let has_index = !matches!(one.rule, ConstraintRule::Check(_) | ConstraintRule::ForeignKey(_));
            has_index.then(|| Name::new(one.table.schema.clone(), one.name.clone()))
        }
        _ => None,
    }
}

/// A name of at most 63 bytes for what stands on a table, where another thing has the one that it would have: with the sum of the
/// table's name (FNV-1a) behind it.
fn other_name(name: &str, table: &Name) -> SmolStr {
    let sum = table
        .to_string()
        .bytes()
        .fold(0x811c_9dc5_u32, |sum, byte| (sum ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    format_smolstr!("{}_{sum:08x}", &name[..name.floor_char_boundary(63 - 9)])
}

/// Puts names that were there before in the order of then, and all others behind them.
fn in_order(names: &mut Vec<SmolStr>, before: &[SmolStr]) {
    let now: BTreeSet<SmolStr> = names.iter().cloned().collect();
    let was: BTreeSet<&SmolStr> = before.iter().collect();
    let kept = before.iter().filter(|name| now.contains(*name)).cloned();
    let added = names.iter().filter(|name| !was.contains(name)).cloned();
    *names = kept.chain(added).collect();
}
