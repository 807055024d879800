//! The bodies of the functions about one kind of person: first everything is found, then it goes, or is shown.

use serde::Serialize;
use smol_str::SmolStr;

use super::super::super::sql::{Literal, Name};
use super::super::audit::{PartKind, Trail};
use super::super::database::Database;
use super::super::names::LIMIT;
use super::super::outbox;
use super::super::statistics::hides;
use super::super::table::{Column, Table, column_name};
use super::super::tenancy::moves;
use super::super::views::LoweredView;
use super::changes::{Batch, Change, Emptied, going_last};
use super::search::{Search, Variable};
use super::shown::Shown;
use super::traces::Traces;
use crate::hashed::hashed;
use polity_govern::erasure::{Action, Plan, Rows};
use polity_model::{EntityId, FieldId};
use polity_templates::postgres::{functions, statements};

/// How many rows one batch of an erasure changes.
const BATCH: u32 = 1000;

#[derive(Clone)]
pub(super) struct Person<'d> {
    pub(super) database: &'d Database<'d>,
    pub(super) plan: &'d Plan,
    /// `core.User`
    pub(super) path: String,
    /// The type of the key.
    pub(super) ty: String,
    pub(super) key: String,
    /// Whether the person is one of a tenant's.
    pub(super) is_scoped: bool,
    /// Whether it goes a few rows at a time: then trails are asked for those that went, not for all that were found.
    pub(super) in_batches: bool,
    /// The place of each entity in the plan, counted among the entities whose rows are found.
    place: Vec<Option<usize>>,
    /// Whether rows go with the last batch, by entity.
    pub(super) goes_last: Vec<bool>,
}

#[derive(Serialize)]
struct Erasure {
    #[serde(flatten)]
    search: Search,
    emptied: Vec<Emptied>,
    changes: Vec<Change>,
    /// The functions that refresh the views of what is gone.
    refreshers: Vec<String>,
    trails: Vec<Traces>,
    /// The tables whose statistics hold values of the person.
    analyzed: Vec<String>,
}

#[derive(Serialize)]
struct InBatches {
    #[serde(flatten)]
    search: Search,
    batches: Vec<Batch>,
    /// How many rows one batch changes: few enough that nobody waits for it; and the condition that a row `t` is one of them.
    size: u32,
    is_due: &'static str,
    /// The function that ends what is left.
    erase: String,
    trails: Vec<Traces>,
}

#[derive(Serialize)]
struct Export {
    #[serde(flatten)]
    search: Search,
    shown: Vec<Shown>,
    trails: Vec<Traces>,
    /// `core.User`, as a text.
    subject: String,
}

impl<'d> Person<'d> {
    pub(super) fn new(database: &'d Database<'d>, plan: &'d Plan) -> Self {
        let (ty, key) = super::key(database, plan);
        let mut place = vec![None; database.platform.entities.len()];
        for (i, rows) in plan.found_rows().enumerate() {
            place[rows.entity.index()] = Some(i);
        }
        Self {
            database,
            plan,
            path: database.platform.entity_path(plan.subject),
            ty,
            key,
            is_scoped: database.platform[plan.subject].tenant.is_some(),
            in_batches: false,
            place,
            goes_last: going_last(database, plan),
        }
    }

    /// The body that erases.
    pub(super) fn erasing(&self) -> String {
        let mut search = self.locked_search();
        search.locking = " FOR UPDATE";
        let values = Erasure {
            search,
            emptied: self.emptied(),
            changes: self.changes(),
            refreshers: self.views().map(|view| view.refresher.to_string()).collect(),
            trails: self.erased_traces(),
            analyzed: self.analyzed(),
        };
        polity_templates::render(functions::ERASE_SUBJECT, values)
    }

    /// The body that erases a part, and has `erase` do the rest once few rows are left.
    pub(super) fn erasing_some(&self, erase: &Name) -> String {
        let person = Self { in_batches: true, ..self.clone() };
        let mut search = person.locked_search();
        search.variables.push(Variable::new("gone", "bigint", "0"));
        search.variables.push(Variable::new("touched", "bigint", "0"));
        search.variables.extend(person.gone_variables());
        let values = InBatches {
            search,
            batches: person.batches(),
            size: BATCH,
            is_due: statements::IS_DUE.trim_ascii_end(),
            erase: erase.to_string(),
            trails: person.erased_traces(),
        };
        polity_templates::render(functions::ERASE_BATCH, values)
    }

    /// The search of an erasure, which no hold stops and no other one meets.
    fn locked_search(&self) -> Search {
        let mut search = self.search();
        search.settled = moves(self.database).then(|| self.settled());
        search.lock = Some(self.lock());
        search.hold = Some(self.stopped());
        search.log = Some(self.logged());
        search
    }

    /// The beginning, as a text, of the name under which two that erase a person, or place a hold, wait for each other.
    pub(super) fn lock(&self) -> String {
        Literal(&format!("polity erases {} ", self.path)).to_string()
    }

    /// The tables in which something of the person was labelled, and the stored views of them, whose values the planner may know.
    fn analyzed(&self) -> Vec<String> {
        let p = self.database.platform;
        let told = |table: &Table| {
            let of_person = |column: &Column| {
                column.field.is_some_and(|field| !p.labels_of(table.entity.id, field).is_empty())
            };
            table.columns.iter().any(|column| of_person(column) && !hides(p, table, column))
        };
        let changed =
            self.plan.found_rows().filter(|rows| matches!(rows.action, Action::Delete | Action::Anonymize));
        let tables = changed.filter_map(|rows| self.table(rows.entity)).filter(|table| told(table));
        let trails = self.database.trails.iter().filter(|trail| self.plan.trails.contains(&trail.log.id));
        let parts = trails.filter(|trail| !trail.keeps_payloads()).flat_map(Trail::parts);
        let trails = parts.filter(|part| matches!(part.kind, PartKind::Entries | PartKind::Payload));
        tables
            .map(|table| table.name.to_string())
            .chain(trails.map(|part| part.name.to_string()))
            .chain(self.views().map(|view| view.stored().to_string()))
            .collect()
    }

    /// The stored views of what is erased.
    fn views(&self) -> impl Iterator<Item = &'d LoweredView<'d>> {
        let views = self.plan.views.iter();
        views.flat_map(|id| self.database.views.iter().filter(|lowered| lowered.view.id == *id))
    }

    /// The tenant of the person, as the log of erasures holds it.
    pub(super) fn tenant(&self) -> &'static str {
        if self.is_scoped { "person.tenant::text" } else { "''" }
    }

    /// The body that exports.
    pub(super) fn exporting(&self) -> String {
        let mut search = self.search();
        search.variables.push(Variable::new("rows", "jsonb", "'{}'"));
        search.variables.push(Variable::new("trail", "jsonb", "'[]'"));
        let values = Export {
            search,
            shown: self.plan.found_rows().filter_map(|rows| self.shown(rows)).collect(),
            trails: self.traces(),
            subject: Literal(&self.path).to_string(),
        };
        polity_templates::render(functions::EXPORT_SUBJECT, values)
    }

    /// The tenant and the place that must not be moved meanwhile, since what is erased here would stand in the other place.
    /// Who is no tenant's is known to all of them.
    fn settled(&self) -> String {
        match self.is_scoped {
            true => {
                let place = Literal(self.database.placement.prefix().unwrap_or_default()).to_string();
                format!("person.tenant::text, {place}")
            }
            false => "NULL, NULL".to_owned(),
        }
    }

    /// The fields whose values are gathered: those that others seek, and the key where a trail is asked for it.
    pub(super) fn collected(&self, rows: &Rows) -> Vec<FieldId> {
        let entity = &self.database.platform[rows.entity];
        let mut fields = rows.sought.clone();
        let is_traced = self.is_told_of(rows) && !self.in_batches;
        if is_traced || rows.entity == self.plan.subject {
            fields.extend(entity.identity().iter().filter(|field| !rows.sought.contains(field)));
        }
        fields
    }

    /// Whether a trail or the outbox tells of rows of this database.
    pub(super) fn is_told_of(&self, rows: &Rows) -> bool {
        let entity = &self.database.platform[rows.entity];
        let is_told_of = self.database.platform.audit(entity.id).is_some() || outbox::publishes(entity);
        is_told_of && entity.store == self.database.store.id
    }

    /// `person.users0_id`: by the label of the block, so that no column is taken for it.
    pub(super) fn variable(&self, entity: EntityId, field: FieldId) -> String {
        format!("person.{}", self.bare_variable(entity, field))
    }

    /// The variable as it is declared: without the label.
    pub(super) fn bare_variable(&self, entity: EntityId, field: FieldId) -> String {
        let entity = &self.database.platform[entity];
        let plain = |text: &str| -> String {
            let fits = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
            text.chars().take(20).map(fits).collect()
        };
        let at = self.place[entity.id.index()].unwrap_or_default();
        let stored = column_name(entity, field);
        let column = plain(&stored);
        // Two columns may look alike without what no variable has in its name.
        let number = if column == stored { SmolStr::default() } else { hashed("", &stored, LIMIT) };
        format!("{}{at}_{column}{number}", plain(&entity.named.stored))
    }

    pub(super) fn table(&self, entity: EntityId) -> Option<&'d Table<'d>> {
        if self.database.platform[entity].store != self.database.store.id {
            return None;
        }
        self.database.tables.iter().find(|table| table.entity.id == entity)
    }
}
