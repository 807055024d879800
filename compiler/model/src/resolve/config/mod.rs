//! Environments, settings, alerts, and what of governance other things name: labels and encryption keys.

mod values;

use smol_str::SmolStr;

use super::Resolver;
use crate::config::{Alert, Environment, Layered, Record, Setting};
use crate::{EnvironmentId, StoreId};
use polity_syntax::ast::{self, Body, ClauseKind, Statement, ValueKind};
use polity_text::diagnostics::codes::{E0201, E0203, E0206, E0319};
use polity_text::diagnostics::{Diagnostic, did_you_mean};
use polity_text::source::Span;

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
        let environments = self.only(body, "environments");
        for (name, span) in self.words(environments) {
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
        let production = self.only(body, "production");
        for (name, span) in self.words(production) {
            if let Some(id) = self.environment(&ast::Name { text: name, span }) {
                self.platform[id].production = true;
            }
        }
    }

    /// The setting of this name; a second one is an error.
    fn only(&mut self, body: &'t Body, name: &str) -> Option<&'t ast::Setting> {
        let mut all = body.statements.iter().filter_map(|stated| match &stated.kind {
            Statement::Setting(setting) if setting.name.text == name => Some(setting),
            _ => None,
        });
        let first = all.next()?;
        for again in all {
            self.set_twice(&again.name, first.name.span);
        }
        Some(first)
    }

    fn set_twice(&mut self, name: &ast::Name, first: Span) {
        self.error(
            Diagnostic::new(E0203, name.span, format!("`{}` is set twice", name.text))
                .also(first, "set here first")
                .help("keep one of the two"),
        );
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

    pub(super) fn environment(&mut self, name: &ast::Name) -> Option<EnvironmentId> {
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
        let mut layered = Layered { block: body.span, ..Layered::default() };
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

    pub(super) fn record_of(
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

    pub(super) fn setting(&mut self, record: &mut Record, setting: &'t ast::Setting, docs: &SmolStr) {
        let value = self.value(&setting.value);
        let name_span = setting.name.span;
        if let Some(first) = record.get(&setting.name.text) {
            let first = first.name_span;
            self.set_twice(&setting.name, first);
            return;
        }
        let setting_value = Setting { value, name_span, value_span: setting.value.span, docs: docs.clone() };
        record.insert(setting.name.text.clone(), setting_value);
    }

    pub(super) fn misplaced_clause(&mut self, span: Span, message: &str, help: &str) {
        self.error(Diagnostic::new(E0206, span, message).help(help));
    }

    pub(super) fn declared_twice(&mut self, name: &ast::Name, first: Span) {
        self.error(
            Diagnostic::new(E0203, name.span, format!("`{}` is declared twice", name.text))
                .also(first, "declared here first")
                .help("rename one of the two, or remove it"),
        );
    }
}
