//! The traces of an erasure elsewhere: it adds to its own log, and takes the person's values out of audit trails.

use serde::Serialize;

use super::super::super::sql::{Ident, Literal};
use super::super::audit::persons::{name_of, path};
use super::super::audit::{Trail, row_key};
use super::super::outbox;
use super::super::placement::Placement;
use super::super::table::Table;
use super::super::types::column_type;
use super::person::Person;
use polity_govern::erasure::Rows;
use polity_model::governance::Tier;
use polity_model::{EntityId, FieldId};

/// The line of the log, for other stores and for a replay after a restore.
#[derive(Serialize)]
pub(super) struct Logged {
    /// The tenant, as a text.
    tenant: String,
    /// `core.User`, as a text.
    entity: String,
    /// The end of the expression for what is kept of what was found: keys that are personal in themselves are passed on only.
    passed: String,
}

/// The traces of the person in a trail: entries `e`.
#[derive(Serialize)]
pub(super) struct Traces {
    /// The remark above the statement that erases them, as lines of comments.
    remark: &'static str,
    /// The entries, and the letter under which their values are read.
    entries: String,
    values: char,
    /// The statement that takes values out of entries, up to the condition.
    forgetting: String,
    /// The query of the names of all rows that were found, or that went in a batch.
    names: String,
    /// The condition that an entry is about no other person of the kind.
    own: String,
    /// The condition, with what must follow it, that an entry is the tenant's; or nothing.
    of_tenant: String,
    /// The entries of rows that were found, where they may say no names: a query for each table.
    unnamed: Vec<String>,
}

/// The remark above the statement that takes values out of a trail.
const ERASED: &str = "\
-- What changed, and by whom, stays; the values go: those of rows that were found, and those of rows that went before,
    -- to which the names of rows in their entries lead.";

impl Person<'_> {
    pub(super) fn logged(&self) -> Logged {
        let p = self.database.platform;
        let personal = self.plan.found_rows().filter(|rows| {
            rows.handed_on && rows.sought.iter().any(|field| !p.labels_of(rows.entity, *field).is_empty())
        });
        let personal = personal.map(|rows| format!(" - {}", Literal(&p.entity_path(rows.entity))));
        Logged {
            tenant: self.tenant().to_owned(),
            entity: Literal(&self.path).to_string(),
            passed: personal.collect(),
        }
    }

    /// The traces that are erased: out of some trails, a law may want none to go.
    pub(super) fn erased_traces(&self) -> Vec<Traces> {
        let mut traces = self.traces_in(|trail| !trail.keeps_payloads());
        traces.extend(self.messages());
        traces
    }

    /// The messages about the person that no relay has published yet.
    fn messages(&self) -> Option<Traces> {
        let outbox = self.database.outbox.as_ref()?;
        let entities = self.plan.found_rows().map(|rows| &self.database.platform[rows.entity]);
        entities.into_iter().any(outbox::publishes).then_some(())?;
        let entries = format!("{} e", outbox.name);
        let names = self.names(false);
        (!names.is_empty()).then(|| Traces {
            remark: "-- Messages about the person that are not published yet.",
            forgetting: format!("DELETE FROM {entries} WHERE "),
            entries,
            values: 'e',
            names,
            own: self.own('e'),
            of_tenant: self.of_tenant('e'),
            unnamed: Vec::new(),
        })
    }

    /// The traces that the person may see.
    pub(super) fn traces(&self) -> Vec<Traces> {
        self.traces_in(|_| true)
    }

    fn traces_in(&self, is_asked: fn(&Trail) -> bool) -> Vec<Traces> {
        let trails = self.database.trails.iter().filter(|trail| self.plan.trails.contains(&trail.log.id));
        let trails = trails.filter(|trail| is_asked(trail));
        let traces = |trail: &Trail| {
            let names = self.names(trail.may_lack_names());
            let values = trail.values();
            (!names.is_empty()).then(|| Traces {
                remark: ERASED,
                entries: trail.entries(self.database),
                values,
                forgetting: trail.forgetting(self.database),
                names,
                own: self.own(values),
                of_tenant: self.of_tenant(values),
                unnamed: if trail.may_lack_names() { self.unnamed(trail) } else { Vec::new() },
            })
        };
        trails.filter_map(traces).collect()
    }

    fn own(&self, values: char) -> String {
        let person = path(self.database.platform, self.plan.subject);
        format!(
            "({values}.subjects @> ARRAY[{}] OR NOT EXISTS (SELECT FROM unnest({values}.subjects) AS named WHERE starts_with(named, {})))",
            name_of(&person, &[("$1".to_owned(), self.ty.as_str())]),
            Literal(&person)
        )
    }

    fn of_tenant(&self, values: char) -> String {
        match &self.database.tenancy {
            Some(tenancy) if self.is_scoped => {
                format!("{values}.{} = person.tenant::text AND ", Ident(&tenancy.column))
            }
            _ => String::new(),
        }
    }

    /// The names of the person and of all rows that were found, with those of entries that may say a key alone; of a batch, those
    /// of rows that went in it.
    fn names(&self, by_key: bool) -> String {
        let p = self.database.platform;
        let mut names = Vec::new();
        for rows in self.plan.found_rows() {
            let Some(key) = self.traced_key(rows) else { continue };
            let types: Vec<String> = key
                .iter()
                .map(|field| column_type(p, &p[rows.entity].field(*field).ty).into_owned())
                .collect();
            let values: Vec<(String, &str)> =
                types.iter().enumerate().map(|(at, ty)| (format!("r.c{at}"), ty.as_str())).collect();
            let rows_of = self.unnested(rows.entity, &key);
            names.push(format!("SELECT {} FROM {rows_of}", name_of(&path(p, rows.entity), &values)));
            // An entry of before named a row by its key alone, where this is no number.
            if by_key && types == ["uuid"] {
                names.push(format!("SELECT r.c0::text FROM {rows_of}"));
            }
        }
        names.join(" UNION ALL ")
    }

    /// The key of rows, where variables hold all of it.
    fn traced_key(&self, rows: &Rows) -> Option<Vec<FieldId>> {
        let key = self.database.platform[rows.entity].identity();
        if self.in_batches {
            return (self.is_told_of(rows) && self.goes_in_batches(rows)).then(|| key.to_vec());
        }
        let gathered = self.collected(rows);
        key.iter().all(|field| gathered.contains(field)).then(|| key.to_vec())
    }

    /// The rows `r` of an entity that were found, or that went: the values of their keys.
    fn unnested(&self, entity: EntityId, key: &[FieldId]) -> String {
        let variable = |field: &FieldId| match self.in_batches {
            true => self.gone_variable(entity, *field),
            false => self.variable(entity, *field),
        };
        let arrays: Vec<String> = key.iter().map(variable).collect();
        let columns: Vec<String> = (0..key.len()).map(|at| format!("c{at}")).collect();
        format!("unnest({}) AS r ({})", arrays.join(", "), columns.join(", "))
    }

    /// The entries of rows that were found: for each table, a query of the table, by each name that it has had, and the key.
    fn unnamed(&self, trail: &Trail) -> Vec<String> {
        let mut entries = Vec::new();
        for rows in self.plan.found_rows() {
            let Some(table) = self.table(rows.entity) else { continue };
            let entity = table.entity;
            let is_told = self.database.platform.has_entries_of(entity.id, trail.log.id);
            let Some(key) = self.traced_key(rows).filter(|_| is_told) else { continue };
            entries.push(format!(
                "SELECT was.name, {} FROM {}, {}",
                row_key(entity, |at, _| format!("r.c{at}")),
                self.unnested(rows.entity, &key),
                names_of_table(&self.database.placement, table)
            ));
        }
        entries
    }
}

/// The names `was` under which a table's changes may stand in a trail: that of the table, and those that it had in other
/// places, out of which entries come along.
pub(in super::super) fn names_of_table(placement: &Placement, table: &Table) -> String {
    let mut names = vec![table.name.clone()];
    let platform = placement.platform;
    names.push(Placement::shared(platform, placement.store).table_of(table.entity));
    if let Some(tenant) = placement.tenant {
        // Which of them are alike, and in which order they stand, is the same for every tenant of a tier.
        let own = &platform[tenant.tier];
        let is_other = |tier: &&Tier| tier.id != own.id && (own.is_apart() || tier.prefix() != own.prefix());
        names.extend(
            platform.tiers_with_places().filter(is_other).map(|tier| {
                Placement::in_tier(platform, placement.store, tenant, tier).table_of(table.entity)
            }),
        );
    }
    let mut shown: Vec<String> = Vec::new();
    for name in names {
        let name = format!("(format('%I.%I', {}, {}))", Literal(&name.schema), Literal(&name.name));
        if !shown.contains(&name) {
            shown.push(name);
        }
    }
    format!("(VALUES {}) AS was (name)", shown.join(", "))
}
