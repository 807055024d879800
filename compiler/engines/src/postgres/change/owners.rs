//! Objects that roles which the source does not know own, since a database was adopted with them. The administrator hands them over
//! before the rest: the migrator acts for the platform's owner alone.

use serde::Serialize;

use super::super::lower::database::Database;
use super::super::lower::sealed::{Sealed, own, owner_of};
use super::super::print::functions::Called;
use super::super::sql::{Body, Ident, Literal, Qualified};
use crate::change::{LockMode, Locked, Step, Time};
use polity_catalog::Identified;
use polity_catalog::relational::{Name, Object, ObjectId, ViewKind};

/// Returns a step for each object that is handed over, with the object as it is then; and one for each role that goes on.
pub(super) fn steps(database: &Database, sealed: &Sealed) -> Vec<(Step, Option<Object>)> {
    if sealed.strangers.is_empty() {
        return Vec::new();
    }
    let owner = &database.roles.owner;
    let step = |object: &Object| {
        let (before, handed) = (owner_of(object)?, Handed::of(object)?);
        let line = ObjectId::Role(before.clone()).to_string();
        // A role that the source leaves to others goes on with what it has.
        let keeps = database.platform.unmanaged.iter().any(|one| one.object == line);
        let id = object.id().to_string();
        let locked = handed.locked.map(|table| Qualified(table).to_string());
        let step = Step {
            path: sealed.state.origins.get(&id).map(|origin| origin.path.clone()),
            object: id,
            does: format!("belongs to {}, no longer to {}", Ident(owner), Ident(before)),
            locks: locked
                .map(|table| Locked { table, mode: LockMode::AccessExclusive })
                .into_iter()
                .collect(),
            time: Time::Instant,
            risks: Vec::new(),
            sql: handed.statement(owner, keeps.then_some(before)),
        };
        let renamed = sealed.renames.applied(&std::iter::once(object.clone()).collect());
        let mut object = renamed.objects().next()?.clone();
        own(&mut object, owner);
        Some((step, Some(object)))
    };
    let lines = database.platform.unmanaged.iter().filter_map(|one| one.object.strip_prefix("role "));
    let connecting = lines.map(|role| (connects(role), None));
    // A sequence that counts a column belongs to whom its table does.
    let (sequences, others): (Vec<_>, Vec<_>) =
        sealed.strangers.iter().partition(|object| matches!(object, Object::Sequence(_)));
    others.into_iter().chain(sequences).filter_map(step).chain(connecting).collect()
}

/// The condition that a sequence, given as a text, is linked to a column (PostgreSQL, "pg_depend").
fn linked(text: &str) -> String {
    format!(
        "EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = to_regclass({text}) AND d.deptype IN ('a', 'i'))"
    )
}

/// The step that lets a role, which is written as a line names it, connect as before: `roles.sql` takes that from everybody.
fn connects(role: &str) -> Step {
    #[derive(Serialize)]
    struct Values {
        role: String,
    }
    let name = role.strip_prefix('"').and_then(|name| name.strip_suffix('"'));
    let name = name.map_or_else(|| role.to_owned(), |name| name.replace("\"\"", "\""));
    let values = Values { role: Literal(&name).to_string() };
    let block = polity_templates::render(polity_templates::postgres::blocks::CONNECTS, values);
    Step {
        object: format!("role {role}"),
        path: None,
        does: "may connect as before".to_owned(),
        locks: Vec::new(),
        time: Time::Instant,
        risks: Vec::new(),
        sql: format!("DO {};\n", Body(&block)),
    }
}

/// An object that is handed over.
struct Handed<'o> {
    /// The kinds that `ALTER` and `GRANT` call it by, and its name.
    alter: &'static str,
    grant: &'static str,
    name: String,
    /// The function that says whether it is there.
    there: &'static str,
    /// The relation that is locked meanwhile.
    locked: Option<&'o Name>,
    is_partitioned: bool,
}

impl<'o> Handed<'o> {
    fn of(object: &'o Object) -> Option<Self> {
        let relation = |alter, name: &'o Name, is_partitioned| {
            let (shown, locked) = (Qualified(name).to_string(), Some(name));
            Self { alter, grant: "TABLE", name: shown, there: "to_regclass", locked, is_partitioned }
        };
        let other = |alter, grant, name: String, there| Self {
            alter,
            grant,
            name,
            there,
            locked: None,
            is_partitioned: false,
        };
        Some(match object {
            Object::Schema(one) => other("SCHEMA", "SCHEMA", Ident(&one.name).to_string(), "to_regnamespace"),
            Object::Sequence(one) => {
                other("SEQUENCE", "SEQUENCE", Qualified(&one.name).to_string(), "to_regclass")
            }
            Object::Function(one) => {
                other("ROUTINE", "ROUTINE", Called(&one.signature()).to_string(), "to_regprocedure")
            }
            Object::View(one) if one.kind == ViewKind::Materialized => {
                relation("MATERIALIZED VIEW", &one.name, false)
            }
            Object::View(one) => relation("VIEW", &one.name, false),
            Object::Table(one) => relation("TABLE", &one.name, one.partitioned.is_some()),
            _ => return None,
        })
    }

    /// The statement that gives it to `owner`, and rights on it to a role that had it and goes on.
    fn statement(&self, owner: &str, keeps: Option<&str>) -> String {
        #[derive(Serialize)]
        struct Values {
            there: String,
            hand_over: String,
            /// The statement that lets the role of before go on, where it does.
            keeps: String,
            before: String,
            owner: String,
            /// The table, as a text, where it has partitions.
            partitioned: String,
            /// The condition under which it follows another, to which it is linked.
            unless: String,
        }
        let Self { alter, grant, name, there, .. } = self;
        let text = Literal(name).to_string();
        let before = keeps.map_or_else(String::new, |role| Literal(role).to_string());
        let keeps = keeps.map(|role| format!("GRANT ALL ON {grant} {name} TO {}", Ident(role)));
        let values = Values {
            there: format!("{there}({text})"),
            hand_over: format!("ALTER {alter} {name} OWNER TO {}", Ident(owner)),
            keeps: keeps.unwrap_or_default(),
            before,
            owner: Literal(owner).to_string(),
            unless: if *alter == "SEQUENCE" { linked(&text) } else { String::new() },
            partitioned: if self.is_partitioned { text } else { String::new() },
        };
        let block = polity_templates::render(polity_templates::postgres::blocks::TAKE_OVER, values);
        format!("DO {};\n", Body(&block))
    }
}
