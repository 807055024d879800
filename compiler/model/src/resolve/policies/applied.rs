//! `apply …`: what a rule adds to fields and entities.

use super::Resolver;
use super::Sight;
use crate::Thing;
use crate::entity::Fate;
use crate::facts::{FactType, Subject};
use crate::policy::{Applied, Ask, KeyChoice, Parameter};
use crate::resolve::names::{Kind, Scope};
use polity_syntax::ast::{self, ClauseKind, FateKind, ModifierKind};
use polity_text::source::Span;

impl Resolver<'_> {
    /// `apply encrypted with pii searchable`
    pub(super) fn modifiers_applied(
        &mut self,
        modifiers: &[ast::Modifier],
        sight: Sight<'_>,
        asks: &mut Vec<Ask>,
    ) {
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
    pub(super) fn clause_applied(&mut self, clause: &ast::Clause, sight: Sight<'_>, asks: &mut Vec<Ask>) {
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

    /// A parameter of the policy, or a key of the platform.
    fn key_choice(&mut self, key: &ast::Name, sight: Sight<'_>) -> Option<KeyChoice> {
        let is_key = |p: &Parameter| p.named.name == key.text && p.ty == FactType::Key;
        match sight.parameters.iter().position(is_key) {
            Some(at) => Some(KeyChoice::Parameter(at)),
            None => self.named_key(&key.text, key.span).map(KeyChoice::Key),
        }
    }
}
