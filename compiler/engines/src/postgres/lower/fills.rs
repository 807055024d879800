//! Values for rows that are there when a column comes: those of `backfill`, and defaults that differ by row.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::database::Database;
use super::expr::{Scope, spread, struct_of};
use super::lowered::Lowered;
use super::table::{Table, column_name};
use super::types::underlying;
use polity_catalog::relational::{ColumnValue, Name, ObjectId};
use polity_model::expr::ExprKind;
use polity_model::{Backfill, Expr, FieldId, TypeKind};

/// The value of a column in the rows that are there.
#[derive(Debug, Clone)]
pub(in crate::postgres) struct Fill {
    /// SQL that may name the columns of the row.
    pub(in crate::postgres) value: String,
    /// Whether it is the same for all rows.
    pub(in crate::postgres) is_same: bool,
}

/// The columns that have such values.
#[derive(Debug, Default)]
pub(in crate::postgres) struct Fills {
    /// The columns that the source says it of.
    pub(in crate::postgres) said: BTreeMap<ObjectId, Fill>,
    /// The columns of which the default is another for each row.
    pub(in crate::postgres) varied: BTreeMap<ObjectId, Fill>,
    /// The columns of which the source calls values otherwise.
    pub(in crate::postgres) recoded: Vec<Recode>,
}

/// Values of a column that are called otherwise: the old text of each, and the new one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::postgres) struct Recode {
    pub(in crate::postgres) table: Name,
    pub(in crate::postgres) column: SmolStr,
    pub(in crate::postgres) values: Vec<(SmolStr, SmolStr)>,
}

impl Fills {
    /// Returns the backfills of the source as a seal remembers that they ran.
    pub(in crate::postgres) fn remembered(&self) -> impl Iterator<Item = String> {
        self.said.iter().map(|(column, fill)| fill.remembered(column))
    }
}

impl Fill {
    pub(in crate::postgres) fn remembered(&self, column: &ObjectId) -> String {
        format!("backfill {column}: {}", self.value)
    }
}

/// Lowers the values for all rows that may be there.
pub(super) fn lower(database: &Database, lowered: &mut Lowered) {
    for backfill in &database.platform.backfills {
        let table = database.tables.iter().find(|table| table.entity.id == backfill.entity);
        for (column, fill) in table.into_iter().flat_map(|table| said(database, table, backfill)) {
            lowered.fills.said.insert(column, fill);
        }
    }
    for table in &database.tables {
        lowered.fills.recoded.extend(recoded(database, table));
        for column in &table.columns {
            let ColumnValue::Default(value) = &column.value else { continue };
            if varies(value) {
                let id = ObjectId::Column(table.name.0.clone(), column.name.clone());
                let fill = Fill { value: value.clone(), is_same: false };
                lowered.fills.varied.insert(id, fill);
            }
        }
    }
}

/// The columns of a table of which values are called otherwise.
fn recoded(database: &Database, table: &Table) -> impl Iterator<Item = Recode> {
    let (platform, entity) = (database.platform, table.entity);
    let of_field = move |at: usize| {
        let id = FieldId(u32::try_from(at).ok()?);
        let TypeKind::Enum(values) = underlying(platform, &entity.field(id).ty) else { return None };
        let renamed = platform[*values].values.iter().filter_map(|value| {
            let (was, _) = value.named.was.as_ref()?;
            (*was != value.named.stored).then(|| (was.clone(), value.named.stored.clone()))
        });
        let values: Vec<_> = renamed.collect();
        let (table, column) = (table.name.0.clone(), column_name(entity, id));
        (!values.is_empty()).then_some(Recode { table, column, values })
    };
    (0..entity.fields.len()).filter_map(of_field)
}

/// The columns of a field with their values. What clients encrypt, only they could write.
fn said(database: &Database, table: &Table, backfill: &Backfill) -> Vec<(ObjectId, Fill)> {
    let (entity, value) = (table.entity, &backfill.value);
    let field = entity.field(backfill.field);
    let scope = Scope::columns(&database.placement, &entity.fields, database.major);
    let mut values: Vec<(SmolStr, String)> = Vec::new();
    match struct_of(database.platform, &field.ty) {
        Some(record) if field.inline.is_some() => {
            spread(&scope, &field.named.stored, record, Some(value), &mut values);
        }
        _ => values.push((column_name(entity, backfill.field), scope.value_for(&field.ty, value))),
    }
    let is_written = |name: &SmolStr| {
        table.columns.iter().any(|column| {
            column.name == *name
                && !column.sealed
                && matches!(column.value, ColumnValue::Absent | ColumnValue::Default(_))
        })
    };
    values.retain(|(name, _)| is_written(name));
    let filled = values.into_iter().map(|(name, sql)| {
        let is_same = !reads_row(value) && !varies(&sql);
        (ObjectId::Column(table.name.0.clone(), name), Fill { value: sql, is_same })
    });
    filled.collect()
}

/// Whether an expression reads the row, or may: nothing is known of SQL that a person wrote.
fn reads_row(expr: &Expr) -> bool {
    let mut reads = false;
    expr.walk(&mut |e| reads |= matches!(e.kind, ExprKind::Field(_) | ExprKind::Sql { .. }));
    reads
}

/// Whether SQL gives another value at each call. PostgreSQL asks the same before it writes all rows anew.
fn varies(sql: &str) -> bool {
    const VARYING: &[&str] = &[
        "gen_random_uuid(",
        "uuid_v7",
        "uuidv7(",
        "uuidv4(",
        "uuid_generate",
        "nextval(",
        "random(",
        "clock_timestamp(",
    ];
    let sql = sql.to_ascii_lowercase();
    VARYING.iter().any(|call| sql.contains(call))
}
