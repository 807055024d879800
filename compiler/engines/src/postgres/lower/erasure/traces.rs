//! The traces of an erasure elsewhere: it adds to its own log, and takes the person's values out of audit trails.

use std::fmt::Write;

use super::super::super::sql::{Ident, Literal};
use super::super::audit::Trail;
use super::super::table::column_name;
use super::super::types::column_type;
use super::person::Person;

impl<'d> Person<'d> {
    /// Writes the statement that logs the erasure, for other stores and for a replay after a restore.
    pub(super) fn write_down(&self, body: &mut String) {
        let own = Ident(&self.database.functions_schema);
        let tenant = if self.is_scoped { "person.tenant::text" } else { "''" };
        let p = self.database.platform;
        let mut kept = String::from("person.found");
        for rows in self.plan.found_rows().filter(|rows| rows.handed_on) {
            // What is personal in itself is passed on and not kept.
            if rows.sought.iter().any(|field| !p.labels_of(rows.entity, *field).is_empty()) {
                let _ = write!(kept, " - {}", Literal(&p.entity_path(rows.entity)));
            }
        }
        let _ = writeln!(
            body,
            "    INSERT INTO {own}.erasure_log AS l (tenant, entity, subject, found)\n    VALUES ({tenant}, {}, $1::text, {kept})\n    ON CONFLICT ON CONSTRAINT erasure_log_pkey DO UPDATE SET found = {own}.merge_found(l.found, EXCLUDED.found)\n    RETURNING {own}.merge_found(l.found, person.found) INTO person.found;",
            Literal(&self.path),
        );
    }

    pub(super) fn trails(&self) -> impl Iterator<Item = &'d Trail<'d>> {
        self.database.trails.iter().filter(|trail| self.plan.trails.contains(&trail.log.id))
    }

    pub(super) fn erase_values(&self, trail: &Trail, body: &mut String) {
        let tenant = match &self.database.tenancy {
            Some(tenancy) if self.is_scoped => {
                format!("p.{} = person.tenant::text AND ", Ident(&tenancy.column))
            }
            _ => String::new(),
        };
        let _ = writeln!(
            body,
            "    -- What changed, and by whom, stays; the values go.\n    DELETE FROM {} p WHERE {tenant}{};",
            trail.payload,
            self.named()
        );
        for entries in self.entries(trail) {
            let _ = writeln!(
                body,
                "    DELETE FROM {} p USING {} e\n     WHERE {}\n       AND (e.entity, e.row_key) IN ({entries});",
                trail.payload,
                trail.name,
                self.entry_of()
            );
        }
    }

    /// Which entry a payload belongs to; of the tenant's, where the person is.
    pub(super) fn entry_of(&self) -> String {
        let mut on = String::from("e.seq = p.seq AND e.at = p.at");
        if let Some(tenancy) = &self.database.tenancy {
            let tenant = Ident(&tenancy.column);
            let _ = write!(on, " AND e.{tenant} = p.{tenant}");
            if self.is_scoped {
                let _ = write!(on, " AND p.{tenant} = person.tenant::text");
            }
        }
        on
    }

    /// Entries in which a row of the person is named, even one that is long gone. Other keys than these are no names:
    /// a number is that of many rows.
    pub(super) fn named(&self) -> String {
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
    pub(super) fn entries(&self, trail: &Trail) -> Vec<String> {
        let p = self.database.platform;
        let mut entries = Vec::new();
        for rows in self.plan.found_rows() {
            let Some(table) = self.table(rows.entity) else { continue };
            let entity = table.entity;
            if entity.audit.as_ref().is_none_or(|audit| audit.into != trail.log.id) {
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
