//! The rows that a person may see, and what stands in place of what the person may not, or cannot read.

use serde::Serialize;

use super::super::super::sql::{Ident, Literal};
use super::super::audit::{secret_columns, without};
use super::super::table::{Table, column_name};
use super::person::Person;
use crate::withheld::{OTHER, SEALED, names_person};
use polity_govern::erasure::Rows;

/// The rows of a table that the person may see.
#[derive(Serialize)]
pub(super) struct Shown {
    /// The path of the entity, as a text.
    entity: String,
    table: String,
    rows: String,
    /// The expression that takes secrets out, and puts something in place of what is sealed or names others; or nothing.
    without: String,
}

impl Person<'_> {
    pub(super) fn shown(&self, rows: &Rows) -> Option<Shown> {
        let table = self.table(rows.entity)?;
        let secrets = secret_columns(self.database.platform, table);
        let mut without = without(&secrets);
        let sealed = table.columns.iter().filter(|column| column.sealed && !secrets.contains(&column.name));
        let sealed = sealed.map(|column| {
            let here = format!("WHEN t.{} IS NOT NULL THEN {}", Ident(&column.name), Literal(SEALED));
            format!("{}, CASE {here} END", Literal(&column.name))
        });
        let instead: Vec<String> = sealed.chain(self.others(rows, table)).collect();
        // A function takes a hundred arguments.
        for some in instead.chunks(50) {
            without.push_str(&format!(" || jsonb_build_object({})", some.join(", ")));
        }
        Some(Shown {
            entity: Literal(&self.database.platform.entity_path(rows.entity)).to_string(),
            table: table.name.to_string(),
            rows: self.rows_of_person(rows, table),
            without,
        })
    }

    /// References to persons, each of which is shown only where it names this one.
    fn others(&self, rows: &Rows, table: &Table) -> Vec<String> {
        let (platform, entity) = (self.database.platform, table.entity);
        let person = platform[self.plan.subject].identity().first();
        let fields = entity.fields().map(|(id, _)| id).filter(|id| !entity.key.contains(id));
        let others = fields.filter(|id| names_person(platform, entity, *id)).map(|id| {
            let column = column_name(entity, id);
            let value = format!("t.{}", Ident(&column));
            let leads = platform.references(entity.id).any(|reference| {
                reference.target == self.plan.subject && reference.fields.last() == Some(&id)
            });
            let mine = person.filter(|_| leads && rows.entity != self.plan.subject);
            let mine =
                mine.map(|key| format!(" OR {value} = ANY ({})", self.variable(self.plan.subject, *key)));
            format!(
                "{}, CASE WHEN {value} IS NULL{} THEN to_jsonb({value}) ELSE to_jsonb({}::text) END",
                Literal(&column),
                mine.unwrap_or_default(),
                Literal(OTHER)
            )
        });
        others.collect()
    }
}
