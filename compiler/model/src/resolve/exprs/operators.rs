//! Operators: which operands each takes, and what type it makes of them.

use smol_str::{SmolStr, format_smolstr};

use super::super::Resolver;
use super::super::names::written;
use super::constants::folded;
use super::{Cx, boolean, broken};
use crate::expr::{BinaryOp, Expr, ExprKind, UnaryOp};
use crate::numbers::digits;
use crate::{Scalar, Type, TypeKind, meaning};
use polity_syntax::ast::{self, Literal, LiteralKind};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0309;
use polity_text::source::Span;

impl<'t> Resolver<'t> {
    pub(super) fn unary(
        &mut self,
        op: UnaryOp,
        operand: &'t ast::Expr,
        span: Span,
        cx: Cx,
        expected: Option<&Type>,
    ) -> Expr {
        match op {
            UnaryOp::Not => {
                let operand = self.condition(operand, cx);
                let optional = operand.ty.optional;
                boolean(ExprKind::Unary { op, operand: Box::new(operand) }, optional, span)
            }
            UnaryOp::Minus => {
                if let Some(number) = negative(operand, span) {
                    return self.literal(&number, expected);
                }
                let operand = self.expr(operand, cx, expected);
                let ty = operand.ty.clone();
                let negatable = match self.underlying(&ty) {
                    None | Some(TypeKind::Broken) => return broken(span),
                    Some(TypeKind::Scalar(scalar)) => scalar.is_number() || scalar == Scalar::Interval,
                    Some(_) => false,
                };
                if !negatable {
                    return self.operands(span, "`-` takes a number", "compare or subtract numbers");
                }
                folded(Expr { kind: ExprKind::Unary { op, operand: Box::new(operand) }, ty, span })
            }
        }
    }

    pub(super) fn binary(
        &mut self,
        op: BinaryOp,
        left: &'t ast::Expr,
        right: &'t ast::Expr,
        span: Span,
        cx: Cx,
        expected: Option<&Type>,
    ) -> Expr {
        match op {
            BinaryOp::And | BinaryOp::Or => {
                let (left, right) = (self.condition(left, cx), self.condition(right, cx));
                let optional = left.ty.optional || right.ty.optional;
                boolean(join(op, left, right), optional, span)
            }
            BinaryOp::Equal
            | BinaryOp::NotEqual
            | BinaryOp::Less
            | BinaryOp::LessEqual
            | BinaryOp::Greater
            | BinaryOp::GreaterEqual => self.comparison(op, left, right, span, cx),
            BinaryOp::Matches => self.match_of_pattern(left, right, span, cx),
            BinaryOp::Concat => {
                let text = Type::required(TypeKind::Scalar(Scalar::Text { max: None }));
                let (left, right) = (self.expect(left, cx, &text), self.expect(right, cx, &text));
                let ty = Type { optional: left.ty.optional || right.ty.optional, ..text };
                folded(Expr { kind: join(op, left, right), ty, span })
            }
            BinaryOp::Add | BinaryOp::Subtract | BinaryOp::Multiply | BinaryOp::Divide | BinaryOp::Modulo => {
                let (left, right) = self.both(left, right, cx, expected);
                self.arithmetic(op, left, right, span)
            }
        }
    }

    fn comparison(
        &mut self,
        op: BinaryOp,
        left: &'t ast::Expr,
        right: &'t ast::Expr,
        span: Span,
        cx: Cx,
    ) -> Expr {
        let (left, right) = self.both(left, right, cx, None);
        if let ExprKind::Null = right.kind {
            let not = if op == BinaryOp::NotEqual { "not " } else { "" };
            let behind = Span { start: left.span.end, ..span };
            self.error(
                Diagnostic::new(E0309, span, "nothing is equal to `null`")
                    .help(format!("write `is {not}null`"))
                    .edit(behind, format!(" is {not}null"))
                    .certain(),
            );
            return broken(span);
        }
        self.comparable(&left, &right, op, span);
        let optional = left.ty.optional || right.ty.optional;
        boolean(join(op, left, right), optional, span)
    }

    /// `name matches "^[a-z]+$"`
    fn match_of_pattern(&mut self, left: &'t ast::Expr, right: &'t ast::Expr, span: Span, cx: Cx) -> Expr {
        let text = Type::required(TypeKind::Scalar(Scalar::Text { max: None }));
        let left = self.expect(left, cx, &text);
        let right = self.expr(right, cx, Some(&text));
        if let ExprKind::Text(pattern) = &right.kind {
            self.judged_pattern(pattern.clone(), right.span);
        } else if right.kind != ExprKind::Broken {
            let help = "write `name matches \"^[a-z]+$\"`";
            return self.operands(right.span, "a pattern is a text", help);
        }
        let optional = left.ty.optional;
        boolean(join(BinaryOp::Matches, left, right), optional, span)
    }

    /// Both operands, the one that tells its type by itself first, so that the other can be read by it.
    fn both(
        &mut self,
        left: &'t ast::Expr,
        right: &'t ast::Expr,
        cx: Cx,
        expected: Option<&Type>,
    ) -> (Expr, Expr) {
        if !self.tells_its_type(left, cx) && self.tells_its_type(right, cx) {
            let right = self.expr(right, cx, None);
            let left = self.expr(left, cx, Some(&right.ty));
            return (left, right);
        }
        let left = self.expr(left, cx, expected);
        let right = self.expr(right, cx, Some(&left.ty));
        (left, right)
    }

    pub(super) fn tells_its_type(&self, e: &ast::Expr, cx: Cx) -> bool {
        match &e.kind {
            ast::ExprKind::Literal(_) | ast::ExprKind::List(_) | ast::ExprKind::Record(_) => false,
            ast::ExprKind::Path(path) => {
                path.names.len() > 1
                    || path.names.first().is_some_and(|name| self.own_field(cx, &name.text).is_some())
            }
            ast::ExprKind::Paren(inner) => self.tells_its_type(inner, cx),
            ast::ExprKind::Unary { operand, .. } => self.tells_its_type(operand, cx),
            ast::ExprKind::Binary { left, right, .. } => {
                self.tells_its_type(left, cx) || self.tells_its_type(right, cx)
            }
            ast::ExprKind::Call { function, arguments } => match written(function).as_str() {
                "sql" => false,
                "coalesce" | "least" | "greatest" | "abs" | "round" => {
                    arguments.iter().any(|argument| self.tells_its_type(argument, cx))
                }
                _ => true,
            },
            ast::ExprKind::Case { branches, otherwise } => {
                let mut values = branches.iter().map(|(_, value)| value).chain(otherwise.as_deref());
                values.any(|value| self.tells_its_type(value, cx))
            }
            _ => true,
        }
    }

    pub(super) fn comparable(&mut self, left: &Expr, right: &Expr, op: BinaryOp, span: Span) {
        let (Some(a), Some(b)) = (self.underlying(&left.ty), self.underlying(&right.ty)) else { return };
        if matches!(a, TypeKind::Broken | TypeKind::Null) || matches!(b, TypeKind::Broken | TypeKind::Null) {
            return;
        }
        let ordered = !matches!(op, BinaryOp::Equal | BinaryOp::NotEqual);
        let agree = match (&a, &b) {
            (TypeKind::Scalar(a), TypeKind::Scalar(b)) => same_family(*a, *b),
            (a, b) => a == b,
        };
        let (left_name, right_name) = (self.platform.type_name(&left.ty), self.platform.type_name(&right.ty));
        if !agree {
            let help = match (&a, &b) {
                (TypeKind::Scalar(Scalar::Text { .. }), TypeKind::Scalar(other))
                    if matches!(&left.kind, ExprKind::Field(path) if !path.steps.is_empty())
                        && super::casts::cast_name(*other).is_some() =>
                {
                    let cast = super::casts::cast_name(*other).unwrap_or("int");
                    format!("what a path into json leads to is text; write `{cast}(…)` around it")
                }
                (_, TypeKind::Scalar(Scalar::Text { .. })) if matches!(a, TypeKind::Enum(_)) => {
                    "write the enum value without quotes".to_owned()
                }
                _ => "both sides must be of one type; a cast is written `int(…)`, `text(…)`, `date(…)`"
                    .to_owned(),
            };
            self.operands(span, &format!("`{left_name}` and `{right_name}` cannot be compared"), &help);
        } else if ordered
            && !matches!(&a, TypeKind::Scalar(s) if s.is_number() || s.is_text() || matches!(s,
                Scalar::Date | Scalar::Time | Scalar::Timestamp | Scalar::Interval | Scalar::Uuid | Scalar::Inet))
        {
            self.operands(
                span,
                &format!("values of `{left_name}` have no order"),
                "compare them with `=`, `!=` or `in [..]`",
            );
        }
    }

    fn arithmetic(&mut self, op: BinaryOp, left: Expr, right: Expr, span: Span) -> Expr {
        let (Some(a), Some(b)) = (self.underlying(&left.ty), self.underlying(&right.ty)) else {
            return broken(span);
        };
        if matches!(a, TypeKind::Broken) || matches!(b, TypeKind::Broken) {
            return broken(span);
        }
        let is_zero =
            matches!(&right.kind, ExprKind::Integer(n) | ExprKind::Decimal(n) if digits(n) == (0, 0));
        if is_zero && matches!(op, BinaryOp::Divide | BinaryOp::Modulo) {
            return self.operands(right.span, "nothing can be divided by zero", "every row would be refused");
        }
        let optional = left.ty.optional || right.ty.optional;
        let result = match (&a, &b) {
            (TypeKind::Scalar(a), TypeKind::Scalar(b)) => meaning::arithmetic(op, *a, *b),
            _ => None,
        };
        let Some((result, _)) = result else {
            let (a, b) = (self.platform.type_name(&left.ty), self.platform.type_name(&right.ty));
            let help = if is_text_kind(&a) && op == BinaryOp::Add {
                "texts are joined with `||`"
            } else {
                "numbers go with numbers, moments with durations"
            };
            return self.operands(span, &format!("`{a}` {} `{b}` has no value", sign(op)), help);
        };
        folded(Expr {
            kind: join(op, left, right),
            ty: Type { kind: TypeKind::Scalar(result), optional },
            span,
        })
    }

    pub(crate) fn operands(&mut self, span: Span, message: &str, help: &str) -> Expr {
        self.error(Diagnostic::new(E0309, span, message).help(help));
        broken(span)
    }
}

/// `-5` as one number, so that it is judged as one: -9223372036854775808 is a `bigint`, and json holds -2.5.
fn negative(operand: &ast::Expr, span: Span) -> Option<Literal> {
    let ast::ExprKind::Literal(literal) = &operand.kind else { return None };
    let kind = match &literal.kind {
        LiteralKind::Integer(digits) => LiteralKind::Integer(format_smolstr!("-{digits}")),
        LiteralKind::Decimal(digits) => LiteralKind::Decimal(format_smolstr!("-{digits}")),
        _ => return None,
    };
    Some(Literal { span, kind })
}

fn join(op: BinaryOp, left: Expr, right: Expr) -> ExprKind {
    ExprKind::Binary { op, left: Box::new(left), right: Box::new(right) }
}

/// Whether values of the two can be compared without a cast.
pub(crate) fn same_family(a: Scalar, b: Scalar) -> bool {
    if a.is_number() && b.is_number() || a.is_text() && b.is_text() {
        return true;
    }
    a == b
}

fn is_text_kind(name: &str) -> bool {
    name.starts_with("text") || name.starts_with("char") || name == Scalar::Email.name()
}

fn sign(op: BinaryOp) -> SmolStr {
    match op {
        BinaryOp::Add => "+".into(),
        BinaryOp::Subtract => "-".into(),
        BinaryOp::Multiply => "*".into(),
        BinaryOp::Divide => "/".into(),
        BinaryOp::Modulo => "%".into(),
        other => format_smolstr!("{other:?}"),
    }
}
