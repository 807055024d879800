//! Policies: parameters, and rules whose predicates speak of facts.

use smol_str::SmolStr;

use super::Resolver;
use super::facts::{self, Fact, FactType, SUBJECTS};
use super::literals::shown;
use super::names::written;
use super::types::At;
use crate::diagnostics::codes::{E0201, E0203, E0207, E0302, E0801};
use crate::diagnostics::{Diagnostic, did_you_mean};
use crate::model::governance::{Policy, Rule};
use crate::model::{Named, Scalar, Type, TypeKind};
use crate::source::Span;
use crate::syntax::ast::{
    self, BinaryOp, Body, ClauseKind, ExprKind, LiteralKind, ModifierKind, Statement, UnaryOp,
};

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
        let named = super::declare::named(name, None, &item.docs, None, &mut self.found);
        let title = title.map(|t| t.value.clone()).unwrap_or_default();
        let mut policy = Policy { named, title, parameters: Vec::new(), rules: Vec::new() };
        for stated in &body.statements {
            let Statement::Clause(clause) = &stated.kind else {
                self.no_member(&stated.kind, "a policy");
                continue;
            };
            if let ClauseKind::Parameter { name, ty, default } = &clause.kind {
                let named = super::declare::named(name, None, &stated.docs, None, &mut self.found);
                let ty = self.parameter_type(ty);
                if let Some(default) = default {
                    self.parameter_default(default, &ty);
                }
                policy.parameters.push((named, ty));
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
                    let named = super::declare::named(name, None, &stated.docs, None, &mut self.found);
                    let cites = cites.as_ref().map(|c| c.value.clone()).unwrap_or_default();
                    let selects = self.rule(&named, body, &policy.parameters);
                    policy.rules.push(Rule { named, cites, selects, span: stated.span });
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

    /// A parameter may be a length of time, which no field's type is called.
    fn parameter_type(&mut self, ty: &'t ast::Type) -> Type {
        if let ast::TypeKind::Named { path, arguments } = &ty.kind
            && arguments.is_empty()
        {
            match written(path).as_str() {
                "duration" => return Type::required(TypeKind::Scalar(Scalar::Interval)),
                // The name of an encryption key.
                "encryption_key" => return Type::required(TypeKind::Scalar(Scalar::Text { max: None })),
                _ => {}
            }
        }
        self.ty(ty, At { scope: Default::default(), path: "Parameter" })
    }

    fn parameter_default(&mut self, default: &ast::Expr, ty: &Type) {
        let found = match &default.kind {
            ExprKind::Literal(literal) => FactType::of_literal(&literal.kind),
            ExprKind::Path(path) => {
                self.named_key(path);
                Some(FactType::Text)
            }
            _ => None,
        };
        let wanted = self.fact_type(ty);
        if found.is_none() || wanted.is_some() && found != wanted {
            let name = self.platform.type_name(ty);
            self.error(
                Diagnostic::new(E0302, default.span, format!("the parameter is of type `{name}`"))
                    .help("give a literal of that type"),
            );
        }
    }

    fn named_key(&mut self, path: &ast::Path) {
        let name = written(path);
        if !self.platform.encryption_keys.iter().any(|k| k.named.name == name) {
            let known = self.platform.encryption_keys.iter().map(|k| k.named.name.as_str());
            let help = did_you_mean(&name, known)
                .unwrap_or_else(|| format!("declare it: `encryption key {name} {{ … }}`"));
            self.error(
                Diagnostic::new(E0201, path.span, format!("there is no encryption key `{name}`")).help(help),
            );
        }
    }

    fn fact_type(&self, ty: &Type) -> Option<FactType> {
        match self.platform.scalar(ty)? {
            Scalar::Interval => Some(FactType::Duration),
            Scalar::Bool => Some(FactType::Bool),
            s if s.is_number() => Some(FactType::Number),
            s if s.is_text() => Some(FactType::Text),
            _ => None,
        }
    }

    /// Judges a rule, and gives what it selects.
    fn rule(&mut self, named: &Named, body: &'t Body, parameters: &[(Named, Type)]) -> SmolStr {
        let mut selects: Option<(&'static str, Span)> = None;
        for stated in &body.statements {
            let Statement::Clause(ast::Clause { kind: ClauseKind::For { what, filter }, keyword }) =
                &stated.kind
            else {
                continue;
            };
            if let Some((_, first)) = selects {
                self.error(
                    Diagnostic::new(E0203, *keyword, "a rule selects once")
                        .also(first, "selected here first")
                        .help("write two rules"),
                );
                continue;
            }
            let Some(subject) = SUBJECTS.iter().find(|s| **s == what.text) else {
                let help = did_you_mean(&what.text, SUBJECTS.iter().copied())
                    .unwrap_or_else(|| format!("a rule is for: {}", SUBJECTS.join(", ")));
                self.error(
                    Diagnostic::new(E0201, what.span, format!("a rule cannot be for `{}`", what.text))
                        .help(help),
                );
                return SmolStr::default();
            };
            selects = Some((subject, *keyword));
            if let Some(filter) = filter {
                self.predicate(filter, subject, parameters);
            }
        }
        let Some((subject, _)) = selects else {
            if !body.broken() {
                self.error(
                    Diagnostic::new(E0207, named.span, "what is the rule for?")
                        .help("write `for field where #personal in labels`"),
                );
            }
            return SmolStr::default();
        };
        let mut says_something = body.broken();
        for stated in &body.statements {
            let clause = match &stated.kind {
                Statement::Clause(clause) => clause,
                Statement::Setting(setting) if setting.name.text == "severity" => {
                    if let ast::ValueKind::Word { path, .. } = &setting.value.kind
                        && let Some(word) = path.names.first()
                    {
                        self.severity(word);
                    }
                    continue;
                }
                other => {
                    self.no_member(other, "a rule");
                    continue;
                }
            };
            match &clause.kind {
                ClauseKind::For { .. } | ClauseKind::Help(_) => continue,
                ClauseKind::Severity(word) => {
                    self.severity(word);
                    continue;
                }
                ClauseKind::Require(expr) | ClauseKind::Forbid(expr) => {
                    self.predicate(expr, subject, parameters)
                }
                ClauseKind::Apply(modifiers) => self.applied(modifiers, subject, parameters, clause.keyword),
                ClauseKind::ApplyClause(inner) => {
                    if subject != "entity" {
                        self.misplaced_clause(
                            inner.keyword,
                            "clauses belong to entities",
                            "write the rule `for entity`",
                        );
                    }
                }
                _ => {
                    self.misplaced_clause(
                        clause.keyword,
                        "this does not belong into a rule",
                        "a rule says `for`, and `require`, `forbid` or `apply`",
                    );
                    continue;
                }
            }
            says_something = true;
        }
        if !says_something {
            self.error(
                Diagnostic::new(E0207, named.span, "what does the rule ask for?")
                    .help("write `require …`, `forbid …` or `apply …`"),
            );
        }
        subject.into()
    }

    fn severity(&mut self, word: &ast::Name) {
        const SEVERITIES: &[&str] = &["info", "warning", "error", "critical"];
        if !SEVERITIES.contains(&word.text.as_str()) {
            let help = did_you_mean(&word.text, SEVERITIES.iter().copied())
                .unwrap_or_else(|| format!("one of: {}", SEVERITIES.join(", ")));
            self.error(
                Diagnostic::new(E0201, word.span, format!("there is no severity `{}`", word.text)).help(help),
            );
        }
    }

    /// `apply encrypted with pii searchable`
    fn applied(
        &mut self,
        modifiers: &[ast::Modifier],
        subject: &str,
        parameters: &[(Named, Type)],
        keyword: Span,
    ) {
        if subject != "field" {
            self.misplaced_clause(
                keyword,
                "what stands beside fields is applied to fields",
                "write the rule `for field`",
            );
        }
        for modifier in modifiers {
            match &modifier.kind {
                ModifierKind::Encrypted { key, .. }
                    if !parameters.iter().any(|(named, _)| named.name == key.text) =>
                {
                    self.named_key(&ast::Path { names: vec![key.clone()], span: key.span });
                }
                ModifierKind::Label(name) => {
                    self.label(name);
                }
                _ => {}
            }
        }
    }

    fn predicate(&mut self, expr: &ast::Expr, subject: &'static str, parameters: &[(Named, Type)]) {
        let found = self.fact(expr, subject, parameters);
        self.fact_of_type(found, FactType::Bool, expr.span);
    }

    fn fact_of_type(&mut self, found: Option<FactType>, wanted: FactType, span: Span) {
        if let Some(found) = found
            && found != wanted
        {
            self.error(
                Diagnostic::new(
                    E0302,
                    span,
                    format!("{} is expected, and this is {}", wanted.noun(), found.noun()),
                )
                .help("compare it with something"),
            );
        }
    }

    /// The type of an expression over facts; `None` where it was reported.
    fn fact(
        &mut self,
        expr: &ast::Expr,
        subject: &'static str,
        parameters: &[(Named, Type)],
    ) -> Option<FactType> {
        match &expr.kind {
            ExprKind::Paren(inner) => self.fact(inner, subject, parameters),
            ExprKind::Literal(literal) => {
                let found = FactType::of_literal(&literal.kind);
                if found.is_none() && !matches!(literal.kind, LiteralKind::Null) {
                    let what = shown(literal);
                    self.error(
                        Diagnostic::new(E0302, expr.span, format!("no fact is {what}"))
                            .help("compare with a text, a number, a duration, `true` or `false`"),
                    );
                }
                found
            }
            ExprKind::Label(name) => {
                self.label(name)?;
                Some(FactType::Label)
            }
            ExprKind::Path(path) => self.fact_path(path, subject, parameters),
            ExprKind::Unary { op: UnaryOp::Not, operand } => {
                self.predicate(operand, subject, parameters);
                Some(FactType::Bool)
            }
            ExprKind::Unary { op: UnaryOp::Minus, operand } => self.fact(operand, subject, parameters),
            ExprKind::Binary { op: BinaryOp::And | BinaryOp::Or, left, right } => {
                self.predicate(left, subject, parameters);
                self.predicate(right, subject, parameters);
                Some(FactType::Bool)
            }
            ExprKind::Binary { op, left, right } => {
                let a = self.fact_or_word(left, subject, parameters);
                let b = self.fact_or_word(right, subject, parameters);
                if let (Some(a), Some(b)) = (a, b) {
                    let ordered = !matches!(op, BinaryOp::Equal | BinaryOp::NotEqual | BinaryOp::Matches);
                    if a != b {
                        self.error(
                            Diagnostic::new(
                                E0302,
                                expr.span,
                                format!("{} and {} cannot be compared", a.noun(), b.noun()),
                            )
                            .help("both sides are of one type"),
                        );
                    } else if ordered && !matches!(a, FactType::Number | FactType::Duration) {
                        self.error(
                            Diagnostic::new(E0302, expr.span, format!("{} has no order", a.noun()))
                                .help("compare it with `=` or `!=`"),
                        );
                    }
                }
                Some(FactType::Bool)
            }
            ExprKind::IsNull { operand, .. } => {
                self.fact(operand, subject, parameters);
                Some(FactType::Bool)
            }
            ExprKind::Between { operand, low, high, .. } => {
                let wanted = self.fact(operand, subject, parameters);
                for end in [low, high] {
                    let found = self.fact(end, subject, parameters);
                    if let Some(wanted) = wanted {
                        self.fact_of_type(found, wanted, end.span);
                    }
                }
                Some(FactType::Bool)
            }
            ExprKind::In { operand, list, .. } => {
                let wanted = self.fact_or_word(operand, subject, parameters);
                match &list.kind {
                    ExprKind::List(values) => {
                        for value in values {
                            let found = self.fact_or_word(value, subject, parameters);
                            if let Some(wanted) = wanted {
                                self.fact_of_type(found, wanted, value.span);
                            }
                        }
                    }
                    _ => {
                        let found = self.fact(list, subject, parameters);
                        self.fact_of_type(found, FactType::Labels, list.span);
                        self.fact_of_type(wanted, FactType::Label, operand.span);
                    }
                }
                Some(FactType::Bool)
            }
            ExprKind::Call { .. } | ExprKind::List(_) | ExprKind::Record(_) => {
                self.error(
                    Diagnostic::new(E0801, expr.span, "a rule compares facts, and calls nothing")
                        .help("the reference lists the facts"),
                );
                None
            }
        }
    }

    /// Beside a text, a bare word that is no fact stands for itself: `type = text`, `store.engine = postgres`.
    fn fact_or_word(
        &mut self,
        expr: &ast::Expr,
        subject: &'static str,
        parameters: &[(Named, Type)],
    ) -> Option<FactType> {
        if let ExprKind::Path(path) = &expr.kind
            && let [name] = &path.names[..]
            && facts::find(subject, &name.text).is_none()
            && !parameters.iter().any(|(named, _)| named.name == name.text)
            && facts::WORDS.contains(&name.text.as_str())
        {
            return Some(FactType::Text);
        }
        self.fact(expr, subject, parameters)
    }

    fn fact_path(
        &mut self,
        path: &ast::Path,
        subject: &'static str,
        parameters: &[(Named, Type)],
    ) -> Option<FactType> {
        let (owner, name) = match &path.names[..] {
            [name] => {
                if let Some((_, ty)) = parameters.iter().find(|(named, _)| named.name == name.text) {
                    return self.fact_type(ty);
                }
                (subject, name)
            }
            [owner, name] => {
                let around = facts::around(subject);
                let Some(found) = around.iter().find(|o| **o == owner.text) else {
                    let help = did_you_mean(&owner.text, around.iter().copied()).unwrap_or_else(|| {
                        format!("from a {subject} one can look at: {}", around.join(", "))
                    });
                    self.error(
                        Diagnostic::new(E0801, owner.span, format!("a {subject} has no `{}`", owner.text))
                            .help(help),
                    );
                    return None;
                };
                (*found, name)
            }
            _ => {
                self.error(
                    Diagnostic::new(E0801, path.span, "a fact has one owner at most")
                        .help("write `entity.audited`, `store.region`"),
                );
                return None;
            }
        };
        if let Some(Fact { ty, .. }) = facts::find(owner, &name.text) {
            return Some(*ty);
        }
        let known = || facts::of(owner).map(|fact| fact.name);
        let help = did_you_mean(&name.text, known())
            .unwrap_or_else(|| format!("of a {owner} is known: {}", known().collect::<Vec<_>>().join(", ")));
        self.error(
            Diagnostic::new(E0801, name.span, format!("there is no fact `{}` of a {owner}", name.text))
                .help(help),
        );
        None
    }
}
