//! The triggers of tables that publish. They fire once a statement and write all of its entries at once; each table has a
//! function of its own, which knows its columns.

use serde::Serialize;
use smol_str::SmolStr;

use super::super::super::sql::{Ident, Literal};
use super::super::audit::persons::{self, Named};
use super::super::audit::pinned;
use super::super::database::Database;
use super::super::erasure;
use super::super::lowered::{Lowered, plpgsql, settings};
use super::super::table::{Table, column_name, column_names};
use super::{Outbox, operations, values, word_of};
use polity_catalog::relational::{Event, Firing, TransitionTables, Trigger};
use polity_model::entity::{Operation, Publish};
use polity_templates::postgres::functions;

/// Lowers the triggers of a table that publishes, and their function.
pub(in super::super) fn lower_triggers(database: &Database, table: &Table, lowered: &mut Lowered) {
    let Some(outbox) = &database.outbox else { return };
    let Some((_, writer)) = outbox.writers.iter().find(|(entity, _)| *entity == table.entity.id) else {
        return;
    };
    for (operation, name) in operations(table.entity).into_iter().zip(outbox.triggers(table.entity)) {
        let (event, rows) = fired(operation);
        lowered.add(Trigger {
            table: table.name.0.clone(),
            name,
            before: false,
            events: vec![event],
            each_row: false,
            rows,
            condition: None,
            function: writer.0.clone(),
            arguments: Vec::new(),
            columns: Vec::new(),
            firing: Firing::default(),
        });
    }
    let roles = &database.roles;
    let body = polity_templates::render(functions::PUBLISH, Writer::new(database, outbox, table).body());
    let mut function = plpgsql(writer, &roles.auditor, "trigger", &body);
    function.security_definer = true;
    function.settings.extend(pinned(table));
    if database.tenancy.is_some() {
        function.settings.extend(settings(&[("row_security", "on")]));
    }
    let docs = format!("Writes the messages about rows of {} that a statement changed.", table.name);
    lowered.function(&docs, function, [&roles.owner]);
}

fn fired(operation: Operation) -> (Event, TransitionTables) {
    let there = |name, is_there: bool| is_there.then(|| SmolStr::new_static(name));
    let rows = TransitionTables {
        old: there("was", operation != Operation::Insert),
        new: there("became", operation != Operation::Delete),
    };
    let event = match operation {
        Operation::Insert => Event::Insert,
        Operation::Update => Event::Update,
        Operation::Delete => Event::Delete,
    };
    (event, rows)
}

/// The parts of which the function of a table is made.
struct Writer<'w> {
    database: &'w Database<'w>,
    outbox: &'w Outbox,
    table: &'w Table<'w>,
    named: Option<Named>,
}

/// The values of the body.
#[derive(Serialize)]
struct Body {
    /// The condition that whoever logged in carries retention or an erasure out, where a message is about somebody.
    maintains: Option<String>,
    entries: Vec<Entry>,
}

/// The statement that writes the entries of one clause and one operation.
#[derive(Serialize)]
struct Entry {
    operation: String,
    into: String,
    values: String,
    from: String,
}

impl<'w> Writer<'w> {
    fn new(database: &'w Database<'w>, outbox: &'w Outbox, table: &'w Table<'w>) -> Self {
        Self { database, outbox, table, named: persons::named(database, table.entity) }
    }

    fn body(&self) -> Body {
        let entity = self.table.entity;
        let clauses = entity.publishes.iter();
        let entries = clauses
            .flat_map(|publish| publish.operations.iter().map(|operation| self.entry(publish, *operation)));
        Body { maintains: self.named.is_some().then(|| self.maintains()), entries: entries.collect() }
    }

    /// The condition that whoever logged in carries retention or erasures out: what a session says is no proof.
    fn maintains(&self) -> String {
        let roles = &self.database.roles;
        let eraser = erasure::is_needed(self.database).then_some(&roles.eraser);
        let acts = std::iter::once(&roles.cron)
            .chain(eraser)
            .map(|role| format!("pg_has_role(session_user, {}, 'USAGE')", Literal(role)));
        acts.collect::<Vec<_>>().join(" OR ")
    }

    fn entry(&self, publish: &Publish, operation: Operation) -> Entry {
        let (platform, entity) = (self.database.platform, self.table.entity);
        let value = |field| format!("r.{}", Ident(&column_name(entity, field)));
        let mut names = vec!["at", "target", "operation", "subjects", "message"];
        let mut values = vec![
            "clock_timestamp()".to_owned(),
            values::target(platform, entity, publish, &value, &self.outbox.encode()),
            "TG_OP".to_owned(),
            self.subjects(),
            values::message(platform, entity, publish, &value),
        ];
        let column = self.database.tenancy.as_ref().map(|tenancy| Ident(&tenancy.column).to_string());
        if let Some(column) = &column {
            names.insert(0, column);
            values.insert(
                0,
                entity.tenant.map_or_else(|| "''".to_owned(), |field| format!("{}::text", value(field))),
            );
        }
        Entry {
            operation: Literal(&word_of(operation).to_uppercase()).to_string(),
            into: format!("{} ({})", self.outbox.name, names.join(", ")),
            values: values.join(",\n               "),
            from: self.rows(publish, operation),
        }
    }

    /// The persons whom the rows are about. What retention and erasures take away tells only that it went, and of nobody.
    fn subjects(&self) -> String {
        match &self.named {
            None => "'{}'".to_owned(),
            Some(named) => {
                let array = named.of_row(|name| format!("r.{}", Ident(name)));
                format!("CASE WHEN entry.hidden THEN '{{}}' ELSE {array} END")
            }
        }
    }

    /// The rows `r` that are published: not those that an update left as they were, nor, while somebody is erased, those of
    /// which a message tells something labelled.
    fn rows(&self, publish: &Publish, operation: Operation) -> String {
        let entity = self.table.entity;
        let labelled =
            publish.fields().any(|field| !self.database.platform.labels_of(entity.id, field).is_empty());
        let hides = self.named.is_some() && labelled;
        let mut from = match operation {
            Operation::Insert => "became r".to_owned(),
            Operation::Delete => "was r".to_owned(),
            Operation::Update => {
                let keys = column_names(entity, &entity.key);
                let same: Vec<String> = keys.iter().map(|key| format!("o.{0} = r.{0}", Ident(key))).collect();
                format!("became r LEFT JOIN was o ON {}", same.join(" AND "))
            }
        };
        let mut conditions = Vec::new();
        if operation == Operation::Update {
            conditions.push("record_image_ne(r, o) IS NOT FALSE");
        }
        if hides {
            conditions.push("NOT entry.hidden");
        }
        if !conditions.is_empty() {
            from = format!("{from}\n         WHERE {}", conditions.join(" AND "));
        }
        from
    }
}
