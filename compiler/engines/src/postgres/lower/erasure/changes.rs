//! How rows of a person go: references give way first, then rows are emptied or deleted, what refers before what is referred
//! to.

use serde::Serialize;
use smol_str::SmolStr;

use super::super::super::sql::Ident;
use super::super::maintenance::anonymized;
use super::super::table::{ANONYMIZED_AT, Table, arm_column, column_name};
use super::person::Person;
use polity_govern::erasure::{Action, Rows};
use polity_model::entity::Entity;
use polity_model::{Reference, TypeKind};

/// A reference that gives way: its columns become null.
#[derive(Serialize)]
pub(super) struct Emptied {
    table: String,
    sets: String,
    rows: String,
}

/// A table of which rows go, or stay without the person.
#[derive(Serialize)]
pub(super) struct Change {
    /// Why the rows are the person's; nothing of the person's own row.
    because: Option<String>,
    table: String,
    rows: String,
    /// The columns with the values that they take where the rows stay.
    sets: Option<String>,
}

impl Person<'_> {
    /// References that give way. Those by which a row is the person's that is anonymized do so in one go with the rest of
    /// it; whoever else is merely referred to has rows of others.
    pub(super) fn emptied(&self) -> Vec<Emptied> {
        let mut emptied = Vec::new();
        for rows in self.plan.rows.iter().rev() {
            let Some(table) = self.table(rows.entity) else { continue };
            let own = |i: &&usize| rows.action == Action::Anonymize && rows.by.contains(i);
            for reference in rows
                .emptied
                .iter()
                .filter(|i| !own(i))
                .map(|i| self.database.platform.reference(rows.entity, *i))
            {
                let columns = nulled(table.entity, reference);
                let sets: Vec<String> =
                    columns.iter().map(|column| format!("{} = NULL", Ident(column))).collect();
                emptied.push(Emptied {
                    table: table.name.to_string(),
                    sets: sets.join(", "),
                    rows: self.within(table.entity, self.leads(table.entity, reference)),
                });
            }
        }
        emptied
    }

    /// Rows that go or stay without the person.
    pub(super) fn changes(&self) -> Vec<Change> {
        let change = |rows: &Rows| {
            let table = self.table(rows.entity)?;
            let sets = match rows.action {
                Action::Keep | Action::Forget => return None,
                Action::Delete => None,
                Action::Anonymize => Some(self.sets(rows, table)),
            };
            Some(Change {
                because: self.because(rows),
                table: table.name.to_string(),
                rows: self.rows_of_person(rows, table),
                sets,
            })
        };
        self.plan.found_rows().rev().filter_map(change).collect()
    }

    /// The columns that make a row anonymous, one a line.
    fn sets(&self, rows: &Rows, table: &Table) -> String {
        let mut sets: Vec<(SmolStr, String)> =
            vec![(SmolStr::new_static(ANONYMIZED_AT), format!("coalesce(t.{ANONYMIZED_AT}, now())"))];
        let own = rows.emptied.iter().filter(|i| rows.by.contains(i));
        let nulled =
            own.flat_map(|i| nulled(table.entity, self.database.platform.reference(rows.entity, *i)));
        let nulled = nulled.map(|column| (column, "NULL".to_owned()));
        for (column, value) in anonymized(self.database, table).into_iter().chain(nulled) {
            if sets.iter().all(|(known, _)| *known != column) {
                sets.push((column, value));
            }
        }
        let sets = sets.iter().map(|(column, value)| format!("{} = {value}", Ident(column)));
        sets.collect::<Vec<_>>().join(",\n           ")
    }

    fn because(&self, rows: &Rows) -> Option<String> {
        let path = |id| self.database.platform.entity_path(id);
        let (last, between) = rows.path.split_last()?;
        let between: Vec<String> = between.iter().map(|id| path(*id)).collect();
        let by = match between.is_empty() {
            true => String::new(),
            false => format!(", by way of {}", between.join(" and ")),
        };
        Some(format!("Of the {}{by}", path(*last)))
    }
}

/// The columns of a reference that gives way.
fn nulled(entity: &Entity, reference: &Reference) -> Vec<SmolStr> {
    let optional = reference.fields.iter().filter(|field| entity.field(**field).ty.optional);
    let mut columns = Vec::new();
    for field in optional {
        columns.push(column_name(entity, *field));
        if matches!(entity.field(*field).ty.kind, TypeKind::Union(_)) {
            columns.push(arm_column(entity, *field));
        }
    }
    columns
}
