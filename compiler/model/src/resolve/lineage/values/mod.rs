//! The type of what SQL by hand gives: what PostgreSQL makes of it, what the source knows of it, and whether it may be
//! absent. Views are held against it. Nothing here guesses: what is not certain is [`Sql::Unknown`], and
//! [`Absence::Unsure`].
//!
//! | file | does |
//! |---|---|
//! | [`common`] | the one type of several values: set operations, `CASE`, `coalesce` |
//! | [`lookups`] | the column that a name means |
//! | [`expressions`] | the value of each kind of expression |
//! | [`operators`] | the value of an operator |
//! | [`calls`], [`functions`], [`aggregates`] | the value of a call |
//! | [`presence`] | what joins leave absent, and what conditions prove to be there |
//! | [`steady`] | what may give another value for the same row |
//! | [`holds`] | whether a declared type holds a value |

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "what is not known by name has an unknown type, which is the safe answer"
)]

mod aggregates;
mod calls;
mod common;
mod expressions;
mod functions;
mod holds;
mod lookups;
mod names;
mod operators;
mod presence;
mod steady;
mod stored;

use std::collections::BTreeSet;

use smol_str::SmolStr;

use crate::{EntityId, Field, FieldId, Platform, Scalar, Type, TypeKind};
pub(in crate::resolve) use aggregates::is_aggregate;
pub(super) use holds::{Misfit, absent_where_required, fits_a_field, holds};
pub(super) use presence::{Side, condition_of};
pub(super) use stored::stored_values;

/// A value of SQL, as far as it is known.
#[derive(Debug, Clone, PartialEq, Default)]
pub(in crate::resolve) struct Value {
    pub(super) sql: Sql,
    pub(super) form: Form,
    pub(super) absence: Absence,
    /// The keys that it is one of: its own column, and those that this refers to.
    pub(super) keys: Vec<(EntityId, FieldId)>,
}

/// A type of PostgreSQL.
#[derive(Debug, Clone, PartialEq, Default)]
pub(in crate::resolve) enum Sql {
    #[default]
    Unknown,
    /// `NULL`, which is of any type.
    Null,
    /// A text in quotes, which takes the type of what stands beside it.
    Literal,
    Bool,
    SmallInt,
    Int,
    BigInt,
    /// At most so many digits before the point, and behind it; `None` where it may be any number of them.
    Numeric {
        whole: Option<u16>,
        scale: Option<u16>,
    },
    Real,
    Double,
    /// At most so many characters.
    Text {
        max: Option<u32>,
    },
    Bytea,
    Uuid,
    Inet,
    /// `json`, which keeps its text.
    JsonText,
    Jsonb,
    Date,
    Time,
    /// Without a zone.
    LocalTimestamp,
    Timestamp,
    Interval,
    Array(Box<Value>),
    /// A type of an extension that the source has: of PostGIS, of pgvector.
    Extension(Scalar),
    /// Another type, by its name.
    Other(SmolStr),
}

/// The knowledge that the source has of a value beyond its type in SQL.
#[derive(Debug, Clone, PartialEq, Default)]
pub(in crate::resolve) enum Form {
    #[default]
    Any,
    /// A value of a field of this type, as it is.
    Of(TypeKind),
    /// One of these texts.
    Texts(BTreeSet<SmolStr>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(in crate::resolve) enum Absence {
    /// It is always there.
    Never,
    #[default]
    Unsure,
    /// It is NULL in some rows that there may be.
    Maybe,
}

impl Value {
    pub(super) fn of(sql: Sql) -> Self {
        Self { sql, absence: Absence::Never, ..Self::default() }
    }

    pub(super) fn absent(self, absence: Absence) -> Self {
        Self { absence, ..self }
    }

    /// A value of which nothing is known.
    pub(super) fn unknown() -> Self {
        Self::default()
    }

    /// The value of a column that a field of this type is stored in.
    pub(super) fn of_type(platform: &Platform, ty: &Type) -> Self {
        let absence = if ty.optional { Absence::Maybe } else { Absence::Never };
        let sql = sql_of(platform, &ty.kind);
        let form = if matches!(ty.kind, TypeKind::Broken | TypeKind::Null) {
            Form::Any
        } else {
            Form::Of(ty.kind.clone())
        };
        let mut keys = Vec::new();
        refers(platform, &ty.kind, &mut keys);
        Self { sql, form, absence, keys }
    }

    /// The value of a column that a query declares of this type, which may be absent.
    pub(super) fn of_data_type(ty: &sqlparser::ast::DataType) -> Self {
        Self::of(operators::sql_of_data_type(ty)).absent(Absence::Maybe)
    }

    /// The value of a column of an entity.
    pub(super) fn of_column(platform: &Platform, entity: EntityId, id: FieldId, ty: &Type) -> Self {
        let field = platform[entity].field(id);
        let mut value = Self::of_type(platform, ty);
        // A store holds bytes of it.
        if field.declared.pseudonymous.is_some() {
            return Self { sql: Sql::Unknown, form: Form::Any, ..value };
        }
        value.keys.push((entity, id));
        for reference in &platform[entity].declared.references {
            if let ([own], [target]) = (&reference.fields[..], &reference.target_fields[..])
                && *own == id
            {
                value.keys.push((reference.target, *target));
            }
        }
        value
    }

    /// Returns what comes out of a query that others read: a text in quotes is a text then.
    pub(super) fn settled(self) -> Self {
        match self.sql {
            Sql::Literal => Self { sql: Sql::Text { max: self.longest() }, ..self },
            _ => self,
        }
    }

    /// This after one more turn of a recursive query: known only as far as the turn changed nothing.
    pub(super) fn grown_to(self, next: &Self) -> Self {
        let absence = self.absence.max(next.absence);
        let is_kept = self.sql == next.sql && self.form == next.form && self.keys == next.keys;
        if is_kept { self.absent(absence) } else { Self::unknown().absent(absence) }
    }

    /// The number of characters of the longest of its texts.
    pub(super) fn longest(&self) -> Option<u32> {
        match &self.form {
            Form::Texts(texts) => {
                Some(texts.iter().map(|text| text.chars().count() as u32).max().unwrap_or(0))
            }
            Form::Any | Form::Of(_) => None,
        }
    }

    /// Drops what the source knows of it, as a function does that makes something else of it.
    pub(super) fn plain(self) -> Self {
        Self { form: Form::Any, keys: Vec::new(), ..self }
    }

    pub(super) fn is_null(&self) -> bool {
        self.sql == Sql::Null
    }
}

impl Absence {
    /// The absence of what is absent where one of these is.
    pub(super) fn any(all: impl IntoIterator<Item = Absence>) -> Self {
        all.into_iter().max().unwrap_or(Absence::Never)
    }
}

/// The type of the column that a field of a type is stored in, as `engines/postgres/lower/types.rs` decides it.
pub(super) fn sql_of(platform: &Platform, kind: &TypeKind) -> Sql {
    match kind {
        TypeKind::Scalar(scalar) => sql_of_scalar(*scalar),
        TypeKind::Constrained(id) => sql_of(platform, &platform[*id].base.kind),
        TypeKind::Enum(id) => {
            let lengths = platform[*id].values.iter().map(|value| value.named.stored.chars().count() as u32);
            Sql::Text { max: lengths.max() }
        }
        TypeKind::Struct(_) | TypeKind::Map(_) => Sql::Jsonb,
        TypeKind::List(element) => match is_of_array(platform, &element.kind) {
            true => Sql::Array(Box::new(Value::of_type(platform, element))),
            false => Sql::Jsonb,
        },
        TypeKind::Reference { entity, field } => match platform[*entity].fields.get(field.index()) {
            Some(field) if field.declared.pseudonymous.is_none() => sql_of(platform, &field.ty.kind),
            _ => Sql::Unknown,
        },
        TypeKind::Union(arms) => match arms.first() {
            Some(arm) => {
                let kind = TypeKind::Reference { entity: arm.entity, field: arm.field };
                sql_of(platform, &kind)
            }
            None => Sql::Unknown,
        },
        TypeKind::Null | TypeKind::Broken => Sql::Unknown,
    }
}

/// Whether a list of it is an array: all others are one jsonb value.
fn is_of_array(platform: &Platform, element: &TypeKind) -> bool {
    match element {
        TypeKind::Scalar(scalar) => *scalar != Scalar::Json,
        TypeKind::Enum(_) => true,
        TypeKind::Constrained(id) => is_of_array(platform, &platform[*id].base.kind),
        TypeKind::Reference { entity, field } => {
            let field = platform[*entity].fields.get(field.index());
            field.is_some_and(|field: &Field| is_of_array(platform, &field.ty.kind))
        }
        TypeKind::Union(_) => true,
        TypeKind::Struct(_) | TypeKind::List(_) | TypeKind::Map(_) | TypeKind::Null | TypeKind::Broken => {
            false
        }
    }
}

fn sql_of_scalar(scalar: Scalar) -> Sql {
    match scalar {
        Scalar::Bool => Sql::Bool,
        Scalar::SmallInt => Sql::SmallInt,
        Scalar::Int => Sql::Int,
        Scalar::BigInt => Sql::BigInt,
        Scalar::Float => Sql::Double,
        Scalar::Decimal { precision, scale } => {
            Sql::Numeric { whole: Some(precision.saturating_sub(scale)), scale: Some(scale) }
        }
        Scalar::Text { max } => Sql::Text { max },
        Scalar::Char { length } => Sql::Text { max: Some(length) },
        Scalar::Bytes => Sql::Bytea,
        Scalar::Uuid => Sql::Uuid,
        Scalar::Inet => Sql::Inet,
        Scalar::Json => Sql::Jsonb,
        Scalar::Date => Sql::Date,
        Scalar::Time => Sql::Time,
        Scalar::Timestamp => Sql::Timestamp,
        Scalar::Interval => Sql::Interval,
        Scalar::ObjectId => Sql::Text { max: Some(24) },
        Scalar::Phone => Sql::Text { max: Some(16) },
        Scalar::Country => Sql::Text { max: Some(2) },
        Scalar::Currency => Sql::Text { max: Some(3) },
        Scalar::Email | Scalar::Url | Scalar::Language | Scalar::Password => Sql::Text { max: None },
        Scalar::GeoPoint | Scalar::GeoLine | Scalar::GeoPolygon | Scalar::Vector { .. } => {
            Sql::Extension(scalar)
        }
        Scalar::Sealed | Scalar::BlindIndex | Scalar::Pseudonym => Sql::Unknown,
    }
}

/// The keys that a reference of this type leads to.
fn refers(platform: &Platform, kind: &TypeKind, keys: &mut Vec<(EntityId, FieldId)>) {
    /// A key that is a reference itself refers on; in a circle this ends.
    const MOST: usize = 8;
    match kind {
        TypeKind::Reference { entity, field } if keys.len() < MOST => {
            keys.push((*entity, *field));
            if let Some(field) = platform[*entity].fields.get(field.index()) {
                refers(platform, &field.ty.kind, keys);
            }
        }
        _ => {}
    }
}
