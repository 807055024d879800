//! Literals, read by the type that is expected of them, and judged by what the field beside them admits.

use smol_str::SmolStr;

use super::super::fields::integer_fits;
use super::super::literals::shown;
use super::super::{Owner, Resolver};
use super::broken;
use crate::expr::{Expr, ExprKind};
use crate::numbers::{compare, digits};
use crate::types::Constraints;
use crate::{Duration, FieldId, Scalar, Type, TypeKind};
use polity_syntax::ast::{Literal, LiteralKind};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::{E0302, E0307};
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

    /// A text, which may also be the written form of a uuid, an address, a time or json.
    fn text_literal(&mut self, text: &SmolStr, span: Span, wanted: Option<Scalar>) -> Expr {
        let scalar = match wanted {
            Some(scalar) if scalar.is_text() => scalar,
            Some(scalar) => {
                let form = match scalar {
                    Scalar::Json => Some(("json", "", true)),
                    Scalar::Uuid => {
                        Some(("a uuid", "\"018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2b10\"", is_uuid(text)))
                    }
                    Scalar::Inet => Some(("an address", "\"192.0.2.0/24\"", is_inet(text))),
                    Scalar::Time => Some(("a time", "\"08:30:00\"", is_time(text))),
                    Scalar::ObjectId => Some((
                        "an object id",
                        "\"507f1f77bcf86cd799439011\"",
                        text.len() == 24 && text.bytes().all(|b| b.is_ascii_hexdigit()),
                    )),
                    Scalar::Date | Scalar::Timestamp => Some(("a date", "2026-01-31", false)),
                    _ => None,
                };
                match form {
                    Some((_, _, true)) => scalar,
                    Some((what, example, false)) => {
                        self.error(
                            Diagnostic::new(E0302, span, format!("this text is not {what}"))
                                .help(format!("write for example `{example}`")),
                        );
                        return broken(span);
                    }
                    None => Scalar::Text { max: None },
                }
            }
            None => Scalar::Text { max: None },
        };
        Expr { kind: ExprKind::Text(text.clone()), ty: Type::required(TypeKind::Scalar(scalar)), span }
    }

    /// A literal beside a field must be a value that the field admits.
    pub(crate) fn judge_value(&mut self, owner: Owner, field: FieldId, value: &Expr) {
        let field = match owner {
            Owner::Entity(id) => &self.platform[id].fields[field.index()],
            Owner::Struct(id) => &self.platform[id].fields[field.index()],
        };
        let mut why = self.platform.constraints_of(field).into_iter().find_map(|c| self.refused_by(c, value));
        if why.is_none()
            && let Some(scalar) = self.platform.scalar(&field.ty)
        {
            why = refused_by_type(scalar, value);
        }
        if let Some(why) = why {
            let diagnostic = Diagnostic::new(
                E0307,
                value.span,
                format!("`{}` does not admit this value: {why}", field.named.name),
            )
            .also(field.ty_span, "the field's type")
            .help("change the value, or what the field admits");
            self.error(diagnostic);
        }
    }

    fn refused_by(&self, constraints: &Constraints, value: &Expr) -> Option<String> {
        match &value.kind {
            ExprKind::Integer(n) | ExprKind::Decimal(n) => {
                if let Some((min, _)) = &constraints.min
                    && compare(n, &min.0).is_lt()
                {
                    return Some(format!("it is less than {}", min.0));
                }
                let (max, _) = constraints.max.as_ref()?;
                compare(n, &max.0).is_gt().then(|| format!("it is more than {}", max.0))
            }
            ExprKind::Text(text) => {
                let length = text.chars().count();
                if let Some((min, _)) = constraints.min_length
                    && length < min as usize
                {
                    return Some(format!("it is shorter than {min}"));
                }
                if let Some((max, _)) = constraints.max_length
                    && length > max as usize
                {
                    return Some(format!("it is longer than {max}"));
                }
                let (pattern, _) = constraints.matches.as_ref()?;
                self.patterns.refuses(pattern, text)
            }
            _ => None,
        }
    }
}

fn refused_by_type(scalar: Scalar, value: &Expr) -> Option<String> {
    let name = scalar.name();
    match (&value.kind, scalar) {
        (ExprKind::Integer(n) | ExprKind::Decimal(n), Scalar::Decimal { precision, scale }) => {
            let (whole, fraction) = digits(n);
            let too_long = whole > usize::from(precision - scale) || fraction > usize::from(scale);
            too_long.then(|| format!("it has more digits than `{name}`"))
        }
        (ExprKind::Integer(n), scalar) if scalar.is_whole() => {
            (!integer_fits(n, scalar)).then(|| format!("it is beyond `{name}`"))
        }
        (ExprKind::Text(text), Scalar::Text { max: Some(max) }) => {
            (text.chars().count() > max as usize).then(|| format!("it is longer than `{name}`"))
        }
        (ExprKind::Text(text), Scalar::Char { length }) => {
            (text.chars().count() != length as usize).then(|| format!("it is not {length} characters long"))
        }
        (ExprKind::Text(text), scalar) => {
            let pattern = scalar.pattern()?;
            let matches = regex_lite::Regex::new(pattern).is_ok_and(|regex| regex.is_match(text));
            (!matches).then(|| format!("it is no `{name}`"))
        }
        (ExprKind::List(values), Scalar::Vector { dimensions }) => (values.len() != dimensions as usize)
            .then(|| format!("it has {} numbers, not {dimensions}", values.len())),
        _ => None,
    }
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(i, b)| match i {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

fn is_inet(text: &str) -> bool {
    let (address, prefix) = text.split_once('/').map_or((text, None), |(a, p)| (a, Some(p)));
    let Ok(address) = address.parse::<std::net::IpAddr>() else { return false };
    let most = if address.is_ipv4() { 32 } else { 128 };
    prefix.is_none_or(|p| p.parse::<u8>().is_ok_and(|p| p <= most))
}

fn is_time(text: &str) -> bool {
    let parts: Vec<&str> = text.split(':').collect();
    let in_range = |part: &str, end: u8| {
        part.len() == 2
            && part.bytes().all(|b| b.is_ascii_digit())
            && part.parse::<u8>().is_ok_and(|n| n < end)
    };
    match parts[..] {
        [hour, minute] => in_range(hour, 24) && in_range(minute, 60),
        [hour, minute, second] => in_range(hour, 24) && in_range(minute, 60) && in_range(second, 60),
        _ => false,
    }
}
