//! Objects of a database of which one would take the place of another: what the register of names should have kept apart.

use std::collections::HashMap;

use smol_str::SmolStr;

use super::lowered::Lowered;
use super::scripted::{Kind, Made};
use polity_catalog::relational::{ColumnValue, ConstraintRule, Name, Object, identity_sequence};
use polity_text::source::Span;

/// Two objects of one name.
pub(in crate::postgres) struct Clash {
    pub(in crate::postgres) name: String,
    /// Both objects, in words.
    pub(in crate::postgres) objects: String,
    /// The script that makes one of them.
    pub(in crate::postgres) span: Option<Span>,
}

/// Returns what would have one name among the objects of a catalog and those that scripts make.
pub(in crate::postgres) fn among(lowered: &Lowered, made: &[Made]) -> Vec<Clash> {
    let mut found: Vec<Clash> = Vec::new();
    for id in &lowered.replaced {
        found.push(Clash { name: id.to_string(), objects: format!("two of {id}"), span: None });
    }
    let mut taken: HashMap<Name, (String, Option<Span>)> = HashMap::new();
    let mut take = |name: Name, what: String, span: Option<Span>| {
        let shown = name.to_string();
        if let Some((other, at)) = taken.insert(name, (what.clone(), span)) {
            let objects = format!("{other}, and {what}");
            found.push(Clash { name: shown, objects, span: span.or(at) });
        }
    };
    for object in lowered.catalog.objects() {
        if let Some((name, what)) = relation(object) {
            take(name, what, None);
        }
    }
    for made in made.iter().filter(|made| made.kind == Kind::Relation && !made.gives_way) {
        take(
            Name::new(made.schema.clone(), made.name.clone()),
            "what a script makes".to_owned(),
            Some(made.span),
        );
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
            found.push(Clash { name: name.to_string(), objects, span: Some(made.span) });
        }
    }
    found
}

/// Returns the name by which an object stands among tables, indexes, sequences and views, and what it is.
fn relation(object: &Object) -> Option<(Name, String)> {
    let beside = |table: &Name, name: &SmolStr| Name::new(table.schema.clone(), name.clone());
    Some(match object {
        Object::Table(table) => (table.name.clone(), format!("the table {}", table.name)),
        Object::View(view) => (view.name.clone(), format!("the view {}", view.name)),
        Object::Sequence(sequence) => (sequence.name.clone(), format!("the sequence {}", sequence.name)),
        Object::Index(index) => (index.name.clone(), format!("an index of {}", index.table)),
        Object::Constraint(constraint) => match constraint.rule {
            ConstraintRule::PrimaryKey(_) | ConstraintRule::Unique(_) | ConstraintRule::Exclude(_) => {
                let what = format!("the index of a constraint of {}", constraint.table);
                (beside(&constraint.table, &constraint.name), what)
            }
            ConstraintRule::Check(_) | ConstraintRule::ForeignKey(_) => return None,
        },
        Object::Column(column) => match column.value {
            ColumnValue::Identity | ColumnValue::AlwaysIdentity => {
                let stored = match column.sequence.is_empty() {
                    true => identity_sequence(&column.table.name, &column.name),
                    false => column.sequence.clone(),
                };
                (beside(&column.table, &stored), format!("the sequence of {}.{}", column.table, column.name))
            }
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
        | Object::Job(_) => return None,
    })
}
