//! Environments, settings, alerts, and what of governance other things name: labels and encryption keys.

use smol_str::SmolStr;

use super::Resolver;
use super::literals::bytes;
use super::names::written;
use crate::diagnostics::codes::{E0201, E0203, E0206, E0211, E0319};
use crate::diagnostics::{Diagnostic, did_you_mean};
use crate::model::config::{Alert, Environment, Layered, Record, Setting, Value, Version};
use crate::model::governance::{EncryptionKey, Label};
use crate::model::{Duration, EnvironmentId, KeyId, LabelId, StoreId};
use crate::source::Span;
use crate::syntax::ast::{self, Body, ClauseKind, ItemKind, LiteralKind, Statement, ValueKind};

/// The labels that every platform knows.
const LABELS: &[&str] = &["personal", "sensitive", "health", "financial", "card", "secret"];

impl<'t> Resolver<'t> {
    pub(super) fn config(&mut self) {
        let declared = self.declared;
        if let Some(body) = declared.platform {
            self.environments(body);
            let (settings, alerts) = self.settings(body, &["environments", "production"]);
            self.platform.settings = settings;
            for alert in alerts {
                self.misplaced_clause(alert.span, "an alert watches a store", "move it into a `store`");
            }
        }
        for (i, body) in declared.stores.iter().enumerate() {
            let (settings, alerts) = self.settings(body, &[]);
            let store = &mut self.platform[StoreId(i as u32)];
            store.settings = settings;
            store.alerts = alerts;
        }
        self.all_labels();
        self.encryption_keys();
    }

    /// `environments: [dev, prod]` and `production: [prod]`.
    fn environments(&mut self, body: &'t Body) {
        let setting = |name: &str| {
            body.statements.iter().find_map(|stated| match &stated.kind {
                Statement::Setting(setting) if setting.name.text == name => Some(setting),
                _ => None,
            })
        };
        for (name, span) in self.words(setting("environments")) {
            if let Some(first) = self.platform.environments.iter().find(|e| e.name == name) {
                let first = first.span;
                self.error(
                    Diagnostic::new(E0203, span, format!("environment `{name}` is listed twice"))
                        .also(first, "listed here first")
                        .help("remove one of the two"),
                );
                continue;
            }
            let id = EnvironmentId(self.platform.environments.len() as u32);
            self.platform.environments.push(Environment { id, name, production: false, span });
        }
        for (name, span) in self.words(setting("production")) {
            if let Some(id) = self.environment(&ast::Name { text: name, span }) {
                self.platform[id].production = true;
            }
        }
    }

    fn words(&mut self, setting: Option<&ast::Setting>) -> Vec<(SmolStr, Span)> {
        let Some(setting) = setting else { return Vec::new() };
        let mut words = Vec::new();
        let values = match &setting.value.kind {
            ValueKind::List(values) => values.as_slice(),
            _ => std::slice::from_ref(&setting.value),
        };
        for value in values {
            match &value.kind {
                ValueKind::Word { path, version: None, arguments: None, record: None }
                    if path.names.len() == 1 =>
                {
                    words.push((path.names[0].text.clone(), value.span));
                }
                _ => self.error(
                    Diagnostic::new(E0319, value.span, "the name of an environment is expected")
                        .help(format!("write `{}: [dev, prod]`", setting.name.text)),
                ),
            }
        }
        words
    }

    fn environment(&mut self, name: &ast::Name) -> Option<EnvironmentId> {
        if let Some(found) = self.platform.environments.iter().find(|e| e.name == name.text) {
            return Some(found.id);
        }
        if self.declared.platform.is_none_or(Body::broken) {
            return None;
        }
        let known = || self.platform.environments.iter().map(|e| e.name.as_str());
        let help = did_you_mean(&name.text, known()).unwrap_or_else(|| {
            let all: Vec<&str> = known().collect();
            if all.is_empty() {
                format!("list it in the platform: `environments: [{}]`", name.text)
            } else {
                format!("the platform has: {}", all.join(", "))
            }
        });
        self.error(
            Diagnostic::new(E0201, name.span, format!("there is no environment `{}`", name.text)).help(help),
        );
        None
    }

    /// The settings of a block, in their layers, and its alerts. `apart` are settings that somebody else reads.
    pub(super) fn settings(&mut self, body: &'t Body, apart: &[&str]) -> (Layered, Vec<Alert>) {
        let mut layered = Layered::default();
        let mut alerts = Vec::new();
        layered.base = self.record_of(body, apart, None, &mut alerts);
        for stated in &body.statements {
            let Statement::Clause(ast::Clause {
                kind: ClauseKind::InEnvironment { environment, body }, ..
            }) = &stated.kind
            else {
                continue;
            };
            let Some(id) = self.environment(environment) else { continue };
            let overlay = self.record_of(body, &[], Some(id), &mut alerts);
            if layered.environments.iter().any(|(known, _)| *known == id) {
                self.error(
                    Diagnostic::new(
                        E0203,
                        environment.span,
                        format!("`in {}` stands here twice", environment.text),
                    )
                    .help("put what both say into one of them"),
                );
                continue;
            }
            layered.environments.push((id, overlay));
        }
        (layered, alerts)
    }

    fn record_of(
        &mut self,
        body: &'t Body,
        apart: &[&str],
        environment: Option<EnvironmentId>,
        alerts: &mut Vec<Alert>,
    ) -> Record {
        let mut record = Record::new();
        for stated in &body.statements {
            match &stated.kind {
                Statement::Setting(setting) => {
                    if !apart.contains(&setting.name.text.as_str()) {
                        self.setting(&mut record, setting, &stated.docs);
                    }
                }
                Statement::Clause(clause) => match &clause.kind {
                    ClauseKind::InEnvironment { .. } if environment.is_none() => {}
                    ClauseKind::Alert { .. } => alerts.extend(self.alert(clause, stated.span, environment)),
                    // Tiers and tenants read these themselves.
                    ClauseKind::StoreSettings { .. } | ClauseKind::Accept { .. } if self.admits_stores => {}
                    _ => self.misplaced_clause(
                        clause.keyword,
                        "this block holds settings",
                        "write `name: value`",
                    ),
                },
                Statement::Field(field) => self.misplaced_clause(
                    field.name.span,
                    "this block holds settings, not fields",
                    "write `name: value`",
                ),
                Statement::Broken => {}
            }
        }
        record
    }

    fn setting(&mut self, record: &mut Record, setting: &'t ast::Setting, docs: &SmolStr) {
        let value = self.value(&setting.value);
        let name_span = setting.name.span;
        if let Some(first) = record.get(&setting.name.text) {
            let first = first.name_span;
            self.error(
                Diagnostic::new(E0203, name_span, format!("`{}` is set twice", setting.name.text))
                    .also(first, "set here first")
                    .help("keep one of the two"),
            );
            return;
        }
        let setting_value = Setting { value, name_span, value_span: setting.value.span, docs: docs.clone() };
        record.insert(setting.name.text.clone(), setting_value);
    }

    /// A value as written; what a setting may hold is judged against the catalogue later.
    fn value(&mut self, value: &'t ast::Value) -> Value {
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

    fn secret(&mut self, tag: &str, arguments: &[ast::Value], span: Span) -> Value {
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
            LiteralKind::Duration { count, unit } => Value::Duration(Duration { count: *count, unit: *unit }),
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
        }
    }

    /// `connections > 80% for 5m severity critical`
    fn alert(
        &mut self,
        clause: &'t ast::Clause,
        span: Span,
        environment: Option<EnvironmentId>,
    ) -> Option<Alert> {
        let ClauseKind::Alert { expr, lasting, severity } = &clause.kind else { return None };
        let (metric, comparison) = match &expr.kind {
            ast::ExprKind::Path(path) => (written(path).into(), None),
            ast::ExprKind::Binary { op, left, right } if is_order(*op) => match (&left.kind, &right.kind) {
                (ast::ExprKind::Path(path), ast::ExprKind::Literal(literal)) => {
                    (written(path).into(), Some((*op, self.literal_value(literal))))
                }
                _ => return self.unread_alert(expr.span),
            },
            _ => return self.unread_alert(expr.span),
        };
        Some(Alert {
            metric,
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

    pub(super) fn misplaced_clause(&mut self, span: Span, message: &str, help: &str) {
        self.error(Diagnostic::new(E0206, span, message).help(help));
    }

    fn all_labels(&mut self) {
        for (i, name) in LABELS.iter().enumerate() {
            let id = LabelId(i as u32);
            self.platform.labels.push(Label { id, name: (*name).into(), parents: Vec::new(), span: None });
        }
        let declared = self.declared;
        let labels = || {
            declared.others.iter().filter_map(|(item, _)| match &item.kind {
                ItemKind::Label { name, parents, .. } => Some((name, parents)),
                _ => None,
            })
        };
        for (name, _) in labels() {
            if let Some(first) = self.platform.labels.iter().find(|l| l.name == name.text) {
                let mut diagnostic =
                    Diagnostic::new(E0203, name.span, format!("label `{}` is declared twice", name.text));
                diagnostic = match first.span {
                    Some(span) => diagnostic.also(span, "declared here first").help("remove one of the two"),
                    None => diagnostic.help("every platform knows it; leave the declaration out"),
                };
                self.error(diagnostic);
                continue;
            }
            let id = LabelId(self.platform.labels.len() as u32);
            let label = Label { id, name: name.text.clone(), parents: Vec::new(), span: Some(name.span) };
            self.platform.labels.push(label);
        }
        for (name, parents) in labels() {
            let parents = self.labels(parents);
            if let Some(label) = self.platform.labels.iter_mut().find(|l| l.span == Some(name.span)) {
                label.parents = parents;
            }
        }
        self.label_cycles();
    }

    /// A label that is its own ancestor loses the parents that make it so.
    fn label_cycles(&mut self) {
        for i in 0..self.platform.labels.len() {
            let mut above = self.platform.labels[i].parents.clone();
            let mut seen = vec![false; self.platform.labels.len()];
            while let Some(label) = above.pop() {
                if label.index() == i {
                    if let Some(span) = self.platform.labels[i].span {
                        let name = self.platform.labels[i].name.clone();
                        self.error(
                            Diagnostic::new(E0211, span, format!("label `{name}` is its own ancestor"))
                                .help("leave out one of the parents"),
                        );
                    }
                    self.platform.labels[i].parents.clear();
                    break;
                }
                if !std::mem::replace(&mut seen[label.index()], true) {
                    above.extend(&self.platform[label].parents);
                }
            }
        }
    }

    fn encryption_keys(&mut self) {
        let declared = self.declared;
        for (item, _) in &declared.others {
            let ItemKind::EncryptionKey { name, body } = &item.kind else { continue };
            if let Some(first) = self.platform.encryption_keys.iter().find(|k| k.named.name == name.text) {
                let first = first.named.span;
                self.declared_twice(name, first);
                continue;
            }
            let (settings, _) = self.settings(body, &[]);
            let id = KeyId(self.platform.encryption_keys.len() as u32);
            let named = super::declare::named(name, None, &item.docs, None, &mut self.found);
            self.platform.encryption_keys.push(EncryptionKey { id, named, settings });
        }
    }

    pub(super) fn declared_twice(&mut self, name: &ast::Name, first: Span) {
        self.error(
            Diagnostic::new(E0203, name.span, format!("`{}` is declared twice", name.text))
                .also(first, "declared here first")
                .help("rename one of the two, or remove it"),
        );
    }
}

fn is_order(op: ast::BinaryOp) -> bool {
    use ast::BinaryOp as B;
    matches!(op, B::Less | B::LessEqual | B::Greater | B::GreaterEqual | B::Equal | B::NotEqual)
}
