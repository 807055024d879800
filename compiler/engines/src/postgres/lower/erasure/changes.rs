//! How rows of a person go: references give way first, then rows are emptied or deleted, what refers before what is referred
//! to.

use serde::Serialize;
use smol_str::SmolStr;

use super::super::super::sql::Ident;
use super::super::database::Database;
use super::super::maintenance::anonymized;
use super::super::table::{ANONYMIZED_AT, Table, arm_column, column_name};
use super::super::types::column_type;
use super::person::Person;
use super::search::Variable;
use polity_govern::erasure::{Action, Plan, Rows};
use polity_model::entity::Entity;
use polity_model::{EntityId, FieldId, Reference, TypeKind};

/// How many of the entities on the way to a person a remark names.
const TOLD: usize = 3;

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

/// Rows that go, or change, a few at a time.
#[derive(Serialize)]
pub(super) struct Batch {
    because: Option<String>,
    table: String,
    /// The condition on rows of which nothing has been done yet.
    rows: String,
    sets: Option<String>,
    gone: Option<Gone>,
}

/// The keys of the rows of a batch, by which trails are asked for them.
#[derive(Serialize)]
struct Gone {
    /// The columns of the key, their names where the rows are read again, and what counts and keeps them.
    returned: String,
    columns: String,
    kept: String,
    variables: String,
}

impl Person<'_> {
    /// The changes that can be made a few rows at a time, in their order. Left to the end are the person's own row, and
    /// [those without which others could not be found](going_last).
    pub(super) fn batches(&self) -> Vec<Batch> {
        let mut batches = Vec::new();
        for rows in self.plan.rows.iter().rev() {
            let Some(table) = self.table(rows.entity) else { continue };
            let emptied = self.emptied_of(rows, table).into_iter();
            batches.extend(emptied.map(|emptied| Batch {
                because: None,
                table: emptied.table,
                rows: emptied.rows,
                sets: Some(emptied.sets),
                gone: None,
            }));
        }
        for rows in self.plan.found_rows().rev().filter(|rows| self.goes_in_batches(rows)) {
            let Some(table) = self.table(rows.entity) else { continue };
            let (mut condition, mut sets) = (self.rows_of_person(rows, table), None);
            if rows.action == Action::Anonymize {
                condition.push_str(&format!(" AND t.{ANONYMIZED_AT} IS NULL"));
                sets = Some(self.sets(rows, table));
            }
            batches.push(Batch {
                because: self.because(rows),
                table: table.name.to_string(),
                rows: condition,
                sets,
                gone: self.is_told_of(rows).then(|| self.gone(table.entity)),
            });
        }
        batches
    }

    /// Whether rows are deleted or emptied a few at a time.
    pub(super) fn goes_in_batches(&self, rows: &Rows) -> bool {
        rows.entity != self.plan.subject
            && self.table(rows.entity).is_some()
            && matches!(rows.action, Action::Delete | Action::Anonymize)
            && !self.goes_last[rows.entity.index()]
    }

    fn gone(&self, entity: &Entity) -> Gone {
        let key = entity.identity();
        let listed = |each: &dyn Fn(usize, &FieldId) -> String| {
            key.iter().enumerate().map(|(at, field)| each(at, field)).collect::<Vec<_>>().join(", ")
        };
        let variable = |field: &FieldId| self.gone_variable(entity.id, *field);
        Gone {
            returned: listed(&|_, field| format!("t.{}", Ident(&column_name(entity, *field)))),
            columns: listed(&|at, _| format!("c{at}")),
            kept: listed(&|at, field| format!("{} || coalesce(array_agg(g.c{at}), '{{}}')", variable(field))),
            variables: listed(&|_, field| variable(field)),
        }
    }

    /// The variable that holds the values of a field of rows that went in a batch.
    pub(super) fn gone_variable(&self, entity: EntityId, field: FieldId) -> String {
        format!("{}_gone", self.variable(entity, field))
    }

    /// All of these variables.
    pub(super) fn gone_variables(&self) -> Vec<Variable> {
        let p = self.database.platform;
        let traced =
            self.plan.found_rows().filter(|rows| self.is_told_of(rows) && self.goes_in_batches(rows));
        let fields =
            traced.flat_map(|rows| p[rows.entity].identity().iter().map(|field| (rows.entity, *field)));
        let variable = |(entity, field): (EntityId, FieldId)| {
            let ty = column_type(p, &p[entity].field(field).ty);
            Variable::new(&format!("{}_gone", self.bare_variable(entity, field)), &format!("{ty}[]"), "'{}'")
        };
        fields.map(variable).collect()
    }

    /// References that give way. Those by which a row is the person's that is anonymized do so in one go with the rest of
    /// it; whoever else is merely referred to has rows of others.
    pub(super) fn emptied(&self) -> Vec<Emptied> {
        let here = self.plan.rows.iter().rev().filter_map(|rows| Some((rows, self.table(rows.entity)?)));
        here.flat_map(|(rows, table)| self.emptied_of(rows, table)).collect()
    }

    fn emptied_of(&self, rows: &Rows, table: &Table) -> Vec<Emptied> {
        let own = |i: &&usize| rows.action == Action::Anonymize && rows.by.contains(i);
        let emptied = rows.emptied.iter().filter(|i| !own(i));
        let emptied = emptied.map(|i| self.database.platform.reference(rows.entity, *i)).map(|reference| {
            let columns = nulled(table.entity, reference);
            let sets: Vec<String> =
                columns.iter().map(|column| format!("{} = NULL", Ident(column))).collect();
            Emptied {
                table: table.name.to_string(),
                sets: sets.join(", "),
                rows: self.within(table.entity, self.leads(table.entity, reference)),
            }
        });
        emptied.collect()
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
        let path = |id: &EntityId| self.database.platform.entity_path(*id);
        let (last, between) = rows.path.split_last()?;
        // The rows on the way have lines of their own, which say the rest of it.
        let told: Vec<String> = between.iter().take(TOLD).map(path).collect();
        let by = match between.len() {
            0 => String::new(),
            all if all > TOLD => format!(", by way of {} and {} more", told.join(" and "), all - TOLD),
            _ => format!(", by way of {}", told.join(" and ")),
        };
        Some(format!("Of the {}{by}", path(last)))
    }
}

/// Whether rows go with the last batch, by entity: those that are emptied of what leads to them while others are found by
/// them, and those by which these are found.
pub(super) fn going_last(database: &Database, plan: &Plan) -> Vec<bool> {
    let count = database.platform.entities.len();
    let (mut leads, mut last) = (vec![false; count], vec![false; count]);
    for rows in plan.found_rows().rev() {
        let at = rows.entity.index();
        let is_emptied = rows.action == Action::Anonymize && rows.emptied.iter().any(|i| rows.by.contains(i));
        last[at] |= is_emptied && leads[at];
        for i in &rows.by {
            let target = database.platform.reference(rows.entity, *i).target.index();
            leads[target] |= rows.action != Action::Keep;
            last[target] |= last[at];
        }
    }
    last
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
