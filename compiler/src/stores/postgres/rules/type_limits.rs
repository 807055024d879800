//! Types that go beyond what PostgreSQL can store.

use super::entities;
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::E0504;
use crate::model::entity::Field;
use crate::model::expr::ExprKind;
use crate::model::{Platform, Scalar, Store, Type, TypeKind};
use crate::source::Span;

/// The most digits of a `numeric` with a given precision (PostgreSQL's reference, 8.1.2).
const DIGITS: u16 = 1000;
/// The most dimensions of a `vector` (pgvector).
const DIMENSIONS: u32 = 16_000;

/// Too many digits or dimensions, and texts with a zero byte.
pub(super) fn type_limits(platform: &Platform, store: &Store, found: &mut Vec<Diagnostic>) {
    for entity in entities(platform, store) {
        for field in &entity.fields {
            judge(platform, &field.ty, field.ty_span, found);
            zero_byte(field, found);
        }
    }
    for named in &platform.enums {
        for value in named.values.iter().filter(|v| v.named.stored.contains('\0')) {
            found.push(
                Diagnostic::new(E0504, value.named.span, "a text of PostgreSQL holds no zero byte")
                    .help("leave `\\u{0}` out"),
            );
        }
    }
}

fn judge(platform: &Platform, ty: &Type, span: Span, found: &mut Vec<Diagnostic>) {
    match &ty.kind {
        TypeKind::List(element) => judge(platform, element, span, found),
        TypeKind::Constrained(id) => judge(platform, &platform[*id].base, span, found),
        TypeKind::Scalar(Scalar::Decimal { precision, .. }) if *precision > DIGITS => found.push(
            Diagnostic::new(E0504, span, format!("a decimal of PostgreSQL has at most {DIGITS} digits"))
                .help(format!("write at most `decimal({DIGITS}, …)`")),
        ),
        TypeKind::Scalar(Scalar::Vector { dimensions }) if *dimensions > DIMENSIONS => found.push(
            Diagnostic::new(E0504, span, format!("a vector of pgvector has at most {DIMENSIONS} dimensions"))
                .help(format!("write at most `vector({DIMENSIONS})`")),
        ),
        _ => {}
    }
}

fn zero_byte(field: &Field, found: &mut Vec<Diagnostic>) {
    for value in field.default.iter().chain(&field.computed).chain(&field.constraints.checks) {
        value.walk(&mut |e| {
            if matches!(&e.kind, ExprKind::Text(text) if text.contains('\0')) {
                found.push(
                    Diagnostic::new(E0504, e.span, "a text of PostgreSQL holds no zero byte")
                        .help("leave `\\u{0}` out, or make the field `bytes`"),
                );
            }
        });
    }
}
