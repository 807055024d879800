//! Twins of what was lowered. A server prints expressions in a form of its own, so it is asked for that form: each expression is
//! made once more on an empty table like the one that it is about, in a schema that nobody else ever sees.

use serde::Serialize;
use smol_str::{SmolStr, format_smolstr};

use super::super::describe::Scope;
use super::super::print::functions::{CreateFunction, CreateTrigger};
use super::super::print::guards::{CreatePolicy, CreateRule};
use super::super::print::tables::{CreateIndex, Shown};
use super::super::sql::{Body, Ident, Literal, Qualified};
use polity_catalog::Identified;
use polity_catalog::relational::{
    Catalog, ColumnValue, ConstraintRule, FunctionBody, Name, Normal, Object, ObjectId, Renames,
};

/// The statements that make some twins, to be run in the transaction in which the database is described, and rolled back behind.
#[derive(Debug)]
pub struct Twins {
    pub sql: String,
    /// The part of the database that holds them.
    pub scope: Scope,
}

/// A server has locks for some thousand objects at a time, and each twin takes a few.
const AT_ONCE: usize = 200;

/// Returns the twins of the objects that a server prints otherwise, as far as the database has the tables that they are about.
pub(super) fn of(expected: &Catalog, live: &Catalog, renames: &Renames) -> Vec<Twins> {
    #[derive(Serialize)]
    struct Twin {
        /// As texts.
        statements: Vec<String>,
    }
    #[derive(Serialize)]
    struct Block {
        twins: Vec<Twin>,
    }
    let back = renames.reversed();
    let of_object = |(schema, object): (SmolStr, &Object)| {
        let statements = statements(&schema, object, live, &back)?;
        Some((schema, statements.iter().map(|sql| Literal(sql).to_string()).collect()))
    };
    let all: Vec<(SmolStr, Vec<String>)> = asked(expected).filter_map(of_object).collect();
    let some = |some: &[(SmolStr, Vec<String>)]| {
        let twins = some.iter().map(|(_, statements)| Twin { statements: statements.clone() }).collect();
        let block = polity_templates::render(polity_templates::postgres::blocks::TWINS, Block { twins });
        let schemas = some.iter().map(|(schema, _)| schema.clone()).collect();
        Twins { sql: format!("DO {};", Body(&block)), scope: Scope { schemas, ..Scope::default() } }
    };
    all.chunks(AT_ONCE).map(some).collect()
}

/// The statements that make the twin of an object in a schema; `None` where the database lacks the table that it is about.
fn statements(schema: &SmolStr, object: &Object, live: &Catalog, back: &Renames) -> Option<Vec<String>> {
    let mut statements = vec![format!("CREATE SCHEMA {}", Ident(schema))];
    if let Some(table) = object.stands_on() {
        let there = back.relation(table);
        live.get(&ObjectId::Table(there.clone()))?;
        let twin = Name::new(schema.clone(), table.name.clone());
        statements.push(format!("CREATE TABLE {} (LIKE {})", Qualified(&twin), Qualified(&there)));
        for (_, now, before) in back.columns().filter(|(of, ..)| *of == table) {
            let (twin, before, now) = (Qualified(&twin), Ident(before), Ident(now));
            statements.push(format!("ALTER TABLE {twin} RENAME COLUMN {before} TO {now}"));
        }
    }
    statements.extend(made(&within(object, schema)));
    Some(statements)
}

/// Returns the objects that the server made, by those that they are twins of.
pub(super) fn normal(expected: &Catalog, twins: &Catalog) -> Normal {
    let twin = |(schema, object): (SmolStr, &Object)| {
        let twin = twins.get(&within(object, &schema).id())?;
        Some((object.id(), twin.clone()))
    };
    let asked = asked(expected).filter_map(twin);
    // What a server prints as it was written is its own twin.
    expected.objects().map(|object| (object.id(), object.clone())).chain(asked).collect()
}

/// Like [`normal`], where what has no twin is taken to mean what the database has.
pub(super) fn known(expected: &Catalog, live: &Catalog, twins: &Catalog) -> Normal {
    let mut known = normal(expected, twins);
    for (schema, object) in asked(expected) {
        let id = object.id();
        if twins.get(&within(object, &schema).id()).is_none()
            && let Some(live) = live.get(&id)
        {
            known.insert(id, live.clone());
        }
    }
    known
}

/// The objects that a server prints otherwise, each with the schema of its twin.
fn asked(expected: &Catalog) -> impl Iterator<Item = (SmolStr, &Object)> {
    let rewritten = expected.objects().filter(|object| is_rewritten(object));
    rewritten.enumerate().map(|(at, object)| (format_smolstr!("polity_twin_{at}"), object))
}

fn is_rewritten(object: &Object) -> bool {
    match object {
        Object::Column(column) => {
            matches!(column.value, ColumnValue::Default(_) | ColumnValue::Generated(_))
        }
        Object::Constraint(one) => matches!(one.rule, ConstraintRule::Check(_) | ConstraintRule::Exclude(_)),
        Object::Index(index) => {
            index.filter.is_some() || index.columns.iter().any(|column| column.sql.starts_with('('))
        }
        Object::Function(function) => {
            matches!(function.body, FunctionBody::Atomic(_))
                || function.arguments.iter().any(|argument| argument.default.is_some())
        }
        Object::Trigger(trigger) => trigger.condition.is_some(),
        Object::View(_) | Object::Policy(_) | Object::Rule(_) => true,
        Object::Role(_)
        | Object::Schema(_)
        | Object::Extension(_)
        | Object::Type(_)
        | Object::Sequence(_)
        | Object::Table(_)
        | Object::Grant(_)
        | Object::DefaultPrivileges(_)
        | Object::Job(_) => false,
    }
}

/// Returns the object as it is in another schema.
fn within(object: &Object, schema: &SmolStr) -> Object {
    let mut object = object.clone();
    let name = match &mut object {
        Object::Column(column) => &mut column.table,
        Object::Constraint(one) => &mut one.table,
        Object::Index(index) => {
            index.name.schema = schema.clone();
            &mut index.table
        }
        Object::Trigger(trigger) => &mut trigger.table,
        Object::Policy(policy) => &mut policy.table,
        Object::Rule(rule) => &mut rule.table,
        Object::View(view) => &mut view.name,
        Object::Function(function) => &mut function.name,
        _ => return object,
    };
    name.schema = schema.clone();
    object
}

/// The statement that makes an object, if it is one of those that a server prints otherwise.
fn made(object: &Object) -> Option<String> {
    let sql = match object {
        Object::Column(column) => {
            let (table, name) = (Qualified(&column.table), Ident(&column.name));
            match &column.value {
                ColumnValue::Default(sql) => {
                    format!("ALTER TABLE {table} ALTER COLUMN {name} SET DEFAULT {sql}")
                }
                ColumnValue::Generated(sql) => format!(
                    "ALTER TABLE {table} DROP COLUMN {name}, ADD COLUMN {name} {} GENERATED ALWAYS AS ({sql}) STORED",
                    column.ty
                ),
                _ => return None,
            }
        }
        Object::Constraint(one) => format!("ALTER TABLE {} ADD {}", Qualified(&one.table), Shown(one)),
        Object::Index(index) => CreateIndex(index, "", "").to_string(),
        Object::Trigger(trigger) => CreateTrigger(trigger).to_string(),
        Object::Policy(policy) => CreatePolicy(policy).to_string(),
        Object::Rule(rule) => CreateRule(rule).to_string(),
        Object::View(view) => format!("CREATE VIEW {} AS\n{}", Qualified(&view.name), view.query),
        Object::Function(function) => CreateFunction(function, "CREATE").to_string(),
        _ => return None,
    };
    Some(sql)
}
