//! Rows that are there and change, a thousand keys at a time, beside the writes of clients.

use serde::Serialize;
use smol_str::SmolStr;

use super::super::lower::tenancy::sight::PROOF;
use super::super::sql::{Body, Ident, List, Literal, Qualified};
use super::delta::Delta;
use super::writer::{Cost, Files};
use crate::change::{Phase, Risk, Time};
use polity_catalog::relational::{ConstraintRule, ObjectId, Table};
use polity_templates::postgres::blocks;

/// A change of rows.
pub(super) struct Batches<'b> {
    /// The column that it is about.
    pub(super) column: &'b ObjectId,
    pub(super) does: &'b str,
    /// `phone = phone`
    pub(super) set: String,
    /// The rows that it changes.
    pub(super) which: String,
    /// The trigger that fills, if one does: no other rule than its own holds for the rows meanwhile.
    pub(super) trigger: SmolStr,
    pub(super) risks: Vec<Risk>,
}

impl Batches<'_> {
    /// Adds a file that goes through all rows. It ends with the last one that was there when it began.
    pub(super) fn write<'l>(
        &self,
        files: &mut Files<'_, 'l>,
        delta: &Delta<'l>,
        table: &'l Table,
        phase: Phase,
        subject: &str,
    ) {
        let mut writer = files.begin();
        let is_closed = table.row_security;
        let role: &'l str = if is_closed { &files.roles.maintenance } else { &table.owner };
        let cost = self.risks.iter().cloned().fold(Cost::nothing().takes(Time::Scan), Cost::risks);
        writer.step(self.column, self.does, cost, |printer| {
            if is_closed {
                printer.line("SET row_security = on;");
            }
            printer.act_as(role);
            printer.line(format_args!("DO {};", Body(&self.block(delta, table, is_closed))));
        });
        files.end(writer, phase, subject);
    }

    fn block(&self, delta: &Delta<'_>, table: &Table, is_closed: bool) -> String {
        #[derive(Serialize)]
        struct Block<'b> {
            table: String,
            set: &'b str,
            which: &'b str,
            variables: Vec<String>,
            keys: String,
            down: String,
            at: String,
            stop: String,
            next: String,
            end: String,
            proof: Option<String>,
            /// Its name as a text.
            trigger: String,
        }
        let name = Qualified(&table.name).to_string();
        let keys = key_of(delta, table);
        let each = |with: &dyn Fn(usize, &SmolStr) -> String| {
            keys.iter().enumerate().map(|(at, key)| with(at, key)).collect::<Vec<_>>()
        };
        let all = |stem: &str| each(&|at, _| format!("{stem}_{at}")).join(", ");
        let proof = PROOF.replace("()", &format!("(ARRAY[{}]::regclass[])", Literal(&name)));
        let values = Block {
            variables: each(&|at, key| {
                let ty = format!("{name}.{}%TYPE", Ident(key));
                format!("at_{at} {ty};\n    stop_{at} {ty};\n    next_{at} {ty};")
            }),
            set: &self.set,
            which: &self.which,
            keys: List(&keys).to_string(),
            down: each(&|_, key| format!("{} DESC", Ident(key))).join(", "),
            at: all("at"),
            stop: all("stop"),
            next: all("next"),
            end: each(&|at, _| format!("coalesce(next_{at}, stop_{at})")).join(", "),
            proof: is_closed.then_some(proof),
            trigger: Literal(&self.trigger).to_string(),
            table: name,
        };
        polity_templates::render(blocks::BACKFILL, values).trim_end().to_owned()
    }
}

/// The columns of the key; of a table without one all columns that are required.
fn key_of(delta: &Delta<'_>, table: &Table) -> Vec<SmolStr> {
    let key = delta.old.constraints(&table.name).find_map(|one| match &one.rule {
        ConstraintRule::PrimaryKey(columns) => Some(columns.clone()),
        _ => None,
    });
    key.unwrap_or_else(|| {
        let required = delta.old.columns(table).filter(|column| column.required);
        required.map(|column| column.name.clone()).collect()
    })
}
