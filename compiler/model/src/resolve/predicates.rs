//! The predicates of rules: facts of the subject and of what it stands in, compared with values and parameters.

use super::Resolver;
use super::literals::shown;
use crate::expr::BinaryOp;
use crate::facts::{Fact, FactType, Subject, WORDS};
use crate::policy::{Parameter, Predicate, PredicateKind as P, Value};
use polity_syntax::ast::{self, ExprKind, LiteralKind, UnaryOp};
use polity_text::diagnostics::codes::{E0302, E0801};
use polity_text::diagnostics::{Diagnostic, did_you_mean};
use polity_text::source::Span;

/// The subject and the parameters that the predicates of one rule may name.
#[derive(Clone, Copy)]
pub(super) struct Sight<'a> {
    pub subject: Subject,
    pub parameters: &'a [Parameter],
}

/// A predicate with its type, which is `None` where it was not understood.
type Typed = (Predicate, Option<FactType>);

impl Resolver<'_> {
    /// A condition.
    pub(super) fn predicate(&mut self, expr: &ast::Expr, sight: Sight<'_>) -> Predicate {
        let (predicate, found) = self.fact(expr, sight);
        self.fact_of_type(found, FactType::Bool, expr.span);
        predicate
    }

    fn fact_of_type(&mut self, found: Option<FactType>, wanted: FactType, span: Span) {
        if let Some(found) = found
            && found != wanted
        {
            let (wanted, found) = (wanted.noun(), found.noun());
            self.error(
                Diagnostic::new(E0302, span, format!("{wanted} is expected, and this is {found}"))
                    .help("compare it with something"),
            );
        }
    }

    fn fact(&mut self, expr: &ast::Expr, sight: Sight<'_>) -> Typed {
        let span = expr.span;
        match &expr.kind {
            ExprKind::Paren(inner) => self.fact(inner, sight),
            ExprKind::Literal(literal) => match value(&literal.kind) {
                Some((value, ty)) => (Predicate { kind: P::Value(value), span }, Some(ty)),
                None => {
                    let message = format!("no fact is {}", shown(literal));
                    let help = "compare with a text, a number, a duration, `true` or `false`";
                    self.error(Diagnostic::new(E0302, span, message).help(help));
                    broken(span)
                }
            },
            ExprKind::Label(_) => {
                self.error(
                    Diagnostic::new(E0302, span, "a label by itself says nothing")
                        .help("write `#personal in labels`"),
                );
                broken(span)
            }
            ExprKind::Path(path) => self.fact_path(path, sight),
            ExprKind::Unary { op: UnaryOp::Not, operand } => {
                condition(P::Not(Box::new(self.predicate(operand, sight))), span)
            }
            ExprKind::Unary { op: UnaryOp::Minus, operand } => self.negative(operand, span),
            ExprKind::Binary { op, left, right } => self.binary_fact((*op).into(), left, right, span, sight),
            ExprKind::IsNull { operand, negated } => {
                let (operand, _) = self.fact(operand, sight);
                condition(P::IsNull { operand: Box::new(operand), negated: *negated }, span)
            }
            ExprKind::Between { operand, low, high, negated } => {
                let (operand, wanted) = self.fact(operand, sight);
                let [low, high] = [low, high].map(|end| {
                    let (end, found) = self.fact(end, sight);
                    self.facts_comparable(BinaryOp::LessEqual, wanted, found, &end, end.span);
                    Box::new(end)
                });
                let operand = Box::new(operand);
                condition(P::Between { operand, low, high, negated: *negated }, span)
            }
            ExprKind::In { operand, list, negated } => self.within(operand, list, *negated, span, sight),
            ExprKind::Call { .. } | ExprKind::Case { .. } | ExprKind::List(_) | ExprKind::Record(_) => {
                self.compares_facts(span)
            }
        }
    }

    /// `-5`
    fn negative(&mut self, operand: &ast::Expr, span: Span) -> Typed {
        if let ExprKind::Literal(literal) = &operand.kind
            && let Some((Value::Number(digits), ty)) = value(&literal.kind)
        {
            let number = Value::Number(smol_str::format_smolstr!("-{digits}"));
            return (Predicate { kind: P::Value(number), span }, Some(ty));
        }
        self.compares_facts(span)
    }

    fn binary_fact(
        &mut self,
        op: BinaryOp,
        left: &ast::Expr,
        right: &ast::Expr,
        span: Span,
        sight: Sight<'_>,
    ) -> Typed {
        match op {
            BinaryOp::And | BinaryOp::Or => {
                let left = Box::new(self.predicate(left, sight));
                let right = Box::new(self.predicate(right, sight));
                let kind = if op == BinaryOp::And { P::And(left, right) } else { P::Or(left, right) };
                condition(kind, span)
            }
            BinaryOp::Add
            | BinaryOp::Subtract
            | BinaryOp::Multiply
            | BinaryOp::Divide
            | BinaryOp::Modulo
            | BinaryOp::Concat => self.compares_facts(span),
            op => {
                let (left, a) = self.fact_or_word(left, sight);
                let (right, b) = self.fact_or_word(right, sight);
                self.facts_comparable(op, a, b, &right, span);
                condition(P::Compare { op, left: Box::new(left), right: Box::new(right) }, span)
            }
        }
    }

    /// `#personal in labels`, `store.engine in [postgres, mongodb]`
    fn within(
        &mut self,
        operand: &ast::Expr,
        list: &ast::Expr,
        negated: bool,
        span: Span,
        sight: Sight<'_>,
    ) -> Typed {
        if let ExprKind::List(values) = &list.kind {
            let (operand, wanted) = self.fact_or_word(operand, sight);
            let mut list = Vec::new();
            for value in values {
                let (value, found) = self.fact_or_word(value, sight);
                if let Some(wanted) = wanted {
                    self.fact_of_type(found, wanted, value.span);
                }
                list.push(value);
            }
            return condition(P::OneOf { operand: Box::new(operand), list, negated }, span);
        }
        let (labels, found) = self.fact(list, sight);
        self.fact_of_type(found, FactType::Labels, list.span);
        let ExprKind::Label(name) = &operand.kind else {
            self.error(
                Diagnostic::new(E0302, operand.span, "a label is expected")
                    .help("write `#personal in labels`"),
            );
            return broken(span);
        };
        match self.label(name) {
            Some(label) => condition(P::HasLabel { label, labels: Box::new(labels), negated }, span),
            None => broken(span),
        }
    }

    fn facts_comparable(
        &mut self,
        op: BinaryOp,
        left: Option<FactType>,
        right: Option<FactType>,
        pattern: &Predicate,
        span: Span,
    ) {
        let (Some(left), Some(right)) = (left, right) else { return };
        let ordered = !matches!(op, BinaryOp::Equal | BinaryOp::NotEqual | BinaryOp::Matches);
        if left != right {
            let message = format!("{} and {} cannot be compared", left.noun(), right.noun());
            self.error(Diagnostic::new(E0302, span, message).help("both sides are of one type"));
        } else if left == FactType::Labels {
            self.error(
                Diagnostic::new(E0302, span, "sets of labels are not compared")
                    .help("ask for a label: `#personal in labels`"),
            );
        } else if ordered && !matches!(left, FactType::Number | FactType::Duration) {
            let message = format!("{} has no order", left.noun());
            self.error(Diagnostic::new(E0302, span, message).help("compare it with `=` or `!=`"));
        } else if op == BinaryOp::Matches {
            self.pattern_of_texts(left, pattern);
        }
    }

    fn pattern_of_texts(&mut self, ty: FactType, pattern: &Predicate) {
        if ty != FactType::Text {
            let message = format!("{} does not match a pattern", ty.noun());
            self.error(Diagnostic::new(E0302, pattern.span, message).help("compare it with `=`"));
        } else if let P::Value(Value::Text(text)) = &pattern.kind
            && let Err(refused) = self.patterns.judge(text)
        {
            self.error(
                Diagnostic::new(E0302, pattern.span, format!("the pattern has {}", refused.what))
                    .help(refused.help),
            );
        }
    }

    fn compares_facts(&mut self, span: Span) -> Typed {
        self.error(
            Diagnostic::new(E0801, span, "a rule compares facts; it neither calls nor computes")
                .help("`docs/facts.md` lists the facts"),
        );
        broken(span)
    }

    /// Beside a text, a bare word that is no fact stands for itself: `type = text`, `store.engine = postgres`.
    fn fact_or_word(&mut self, expr: &ast::Expr, sight: Sight<'_>) -> Typed {
        if let ExprKind::Path(path) = &expr.kind
            && let [name] = &path.names[..]
            && find(sight.subject, &name.text).is_none()
            && !sight.parameters.iter().any(|parameter| parameter.named.name == name.text)
            && (WORDS.contains(&name.text.as_str()) || self.engines.find(&name.text).is_some())
        {
            let kind = P::Value(Value::Text(name.text.clone()));
            return (Predicate { kind, span: expr.span }, Some(FactType::Text));
        }
        self.fact(expr, sight)
    }

    fn fact_path(&mut self, path: &ast::Path, sight: Sight<'_>) -> Typed {
        let span = path.span;
        let (of, name) = match &path.names[..] {
            [name] => {
                let known = sight.parameters.iter().position(|p| p.named.name == name.text);
                if let Some(at) = known {
                    let ty = sight.parameters[at].ty;
                    return (Predicate { kind: P::Parameter(at), span }, Some(ty));
                }
                (sight.subject, name)
            }
            [owner, name] => {
                let subject = sight.subject;
                let around = subject.around().iter().map(|s| s.name());
                let found = Subject::find(&owner.text).filter(|owner| subject.around().contains(owner));
                let Some(found) = found else {
                    let help = did_you_mean(&owner.text, around.clone()).unwrap_or_else(|| {
                        let all: Vec<&str> = around.collect();
                        format!("from a {} one can look at: {}", subject.name(), all.join(", "))
                    });
                    let message = format!("a {} has no `{}`", subject.name(), owner.text);
                    self.error(Diagnostic::new(E0801, owner.span, message).help(help));
                    return broken(span);
                };
                (found, name)
            }
            _ => {
                self.error(
                    Diagnostic::new(E0801, span, "a fact has one owner at most")
                        .help("write `entity.audited`, `store.region`"),
                );
                return broken(span);
            }
        };
        if let Some((fact, ty)) = find(of, &name.text) {
            return (Predicate { kind: P::Fact { of, fact }, span }, Some(ty));
        }
        let known = || of.facts().map(|spec| spec.name);
        let help = did_you_mean(&name.text, known()).unwrap_or_else(|| {
            format!("of a {} is known: {}", of.name(), known().collect::<Vec<_>>().join(", "))
        });
        let message = format!("there is no fact `{}` of a {}", name.text, of.name());
        self.error(Diagnostic::new(E0801, name.span, message).help(help));
        broken(span)
    }
}

/// The value of a literal, where a fact may be one.
pub(super) fn value(literal: &LiteralKind) -> Option<(Value, FactType)> {
    match literal {
        LiteralKind::Bool(yes) => Some((Value::Bool(*yes), FactType::Bool)),
        LiteralKind::Integer(digits) | LiteralKind::Decimal(digits) => {
            Some((Value::Number(digits.clone()), FactType::Number))
        }
        LiteralKind::Text(text) | LiteralKind::RawText(text) => {
            Some((Value::Text(text.clone()), FactType::Text))
        }
        LiteralKind::Duration { count, unit } => {
            let duration = crate::Duration { count: *count, unit: (*unit).into() };
            Some((Value::Duration(duration), FactType::Duration))
        }
        LiteralKind::Null
        | LiteralKind::Size { .. }
        | LiteralKind::Percent(_)
        | LiteralKind::Date { .. }
        | LiteralKind::Version(_)
        | LiteralKind::Broken => None,
    }
}

fn find(subject: Subject, name: &str) -> Option<(Fact, FactType)> {
    subject.facts().find(|spec| spec.name == name).map(|spec| (spec.fact, spec.ty))
}

fn condition(kind: P, span: Span) -> Typed {
    (Predicate { kind, span }, Some(FactType::Bool))
}

fn broken(span: Span) -> Typed {
    (Predicate { kind: P::Broken, span }, None)
}
