//! Literals, read by the type that is expected of them.

use smol_str::{SmolStr, format_smolstr};

use super::super::Resolver;
use super::super::literals::shown;
use super::broken;
use crate::expr::{Expr, ExprKind};
use crate::numbers::digits;
use crate::{Duration, Scalar, Type, TypeKind};
use polity_syntax::ast::{Literal, LiteralKind};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0302;
use polity_text::source::Span;

impl<'t> Resolver<'t> {
    /// A literal, read by the type that is expected where one is.
    pub(crate) fn literal(&mut self, literal: &Literal, expected: Option<&Type>) -> Expr {
        let wanted = match expected.and_then(|ty| self.underlying(ty)) {
            Some(TypeKind::Scalar(scalar)) => Some(scalar),
            _ => None,
        };
        let span = literal.span;
        let of = |kind, scalar| Expr { kind, ty: Type::required(TypeKind::Scalar(scalar)), span };
        match &literal.kind {
            LiteralKind::Null => {
                Expr { kind: ExprKind::Null, ty: Type { kind: TypeKind::Null, optional: true }, span }
            }
            LiteralKind::Bool(value) => {
                of(ExprKind::Bool(*value), wanted.filter(|s| *s == Scalar::Json).unwrap_or(Scalar::Bool))
            }
            LiteralKind::Integer(number) => {
                let own = if number.parse::<i32>().is_ok() { Scalar::Int } else { Scalar::BigInt };
                let scalar = wanted.filter(|s| s.is_number() || *s == Scalar::Json).unwrap_or(own);
                if scalar.is_whole() && number.parse::<i64>().is_err() {
                    self.error(
                        Diagnostic::new(E0302, span, format!("{number} is beyond every whole number"))
                            .help("a `bigint` goes from -9223372036854775808 to 9223372036854775807"),
                    );
                    return broken(span);
                }
                of(ExprKind::Integer(number.clone()), scalar)
            }
            LiteralKind::Decimal(number) => {
                let (whole, fraction) = digits(number);
                let fraction = fraction.clamp(1, 28) as u16;
                let own = Scalar::Decimal {
                    precision: (whole as u16).saturating_add(fraction).min(28),
                    scale: fraction,
                };
                let fits = |s: &Scalar| matches!(s, Scalar::Decimal { .. } | Scalar::Float | Scalar::Json);
                of(ExprKind::Decimal(number.clone()), wanted.filter(fits).unwrap_or(own))
            }
            LiteralKind::Text(text) | LiteralKind::RawText(text) => self.text_literal(text, span, wanted),
            LiteralKind::Duration { count, unit } => {
                of(ExprKind::Duration(Duration { count: *count, unit: (*unit).into() }), Scalar::Interval)
            }
            LiteralKind::Date { year, month, day } => {
                let kind = ExprKind::Date { year: *year, month: *month, day: *day };
                of(kind, wanted.filter(|s| *s == Scalar::Timestamp).unwrap_or(Scalar::Date))
            }
            LiteralKind::Broken => broken(span),
            LiteralKind::Size { .. } | LiteralKind::Percent(_) | LiteralKind::Version(_) => {
                let what = shown(literal);
                self.error(
                    Diagnostic::new(E0302, span, format!("{what} is no value of a field"))
                        .help("write the number: bytes, or a fraction such as `0.85`"),
                );
                broken(span)
            }
        }
    }

    /// A text, which may also be the written form of a uuid, an address, a time or json: then in the one form that all
    /// stores write.
    pub(super) fn text_literal(&mut self, text: &SmolStr, span: Span, wanted: Option<Scalar>) -> Expr {
        let of = |text, scalar| Expr {
            kind: ExprKind::Text(text),
            ty: Type::required(TypeKind::Scalar(scalar)),
            span,
        };
        let (what, example, form) = match wanted {
            Some(Scalar::Json) => return of(text.clone(), Scalar::Json),
            Some(Scalar::Uuid) => ("a uuid", "\"018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2b10\"", uuid(text)),
            Some(Scalar::Inet) => ("an address", "\"192.0.2.0/24\"", inet(text)),
            Some(Scalar::Time) => ("a time", "\"08:30:00\"", time(text)),
            Some(Scalar::ObjectId) => ("an object id", "\"507f1f77bcf86cd799439011\"", object_id(text)),
            Some(Scalar::Date | Scalar::Timestamp) => ("a date", "2026-01-31", None),
            Some(scalar) if scalar.is_text() => return of(text.clone(), scalar),
            _ => return of(text.clone(), Scalar::Text { max: None }),
        };
        match (form, wanted) {
            (Some(form), Some(scalar)) => of(form, scalar),
            _ => {
                self.error(
                    Diagnostic::new(E0302, span, format!("this text is not {what}"))
                        .help(format!("write for example `{example}`")),
                );
                broken(span)
            }
        }
    }
}

fn uuid(text: &str) -> Option<SmolStr> {
    let is_uuid = text.len() == 36
        && text.bytes().enumerate().all(|(i, b)| match i {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        });
    is_uuid.then(|| text.to_ascii_lowercase().into())
}

fn object_id(text: &str) -> Option<SmolStr> {
    let is_id = text.len() == 24 && text.bytes().all(|b| b.is_ascii_hexdigit());
    is_id.then(|| text.to_ascii_lowercase().into())
}

fn inet(text: &str) -> Option<SmolStr> {
    let (address, prefix) = text.split_once('/').map_or((text, None), |(a, p)| (a, Some(p)));
    let address: std::net::IpAddr = address.parse().ok()?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    let Some(prefix) = prefix else { return Some(format_smolstr!("{address}")) };
    let is_number = !prefix.is_empty() && prefix.bytes().all(|b| b.is_ascii_digit());
    let prefix: u8 = prefix.parse().ok().filter(|prefix| is_number && *prefix <= most)?;
    // An address with all of its bits is the address.
    Some(if prefix == most { format_smolstr!("{address}") } else { format_smolstr!("{address}/{prefix}") })
}

/// Hours and minutes, and with them the seconds that nobody wrote.
fn time(text: &str) -> Option<SmolStr> {
    let parts: Vec<&str> = text.split(':').collect();
    let in_range = |part: &str, end: u8| {
        part.len() == 2
            && part.bytes().all(|b| b.is_ascii_digit())
            && part.parse::<u8>().is_ok_and(|n| n < end)
    };
    let (hour, minute, second) = match parts[..] {
        [hour, minute] => (hour, minute, "00"),
        [hour, minute, second] => (hour, minute, second),
        _ => return None,
    };
    let is_time = in_range(hour, 24) && in_range(minute, 60) && in_range(second, 60);
    is_time.then(|| format_smolstr!("{hour}:{minute}:{second}"))
}
