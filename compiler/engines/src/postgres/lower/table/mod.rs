//! An entity as PostgreSQL keeps it: its own small view of the model, with every name and every expression in
//! its stored form, so that the statements only print.

use smol_str::{SmolStr, format_smolstr};

use super::super::sql::{Ident, List, Literal, Name};
use super::checks::{self, Needs};
use super::expr::{Place, Scope, joined, struct_of};
use super::index;
use super::names::{Claim, Claimed, Names, Part, fit};
use super::placement::Placement;
use super::types::column_type;
use polity_catalog::relational::{
    self, ColumnValue, ConstraintRule, Exclusion, ForeignKey, PartitionBy, Partitioned,
};
use polity_govern::Governed;
use polity_model::entity::{self, Entity, Field, OnDelete, PartitionKind};
use polity_model::expr::{ExprKind, Function};
use polity_model::governance::Tenant;
use polity_model::{FieldId, Scalar, TypeKind};
use polity_text::source::Span;

/// The column that `retain … then anonymize` adds, so that no row is anonymized twice.
pub(in crate::postgres) const ANONYMIZED_AT: &str = "anonymized_at";

/// A column, and what of the model it comes from.
#[derive(Debug)]
pub(in crate::postgres) struct Column {
    /// The entity's field that it holds, or holds a part of; `None` for the compiler's own.
    pub(super) field: Option<FieldId>,
    pub(in crate::postgres) name: SmolStr,
    pub(super) ty: SmolStr,
    pub(super) required: bool,
    pub(in crate::postgres) value: ColumnValue,
    pub(super) docs: SmolStr,
    /// Whether the application may change it once the row is there.
    pub(super) changeable: bool,
    /// Whether it holds ciphertext.
    pub(super) sealed: bool,
}

/// A constraint whose name is settled when all others are known.
#[derive(Debug)]
pub(super) struct Constraint {
    pub(super) name: Claimed,
    pub(super) rule: ConstraintRule,
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
    pub(super) method: &'static str,
    pub(super) columns: Vec<relational::IndexColumn>,
    pub(super) include: Vec<SmolStr>,
    pub(super) storage: Vec<(&'static str, String)>,
    pub(super) filter: Option<String>,
}

#[derive(Debug)]
pub(in crate::postgres) struct Table<'a> {
    pub(in crate::postgres) entity: &'a Entity,
    pub(in crate::postgres) name: Name,
    pub(in crate::postgres) columns: Vec<Column>,
    pub(super) constraints: Vec<Constraint>,
    pub(super) foreign_keys: Vec<Constraint>,
    pub(super) indexes: Vec<Index>,
    pub(super) partitioned: Option<Partitioned>,
    pub(super) storage: Vec<(&'static str, String)>,
    /// The body of the trigger that `on update`, `immutable` and `optimistic` need; or empty.
    pub(super) before_update: String,
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
        major: u32,
        names: &mut Names,
        needs: &mut Needs,
    ) -> Self {
        let name = placement.table_of(entity);
        let scope = Scope::columns(placement, &entity.fields, major);
        let mut lowering =
            Lowering { platform: placement.platform, placement, entity, name: &name, names, needs };
        let (mut columns, mut constraints) = (Vec::new(), Vec::new());
        lowering.keys(&scope, &mut constraints);
        lowering.fields(&scope, &entity.fields, false, &mut columns, &mut constraints);
        if entity.retain.as_ref().is_some_and(|r| r.fate == entity::Fate::Anonymize) {
            columns.push(anonymized_at());
        }
        if let Some(tenant) = entity.tenant {
            lead_with_tenant(&mut columns, &column_name(entity, tenant));
        }
        lowering.entity_checks(&scope, &mut constraints);
        let foreign_keys = lowering.references(&mut constraints);
        let indexes = index::lower(&scope, entity, &name);
        let before_update = lowering.before_update(&scope);
        Self {
            entity,
            columns,
            constraints,
            foreign_keys,
            indexes,
            partitioned: entity.partition.as_ref().map(|p| partitioned(entity, p)),
            storage: super::storage::of_table(&entity.with.base),
            before_update,
            name,
        }
    }
}

struct Lowering<'l> {
    platform: &'l Governed,
    placement: &'l Placement<'l>,
    entity: &'l Entity,
    name: &'l Name,
    names: &'l mut Names,
    needs: &'l mut Needs,
}

impl<'l> Lowering<'l> {
    /// The key and the unique constraints; a unique one with a filter or an expression is an index.
    fn keys(&mut self, scope: &Scope, constraints: &mut Vec<Constraint>) {
        if !self.entity.key.is_empty() {
            let span = self.entity.key_span.unwrap_or(self.entity.named.span);
            let name = self.derived("pkey", span);
            let rule = ConstraintRule::PrimaryKey(column_names(self.entity, &self.entity.key));
            constraints.push(Constraint { name, rule });
        }
        for unique in &self.entity.uniques {
            let Some(fields) = index::plain_fields(unique) else { continue };
            let columns = column_names(self.entity, &fields);
            let name = match &unique.name {
                Some(name) if unique.aliased => Claimed::new(name.clone(), Claim::Whole, unique.span),
                Some(name) => self.with_end(name, unique.span),
                None => self.derived(&format!("{}_key", columns.join("_")), unique.span),
            };
            constraints.push(Constraint { name, rule: ConstraintRule::Unique(columns) });
        }
        for overlap in &self.entity.no_overlaps {
            let (from, to) = (column_name(self.entity, overlap.from), column_name(self.entity, overlap.to));
            let name = self.derived(&format!("{from}_{to}_excl"), overlap.span);
            let alike = |field: &FieldId| (Ident(&column_name(self.entity, *field)).to_string(), "=".into());
            let mut elements: Vec<(String, SmolStr)> = overlap.per.iter().map(alike).collect();
            let range = match self.platform.scalar(&self.entity.field(overlap.from).ty) {
                Some(Scalar::Date) => "daterange",
                Some(Scalar::Timestamp) => "tstzrange",
                Some(Scalar::SmallInt | Scalar::Int) => "int4range",
                Some(Scalar::BigInt) => "int8range",
                _ => "numrange",
            };
            elements.push((format!("{range}({}, {})", Ident(&from), Ident(&to)), "&&".into()));
            let filter = overlap.filter.as_ref().map(|filter| scope.sql(filter));
            let rule = ConstraintRule::Exclude(Exclusion { method: "gist".into(), elements, filter });
            constraints.push(Constraint { name, rule });
        }
    }

    fn fields(
        &mut self,
        scope: &Scope<'l>,
        fields: &'l [Field],
        forced_optional: bool,
        columns: &mut Vec<Column>,
        constraints: &mut Vec<Constraint>,
    ) {
        let prefix = match &scope.place {
            Place::Columns { prefix } => prefix.clone(),
            Place::Json { .. } => return,
        };
        for (i, field) in fields.iter().enumerate() {
            let inner = field.inline.and_then(|_| struct_of(self.platform, &field.ty));
            if let Some(inner) = inner {
                let members = scope.of_members(&self.platform[inner].fields, FieldId(i as u32));
                let optional = forced_optional || field.ty.optional;
                let first = columns.len();
                self.fields(&members, &self.platform[inner].fields, optional, columns, constraints);
                if field.ty.optional {
                    self.all_or_none(&prefix, field, inner, &columns[first..], constraints);
                }
                columns[first..].iter_mut().for_each(|column| column.field = Some(FieldId(i as u32)));
                continue;
            }
            let name = self.names.shorten(&joined(&prefix, &field.named.stored), field.named.span);
            let found = checks::of_column(scope, &name, &field.ty, &field.constraints, self.needs);
            for (kind, rule) in found {
                self.check(&format!("{name}_{kind}"), rule, field, constraints);
            }
            if let Some(of) = field.blind_index_of.filter(|_| field.ty.optional) {
                let rule = format!(
                    "({} IS NULL) = ({} IS NULL)",
                    Ident(&column_name(self.entity, of)),
                    Ident(&name)
                );
                self.check(&format!("{name}_given"), rule, field, constraints);
            }
            let required = !(field.ty.optional || forced_optional);
            columns.push(Column {
                field: Some(FieldId(i as u32)),
                ty: column_type(self.platform, &field.ty).into(),
                required,
                value: self.value(scope, field, forced_optional),
                docs: field.named.docs.clone(),
                changeable: field.computed.is_none()
                    && field.immutable.is_none()
                    && !(prefix.is_empty() && self.entity.key.contains(&FieldId(i as u32))),
                sealed: self.platform.scalar(&field.ty) == Some(Scalar::Sealed),
                name: name.clone(),
            });
            if let TypeKind::Union(arms) = &field.ty.kind {
                let kind = self.names.shorten(&format!("{name}_type"), field.named.span);
                let values: Vec<String> = arms.iter().map(|arm| Literal(&arm.stored).to_string()).collect();
                let rule = format!("{} IN ({})", Ident(&kind), values.join(", "));
                self.check(&format!("{kind}_values"), rule, field, constraints);
                if !required {
                    let rule = format!("({} IS NULL) = ({} IS NULL)", Ident(&name), Ident(&kind));
                    self.check(&format!("{kind}_given"), rule, field, constraints);
                }
                columns.push(Column {
                    field: Some(FieldId(i as u32)),
                    name: kind,
                    ty: SmolStr::new_static("text"),
                    required,
                    value: ColumnValue::Absent,
                    docs: format_smolstr!("What `{name}` refers to."),
                    changeable: field.immutable.is_none(),
                    sealed: false,
                });
            }
        }
    }

    /// An optional inline record is there as a whole or not at all.
    fn all_or_none(
        &mut self,
        prefix: &str,
        field: &Field,
        inner: polity_model::StructId,
        columns: &[Column],
        constraints: &mut Vec<Constraint>,
    ) {
        let stem = joined(prefix, &field.named.stored);
        let members = &self.platform[inner].fields;
        let is_required = |c: &&Column| {
            members.iter().any(|m| !m.ty.optional && joined(&format!("{stem}_"), &m.named.stored) == c.name)
        };
        let required: Vec<&SmolStr> = columns.iter().filter(is_required).map(|c| &c.name).collect();
        let all: Vec<&SmolStr> = columns.iter().map(|c| &c.name).collect();
        if required.is_empty() || all.len() < 2 {
            return;
        }
        let rule = format!("num_nonnulls({}) = 0 OR num_nulls({}) = 0", List(&all), List(&required));
        self.check(&format!("{stem}_whole"), rule, field, constraints);
    }

    /// Returns what a column holds where the row does not say it. A member of a record that is absent takes no default,
    /// or the record would be there in part.
    fn value(&mut self, scope: &Scope, field: &Field, absent: bool) -> ColumnValue {
        if let Some(computed) = &field.computed {
            return ColumnValue::Generated(scope.value_for(&field.ty, computed));
        }
        let Some(default) = field.default.as_ref().filter(|_| !absent) else { return ColumnValue::Absent };
        default.walk(&mut |e| {
            self.needs.uuid_v7 |= matches!(&e.kind, ExprKind::Call { function: Function::UuidV7, .. });
        });
        match &default.kind {
            ExprKind::Call { function: Function::Identity, .. } => ColumnValue::Identity,
            ExprKind::Null => ColumnValue::Absent,
            ExprKind::Binary { .. } | ExprKind::Unary { .. } => {
                ColumnValue::Default(format!("({})", scope.value_for(&field.ty, default)))
            }
            _ => ColumnValue::Default(scope.value_for(&field.ty, default)),
        }
    }

    fn entity_checks(&mut self, scope: &Scope, constraints: &mut Vec<Constraint>) {
        for check in &self.entity.checks {
            let name = match &check.name {
                Some(name) => self.with_end(name, check.span),
                None => {
                    let mut columns: Vec<SmolStr> = Vec::new();
                    check.expr.fields(&mut |path, _| {
                        let column = scope.stored(path).column;
                        if !columns.contains(&column) {
                            columns.push(column);
                        }
                    });
                    columns.push(SmolStr::new_static("check"));
                    self.derived(&columns.join("_"), check.span)
                }
            };
            constraints.push(Constraint { name, rule: ConstraintRule::Check(scope.sql(&check.expr)) });
        }
    }

    fn references(&mut self, constraints: &mut Vec<Constraint>) -> Vec<Constraint> {
        let mut found = Vec::new();
        for reference in self.entity.references.iter().filter(|r| r.enforced) {
            let columns = column_names(self.entity, &reference.fields);
            let target = &self.platform[reference.target];
            let stem = columns.join("_");
            let optional: Vec<bool> =
                reference.fields.iter().map(|id| self.entity.field(*id).ty.optional).collect();
            let led = reference.fields.first().is_some_and(|first| Some(*first) == self.entity.tenant);
            // The tenant's column is never absent, so it says nothing about whether the reference is there.
            let own = &columns[usize::from(led)..];
            if own.len() > 1 && optional[usize::from(led)..].iter().all(|o| *o) {
                // Without this, one missing part would switch the foreign key off (MATCH SIMPLE).
                let rule = format!("num_nulls({}) IN (0, {})", List(own), own.len());
                let name = self.derived(&format!("{stem}_whole"), reference.span);
                constraints.push(Constraint { name, rule: ConstraintRule::Check(rule) });
            }
            let on_delete = match reference.on_delete {
                Some((OnDelete::Cascade, _)) => relational::OnDelete::Cascade,
                Some((OnDelete::SetNull, _)) if optional.iter().all(|o| *o) => {
                    relational::OnDelete::SetNull(Vec::new())
                }
                Some((OnDelete::SetNull, _)) => {
                    let nulled = columns.iter().zip(&optional).filter(|(_, o)| **o).map(|(c, _)| c.clone());
                    relational::OnDelete::SetNull(nulled.collect())
                }
                // RESTRICT is judged at once even where the rest of the constraint waits.
                Some((OnDelete::Restrict, _)) if !reference.deferrable => relational::OnDelete::Restrict,
                Some((OnDelete::Restrict, _)) | None => relational::OnDelete::NoAction,
            };
            let rule = ConstraintRule::ForeignKey(ForeignKey {
                columns,
                target: self.placement.table_of(target).0,
                target_columns: column_names(target, &reference.target_fields),
                on_delete,
                deferred: reference.deferrable,
            });
            found.push(Constraint { name: self.derived(&format!("{stem}_fkey"), reference.span), rule });
        }
        found
    }

    /// Writes the body of the trigger before an update, for rules that SQL has no word of its own for; or nothing.
    fn before_update(&mut self, scope: &Scope) -> String {
        let mut body = String::new();
        let anonymizes = self.entity.retain.as_ref().is_some_and(|r| r.fate == entity::Fate::Anonymize);
        // That a row keeps its tenant, privileges and policies see to.
        for (id, field) in self.entity.fields().filter(|(id, _)| Some(*id) != self.entity.tenant) {
            let column = Ident(&field.named.stored).to_string();
            let path = format!("{}.{}", self.name, column);
            if field.immutable.is_some() {
                let forgets =
                    self.entity.references.iter().any(|r| {
                        r.fields.contains(&id) && matches!(r.on_delete, Some((OnDelete::SetNull, _)))
                    });
                let unless = if forgets {
                    format!(" AND NEW.{column} IS NOT NULL")
                } else if anonymizes && self.platform.is_labelled_itself(self.entity.id, id) {
                    " AND current_setting('polity.retain', true) IS DISTINCT FROM 'on'".to_owned()
                } else {
                    String::new()
                };
                body.push_str(&format!(
                    "    IF NEW.{column} IS DISTINCT FROM OLD.{column}{unless} THEN\n        RAISE EXCEPTION USING ERRCODE = '23514', MESSAGE = {};\n    END IF;\n",
                    Literal(&format!("{path} is immutable"))
                ));
            }
            if field.optimistic.is_some() {
                body.push_str(&format!(
                    "    -- Whoever writes the version writes the one that was read; it is raised here.\n    IF NEW.{column} IS DISTINCT FROM OLD.{column} THEN\n        RAISE EXCEPTION USING ERRCODE = '40001', MESSAGE = {};\n    END IF;\n    NEW.{column} := OLD.{column} + 1;\n",
                    Literal(&format!("{path}: the row was changed by somebody else"))
                ));
            }
            if let Some(value) = &field.on_update {
                value.walk(&mut |e| {
                    self.needs.uuid_v7 |=
                        matches!(&e.kind, ExprKind::Call { function: Function::UuidV7, .. });
                });
                body.push_str(&format!(
                    "    NEW.{column} := {};\n",
                    scope.of_new_row().value_for(&field.ty, value)
                ));
            }
        }
        if body.is_empty() { body } else { format!("BEGIN\n{body}    RETURN NEW;\nEND;") }
    }

    /// A check of a field, whose name ends so.
    fn check(&mut self, end: &str, rule: String, field: &Field, constraints: &mut Vec<Constraint>) {
        let name = self.derived(end, field.named.span);
        constraints.push(Constraint { name, rule: ConstraintRule::Check(rule) });
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
        let constraints = self.constraints.iter_mut().map(|constraint| &mut constraint.name);
        let keys = self.foreign_keys.iter_mut().map(|key| &mut key.name);
        let indexes = self.indexes.iter_mut().map(|index| &mut index.name);
        constraints.chain(keys).chain(indexes)
    }
}

impl Table<'_> {
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
            self.constraints.push(Constraint { name, rule });
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
        name: SmolStr::new_static(ANONYMIZED_AT),
        ty: SmolStr::new_static("timestamptz"),
        required: false,
        value: ColumnValue::Absent,
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
