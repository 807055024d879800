//! Calls: functions, casts by type name, sequences and fragments of SQL; and literals by the type that is expected.

use smol_str::SmolStr;

use super::exprs::{Cx, Place, broken};
use super::fields::{integer_fits, is_number, is_text, is_whole};
use super::literals::{compare, digits};
use super::names::{Kind, written};
use super::types::{SCALARS, scalar_name};
use super::{Owner, Resolver};
use crate::diagnostics::codes::{E0302, E0307, E0308};
use crate::diagnostics::{Diagnostic, did_you_mean};
use crate::model::expr::{Expr, ExprKind, Function};
use crate::model::types::Constraints;
use crate::model::{Duration, FieldId, Scalar, Thing, Type, TypeKind};
use crate::source::Span;
use crate::syntax::ast::{self, Literal, LiteralKind};

/// What `date_trunc` cuts to.
const UNITS: &[&str] = &["second", "minute", "hour", "day", "week", "month", "quarter", "year"];

impl<'t> Resolver<'t> {
    pub(super) fn call(
        &mut self,
        function: &'t ast::Path,
        arguments: &'t [ast::Expr],
        span: Span,
        cx: Cx,
        expected: Option<&Type>,
    ) -> Expr {
        let name = written(function);
        match name.as_str() {
            "next" => return self.next(arguments, span, cx),
            "sql" => return self.sql_fragment(arguments, span, expected),
            "decimal" => return self.cast_to_decimal(arguments, span, cx),
            _ => {}
        }
        if let Some((_, function)) = Function::ALL.iter().find(|(known, _)| *known == name) {
            return self.function(*function, &name, arguments, span, cx, expected);
        }
        if let Some((_, to)) = SCALARS.iter().find(|(known, _)| *known == name) {
            let [operand] = arguments else {
                return self.wrong_call(
                    span,
                    &format!("a cast takes one value: `{name}(…)`"),
                    "write for example `int(prefs.level)`",
                );
            };
            let operand = self.expr(operand, cx, None);
            return self.cast(operand, *to, span);
        }
        let known = Function::ALL.iter().map(|(known, _)| *known).chain(["next", "sql"]);
        let known = known.chain(SCALARS.iter().map(|(known, _)| *known));
        let help = did_you_mean(&name, known).unwrap_or_else(|| {
            let all: Vec<&str> = Function::ALL.iter().map(|(known, _)| *known).collect();
            format!("there is: {}, next, sql, and casts by type name", all.join(", "))
        });
        self.error(
            Diagnostic::new(E0308, function.span, format!("there is no function `{name}`")).help(help),
        );
        broken(span)
    }

    fn function(
        &mut self,
        function: Function,
        name: &str,
        arguments: &'t [ast::Expr],
        span: Span,
        cx: Cx,
        expected: Option<&Type>,
    ) -> Expr {
        let scalar = |scalar| Type::required(TypeKind::Scalar(scalar));
        let text = scalar(Scalar::Text { max: None });
        let (count, example) = match function {
            Function::Now | Function::UuidV4 | Function::UuidV7 | Function::Identity => {
                (0..=0, format!("{name}()"))
            }
            Function::Lower | Function::Upper | Function::Length => (1..=1, format!("{name}(field)")),
            Function::Coalesce => (2..=64, "coalesce(nickname, name)".to_owned()),
            Function::DateTrunc => (2..=2, "date_trunc(\"month\", at)".to_owned()),
        };
        if !count.contains(&arguments.len()) {
            return self.wrong_call(
                span,
                &format!("`{name}` does not take {} values", arguments.len()),
                &format!("write `{example}`"),
            );
        }
        let mut args: Vec<Expr> = Vec::with_capacity(arguments.len());
        let ty = match function {
            // Where a date or a time is asked for, the part of the moment that it holds, in UTC.
            Function::Now => match expected.and_then(|ty| self.underlying(ty)) {
                Some(TypeKind::Scalar(part @ (Scalar::Date | Scalar::Time)))
                    if cx.place == Place::Default =>
                {
                    scalar(part)
                }
                _ => scalar(Scalar::Timestamp),
            },
            Function::UuidV4 | Function::UuidV7 => scalar(Scalar::Uuid),
            Function::Identity => {
                if cx.place != Place::Default {
                    return self.wrong_call(
                        span,
                        "`identity()` is a default",
                        "write `id: bigint key = identity()`",
                    );
                }
                match expected.and_then(|ty| self.underlying(ty)) {
                    Some(TypeKind::Scalar(s)) if is_whole(s) => scalar(s),
                    _ => scalar(Scalar::BigInt),
                }
            }
            Function::Lower | Function::Upper => {
                args.push(self.expect(&arguments[0], cx, &text));
                Type { optional: args[0].ty.optional, ..text }
            }
            Function::Length => {
                let operand = self.expr(&arguments[0], cx, Some(&text));
                let measurable = match self.underlying(&operand.ty) {
                    Some(TypeKind::Scalar(s)) => is_text(s) || s == Scalar::Bytes,
                    Some(TypeKind::List(_) | TypeKind::Broken) | None => true,
                    Some(_) => false,
                };
                if !measurable {
                    return self.wrong_call(
                        span,
                        "`length` measures a text, bytes or a list",
                        "compare the value itself",
                    );
                }
                let optional = operand.ty.optional;
                args.push(operand);
                Type { kind: TypeKind::Scalar(Scalar::Int), optional }
            }
            Function::Coalesce => {
                let first = self.expr(&arguments[0], cx, expected);
                let mut ty = first.ty.clone();
                args.push(first);
                for argument in &arguments[1..] {
                    let like = Type { optional: true, ..ty.clone() };
                    let value = self.expect(argument, cx, &like);
                    ty.optional &= value.ty.optional || value.kind == ExprKind::Null;
                    args.push(value);
                }
                ty
            }
            Function::DateTrunc => {
                let unit = self.expr(&arguments[0], cx, Some(&text));
                let moment = self.expr(&arguments[1], cx, Some(&scalar(Scalar::Timestamp)));
                let known = matches!(&unit.kind, ExprKind::Text(unit) if UNITS.contains(&unit.as_str()));
                if !known {
                    return self.wrong_call(
                        arguments[0].span,
                        "`date_trunc` cuts to a unit of time",
                        &format!("one of: {}", UNITS.join(", ")),
                    );
                }
                let ty = moment.ty.clone();
                if !matches!(
                    self.underlying(&ty),
                    None | Some(TypeKind::Broken | TypeKind::Scalar(Scalar::Timestamp | Scalar::Date))
                ) {
                    return self.wrong_call(
                        arguments[1].span,
                        "`date_trunc` cuts a date or a timestamp",
                        "name such a field",
                    );
                }
                args.extend([unit, moment]);
                ty
            }
        };
        Expr { kind: ExprKind::Call { function, arguments: args }, ty, span }
    }

    /// `next(invoice_number)`
    fn next(&mut self, arguments: &'t [ast::Expr], span: Span, cx: Cx) -> Expr {
        let [ast::Expr { kind: ast::ExprKind::Path(path), .. }] = arguments else {
            return self.wrong_call(
                span,
                "`next` takes the name of a sequence",
                "write `= next(invoice_number)`",
            );
        };
        if cx.place != Place::Default {
            return self.wrong_call(
                span,
                "a sequence is drawn from by a default only",
                "write `number: bigint = next(…)`",
            );
        }
        match self.lookup(path, cx.scope, &[Kind::Sequence]) {
            Some(Thing::Sequence(id)) => {
                if cx.scope.store.is_some_and(|store| self.platform[id].store != store) {
                    return self.wrong_call(
                        span,
                        "the sequence is in another store",
                        "declare one in this store",
                    );
                }
                Expr { kind: ExprKind::Next(id), ty: Type::required(TypeKind::Scalar(Scalar::BigInt)), span }
            }
            _ => broken(span),
        }
    }

    /// `sql("…")`: parsed here, passed through by the store.
    fn sql_fragment(&mut self, arguments: &'t [ast::Expr], span: Span, expected: Option<&Type>) -> Expr {
        let text = match arguments {
            [ast::Expr { kind: ast::ExprKind::Literal(literal), .. }] => match &literal.kind {
                LiteralKind::Text(text) | LiteralKind::RawText(text) => Some((text.clone(), literal.span)),
                _ => None,
            },
            _ => None,
        };
        let Some((text, place)) = text else {
            return self.wrong_call(span, "`sql` takes a text", "write `sql(\"lower(name)\")`");
        };
        if !self.judge_fragment(&text, place) {
            return broken(span);
        }
        let ty = expected.cloned().unwrap_or(Type::required(TypeKind::Scalar(Scalar::Text { max: None })));
        Expr { kind: ExprKind::Sql(text), ty, span }
    }

    /// `decimal(x, 18, 2)`
    fn cast_to_decimal(&mut self, arguments: &'t [ast::Expr], span: Span, cx: Cx) -> Expr {
        let size = |e: &ast::Expr| match &e.kind {
            ast::ExprKind::Literal(Literal { kind: LiteralKind::Integer(n), .. }) => n.parse::<u16>().ok(),
            _ => None,
        };
        if let [operand, precision, scale] = arguments
            && let (Some(precision), Some(scale)) = (size(precision), size(scale))
            && (1..=28).contains(&precision)
            && scale <= precision
        {
            let operand = self.expr(operand, cx, None);
            return self.cast(operand, Scalar::Decimal { precision, scale }, span);
        }
        self.wrong_call(span, "a cast to `decimal` says its size", "write `decimal(x, 18, 2)`")
    }

    fn cast(&mut self, operand: Expr, to: Scalar, span: Span) -> Expr {
        let possible = match self.underlying(&operand.ty) {
            None | Some(TypeKind::Broken) => return broken(span),
            Some(TypeKind::Null) => true,
            Some(TypeKind::Enum(_)) => matches!(to, Scalar::Text { max: None }),
            Some(TypeKind::Scalar(from)) => can_cast(from, to),
            Some(_) => false,
        };
        if !possible {
            let from = self.type_name(&operand.ty);
            return self.wrong_call(
                span,
                &format!("`{from}` cannot become `{}`", scalar_name(to)),
                "numbers become numbers, texts become what they are written like, anything single becomes text",
            );
        }
        let ty = Type { kind: TypeKind::Scalar(to), optional: operand.ty.optional };
        Expr { kind: ExprKind::Cast { to, operand: Box::new(operand) }, ty, span }
    }

    fn wrong_call(&mut self, span: Span, message: &str, help: &str) -> Expr {
        self.error(Diagnostic::new(E0308, span, message).help(help));
        broken(span)
    }

    /// A literal, read by the type that is expected where one is.
    pub(super) fn literal(&mut self, literal: &Literal, expected: Option<&Type>) -> Expr {
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
                let scalar = wanted.filter(|s| is_number(*s) || *s == Scalar::Json).unwrap_or(own);
                if is_whole(scalar) && number.parse::<i64>().is_err() {
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
                of(ExprKind::Duration(Duration { count: *count, unit: *unit }), Scalar::Interval)
            }
            LiteralKind::Date { year, month, day } => {
                let kind = ExprKind::Date { year: *year, month: *month, day: *day };
                of(kind, wanted.filter(|s| *s == Scalar::Timestamp).unwrap_or(Scalar::Date))
            }
            LiteralKind::Size { .. } | LiteralKind::Percent(_) | LiteralKind::Version(_) => {
                let what = super::literals::shown(literal);
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
            Some(scalar) if is_text(scalar) => scalar,
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
    pub(super) fn judge_value(&mut self, owner: Owner, field: FieldId, value: &Expr) {
        let field = match owner {
            Owner::Entity(id) => &self.platform[id].fields[field.index()],
            Owner::Struct(id) => &self.platform[id].fields[field.index()],
        };
        let mut why = self.platform.constraints_of(field).into_iter().find_map(|c| refused_by(c, value));
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
}

/// The type's name, where a cast by that name exists.
pub(super) fn cast_name(scalar: Scalar) -> Option<&'static str> {
    SCALARS.iter().find(|(_, s)| *s == scalar).map(|(name, _)| *name).filter(|name| !name.contains('.'))
}

pub(super) fn can_cast(from: Scalar, to: Scalar) -> bool {
    let from_text = matches!(from, Scalar::Text { .. } | Scalar::Char { .. });
    let shapes = |s: Scalar| {
        matches!(
            s,
            Scalar::GeoPoint
                | Scalar::GeoLine
                | Scalar::GeoPolygon
                | Scalar::Vector { .. }
                | Scalar::Bytes
                | Scalar::Password
        )
    };
    match (from, to) {
        (a, b) if shapes(a) || shapes(b) => false,
        (a, b) if a == b => true,
        (a, b) if is_number(a) && is_number(b) => true,
        (_, Scalar::Text { max: None }) => true,
        (_, to) if from_text => !is_text(to),
        (Scalar::Date, Scalar::Timestamp) | (Scalar::Timestamp, Scalar::Date | Scalar::Time) => true,
        _ => false,
    }
}

fn refused_by(constraints: &Constraints, value: &Expr) -> Option<String> {
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
            let matches = regex_lite::Regex::new(pattern).is_ok_and(|regex| regex.is_match(text));
            (!matches).then(|| format!("it does not match `{pattern}`"))
        }
        _ => None,
    }
}

fn refused_by_type(scalar: Scalar, value: &Expr) -> Option<String> {
    let name = scalar_name(scalar);
    match (&value.kind, scalar) {
        (ExprKind::Integer(n) | ExprKind::Decimal(n), Scalar::Decimal { precision, scale }) => {
            let (whole, fraction) = digits(n);
            let too_long = whole > usize::from(precision - scale) || fraction > usize::from(scale);
            too_long.then(|| format!("it has more digits than `{name}`"))
        }
        (ExprKind::Integer(n), scalar) if is_whole(scalar) => {
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
