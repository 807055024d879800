//! Expressions in PostgreSQL's words. Nothing that is written depends on the session's time zone: instants are
//! compared with instants, and what a calendar decides is decided in UTC.

mod calls;
mod operators;
mod values;
mod volatility;
mod writing;

use smol_str::SmolStr;

use super::placement::Placement;
use super::types::scalar_type;
use polity_govern::Stored;
use polity_model::entity::Field;
use polity_model::expr::{FieldPath, Step};
use polity_model::{FieldId, Scalar, Type, TypeKind};
pub(super) use values::{spread, written};
pub(in crate::postgres) use volatility::volatility;

/// Where the fields that an expression names are found.
#[derive(Clone)]
pub(in crate::postgres) struct Scope<'a> {
    pub(super) platform: &'a Stored,
    /// The place whose sequences it may name.
    placement: &'a Placement<'a>,
    pub(super) fields: &'a [Field],
    pub(super) place: Place,
    /// The major version it is written for.
    pub(super) major: u32,
    /// The prefix of each column: `NEW.` in a trigger, otherwise empty.
    pub(super) row: &'static str,
    /// Whether queries must say the same to be served, as they must of a column of an index.
    is_sought: bool,
}

/// Fields are columns, or members of a jsonb column.
#[derive(Debug, Clone)]
pub(super) enum Place {
    /// The prefix of each field's own name: `address_` in an inline record, otherwise empty.
    Columns {
        prefix: String,
    },
    Json {
        column: SmolStr,
        path: Vec<SmolStr>,
    },
}

/// A field path as it is stored.
pub(super) struct StoredPath {
    pub(super) column: SmolStr,
    /// The path within a jsonb column.
    pub(super) path: Vec<SmolStr>,
}

impl<'a> Scope<'a> {
    pub(in crate::postgres) fn columns(
        placement: &'a Placement<'a>,
        fields: &'a [Field],
        major: u32,
    ) -> Self {
        let place = Place::Columns { prefix: String::new() };
        Self { platform: placement.platform, placement, fields, place, major, row: "", is_sought: false }
    }

    /// The scope of the members of a record: of one stored inline, or within a jsonb column.
    pub(super) fn of_members(&self, fields: &'a [Field], of: FieldId) -> Self {
        let field = &self.fields[of.index()];
        let place = match &self.place {
            Place::Columns { prefix } if field.inline.is_some() => {
                Place::Columns { prefix: format!("{prefix}{}_", field.named.stored) }
            }
            Place::Columns { prefix } => {
                Place::Json { column: joined(prefix, &field.named.stored), path: Vec::new() }
            }
            Place::Json { column, path } => {
                let mut path = path.clone();
                path.push(field.named.stored.clone());
                Place::Json { column: column.clone(), path }
            }
        };
        Self { fields, place, ..*self }
    }

    /// Returns the scope of the same fields in a column of an index.
    pub(super) fn of_index(&self) -> Self {
        Self { is_sought: true, ..self.clone() }
    }

    /// Returns the scope of the same fields, as a trigger sees them in the row that is to be written.
    pub(super) fn of_new_row(&self) -> Self {
        let mut scope = self.clone();
        scope.row = "NEW.";
        scope
    }

    pub(super) fn stored(&self, path: &FieldPath) -> StoredPath {
        let field = &self.fields[path.root.index()];
        match path.steps.split_first() {
            Some((Step::Member(of, member), rest)) => {
                let fields = &self.platform[*of].fields;
                let inner = FieldPath { root: *member, steps: rest.to_vec() };
                self.of_members(fields, path.root).stored(&inner)
            }
            _ => {
                let (column, mut steps) = match &self.place {
                    Place::Columns { prefix } => (joined(prefix, &field.named.stored), Vec::new()),
                    Place::Json { column, path } => {
                        let mut path = path.clone();
                        path.push(field.named.stored.clone());
                        (column.clone(), path)
                    }
                };
                for step in &path.steps {
                    match step {
                        Step::Key(key) => steps.push(key.clone()),
                        Step::Member(of, member) => {
                            steps.push(self.platform[*of].fields[member.index()].named.stored.clone());
                        }
                    }
                }
                StoredPath { column: super::names::fit(&column, super::names::LIMIT), path: steps }
            }
        }
    }
}

fn is_calendar(scalar: Option<Scalar>) -> bool {
    matches!(scalar, Some(Scalar::Timestamp | Scalar::Date | Scalar::Time | Scalar::Interval))
}

fn is_text(scalar: Option<Scalar>) -> bool {
    // Enums have no scalar and are stored as text.
    scalar.is_none_or(|scalar| scalar_type(scalar) == "text" || scalar_type(scalar).starts_with("varchar"))
}

pub(in crate::postgres) fn joined(prefix: &str, name: &SmolStr) -> SmolStr {
    if prefix.is_empty() { name.clone() } else { SmolStr::new(format!("{prefix}{name}")) }
}

/// Whether anything in the type is a struct whose members an expression may name.
pub(in crate::postgres) fn struct_of(platform: &Stored, ty: &Type) -> Option<polity_model::StructId> {
    match super::types::underlying(platform, ty) {
        TypeKind::Struct(id) => Some(*id),
        _ => None,
    }
}
