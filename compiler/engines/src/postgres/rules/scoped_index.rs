//! An index that row security cannot use, or that would cross tenants.

use super::super::lower::types::underlying;
use super::entities;
use polity_govern::Stored;
use polity_model::entity::{Column, IndexMethod};
use polity_model::expr::ExprKind;
use polity_model::{Entity, FieldId, Scalar, Store};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::{E0824, W0823};
use polity_text::source::Span;

const WHY: &str = "its operators could tell of rows before the policies have judged them, so PostgreSQL judges every row of the tenant first";

/// Indexes of what each tenant has its own of: none by hash, and a word about those whose operators see too much.
pub(super) fn scoped_index(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    for entity in entities(platform, store).filter(|entity| entity.tenant.is_some()) {
        let identity = entity.identity();
        if !identity.is_empty() && identity.iter().all(|field| field_is_leaky(platform, entity, *field)) {
            found.push(dead_unique(entity.key_span.unwrap_or(entity.named.span)));
        }
        for unique in &entity.uniques {
            let mut own = unique.columns.iter().filter(|column| !is_tenant(entity, column)).peekable();
            if own.peek().is_some() && own.all(|column| column_is_leaky(platform, entity, column)) {
                found.push(dead_unique(unique.span));
            }
        }
        for index in &entity.indexes {
            let method = index.method.map_or(IndexMethod::Btree, |(method, _)| method);
            if method == IndexMethod::Hash {
                found.push(
                    Diagnostic::new(
                        E0824,
                        index.span,
                        "an index by hash has one column, and so no tenant in it",
                    )
                    .help("leave out `using hash`"),
                );
                continue;
            }
            let dead = match method {
                IndexMethod::Btree | IndexMethod::Brin | IndexMethod::Hash => {
                    index.columns.iter().all(|c| column_is_leaky(platform, entity, c) || is_tenant(entity, c))
                }
                _ => true,
            };
            if dead {
                found.push(
                    Diagnostic::new(W0823, index.span, "row security keeps services from using this index")
                        .note(WHY)
                        .help("it serves the migrator and maintenance; leave it out if only services would use it"),
                );
            }
        }
    }
}

/// Warns of a key or a unique constraint whose index services cannot use. The index cannot be left out.
fn dead_unique(span: Span) -> Diagnostic {
    Diagnostic::new(W0823, span, "row security keeps services from finding rows by what is unique here")
        .note(WHY)
        .help("hold it in whole numbers of the smallest unit, or as a text")
}

fn is_tenant(entity: &Entity, column: &Column) -> bool {
    column.field().is_some() && column.field() == entity.tenant
}

/// Whether PostgreSQL marks the comparison of the column's values as one that could leak them (`pg_proc.proleakproof`
/// of PostgreSQL 15): all but those of plain scalars.
fn column_is_leaky(platform: &Stored, entity: &Entity, column: &Column) -> bool {
    let Some(field) = column.field() else {
        return !matches!(&column.expr.kind, ExprKind::Field(path) if path.steps.is_empty());
    };
    field_is_leaky(platform, entity, field)
}

fn field_is_leaky(platform: &Stored, entity: &Entity, field: FieldId) -> bool {
    let ty = &entity.field(field).ty;
    match platform.scalar(ty) {
        Some(Scalar::Decimal { .. } | Scalar::Json | Scalar::Vector { .. }) => true,
        Some(Scalar::GeoPoint | Scalar::GeoLine | Scalar::GeoPolygon) => true,
        Some(_) => false,
        None => matches!(
            underlying(platform, ty),
            polity_model::TypeKind::List(_)
                | polity_model::TypeKind::Struct(_)
                | polity_model::TypeKind::Map(_)
        ),
    }
}
