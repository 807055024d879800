//! The columns of a table, with the checks of each. A record that is spread has a column for each of its members.

use smol_str::{SmolStr, format_smolstr};

use super::super::super::sql::{Ident, List, Literal};
use super::super::checks;
use super::super::expr::{Place, Scope, joined, struct_of};
use super::super::member_checks;
use super::super::names::Space;
use super::super::types::column_type;
use super::{Column, ColumnPath, Lowering, column_name};
use polity_catalog::origins::Part;
use polity_catalog::relational::{ColumnValue, identity_sequence};
use polity_govern::Holder;
use polity_model::entity::Field;
use polity_model::expr::{ExprKind, Function};
use polity_model::types::Arm;
use polity_model::{Expr, FieldId, Scalar, StructId, TypeKind};

/// The values that the members of a record take of the record, where its fields are columns of their own.
#[derive(Clone, Copy, Default)]
pub(super) struct Given<'l> {
    /// Whether the record may be absent, so that each of its columns may be.
    may_be_absent: bool,
    /// The members of the record's default, all of them.
    default: Option<&'l [(SmolStr, Expr)]>,
}

impl<'l> Given<'l> {
    /// The default of a column. A member of a record that may be absent has none of its own, or the record would be there
    /// in part.
    fn default_of(self, field: &'l Field) -> Option<&'l Expr> {
        match self.default {
            Some(members) => {
                members.iter().find(|(name, _)| *name == field.named.name).map(|(_, value)| value)
            }
            None => field.default.as_ref().filter(|_| !self.may_be_absent),
        }
    }

    /// The values for the members of a record that is a member itself.
    fn inside(self, field: &'l Field) -> Self {
        let default = self.default_of(field).and_then(|default| match &default.kind {
            ExprKind::Record(members) => Some(&members[..]),
            _ => None,
        });
        Self { may_be_absent: self.may_be_absent || field.ty.optional, default }
    }
}

impl<'l> Lowering<'l> {
    /// The columns of an entity or of a record in it.
    pub(super) fn fields(
        &mut self,
        scope: &Scope<'l>,
        holder: Holder,
        fields: &'l [Field],
        given: Given<'l>,
    ) {
        let Place::Columns { prefix } = &scope.place else { return };
        for (i, field) in fields.iter().enumerate() {
            let id = FieldId(i as u32);
            match field.inline.and_then(|_| struct_of(self.platform, &field.ty)) {
                Some(record) => self.record(scope, prefix, id, field, record, given),
                None => self.field(scope, prefix, (holder, id), field, given),
            }
        }
    }

    fn record(
        &mut self,
        scope: &Scope<'l>,
        prefix: &str,
        id: FieldId,
        field: &'l Field,
        record: StructId,
        given: Given<'l>,
    ) {
        let first = self.columns.len();
        let members = &self.platform[record].fields;
        self.way.push(field);
        self.fields(&scope.of_members(members, id), record.into(), members, given.inside(field));
        self.way.pop();
        if field.ty.optional {
            self.all_or_none(&joined(prefix, &field.named.stored), field, members, first);
        }
        self.columns[first..].iter_mut().for_each(|column| column.field = Some(id));
    }

    /// An optional inline record is there as a whole or not at all. Its columns are those from the `first`.
    fn all_or_none(&mut self, stem: &str, field: &Field, members: &[Field], first: usize) {
        let columns = &self.columns[first..];
        let is_required = |c: &&Column| {
            members.iter().any(|m| !m.ty.optional && joined(&format!("{stem}_"), &m.named.stored) == c.name)
        };
        let required: Vec<&SmolStr> = columns.iter().filter(is_required).map(|c| &c.name).collect();
        let all: Vec<&SmolStr> = columns.iter().map(|c| &c.name).collect();
        if required.is_empty() || all.len() < 2 {
            return;
        }
        let rule = format!("num_nonnulls({}) = 0 OR num_nulls({}) = 0", List(&all), List(&required));
        self.check(&format!("{stem}_whole"), rule, field);
    }

    fn field(
        &mut self,
        scope: &Scope<'l>,
        prefix: &str,
        (holder, id): (Holder, FieldId),
        field: &'l Field,
        given: Given<'l>,
    ) {
        let stays = self.platform.immutable(holder, id).is_some();
        let name = self.names.shorten(&joined(prefix, &field.named.stored), field.named.span);
        for (kind, rule) in checks::of_column(scope, &name, &field.ty, &field.constraints, self.needs) {
            self.check(&format!("{name}_{kind}"), rule, field);
        }
        for (way, rule) in member_checks::of_members(scope, id) {
            self.check(&format!("{name}{way}_check"), rule, field);
        }
        let blind_index_of = self.platform.blind_index_of(holder, id);
        if let Some(of) = blind_index_of.filter(|_| field.ty.optional) {
            let of = column_name(self.entity, of);
            let rule = format!("({} IS NULL) = ({} IS NULL)", Ident(&of), Ident(&name));
            self.check(&format!("{name}_given"), rule, field);
        }
        let required = !(field.ty.optional || given.may_be_absent);
        let is_key = prefix.is_empty() && self.entity.key.contains(&id);
        let value = self.value(scope, field, given);
        let sequence =
            if value == ColumnValue::Identity { self.sequence(&name, field) } else { SmolStr::default() };
        self.columns.push(Column {
            field: Some(id),
            path: self.path(blind_index_of.map_or(field, |of| self.entity.field(of))),
            part: if blind_index_of.is_some() { Part::BlindIndex } else { Part::Whole },
            ty: column_type(self.platform, &field.ty).into(),
            required,
            value,
            sequence,
            docs: field.named.docs.clone(),
            changeable: field.computed.is_none() && !stays && !is_key,
            sealed: self.platform.scalar(&field.ty) == Some(Scalar::Sealed),
            name: name.clone(),
        });
        if let TypeKind::Union(arms) = &field.ty.kind {
            self.arm(&name, (id, stays), field, arms, required);
        }
    }

    /// The column beside a reference with several arms, which says what it refers to.
    fn arm(
        &mut self,
        name: &SmolStr,
        (id, stays): (FieldId, bool),
        field: &Field,
        arms: &[Arm],
        required: bool,
    ) {
        let kind = self.names.shorten(&format!("{name}_type"), field.named.span);
        let values: Vec<String> = arms.iter().map(|arm| Literal(&arm.stored).to_string()).collect();
        let rule = format!("{} IN ({})", Ident(&kind), values.join(", "));
        self.check(&format!("{kind}_values"), rule, field);
        if !required {
            let rule = format!("({} IS NULL) = ({} IS NULL)", Ident(name), Ident(&kind));
            self.check(&format!("{kind}_given"), rule, field);
        }
        self.columns.push(Column {
            field: Some(id),
            path: self.path(field),
            part: Part::Arm,
            name: kind,
            ty: SmolStr::new_static("text"),
            required,
            value: ColumnValue::Absent,
            sequence: SmolStr::default(),
            docs: format_smolstr!("What `{name}` refers to."),
            changeable: !stays,
            sealed: false,
        });
    }

    /// Returns the names on the way to a field, with dots.
    fn path(&self, field: &Field) -> ColumnPath {
        let joined = |name: fn(&Field) -> &SmolStr| {
            let names: Vec<&str> =
                self.way.iter().copied().chain([field]).map(|field| name(field).as_str()).collect();
            names.join(".").into()
        };
        ColumnPath { first: joined(|field| field.named.first_name()), now: joined(|field| &field.named.name) }
    }

    /// Returns the name of the sequence that counts a column, where it cannot have the one that PostgreSQL would give it.
    fn sequence(&mut self, column: &SmolStr, field: &Field) -> SmolStr {
        let wanted = identity_sequence(&self.name.name, column);
        let space = Space::Relations(self.name.schema.clone());
        let origin = format!("{}.{column}", self.name);
        let stored = self.names.derived(space, &wanted, &origin, field.named.span);
        if stored == wanted { SmolStr::default() } else { stored }
    }

    /// Returns what a column holds where the row does not say it.
    fn value(&mut self, scope: &Scope, field: &'l Field, given: Given<'l>) -> ColumnValue {
        if let Some(computed) = &field.computed {
            return ColumnValue::Generated(scope.value_for(&field.ty, computed));
        }
        let Some(default) = given.default_of(field) else { return ColumnValue::Absent };
        self.need(default);
        match &default.kind {
            ExprKind::Call { function: Function::Identity, .. } => ColumnValue::Identity,
            ExprKind::Null => ColumnValue::Absent,
            ExprKind::Binary { .. } | ExprKind::Unary { .. } => {
                ColumnValue::Default(format!("({})", scope.value_for(&field.ty, default)))
            }
            _ => ColumnValue::Default(scope.value_for(&field.ty, default)),
        }
    }
}
