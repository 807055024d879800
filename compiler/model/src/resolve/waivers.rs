//! Which policies are in force, and what is excused from them.

use smol_str::SmolStr;

use super::Resolver;
use super::names::{ANYTHING, Scope, written};
use crate::facts::Subject;
use crate::policy::{UsePolicy, Waived, Waiver};
use crate::{Date, Thing};
use polity_syntax::ast::{self, Body, LiteralKind};
use polity_text::diagnostics::codes::{E0201, E0203, E0319};
use polity_text::diagnostics::{Diagnostic, did_you_mean};
use polity_text::source::{PACKS, Span};

impl<'t> Resolver<'t> {
    pub(super) fn use_policy(&mut self, name: &ast::Path, body: Option<&'t Body>, span: Span) {
        let text: SmolStr = written(name).into();
        let settings = body.map(|body| self.settings(body, &[]).0).unwrap_or_default();
        if let Some(first) = self.platform.uses.iter().find(|used| used.name == text) {
            let first = first.span;
            self.error(
                Diagnostic::new(E0203, name.span, format!("policy `{text}` is used twice"))
                    .also(first, "used here first")
                    .help("put what both say into one of them"),
            );
            return;
        }
        if self.known_policy(&text, name.span) {
            self.platform.uses.push(UsePolicy { name: text, span, settings });
        }
    }

    fn known_policy(&mut self, name: &SmolStr, span: Span) -> bool {
        if self.platform.policies.iter().any(|policy| policy.named.name == *name) {
            return true;
        }
        if !self.names.has_broken_items {
            let own = self.platform.policies.iter().map(|p| p.named.name.as_str());
            let packs = || PACKS.iter().map(|(name, _)| *name);
            let help = did_you_mean(name, packs().chain(own)).unwrap_or_else(|| {
                format!("these come with the compiler: {}", packs().collect::<Vec<_>>().join(", "))
            });
            self.error(Diagnostic::new(E0201, span, format!("there is no policy `{name}`")).help(help));
        }
        false
    }

    pub(super) fn waive(
        &mut self,
        rule: &ast::Path,
        on: &ast::Path,
        until: &ast::Literal,
        because: &ast::Text,
        scope: Scope,
        span: Span,
    ) {
        let [policy, name] = &rule.names[..] else {
            self.error(
                Diagnostic::new(E0319, rule.span, "a rule is named with its policy")
                    .help("write `waive gdpr.storage_limitation on …`"),
            );
            return;
        };
        let subject = match self.platform.policies.iter().find(|p| p.named.name == policy.text) {
            Some(own) => match own.rules.iter().find(|r| r.named.name == name.text) {
                Some(rule) => rule.subject,
                None => {
                    let known = own.rules.iter().map(|r| r.named.name.as_str());
                    let help = did_you_mean(&name.text, known.clone())
                        .unwrap_or_else(|| format!("it has: {}", known.collect::<Vec<_>>().join(", ")));
                    let message = format!("`{}` has no rule `{}`", policy.text, name.text);
                    let diagnostic =
                        Diagnostic::new(E0201, name.span, message).also(own.named.span, "the policy");
                    self.error(diagnostic.help(help));
                    return;
                }
            },
            None if PACKS.iter().any(|(pack, _)| *pack == policy.text) => {
                let message = format!("policy `{}` is not in force, so nothing is waived", policy.text);
                self.error(
                    Diagnostic::new(E0201, policy.span, message)
                        .help(format!("add `use policy {}`, or remove the waiver", policy.text)),
                );
                return;
            }
            None => {
                self.known_policy(&policy.text, policy.span);
                return;
            }
        };
        let Some(on) = self.waived(on, scope, subject) else { return };
        let LiteralKind::Date { year, month, day } = until.kind else {
            self.refuse_literal::<()>(until, "a date", "2027-06-30");
            return;
        };
        self.platform.waivers.push(Waiver {
            policy: policy.text.clone(),
            rule: name.text.clone(),
            on,
            until: Date { year, month, day },
            because: because.value.clone(),
            span,
        });
    }

    /// Finds the thing that a waiver names, of the kind that the rule is for.
    fn waived(&mut self, path: &ast::Path, scope: Scope, subject: Subject) -> Option<Waived> {
        let platform = &self.platform;
        let known: Vec<(&SmolStr, Waived)> = match subject {
            Subject::Platform => vec![(&platform.name, Waived::Platform)],
            Subject::Tier => platform.tiers.iter().map(|t| (&t.named.name, Waived::Tier(t.id))).collect(),
            Subject::EncryptionKey => {
                platform.encryption_keys.iter().map(|k| (&k.named.name, Waived::Key(k.id))).collect()
            }
            Subject::Tenant => {
                let tenants = platform.tenants.iter().enumerate();
                tenants.map(|(at, tenant)| (&tenant.named.name, Waived::Tenant(at))).collect()
            }
            Subject::Service => {
                let services = platform.services.iter().enumerate();
                services.map(|(at, service)| (&service.named.name, Waived::Service(at))).collect()
            }
            _ => return self.thing_or_field(path, scope).map(Waived::Thing),
        };
        let name = written(path);
        if let Some((_, waived)) = known.iter().find(|(known, _)| **known == name) {
            return Some(*waived);
        }
        if !self.names.has_broken_items {
            let kind = subject.name().replace('_', " ");
            let help = did_you_mean(&name, known.iter().map(|(known, _)| known.as_str()))
                .unwrap_or_else(|| format!("the rule is for a {kind}"));
            self.error(Diagnostic::new(E0201, path.span, format!("there is no {kind} `{name}`")).help(help));
        }
        None
    }

    fn thing_or_field(&mut self, path: &ast::Path, scope: Scope) -> Option<Thing> {
        if path.names.len() > 1 && self.names.find(&self.platform, &path.names, scope, ANYTHING).is_empty() {
            return match self.lookup_entity_or_field(path, scope)? {
                (entity, Some((field, _))) => Some(Thing::EntityField(entity, field)),
                (entity, None) => Some(Thing::Entity(entity)),
            };
        }
        self.lookup(path, scope, ANYTHING)
    }
}
