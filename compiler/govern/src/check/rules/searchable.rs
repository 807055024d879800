//! A blind index of a type with few values shows them: whoever counts how often each occurs, or may write rows, guesses.

use foldhash::{HashSet, HashSetExt};

use super::clear_use::encrypted_here;
use crate::Governed;
use polity_model::types::{Constraints, Number};
use polity_model::{Scalar, Type, TypeKind};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::{E0833, E0839, W0833};

/// Types with fewer values than this need `accept_leak`.
const FEW: i128 = 1 << 20;

pub fn searchable(platform: &Governed, found: &mut Vec<Diagnostic>) {
    let fields = platform.entities.iter().flat_map(|e| e.fields().map(|(id, field)| (e.id, id, field)));
    for (entity, id, field) in fields {
        let name = &field.named.name;
        let encrypted = platform.encrypted(entity, id).filter(|encrypted| encrypted.searchable);
        let is_few = has_few(platform, &field.ty, &field.constraints);
        match (encrypted, &field.accept_leak) {
            (Some(encrypted), _) if !has_one_form(platform, &field.ty) => {
                let message =
                    format!("`{name}` cannot be searched blindly: its type has no one form for equal values");
                found.push(
                    encrypted_here(Diagnostic::new(E0839, field.named.span, message), encrypted)
                        .help("leave `searchable` out, or keep what is searched in a field of its own"),
                );
            }
            (Some(encrypted), None) if is_few => {
                let message = format!("a blind index of `{name}` would show its values: there are few");
                found.push(
                    encrypted_here(Diagnostic::new(E0833, field.named.span, message), encrypted)
                        .note("equal values have equal blind indexes, so how often each occurs gives it away")
                        .help("leave `searchable` out, or write `accept_leak because \"…\"`"),
                );
            }
            (None, Some((_, span))) | (Some(_), Some((_, span))) if encrypted.is_none() || !is_few => {
                found.push(
                    Diagnostic::new(
                        W0833,
                        *span,
                        format!("`accept_leak` accepts nothing: `{name}` leaks nothing by it"),
                    )
                    .help("leave it out; it is for `encrypted … searchable` on a type with few values"),
                );
            }
            _ => {}
        }
    }
    in_records(platform, found);
}

/// A blind index is a column of its own, beside the field.
fn in_records(platform: &Governed, found: &mut Vec<Diagnostic>) {
    let mut told = HashSet::new();
    for entity in &platform.entities {
        let places = platform.encrypted_places(entity.id);
        for place in places.iter().filter(|place| place.is_member() && place.encrypted.searchable) {
            if told.insert(place.encrypted.span) {
                let message = format!("`{}` cannot be searched blindly: it stands in a record", place.name());
                found.push(
                    encrypted_here(Diagnostic::new(E0839, place.field.named.span, message), place.encrypted)
                        .also(place.way[0].ty_span, "held here")
                        .help("leave `searchable` out, or keep what is searched in a field of the entity"),
                );
            }
        }
    }
}

/// Whether equal values are the same bytes.
fn has_one_form(platform: &Governed, ty: &Type) -> bool {
    match platform.scalar(ty) {
        // 1.0 and 1.00 are equal, and so are PT60S and PT1M.
        Some(Scalar::Decimal { .. } | Scalar::Interval) => false,
        Some(Scalar::Float | Scalar::Json | Scalar::Vector { .. }) => false,
        Some(Scalar::GeoPoint | Scalar::GeoLine | Scalar::GeoPolygon) => false,
        Some(_) => true,
        None => matches!(ty.kind, TypeKind::Enum(_) | TypeKind::Broken),
    }
}

fn has_few(platform: &Governed, ty: &Type, constraints: &Constraints) -> bool {
    let whole = |limit: &Option<(Number, _)>| limit.as_ref().and_then(|(n, _)| n.0.parse::<i128>().ok());
    let between = match (whole(&constraints.min), whole(&constraints.max)) {
        (Some(least), Some(most)) => most - least < FEW,
        _ => false,
    };
    // There are 95 characters on a keyboard, and 95³ is less than 2²⁰.
    let short = constraints.max_length.is_some_and(|(longest, _)| longest <= 3);
    match &ty.kind {
        TypeKind::Enum(_) => true,
        TypeKind::Constrained(id) => {
            short || between || has_few(platform, &platform[*id].base, &platform[*id].constraints)
        }
        TypeKind::Scalar(scalar) => match scalar {
            Scalar::Bool | Scalar::SmallInt | Scalar::Country | Scalar::Currency | Scalar::Language => true,
            // A life has some 40,000 days.
            Scalar::Date | Scalar::Time => true,
            Scalar::Char { length } => *length <= 3,
            Scalar::Text { max } => short || max.is_some_and(|max| max <= 3),
            _ => short || between,
        },
        _ => false,
    }
}
