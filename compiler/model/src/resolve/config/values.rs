//! The values of settings, and alerts, as written. What a setting may hold is judged against the catalogue later.

use smol_str::SmolStr;

use super::super::Resolver;
use super::super::literals::bytes;
use super::super::names::written;
use crate::config::{Alert, Record, Value, Version};
use crate::{Duration, EnvironmentId};
use polity_syntax::ast::{self, Body, ClauseKind, LiteralKind, Statement, ValueKind};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0319;
use polity_text::source::Span;

impl<'t> Resolver<'t> {
    /// A value as written; what a setting may hold is judged against the catalogue later.
    pub(super) fn value(&mut self, value: &'t ast::Value) -> Value {
        match &value.kind {
            ValueKind::Literal(literal) => self.literal_value(literal),
            ValueKind::List(values) => Value::List(values.iter().map(|v| self.value(v)).collect()),
            ValueKind::Record(body) => Value::Record(self.inner_record(body)),
            ValueKind::Rate { count, per } => match (self.whole(count, 0, u64::MAX), self.duration(per)) {
                (Some(count), Some(per)) => Value::Rate { count, per },
                _ => Value::Broken,
            },
            ValueKind::Word { path, version, arguments, record } => {
                let tag: SmolStr = written(path).into();
                let arguments = arguments.as_deref();
                match (tag.as_str(), arguments) {
                    ("secret" | "env", Some(arguments)) => return self.secret(&tag, arguments, value.span),
                    (_, None) if version.is_none() && record.is_none() => return Value::Word(tag),
                    _ => {}
                }
                let version = version
                    .as_ref()
                    .map(|v| Version(v.value.split('.').map(|part| part.parse().unwrap_or(0)).collect()));
                let arguments = arguments.unwrap_or_default().iter().map(|v| self.value(v)).collect();
                let record = record.as_ref().map(|body| self.inner_record(body)).unwrap_or_default();
                Value::Tagged { tag, version, arguments, record }
            }
        }
    }

    fn inner_record(&mut self, body: &'t Body) -> Record {
        let mut alerts = Vec::new();
        for stated in &body.statements {
            if let Statement::Clause(ast::Clause { kind: ClauseKind::InEnvironment { .. }, keyword }) =
                &stated.kind
            {
                self.misplaced_clause(
                    *keyword,
                    "`in ENVIRONMENT` stands in the outermost block",
                    "move it out: `in prod { name: { … } }`",
                );
            }
        }
        let record = self.record_of(body, &[], None, &mut alerts);
        for alert in alerts {
            self.misplaced_clause(alert.span, "an alert watches a store", "move it into the `store` itself");
        }
        record
    }

    pub(super) fn secret(&mut self, tag: &str, arguments: &[ast::Value], span: Span) -> Value {
        let texts: Vec<&SmolStr> = arguments
            .iter()
            .filter_map(|v| match &v.kind {
                ValueKind::Literal(ast::Literal { kind: LiteralKind::Text(t), .. }) => Some(t),
                _ => None,
            })
            .collect();
        match (tag, &texts[..]) {
            _ if texts.len() != arguments.len() => {}
            ("secret", [name, key]) => {
                return Value::Secret { name: (*name).clone(), key: (*key).clone() };
            }
            ("env", [name]) => return Value::EnvironmentVariable((*name).clone()),
            _ => {}
        }
        let (message, help) = if tag == "env" {
            ("`env` takes the name of a variable", "write `env(\"DATABASE_URL\")`")
        } else {
            ("`secret` takes the secret's name and the key in it", "write `secret(\"database\", \"url\")`")
        };
        self.error(Diagnostic::new(E0319, span, message).help(help));
        Value::Broken
    }

    fn literal_value(&mut self, literal: &ast::Literal) -> Value {
        match &literal.kind {
            LiteralKind::Null => Value::Null,
            LiteralKind::Bool(value) => Value::Bool(*value),
            LiteralKind::Integer(digits) => match digits.parse() {
                Ok(number) => Value::Integer(number),
                Err(_) => {
                    let range = "a whole number of at most 64 bits";
                    self.refuse_literal::<()>(literal, range, "42");
                    Value::Broken
                }
            },
            LiteralKind::Decimal(digits) => Value::Decimal(digits.clone()),
            LiteralKind::Text(text) | LiteralKind::RawText(text) => Value::Text(text.clone()),
            LiteralKind::Duration { count, unit } => {
                Value::Duration(Duration { count: *count, unit: (*unit).into() })
            }
            LiteralKind::Size { count, unit } => match bytes(*count, *unit) {
                Some(bytes) => Value::Size(bytes),
                None => {
                    self.refuse_literal::<()>(literal, "a size of at most 64 bits", "2GiB");
                    Value::Broken
                }
            },
            LiteralKind::Percent(digits) => Value::Percent(digits.clone()),
            LiteralKind::Date { year, month, day } => Value::Date { year: *year, month: *month, day: *day },
            LiteralKind::Version(text) => Value::Text(text.clone()),
            LiteralKind::Broken => Value::Broken,
        }
    }

    /// `connections > 80% for 5m severity critical`
    pub(super) fn alert(
        &mut self,
        clause: &'t ast::Clause,
        span: Span,
        environment: Option<EnvironmentId>,
    ) -> Option<Alert> {
        let ClauseKind::Alert { expr, lasting, severity } = &clause.kind else { return None };
        let (path, comparison) = match &expr.kind {
            ast::ExprKind::Path(path) => (path, None),
            ast::ExprKind::Binary { op, left, right } if is_order(*op) => match (&left.kind, &right.kind) {
                (ast::ExprKind::Path(path), ast::ExprKind::Literal(literal)) => {
                    (path, Some(((*op).into(), self.literal_value(literal))))
                }
                _ => return self.unread_alert(expr.span),
            },
            _ => return self.unread_alert(expr.span),
        };
        Some(Alert {
            metric: written(path).into(),
            metric_span: path.span,
            comparison,
            lasting: lasting.as_ref().and_then(|l| self.duration(l)),
            severity: severity.as_ref().map(|s| s.text.clone()),
            environment,
            span,
        })
    }

    fn unread_alert(&mut self, span: Span) -> Option<Alert> {
        self.error(
            Diagnostic::new(E0319, span, "an alert compares one measurement with one value")
                .help("for example `alert connections > 80% for 5m severity critical`"),
        );
        None
    }
}

fn is_order(op: ast::BinaryOp) -> bool {
    use ast::BinaryOp as B;
    matches!(op, B::Less | B::LessEqual | B::Greater | B::GreaterEqual | B::Equal | B::NotEqual)
}
