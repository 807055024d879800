//! An entity as PostgreSQL keeps it: its own small view of the model, with every name and every expression in
//! its stored form, so that the statements only print.

mod before_update;
mod columns;
mod constraints;
mod objects;
pub(in crate::postgres) mod partitions;

use std::ops::Deref;

use smol_str::{SmolStr, format_smolstr};

use super::super::sql::{Ident, Literal, Name};
use super::checks::Needs;
use super::expr::Scope;
use super::index;
use super::names::{Claim, Claimed, Names, Part, Space, fit};
use super::placement::Placement;
use columns::Given;
pub(super) use objects::lower;
use partitions::Partitions;
use polity_catalog::origins::Part as OriginPart;
use polity_catalog::relational::{self, ColumnValue, ConstraintRule, ForeignKey, PartitionBy, Partitioned};
use polity_govern::Stored;
use polity_model::entity::{self, Entity, Field, PartitionKind};
use polity_model::expr::{ExprKind, Function};
use polity_model::governance::Tenant;
use polity_model::{Expr, FieldId};
use polity_text::source::Span;

/// The column that `retain … then anonymize` adds, so that no row is anonymized twice.
pub(in crate::postgres) const ANONYMIZED_AT: &str = "anonymized_at";

/// The names on the way to the field of a column, with dots.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::postgres) struct ColumnPath {
    /// The first names, of which ids are made.
    pub(in crate::postgres) first: SmolStr,
    pub(super) now: SmolStr,
}

/// A column, and what of the model it comes from.
#[derive(Debug)]
pub(in crate::postgres) struct Column {
    /// The entity's field that it holds, or holds a part of; `None` for the compiler's own.
    pub(super) field: Option<FieldId>,
    /// The way to what it holds; empty for the compiler's own.
    pub(in crate::postgres) path: ColumnPath,
    pub(in crate::postgres) part: OriginPart,
    pub(in crate::postgres) name: SmolStr,
    pub(super) ty: SmolStr,
    pub(super) required: bool,
    pub(in crate::postgres) value: ColumnValue,
    /// The name of the sequence that counts it, where PostgreSQL would give it another.
    pub(super) sequence: SmolStr,
    pub(super) docs: SmolStr,
    /// Whether the application may change it once the row is there.
    pub(super) changeable: bool,
    /// Whether it holds ciphertext.
    pub(in crate::postgres) sealed: bool,
}

/// A constraint whose name is settled when all others are known.
#[derive(Debug)]
pub(super) struct Constraint {
    pub(super) name: Claimed,
    pub(super) rule: ConstraintRule,
    /// Whether it is judged at the end of the transaction.
    pub(super) deferred: bool,
    /// Whether absent values are equal to each other.
    pub(super) not_distinct: bool,
}

impl Constraint {
    /// A constraint that is judged at once.
    fn new(name: Claimed, rule: ConstraintRule) -> Self {
        Self { name, rule, deferred: false, not_distinct: false }
    }
}

/// An index whose name is settled when all others are known.
#[derive(Debug)]
pub(super) struct Index {
    pub(super) name: Claimed,
    pub(super) shape: IndexShape,
}

/// An index without its name.
#[derive(Debug)]
pub(super) struct IndexShape {
    pub(super) unique: bool,
    /// Whether absent values are equal to each other, where it is unique.
    pub(super) not_distinct: bool,
    pub(super) method: &'static str,
    pub(super) columns: Vec<relational::IndexColumn>,
    pub(super) include: Vec<SmolStr>,
    pub(super) storage: Vec<(&'static str, String)>,
    pub(super) filter: Option<String>,
}

#[derive(Debug)]
pub(in crate::postgres) struct Table<'a> {
    pub(in crate::postgres) entity: &'a Entity,
    pub(in crate::postgres) body: Body,
}

/// Everything of a table that was made of its entity.
#[derive(Debug)]
pub(in crate::postgres) struct Body {
    pub(in crate::postgres) name: Name,
    pub(in crate::postgres) columns: Vec<Column>,
    pub(super) constraints: Vec<Constraint>,
    pub(super) foreign_keys: Vec<Constraint>,
    pub(super) indexes: Vec<Index>,
    pub(super) partitioned: Option<Partitioned>,
    pub(super) storage: Vec<(&'static str, String)>,
    /// The body of the trigger that `on update`, `immutable` and `optimistic` need; or empty.
    pub(super) before_update: String,
    /// The name of its function.
    pub(super) before_update_name: Name,
    pub(super) partitions: Partitions,
}

/// The columns of a field that has no record inside it: its own.
pub(super) fn column_name(entity: &Entity, field: FieldId) -> SmolStr {
    fit(&entity.field(field).named.stored, super::names::LIMIT)
}

/// The column that says which arm a reference with several arms is.
pub(super) fn arm_column(entity: &Entity, field: FieldId) -> SmolStr {
    super::names::fit(&format!("{}_type", column_name(entity, field)), super::names::LIMIT)
}

pub(in crate::postgres) fn column_names(entity: &Entity, fields: &[FieldId]) -> Vec<SmolStr> {
    fields.iter().map(|id| column_name(entity, *id)).collect()
}

impl<'a> Table<'a> {
    pub(super) fn lower(
        placement: &Placement<'a>,
        entity: &'a Entity,
        names: &mut Names,
        needs: &mut Needs,
    ) -> Self {
        let name = placement.table_of(entity);
        let major = placement.store.version.major();
        let scope = Scope::columns(placement, &entity.fields, major);
        let mut lowering = Lowering {
            platform: placement.platform,
            placement,
            entity,
            name: &name,
            names,
            needs,
            way: Vec::new(),
            columns: Vec::new(),
            constraints: Vec::new(),
        };
        lowering.keys(&scope);
        lowering.fields(&scope, entity.id.into(), &entity.fields, Given::default());
        if placement.platform.retain(entity.id).is_some_and(|r| r.fate == entity::Fate::Anonymize) {
            lowering.columns.push(anonymized_at());
            lowering.required_until_anonymized();
        }
        if let Some(tenant) = entity.tenant {
            lead_with_tenant(&mut lowering.columns, &column_name(entity, tenant));
        }
        lowering.entity_checks(&scope);
        let foreign_keys = lowering.foreign_keys();
        let indexes = index::lower(&scope, entity, &name);
        let before_update = lowering.before_update(&scope);
        let Lowering { columns, constraints, .. } = lowering;
        let wanted = format!("{}_before_update", name.name);
        let function = match before_update.is_empty() {
            true => SmolStr::default(),
            false => {
                let space = Space::Functions(name.schema.clone());
                names.derived(space, &wanted, &name.to_string(), entity.named.span)
            }
        };
        let body = Body {
            before_update_name: Name::new(name.schema.clone(), function),
            partitions: Partitions::lower(placement, entity, names),
            columns,
            constraints,
            foreign_keys,
            indexes,
            partitioned: entity.partition.as_ref().map(|p| partitioned(entity, p)),
            storage: super::storage::of_table(&entity.with.base),
            before_update,
            name,
        };
        Self { entity, body }
    }
}

impl Deref for Table<'_> {
    type Target = Body;

    fn deref(&self) -> &Body {
        &self.body
    }
}

/// The parts of a table, as they come together.
struct Lowering<'l> {
    platform: &'l Stored,
    placement: &'l Placement<'l>,
    entity: &'l Entity,
    /// The first names of the records that the columns at hand are in.
    way: Vec<&'l Field>,
    name: &'l Name,
    names: &'l mut Names,
    needs: &'l mut Needs,
    columns: Vec<Column>,
    constraints: Vec<Constraint>,
}

impl Lowering<'_> {
    /// Adds a check of a field, whose name ends so.
    fn check(&mut self, end: &str, rule: String, field: &Field) {
        let name = self.derived(end, field.named.span);
        self.constraints.push(Constraint::new(name, ConstraintRule::Check(rule)));
    }

    /// Notes which functions a value calls that the database must have.
    fn need(&mut self, value: &Expr) {
        value.walk(&mut |e| {
            self.needs.uuid_v7 |= matches!(&e.kind, ExprKind::Call { function: Function::UuidV7, .. });
        });
    }

    /// The name of the table, and an end that follows from what has the name.
    fn derived(&self, end: &str, span: Span) -> Claimed {
        Claimed::new(format_smolstr!("{}_{end}", self.name.name), Claim::Derived, span)
    }

    /// The name of the table, and an end that the source says.
    fn with_end(&self, end: &str, span: Span) -> Claimed {
        Claimed::new(format_smolstr!("{}_{end}", self.name.name), Claim::End, span)
    }
}

impl Table<'_> {
    /// Returns the columns, each with the field that it holds, or holds a part of; those of the compiler's own have none.
    pub(in crate::postgres) fn with_fields(&self) -> impl Iterator<Item = (&Column, Option<&Field>)> {
        self.columns.iter().map(|column| (column, column.field.map(|field| self.entity.field(field))))
    }

    /// Everything in it that has a name of its own, as [`Names::settle`] judges it.
    pub(super) fn parts(&self) -> impl Iterator<Item = Part<'_>> {
        let constraints = self.constraints.iter().chain(&self.foreign_keys).map(|constraint| Part {
            claimed: &constraint.name,
            // An index of the same name stands behind it.
            is_relation: matches!(
                constraint.rule,
                ConstraintRule::PrimaryKey(_) | ConstraintRule::Unique(_) | ConstraintRule::Exclude(_)
            ),
            is_constraint: true,
            definition: &constraint.rule,
        });
        let indexes = self.indexes.iter().map(|index| Part {
            claimed: &index.name,
            is_relation: true,
            is_constraint: false,
            definition: &index.shape,
        });
        constraints.chain(indexes)
    }

    /// The names of [`Table::parts`], in the same order.
    pub(super) fn claims(&mut self) -> impl Iterator<Item = &mut Claimed> {
        let Body { constraints, foreign_keys, indexes, .. } = &mut self.body;
        let constraints = constraints.iter_mut().map(|constraint| &mut constraint.name);
        let keys = foreign_keys.iter_mut().map(|key| &mut key.name);
        let indexes = indexes.iter_mut().map(|index| &mut index.name);
        constraints.chain(keys).chain(indexes)
    }

    /// Its references to other tables, each by name.
    pub(in crate::postgres) fn references(&self) -> impl Iterator<Item = (&SmolStr, &ForeignKey)> {
        self.foreign_keys.iter().filter_map(|constraint| match &constraint.rule {
            ConstraintRule::ForeignKey(key) => Some((&constraint.name.name, key)),
            _ => None,
        })
    }

    /// Refuses rows that somebody brings to the wrong place.
    pub(super) fn belong_to(&mut self, tenant: &Tenant) {
        if let Some(column) = self.entity.tenant.map(|id| column_name(self.entity, id)) {
            let rule = ConstraintRule::Check(format!("{} = {}", Ident(&column), Literal(tenant.id())));
            let name =
                Claimed::new(SmolStr::new_static("polity_tenant"), Claim::Whole, self.entity.named.span);
            self.body.constraints.push(Constraint::new(name, rule));
        }
    }
}

/// The tenant's column comes first, and whoever writes a row does not name it.
fn lead_with_tenant(columns: &mut [Column], tenant: &SmolStr) {
    if let Some(at) = columns.iter().position(|column| column.name == *tenant) {
        columns[..=at].rotate_right(1);
        columns[0].value = ColumnValue::Default("polity.current_tenant()".to_owned());
    }
}

fn anonymized_at() -> Column {
    Column {
        field: None,
        path: ColumnPath::default(),
        part: OriginPart::Whole,
        name: SmolStr::new_static(ANONYMIZED_AT),
        ty: SmolStr::new_static("timestamptz"),
        required: false,
        value: ColumnValue::Absent,
        sequence: SmolStr::default(),
        docs: SmolStr::new_static(
            "When personal data was removed from the row; kept by Polity for `retain … then anonymize`.",
        ),
        changeable: false,
        sealed: false,
    }
}

fn partitioned(entity: &Entity, partition: &entity::Partition) -> Partitioned {
    let by = match partition.kind {
        PartitionKind::Range(_) => PartitionBy::Range,
        PartitionKind::Hash { .. } => PartitionBy::Hash,
        PartitionKind::List => PartitionBy::List,
    };
    Partitioned { by, columns: column_names(entity, &partition.fields) }
}
