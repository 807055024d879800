//! Calls: functions, casts by type name, sequences and fragments of SQL; and literals by the type that is expected.

use super::super::Resolver;
use super::super::names::{Kind, written};
use super::constants::folded;
use super::{Cx, Place, broken, habits};
use crate::expr::{Expr, ExprKind, Function};
use crate::{Scalar, Thing, Type, TypeKind};
use polity_syntax::ast::{self, LiteralKind};
use polity_text::diagnostics::codes::E0308;
use polity_text::diagnostics::{Diagnostic, Help, did_you_mean};
use polity_text::source::Span;

/// The units that `date_trunc` truncates to.
const UNITS: &[&str] = &["second", "minute", "hour", "day", "week", "month", "quarter", "year"];

/// The values of a call and the type of its result, or what stands in place of a call that was refused.
type Called = Result<(Vec<Expr>, Type), Expr>;

impl<'t> Resolver<'t> {
    pub(crate) fn call(
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
            "sql" => return self.sql_fragment(arguments, span, cx, expected),
            "decimal" => return self.cast_to_decimal(arguments, span, cx),
            _ => {}
        }
        if let Some((_, function)) = Function::ALL.iter().find(|(known, _)| *known == name) {
            return self.function(*function, &name, arguments, span, cx, expected);
        }
        if let Some((_, to)) = Scalar::PLAIN.iter().find(|(known, _)| *known == name) {
            let [operand] = arguments else {
                if arguments.is_empty() && *to == Scalar::Uuid {
                    let help =
                        Help::write("uuid_v7()").and(", or `uuid_v4()` where it must not tell its time");
                    self.error(
                        Diagnostic::new(E0308, span, "`uuid` is a type, and makes no value").help(help),
                    );
                    return broken(span);
                }
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
        let known = known.chain(Scalar::PLAIN.iter().map(|(known, _)| *known));
        let help = habits::function(&name).unwrap_or_else(|| {
            did_you_mean(&name, known).unwrap_or_else(|| {
                let all: Vec<&str> = Function::ALL.iter().map(|(known, _)| *known).collect();
                format!("there is: {}, next, sql, and casts by type name", all.join(", "))
            })
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
        let (count, example) = match function {
            Function::Now | Function::UuidV4 | Function::UuidV7 | Function::Identity => {
                (0..=0, format!("{name}()"))
            }
            Function::Lower | Function::Upper | Function::Length | Function::Abs | Function::Trim => {
                (1..=1, format!("{name}(field)"))
            }
            Function::Round => (1..=2, "round(price * 1.19, 2)".to_owned()),
            Function::Coalesce => (2..=64, "coalesce(nickname, name)".to_owned()),
            Function::Least | Function::Greatest => (2..=64, format!("{name}(one, other)")),
            Function::DateTrunc => (2..=2, "date_trunc(\"month\", at)".to_owned()),
        };
        if !count.contains(&arguments.len()) {
            return self.wrong_call(
                span,
                &format!("`{name}` does not take {} values", arguments.len()),
                &format!("write `{example}`"),
            );
        }
        let called = match function {
            Function::Now => Ok((Vec::new(), self.type_of_now(cx, expected))),
            Function::UuidV4 | Function::UuidV7 => Ok((Vec::new(), scalar(Scalar::Uuid))),
            Function::Identity => self.identity(span, cx, expected),
            Function::Lower | Function::Upper | Function::Trim => {
                let text = scalar(Scalar::Text { max: None });
                let operand = self.expect(&arguments[0], cx, &text);
                let ty = Type { optional: operand.ty.optional, ..text };
                Ok((vec![operand], ty))
            }
            Function::Length => self.length_of(&arguments[0], span, cx),
            Function::Coalesce => Ok(self.coalesce(arguments, cx, expected)),
            Function::DateTrunc => self.date_trunc(&arguments[0], &arguments[1], cx),
            Function::Abs => self.absolute(&arguments[0], span, cx, expected),
            Function::Round => self.rounded(&arguments[0], arguments.get(1), span, cx, expected),
            Function::Least | Function::Greatest => self.extreme(arguments, span, cx, expected),
        };
        match called {
            Ok((arguments, ty)) => folded(Expr { kind: ExprKind::Call { function, arguments }, ty, span }),
            Err(refused) => refused,
        }
    }

    /// Where a date or a time is asked for, the part of the moment that it holds, in UTC.
    fn type_of_now(&self, cx: Cx, expected: Option<&Type>) -> Type {
        match expected.and_then(|ty| self.underlying(ty)) {
            Some(TypeKind::Scalar(part @ (Scalar::Date | Scalar::Time))) if cx.place == Place::Default => {
                scalar(part)
            }
            _ => scalar(Scalar::Timestamp),
        }
    }

    fn identity(&mut self, span: Span, cx: Cx, expected: Option<&Type>) -> Called {
        if cx.place != Place::Default {
            let help = "write `id: bigint key = identity()`";
            return Err(self.wrong_call(span, "`identity()` is a default", help));
        }
        let ty = match expected.and_then(|ty| self.underlying(ty)) {
            Some(TypeKind::Scalar(s)) if s.is_whole() => scalar(s),
            _ => scalar(Scalar::BigInt),
        };
        Ok((Vec::new(), ty))
    }

    fn length_of(&mut self, operand: &'t ast::Expr, span: Span, cx: Cx) -> Called {
        let operand = self.expr(operand, cx, Some(&scalar(Scalar::Text { max: None })));
        let measurable = match self.underlying(&operand.ty) {
            Some(TypeKind::Scalar(s)) => s.is_text() || s == Scalar::Bytes,
            Some(TypeKind::List(_) | TypeKind::Broken) | None => true,
            Some(_) => false,
        };
        if !measurable {
            let message = "`length` measures a text, bytes or a list";
            return Err(self.wrong_call(span, message, "compare the value itself"));
        }
        let ty = Type { kind: TypeKind::Scalar(Scalar::Int), optional: operand.ty.optional };
        Ok((vec![operand], ty))
    }

    /// A number without its sign.
    fn absolute(&mut self, operand: &'t ast::Expr, span: Span, cx: Cx, expected: Option<&Type>) -> Called {
        let operand = self.expr(operand, cx, expected);
        let ty = operand.ty.clone();
        match self.underlying(&ty) {
            None | Some(TypeKind::Broken) => Err(broken(span)),
            Some(TypeKind::Scalar(scalar)) if scalar.is_number() => {
                Ok((vec![operand], Type { kind: TypeKind::Scalar(scalar), ..ty }))
            }
            Some(_) => Err(self.wrong_call(span, "`abs` takes a number", "name a number")),
        }
    }

    /// `round(price)`, `round(price * 1.19, 2)`
    fn rounded(
        &mut self,
        operand: &'t ast::Expr,
        to: Option<&'t ast::Expr>,
        span: Span,
        cx: Cx,
        expected: Option<&Type>,
    ) -> Called {
        let operand = self.expr(operand, cx, expected);
        let ty = operand.ty.clone();
        let scalar = match self.underlying(&ty) {
            None | Some(TypeKind::Broken) => return Err(broken(span)),
            Some(TypeKind::Scalar(scalar)) if scalar.is_number() => scalar,
            Some(_) => return Err(self.wrong_call(span, "`round` takes a number", "name a number")),
        };
        let digits = match to.map(|to| &to.kind) {
            None => 0,
            Some(ast::ExprKind::Literal(ast::Literal { kind: LiteralKind::Integer(digits), .. }))
                if digits.parse::<u16>().is_ok_and(|digits| digits <= 28) =>
            {
                digits.parse().unwrap_or(0)
            }
            Some(_) => {
                let help = "write a number of digits from 0 to 28: `round(price * 1.19, 2)`";
                return Err(self.wrong_call(span, "`round` is told how many digits to keep", help));
            }
        };
        let result = match scalar {
            Scalar::Decimal { precision, scale } => {
                let kept = scale.min(digits);
                Scalar::Decimal { precision: precision.saturating_sub(scale) + 1 + kept, scale: kept }
            }
            Scalar::Float if to.is_some() => {
                let help = "round a decimal: `round(decimal(x, 18, 6), 2)`";
                return Err(self.wrong_call(span, "a `float` has no decimal digits to keep", help));
            }
            scalar => scalar,
        };
        let mut arguments = vec![operand];
        arguments.extend(to.map(|to| Expr {
            kind: ExprKind::Integer(smol_str::format_smolstr!("{digits}")),
            ty: self::scalar(Scalar::Int),
            span: to.span,
        }));
        Ok((arguments, Type { kind: TypeKind::Scalar(result), ..ty }))
    }

    fn date_trunc(&mut self, unit: &'t ast::Expr, moment: &'t ast::Expr, cx: Cx) -> Called {
        let (unit_span, moment_span) = (unit.span, moment.span);
        let unit = self.expr(unit, cx, Some(&scalar(Scalar::Text { max: None })));
        let moment = self.expr(moment, cx, Some(&scalar(Scalar::Timestamp)));
        if !matches!(&unit.kind, ExprKind::Text(unit) if UNITS.contains(&unit.as_str())) {
            let help = format!("one of: {}", UNITS.join(", "));
            return Err(self.wrong_call(unit_span, "`date_trunc` cuts to a unit of time", &help));
        }
        let ty = moment.ty.clone();
        if !matches!(
            self.underlying(&ty),
            None | Some(TypeKind::Broken | TypeKind::Scalar(Scalar::Timestamp | Scalar::Date))
        ) {
            let message = "`date_trunc` cuts a date or a timestamp";
            return Err(self.wrong_call(moment_span, message, "name such a field"));
        }
        Ok((vec![unit, moment], ty))
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
    fn sql_fragment(
        &mut self,
        arguments: &'t [ast::Expr],
        span: Span,
        cx: Cx,
        expected: Option<&Type>,
    ) -> Expr {
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
        self.mentions.sql.push(text.to_string());
        let Some(fragment) = self.fragment(&text, place) else { return broken(span) };
        let mut ty =
            expected.cloned().unwrap_or(Type::required(TypeKind::Scalar(Scalar::Text { max: None })));
        let before = self.found.len();
        if let Some(optional) = self.judge_fragment(&fragment, place, cx, expected) {
            ty.optional = optional;
        }
        let is_sound = self.found.len() == before;
        let reads = self.fields_of_fragment(&fragment.expr, span, cx, is_sound);
        Expr { kind: ExprKind::Sql { text: fragment.text, reads }, ty, span }
    }

    pub(super) fn wrong_call(&mut self, span: Span, message: &str, help: &str) -> Expr {
        self.error(Diagnostic::new(E0308, span, message).help(help));
        broken(span)
    }
}

fn scalar(scalar: Scalar) -> Type {
    Type::required(TypeKind::Scalar(scalar))
}
