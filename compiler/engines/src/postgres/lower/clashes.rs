//! Objects of a database of which one would take the place of another: what the register of names should have kept apart.

use std::fmt::{Display, Formatter, Result as Written};

use foldhash::{HashMap, HashMapExt};
use smol_str::SmolStr;

use super::database::Database;
use super::live;
use super::lowered::Lowered;
use super::scripted::{Kind, Made};
use polity_catalog::Identified;
use polity_catalog::relational::{ColumnValue, ConstraintRule, Name, Object, ObjectId, identity_sequence};
use polity_text::source::Span;

/// Two objects of one name.
pub(in crate::postgres) struct Clash {
    pub(in crate::postgres) name: String,
    /// Both objects, in words.
    pub(in crate::postgres) objects: String,
    /// The script that makes one of them.
    pub(in crate::postgres) script: Option<Span>,
    /// The entities and views that they come from: the one that has the name in the source first.
    pub(in crate::postgres) source: Vec<Span>,
}

/// Where the source names the tables and views of a database, and those of which the compiler makes another view.
struct Places {
    named: HashMap<Name, Span>,
    live: HashMap<Name, Span>,
}

impl Places {
    fn of(database: &Database) -> Self {
        let tables = database.tables.iter().map(|table| (table.name.0.clone(), table.entity.named.span));
        let views = database.views.iter().map(|view| (view.name.0.clone(), view.view.named.span));
        let live = database.tables.iter().filter_map(|table| {
            let name = live::name(database.platform, database.store, table.entity)?;
            Some((Name::new(table.name.0.schema.clone(), name), table.entity.named.span))
        });
        Self { named: tables.chain(views).collect(), live: live.collect() }
    }

    /// Returns where the things stand that two objects of this name come from.
    fn of_both(&self, name: &Name, objects: [Option<&Object>; 2]) -> Vec<Span> {
        let table = |object: &Object| match object {
            Object::Index(index) => self.named.get(&index.table).copied(),
            Object::Constraint(constraint) => self.named.get(&constraint.table).copied(),
            Object::Column(column) => self.named.get(&column.table).copied(),
            _ => None,
        };
        let itself = [self.named.get(name).copied(), self.live.get(name).copied()];
        let mut spans: Vec<Span> =
            itself.into_iter().chain(objects.map(|object| object.and_then(table))).flatten().collect();
        spans.dedup();
        spans
    }
}

/// Returns what would have one name among the objects of a catalog and those that scripts make.
pub(in crate::postgres) fn among(database: &Database, lowered: &Lowered, made: &[Made]) -> Vec<Clash> {
    let places = Places::of(database);
    let mut found: Vec<Clash> = Vec::new();
    for id in &lowered.replaced {
        let source = match id {
            ObjectId::Table(name) | ObjectId::View(name) => places.of_both(name, [None, None]),
            _ => Vec::new(),
        };
        found.push(Clash { name: id.to_string(), objects: format!("two of {id}"), script: None, source });
    }
    let objects = lowered.catalog.objects();
    let objects = objects.filter_map(|object| Some((name_of(object)?, Relation::Object(object))));
    let scripts = made.iter().filter(|made| made.kind == Kind::Relation && !made.gives_way);
    let scripts = scripts
        .map(|made| (Name::new(made.schema.clone(), made.name.clone()), Relation::OfScript(made.span)));
    let mut taken: HashMap<Name, Relation> = HashMap::new();
    for (name, relation) in objects.chain(scripts) {
        if let Some(other) = taken.get(&name) {
            let objects = format!("{other}, and {relation}");
            let script = relation.script().or(other.script());
            let source = places.of_both(&name, [other.object(), relation.object()]);
            found.push(Clash { name: name.to_string(), objects, script, source });
        }
        taken.insert(name, relation);
    }
    let triggers = lowered.catalog.objects().filter_map(|object| match object {
        Object::Trigger(trigger) => Some((trigger.table.clone(), &trigger.name)),
        _ => None,
    });
    for (table, name) in triggers {
        let is_made = |made: &&Made| match &made.kind {
            Kind::Trigger(on) => table.schema == made.schema && table.name == *on && made.name == *name,
            Kind::Relation | Kind::Function(_) => false,
        };
        if let Some(made) = made.iter().find(is_made).filter(|made| !made.gives_way) {
            let objects = format!("a trigger of the table {table}, and what a script makes");
            let source = places.of_both(&table, [None, None]);
            found.push(Clash { name: name.to_string(), objects, script: Some(made.span), source });
        }
    }
    found
}

/// Something with a name among tables, indexes, sequences and views. As a text it says which.
#[derive(Clone, Copy)]
enum Relation<'l> {
    Object(&'l Object),
    OfScript(Span),
}

impl<'l> Relation<'l> {
    fn object(self) -> Option<&'l Object> {
        match self {
            Self::Object(object) => Some(object),
            Self::OfScript(_) => None,
        }
    }

    fn script(self) -> Option<Span> {
        match self {
            Self::Object(_) => None,
            Self::OfScript(span) => Some(span),
        }
    }
}

impl Display for Relation<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Written {
        match self {
            Self::OfScript(_) => f.write_str("what a script makes"),
            Self::Object(Object::Index(index)) => write!(f, "an index of {}", index.table),
            Self::Object(Object::Constraint(constraint)) => {
                write!(f, "the index of a constraint of {}", constraint.table)
            }
            Self::Object(Object::Column(column)) => {
                write!(f, "the sequence of {}.{}", column.table, column.name)
            }
            Self::Object(object) => write!(f, "the {}", object.id()),
        }
    }
}

/// Returns the name by which an object stands among tables, indexes, sequences and views.
fn name_of(object: &Object) -> Option<Name> {
    let beside = |table: &Name, name: &SmolStr| Name::new(table.schema.clone(), name.clone());
    Some(match object {
        Object::Table(table) => table.name.clone(),
        Object::View(view) => view.name.clone(),
        Object::Sequence(sequence) => sequence.name.clone(),
        Object::Index(index) => index.name.clone(),
        Object::Constraint(constraint) => match constraint.rule {
            ConstraintRule::PrimaryKey(_) | ConstraintRule::Unique(_) | ConstraintRule::Exclude(_) => {
                beside(&constraint.table, &constraint.name)
            }
            ConstraintRule::Check(_) | ConstraintRule::ForeignKey(_) => return None,
        },
        Object::Column(column) => match column.value {
            ColumnValue::Identity | ColumnValue::AlwaysIdentity => match column.sequence.is_empty() {
                true => beside(&column.table, &identity_sequence(&column.table.name, &column.name)),
                false => beside(&column.table, &column.sequence),
            },
            ColumnValue::Absent | ColumnValue::Default(_) | ColumnValue::Generated(_) => return None,
        },
        Object::Role(_)
        | Object::Schema(_)
        | Object::Extension(_)
        | Object::Function(_)
        | Object::Trigger(_)
        | Object::Policy(_)
        | Object::Rule(_)
        | Object::Grant(_)
        | Object::DefaultPrivileges(_)
        | Object::Type(_)
        | Object::Job(_) => return None,
    })
}
