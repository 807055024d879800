//! Policies: parameters, and rules that select, ask and apply.

use smol_str::SmolStr;

use super::Resolver;
use super::names::{Kind, Scope, written};
use super::predicates::{Sight, value};
use crate::facts::{FactType, Subject};
use crate::policy::{Applied, Ask, KeyChoice, Parameter, Policy, Rule, Value};
use crate::{KeyId, Thing, entity::Fate};
use polity_syntax::ast::{self, Body, ClauseKind, ExprKind, FateKind, ModifierKind, Statement};
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
        let named = super::declare::named(name, None, &item.docs, None, &mut self.found);
        let title = title.map(|t| t.value.clone()).unwrap_or_default();
        let mut policy = Policy { named, title, parameters: Vec::new(), rules: Vec::new() };
        for stated in &body.statements {
            let Statement::Clause(clause) = &stated.kind else {
                self.no_member(&stated.kind, "a policy");
                continue;
            };
            if let ClauseKind::Parameter { name, ty, default } = &clause.kind {
                if let Some(first) = policy.parameters.iter().find(|p| p.named.name == name.text) {
                    let first = first.named.span;
                    self.declared_twice(name, first);
                    continue;
                }
                let named = super::declare::named(name, None, &stated.docs, None, &mut self.found);
                let Some(ty) = self.parameter_type(ty) else { continue };
                let default = default.as_ref().and_then(|default| self.parameter_value(default, ty));
                policy.parameters.push(Parameter { named, ty, default });
            }
        }
        for stated in &body.statements {
            let Statement::Clause(clause) = &stated.kind else { continue };
            match &clause.kind {
                ClauseKind::Parameter { .. } => {}
                ClauseKind::Rule { name, cites, body } => {
                    if let Some(first) = policy.rules.iter().find(|r| r.named.name == name.text) {
                        let first = first.named.span;
                        self.declared_twice(name, first);
                        continue;
                    }
                    let rule = self.rule(name, &stated.docs, body, &policy.parameters, stated.span);
                    let cites = cites.as_ref().map(|c| c.value.clone()).unwrap_or_default();
                    policy.rules.extend(rule.map(|rule| Rule { cites, ..rule }));
                }
                _ => self.misplaced_clause(
                    clause.keyword,
                    "this does not belong into a policy",
                    "a policy has `parameter` and `rule`",
                ),
            }
        }
        self.platform.policies.push(policy);
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
                .help("give a literal of that type"),
        );
        None
    }

    pub(crate) fn named_key(&mut self, name: &str, span: Span) -> Option<KeyId> {
        let found = self.platform.encryption_keys.iter().find(|k| k.named.name == name).map(|k| k.id);
        if found.is_none() {
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
        let named = super::declare::named(name, None, docs, None, &mut self.found);
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
            let clause = match &stated.kind {
                Statement::Clause(clause) => clause,
                Statement::Setting(setting) if setting.name.text == "severity" => {
                    if let ast::ValueKind::Word { path, .. } = &setting.value.kind
                        && let Some(word) = path.names.first()
                    {
                        rule.softened = self.is_softened(word);
                    }
                    continue;
                }
                other => {
                    self.no_member(other, "a rule");
                    continue;
                }
            };
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
        let asks = |stated: &ast::Stated| {
            matches!(
                &stated.kind,
                Statement::Clause(ast::Clause {
                    kind: ClauseKind::Apply(_) | ClauseKind::ApplyClause(_),
                    ..
                })
            )
        };
        if rule.asks.is_empty() && !body.broken() && !body.statements.iter().any(asks) {
            self.error(
                Diagnostic::new(E0207, name.span, "what does the rule ask for?")
                    .help("write `require …`, `forbid …` or `apply …`"),
            );
        }
        Some(rule)
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

    /// A parameter of the policy, or a key of the platform.
    fn key_choice(&mut self, key: &ast::Name, sight: Sight<'_>) -> Option<KeyChoice> {
        let is_key = |p: &Parameter| p.named.name == key.text && p.ty == FactType::Key;
        match sight.parameters.iter().position(is_key) {
            Some(at) => Some(KeyChoice::Parameter(at)),
            None => self.named_key(&key.text, key.span).map(KeyChoice::Key),
        }
    }

    /// `apply encrypted with pii searchable`
    fn modifiers_applied(&mut self, modifiers: &[ast::Modifier], sight: Sight<'_>, asks: &mut Vec<Ask>) {
        for modifier in modifiers {
            if sight.subject != Subject::Field {
                self.misplaced_clause(
                    modifier.span,
                    "what stands beside fields is applied to fields",
                    "write the rule `for field`",
                );
                return;
            }
            let applied = match &modifier.kind {
                ModifierKind::Encrypted { key, searchable } => {
                    let key = self.key_choice(key, sight);
                    key.map(|key| Applied::Encrypted { key, searchable: *searchable })
                }
                ModifierKind::Label(name) => self.label(name).map(Applied::Label),
                ModifierKind::Pseudonymous { key: None } => {
                    let key = self.platform.only_key().map(KeyChoice::Key);
                    Some(Applied::Pseudonymous { key })
                }
                ModifierKind::Pseudonymous { key: Some(key) } => {
                    let key = self.key_choice(key, sight);
                    key.map(|key| Applied::Pseudonymous { key: Some(key) })
                }
                ModifierKind::Immutable => Some(Applied::Immutable),
                _ => {
                    self.misplaced_clause(
                        modifier.span,
                        "this is not applied by a rule",
                        "a rule applies `encrypted with KEY`, `pseudonymous [with KEY]`, `immutable` and labels; write the rest beside the field",
                    );
                    None
                }
            };
            asks.extend(applied.map(|applied| Ask::Apply(applied, modifier.span)));
        }
    }

    /// `apply audit (insert, update, delete) into audit.AuditLog`, `apply append only`, `apply retain 5y after at`
    fn clause_applied(&mut self, clause: &ast::Clause, sight: Sight<'_>, asks: &mut Vec<Ask>) {
        if sight.subject != Subject::Entity {
            self.misplaced_clause(
                clause.keyword,
                "clauses belong to entities",
                "write the rule `for entity`",
            );
            return;
        }
        let applied = match &clause.kind {
            ClauseKind::AppendOnly => Some(Applied::AppendOnly),
            ClauseKind::Audit { operations, into } => {
                let operations = self.operations(operations, clause.keyword);
                let into = match into {
                    Some(path) => match self.lookup(path, Scope::default(), &[Kind::AuditLog]) {
                        Some(Thing::AuditLog(log)) => Some(log),
                        _ => return,
                    },
                    None => None,
                };
                Some(Applied::Audit { operations, into })
            }
            ClauseKind::Retain(retain) => self.retention_applied(retain, clause.keyword),
            _ => {
                self.misplaced_clause(
                    clause.keyword,
                    "this is not applied by a rule",
                    "a rule applies `audit`, `append only` and `retain`; write the rest in the entity",
                );
                None
            }
        };
        asks.extend(applied.map(|applied| Ask::Apply(applied, clause.keyword)));
    }

    fn retention_applied(&mut self, retain: &ast::Retain, keyword: Span) -> Option<Applied> {
        let duration = self.duration(&retain.duration)?;
        let after = match &retain.after {
            Some(path) => match &path.names[..] {
                [name] => name.text.clone(),
                _ => {
                    self.misplaced_clause(path.span, "a field of the entity is expected", "name it alone");
                    return None;
                }
            },
            None => {
                self.misplaced_clause(keyword, "counted from when?", "write `retain 5y after created_at`");
                return None;
            }
        };
        let fate = match retain.then.as_ref().map(|fate| &fate.kind) {
            None | Some(FateKind::Delete) => Fate::Delete,
            Some(FateKind::Anonymize) => Fate::Anonymize,
            Some(FateKind::ArchiveTo(path)) => {
                self.misplaced_clause(
                    path.span,
                    "a rule does not say where rows are archived",
                    "write `then archive to …` in the entity",
                );
                return None;
            }
        };
        Some(Applied::Retain { duration, after, fate })
    }
}
