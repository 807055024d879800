//! Policies: parameters, and rules that select, ask and apply.

mod applied;

use smol_str::SmolStr;

use super::Resolver;
use super::declare::named;
use super::names::written;
use super::predicates::{Sight, value};
use crate::KeyId;
use crate::facts::{FactType, Subject};
use crate::policy::{Ask, Fallback, Parameter, Policy, Rule, Value};
use polity_syntax::ast::{self, Body, ClauseKind, ExprKind, Statement};
use polity_text::diagnostics::codes::{E0201, E0203, E0207, E0302};
use polity_text::diagnostics::{Diagnostic, did_you_mean};
use polity_text::source::{PACKS, Span};

const SEVERITIES: &[(&str, bool)] = &[("error", false), ("warning", true)];

impl<'t> Resolver<'t> {
    pub(super) fn policy(
        &mut self,
        name: &ast::Name,
        title: Option<&ast::Text>,
        body: &'t Body,
        item: &ast::Item,
    ) {
        if let Some(first) = self.platform.policies.iter().find(|p| p.named.name == name.text) {
            let first = first.named.span;
            self.declared_twice(name, first);
            return;
        }
        if !name.span.file.is_built_in() && PACKS.iter().any(|(pack, _)| *pack == name.text) {
            let message = format!("policy `{}` comes with the compiler", name.text);
            self.error(
                Diagnostic::new(E0203, name.span, message)
                    .help("give yours another name; both may be in force"),
            );
            return;
        }
        let named = named(name, None, &item.docs, None, &mut self.found);
        let title = title.map(|t| t.value.clone()).unwrap_or_default();
        let parameters = self.policy_parameters(body);
        let rules = self.policy_rules(body, &parameters);
        self.platform.policies.push(Policy { named, title, parameters, rules, block: body.span });
    }

    fn policy_parameters(&mut self, body: &'t Body) -> Vec<Parameter> {
        let mut parameters: Vec<Parameter> = Vec::new();
        for stated in &body.statements {
            let Statement::Clause(clause) = &stated.kind else {
                self.no_member(&stated.kind, "a policy");
                continue;
            };
            if let ClauseKind::Parameter { name, ty, default } = &clause.kind {
                if let Some(first) = parameters.iter().find(|p| p.named.name == name.text) {
                    self.declared_twice(name, first.named.span);
                    continue;
                }
                let named = named(name, None, &stated.docs, None, &mut self.found);
                let Some(ty) = self.parameter_type(ty) else { continue };
                let default = default.as_ref().and_then(|default| {
                    derived(default, ty, &parameters)
                        .or_else(|| self.parameter_value(default, ty).map(Fallback::Value))
                });
                parameters.push(Parameter { named, ty, default });
            }
        }
        parameters
    }

    fn policy_rules(&mut self, body: &'t Body, parameters: &[Parameter]) -> Vec<Rule> {
        let mut rules: Vec<Rule> = Vec::new();
        for stated in &body.statements {
            let Statement::Clause(clause) = &stated.kind else { continue };
            match &clause.kind {
                ClauseKind::Parameter { .. } => {}
                ClauseKind::Rule { name, cites, body } => {
                    if let Some(first) = rules.iter().find(|r| r.named.name == name.text) {
                        self.declared_twice(name, first.named.span);
                        continue;
                    }
                    let rule = self.rule(name, &stated.docs, body, parameters, stated.span);
                    let cites = cites.as_ref().map(|c| c.value.clone()).unwrap_or_default();
                    rules.extend(rule.map(|rule| Rule { cites, ..rule }));
                }
                _ => self.misplaced_clause(
                    clause.keyword,
                    "this does not belong into a policy",
                    "a policy has `parameter` and `rule`",
                ),
            }
        }
        rules
    }

    fn parameter_type(&mut self, ty: &ast::Type) -> Option<FactType> {
        const TYPES: &[(&str, FactType)] = &[
            ("bool", FactType::Bool),
            ("text", FactType::Text),
            ("int", FactType::Number),
            ("duration", FactType::Duration),
            ("encryption_key", FactType::Key),
        ];
        let name = match &ty.kind {
            ast::TypeKind::Named { path, arguments } if arguments.is_empty() => written(path),
            _ => String::new(),
        };
        let found = TYPES.iter().find(|(known, _)| *known == name);
        if found.is_none() || !ty.suffixes.is_empty() {
            let known = TYPES.iter().map(|(name, _)| *name);
            let help = did_you_mean(&name, known.clone())
                .unwrap_or_else(|| format!("it may be: {}", known.collect::<Vec<_>>().join(", ")));
            self.error(
                Diagnostic::new(E0201, ty.span, "a parameter of a policy cannot be of this type").help(help),
            );
            return None;
        }
        found.map(|(_, ty)| *ty)
    }

    fn parameter_value(&mut self, default: &ast::Expr, wanted: FactType) -> Option<Value> {
        if let (ExprKind::Path(path), FactType::Key) = (&default.kind, wanted) {
            return self.named_key(&written(path), path.span).map(Value::Key);
        }
        if let ExprKind::Literal(literal) = &default.kind
            && let Some((value, found)) = value(&literal.kind)
            && found == wanted
        {
            return Some(value);
        }
        self.error(
            Diagnostic::new(E0302, default.span, format!("the parameter is {}", wanted.noun()))
                .help("give a literal of that type, or an earlier parameter"),
        );
        None
    }

    pub(crate) fn named_key(&mut self, name: &str, span: Span) -> Option<KeyId> {
        let found = self.platform.encryption_keys.iter().find(|k| k.named.name == name).map(|k| k.id);
        if let Some(key) = found {
            self.mention_key(span, key);
        } else {
            let known = self.platform.encryption_keys.iter().map(|k| k.named.name.as_str());
            let help = did_you_mean(name, known)
                .unwrap_or_else(|| format!("declare it: `encryption key {name} {{ … }}`"));
            self.error(
                Diagnostic::new(E0201, span, format!("there is no encryption key `{name}`")).help(help),
            );
        }
        found
    }

    fn rule(
        &mut self,
        name: &ast::Name,
        docs: &ast::Docs,
        body: &'t Body,
        parameters: &[Parameter],
        span: Span,
    ) -> Option<Rule> {
        let named = named(name, None, docs, None, &mut self.found);
        let (subject, filter) = self.selection(name, body)?;
        let sight = Sight { subject, parameters };
        let filter = filter.map(|filter| self.predicate(filter, sight));
        let mut rule = Rule {
            named,
            cites: SmolStr::default(),
            subject,
            filter,
            asks: Vec::new(),
            softened: false,
            help: SmolStr::default(),
            span,
        };
        for stated in &body.statements {
            match &stated.kind {
                Statement::Clause(clause) => self.clause_of_rule(clause, sight, &mut rule),
                Statement::Setting(setting) if setting.name.text == "severity" => {
                    if let ast::ValueKind::Word { path, .. } = &setting.value.kind
                        && let Some(word) = path.names.first()
                    {
                        rule.softened = self.is_softened(word);
                    }
                }
                other => self.no_member(other, "a rule"),
            }
        }
        if rule.asks.is_empty() && !body.broken() && !body.statements.iter().any(applies) {
            self.error(
                Diagnostic::new(E0207, name.span, "what does the rule ask for?")
                    .help("write `require …`, `forbid …` or `apply …`"),
            );
        }
        Some(rule)
    }

    fn clause_of_rule(&mut self, clause: &'t ast::Clause, sight: Sight<'_>, rule: &mut Rule) {
        match &clause.kind {
            ClauseKind::For { .. } => {}
            ClauseKind::Help(text) => rule.help = text.value.clone(),
            ClauseKind::Severity(word) => rule.softened = self.is_softened(word),
            ClauseKind::Require(expr) => rule.asks.push(Ask::Require(self.predicate(expr, sight))),
            ClauseKind::Forbid(expr) => rule.asks.push(Ask::Forbid(self.predicate(expr, sight))),
            ClauseKind::Apply(modifiers) => self.modifiers_applied(modifiers, sight, &mut rule.asks),
            ClauseKind::ApplyClause(inner) => self.clause_applied(inner, sight, &mut rule.asks),
            _ => self.misplaced_clause(
                clause.keyword,
                "this does not belong into a rule",
                "a rule says `for`, and `require`, `forbid` or `apply`",
            ),
        }
    }

    /// `for field where …`
    fn selection(&mut self, name: &ast::Name, body: &'t Body) -> Option<(Subject, Option<&'t ast::Expr>)> {
        let mut selected: Option<(Subject, Option<&ast::Expr>, Span)> = None;
        for stated in &body.statements {
            let Statement::Clause(ast::Clause { kind: ClauseKind::For { what, filter }, keyword }) =
                &stated.kind
            else {
                continue;
            };
            if let Some((_, _, first)) = selected {
                self.error(
                    Diagnostic::new(E0203, *keyword, "a rule selects once")
                        .also(first, "selected here first")
                        .help("write two rules"),
                );
                continue;
            }
            let Some(subject) = Subject::find(&what.text) else {
                let known = Subject::ALL.iter().map(|subject| subject.name());
                let help = did_you_mean(&what.text, known.clone())
                    .unwrap_or_else(|| format!("a rule is for: {}", known.collect::<Vec<_>>().join(", ")));
                self.error(
                    Diagnostic::new(E0201, what.span, format!("a rule cannot be for `{}`", what.text))
                        .help(help),
                );
                return None;
            };
            selected = Some((subject, filter.as_ref(), *keyword));
        }
        if selected.is_none() && !body.broken() {
            self.error(
                Diagnostic::new(E0207, name.span, "what is the rule for?")
                    .help("write `for field where #personal in labels`"),
            );
        }
        selected.map(|(subject, filter, _)| (subject, filter))
    }

    fn is_softened(&mut self, word: &ast::Name) -> bool {
        if let Some((_, softened)) = SEVERITIES.iter().find(|(known, _)| *known == word.text) {
            return *softened;
        }
        let known = SEVERITIES.iter().map(|(known, _)| *known);
        let help = did_you_mean(&word.text, known).unwrap_or_else(|| "one of: error, warning".to_owned());
        self.error(
            Diagnostic::new(E0201, word.span, format!("a rule has no severity `{}`", word.text)).help(help),
        );
        false
    }
}

/// Whether a line of a rule applies something, even if it could not be read.
fn applies(stated: &ast::Stated) -> bool {
    matches!(
        &stated.kind,
        Statement::Clause(ast::Clause { kind: ClauseKind::Apply(_) | ClauseKind::ApplyClause(_), .. })
    )
}

/// Returns a default that follows from an earlier parameter: `= retention`, `= retention + 2mo`.
fn derived(default: &ast::Expr, ty: FactType, earlier: &[Parameter]) -> Option<Fallback> {
    let parameter = |expr: &ast::Expr| match &expr.kind {
        ExprKind::Path(path) => earlier.iter().position(|p| p.named.name == written(path) && p.ty == ty),
        _ => None,
    };
    if let ExprKind::Binary { op: ast::BinaryOp::Add, left, right } = &default.kind
        && let ExprKind::Literal(literal) = &right.kind
        && let Some((Value::Duration(more), FactType::Duration)) = value(&literal.kind)
    {
        return Some(Fallback::Derived { from: parameter(left)?, more: Some(more) })
            .filter(|_| ty == FactType::Duration);
    }
    Some(Fallback::Derived { from: parameter(default)?, more: None })
}
