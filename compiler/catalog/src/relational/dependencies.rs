//! The tables, views and functions that others of them need: what PostgreSQL keeps from being dropped while something
//! uses it, and what must be there when a text is read for the first time.

use foldhash::{HashMap, HashMapExt};

use super::name::Name;
use super::scan::names;
use super::{
    Catalog, Column, ColumnValue, Constraint, ConstraintRule, FunctionBody, Index, Object, Signature,
};

/// A graph of the tables, views and functions of a catalog, by their place in `nodes`.
pub struct Dependencies<'c> {
    pub(super) catalog: &'c Catalog,
    /// The nodes, by kind and name.
    pub(super) nodes: Vec<&'c Object>,
    /// The nodes without which one cannot be made, and which cannot go before it.
    pub(super) needs: Vec<Vec<usize>>,
    /// The nodes that the triggers and policies of a table call: they can be made later, and cannot go before it.
    pub(super) guarded_by: Vec<Vec<usize>>,
    /// The nodes that the text of a function mentions, which is read when it runs.
    pub(super) mentions: Vec<Vec<usize>>,
}

impl<'c> Dependencies<'c> {
    pub(super) fn of(catalog: &'c Catalog) -> Self {
        let is_node =
            |object: &&Object| matches!(object, Object::Table(_) | Object::View(_) | Object::Function(_));
        let nodes: Vec<&Object> = catalog.objects().filter(is_node).collect();
        let places = Places::of(&nodes);
        let empty = || vec![Vec::new(); nodes.len()];
        let mut dependencies =
            Self { catalog, needs: empty(), guarded_by: empty(), mentions: empty(), nodes };
        for object in catalog.objects() {
            dependencies.add(object, &places);
        }
        for list in [&mut dependencies.needs, &mut dependencies.guarded_by, &mut dependencies.mentions] {
            for (at, others) in list.iter_mut().enumerate() {
                others.sort_unstable();
                others.dedup();
                others.retain(|other| *other != at);
            }
        }
        dependencies
    }

    fn add(&mut self, object: &Object, places: &Places<'_>) {
        match object {
            Object::Column(column) => self.need(places, &column.table, |each| of_column(column, each)),
            Object::Constraint(one) => self.need(places, &one.table, |each| of_constraint(one, each)),
            Object::Index(index) => self.need(places, &index.table, |each| of_index(index, each)),
            Object::Table(table) => {
                let (Some(at), Some(of)) = (places.relation(&table.name), &table.partition_of) else {
                    return;
                };
                self.needs[at].extend(places.relation(&of.table));
            }
            Object::View(view) => self.need(places, &view.name, |each| each(&view.query)),
            Object::Function(function) => {
                let Some(at) = places.function(&function.signature()) else { return };
                let (text, into) = match &function.body {
                    FunctionBody::Atomic(text) => (text, &mut self.needs[at]),
                    FunctionBody::Text(text) => (text, &mut self.mentions[at]),
                };
                names(text, |name| into.extend(places.named(&name)));
            }
            Object::Trigger(trigger) => {
                let Some(at) = places.relation(&trigger.table) else { return };
                self.guarded_by[at].extend(places.named(&trigger.function));
                let condition = trigger.condition.as_deref().unwrap_or_default();
                names(condition, |name| self.guarded_by[at].extend(places.named(&name)));
            }
            Object::Policy(policy) => {
                let Some(at) = places.relation(&policy.table) else { return };
                for text in policy.using.iter().chain(&policy.check) {
                    names(text, |name| self.guarded_by[at].extend(places.named(&name)));
                }
            }
            Object::Role(_)
            | Object::Schema(_)
            | Object::Extension(_)
            | Object::Type(_)
            | Object::Sequence(_)
            | Object::Rule(_)
            | Object::Grant(_)
            | Object::DefaultPrivileges(_)
            | Object::Job(_) => {}
        }
    }

    /// Adds what the texts mention to the needs of a table or view.
    fn need(&mut self, places: &Places<'_>, of: &Name, texts: impl FnOnce(&mut dyn FnMut(&str))) {
        let Some(at) = places.relation(of) else { return };
        let needs = &mut self.needs[at];
        texts(&mut |text| names(text, |name| needs.extend(places.named(&name))));
    }
}

fn of_column(column: &Column, each: &mut dyn FnMut(&str)) {
    match &column.value {
        ColumnValue::Default(sql) | ColumnValue::Generated(sql) => each(sql),
        ColumnValue::Absent | ColumnValue::Identity | ColumnValue::AlwaysIdentity => {}
    }
}

fn of_constraint(constraint: &Constraint, each: &mut dyn FnMut(&str)) {
    match &constraint.rule {
        ConstraintRule::Check(sql) => each(sql),
        ConstraintRule::Exclude(exclusion) => {
            exclusion.elements.iter().for_each(|(sql, _)| each(sql));
            exclusion.filter.iter().for_each(|sql| each(sql));
        }
        // References are added when all tables are there, and go with either of the two.
        ConstraintRule::PrimaryKey(_) | ConstraintRule::Unique(_) | ConstraintRule::ForeignKey(_) => {}
    }
}

fn of_index(index: &Index, each: &mut dyn FnMut(&str)) {
    index.columns.iter().for_each(|column| each(&column.sql));
    index.filter.iter().for_each(|sql| each(sql));
}

/// The places of nodes by name.
struct Places<'c> {
    relations: HashMap<&'c Name, usize>,
    /// The functions of a name, each with the types of its arguments.
    functions: HashMap<&'c Name, Vec<(Signature, usize)>>,
}

impl<'c> Places<'c> {
    fn of(nodes: &[&'c Object]) -> Self {
        let mut places = Self { relations: HashMap::new(), functions: HashMap::new() };
        for (at, node) in nodes.iter().enumerate() {
            match node {
                Object::Table(table) => drop(places.relations.insert(&table.name, at)),
                Object::View(view) => drop(places.relations.insert(&view.name, at)),
                Object::Function(function) => {
                    places.functions.entry(&function.name).or_default().push((function.signature(), at));
                }
                _ => {}
            }
        }
        places
    }

    fn relation(&self, name: &Name) -> Option<usize> {
        self.relations.get(name).copied()
    }

    fn function(&self, signature: &Signature) -> Option<usize> {
        let of_name = self.functions.get(&signature.name)?;
        of_name.iter().find(|(one, _)| one == signature).map(|(_, at)| *at)
    }

    /// Returns every node of this name: a table or view, and functions whatever they are given.
    fn named(&self, name: &Name) -> impl Iterator<Item = usize> {
        let functions = self.functions.get(name).into_iter().flatten().map(|(_, at)| *at);
        self.relation(name).into_iter().chain(functions)
    }
}
