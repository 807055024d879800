//! The traces of an erasure elsewhere: it adds to its own log, and takes the person's values out of audit trails.

use serde::Serialize;

use super::super::super::sql::{Ident, Literal};
use super::super::audit::Trail;
use super::super::table::column_name;
use super::super::types::column_type;
use super::person::Person;

/// The line of the log, for other stores and for a replay after a restore.
#[derive(Serialize)]
pub(super) struct Logged {
    /// The tenant, as a text.
    tenant: String,
    /// `core.User`, as a text.
    entity: String,
    /// The expression for what is kept of what was found: keys that are personal in themselves are passed on only.
    kept: String,
}

/// The traces of the person in a trail: payloads `p`, each of an entry `e`.
#[derive(Serialize)]
pub(super) struct Traces {
    log: String,
    payload: String,
    /// The entry to which a payload belongs.
    entry: String,
    /// The condition, with what must follow it, that a payload is the tenant's; or nothing.
    of_tenant: String,
    /// Payloads in which the person is named.
    named: String,
    /// The entries of rows that were found: a query for each table.
    entries: Vec<String>,
}

impl Person<'_> {
    pub(super) fn logged(&self) -> Logged {
        let p = self.database.platform;
        let personal = self.plan.found_rows().filter(|rows| {
            rows.handed_on && rows.sought.iter().any(|field| !p.labels_of(rows.entity, *field).is_empty())
        });
        let personal = personal.map(|rows| format!(" - {}", Literal(&p.entity_path(rows.entity))));
        Logged {
            tenant: if self.is_scoped { "person.tenant::text" } else { "''" }.to_owned(),
            entity: Literal(&self.path).to_string(),
            kept: format!("person.found{}", personal.collect::<String>()),
        }
    }

    pub(super) fn traces(&self) -> Vec<Traces> {
        let trails = self.database.trails.iter().filter(|trail| self.plan.trails.contains(&trail.log.id));
        let traces = |trail: &Trail| Traces {
            log: trail.name.to_string(),
            payload: trail.payload.to_string(),
            entry: self.entry_of(),
            of_tenant: self.of_tenant(),
            named: self.named(),
            entries: self.entries(trail),
        };
        trails.map(traces).collect()
    }

    fn of_tenant(&self) -> String {
        match &self.database.tenancy {
            Some(tenancy) if self.is_scoped => {
                format!("p.{} = person.tenant::text AND ", Ident(&tenancy.column))
            }
            _ => String::new(),
        }
    }

    /// The condition that a payload belongs to an entry; of the tenant's, where the person is.
    fn entry_of(&self) -> String {
        let mut on = String::from("e.seq = p.seq AND e.at = p.at");
        if let Some(tenancy) = &self.database.tenancy {
            let tenant = Ident(&tenancy.column);
            on.push_str(&format!(" AND e.{tenant} = p.{tenant}"));
            if self.is_scoped {
                on.push_str(&format!(" AND p.{tenant} = person.tenant::text"));
            }
        }
        on
    }

    /// Entries in which a row of the person is named, even one that is long gone. Other keys than these are no names:
    /// a number is that of many rows.
    fn named(&self) -> String {
        let p = self.database.platform;
        let mut named = Vec::new();
        for rows in self.plan.found_rows() {
            let entity = &p[rows.entity];
            if let [key] = entity.identity()
                && self.collected(rows).contains(key)
                && column_type(p, &entity.field(*key).ty) == "uuid"
            {
                named.push(format!("SELECT unnest({})::text", self.variable(rows.entity, *key)));
            }
        }
        match named.is_empty() {
            true => "false".to_owned(),
            false => format!("p.subjects && ARRAY({})", named.join(" UNION ALL ")),
        }
    }

    /// The entries of rows that were found: for each table, a query of the table and the key.
    fn entries(&self, trail: &Trail) -> Vec<String> {
        let p = self.database.platform;
        let mut entries = Vec::new();
        for rows in self.plan.found_rows() {
            let Some(table) = self.table(rows.entity) else { continue };
            let entity = table.entity;
            if self.database.platform.audit(entity.id).is_none_or(|audit| audit.into != trail.log.id) {
                continue;
            }
            let key = p[rows.entity].identity();
            let arrays: Vec<String> = key.iter().map(|f| self.variable(rows.entity, *f)).collect();
            let columns: Vec<String> = (0..key.len()).map(|at| format!("c{at}")).collect();
            let pairs: Vec<String> = key
                .iter()
                .enumerate()
                .map(|(at, f)| format!("{}, r.c{at}", Literal(&column_name(entity, *f))))
                .collect();
            entries.push(format!(
                "SELECT format('%I.%I', {}, {}), jsonb_build_object({}) FROM unnest({}) AS r ({})",
                Literal(&table.name.schema),
                Literal(&table.name.name),
                pairs.join(", "),
                arrays.join(", "),
                columns.join(", ")
            ));
        }
        entries
    }
}
