//! Services and the rights that they are given.

use smol_str::SmolStr;

use super::Resolver;
use super::names::{Kind, Scope, written};
use crate::governance::{Grant, Service};
use crate::keyspace::ValueShape;
use crate::{FieldId, ServiceId, Thing};
use polity_syntax::ast::{self, Body, ClauseKind, Statement};
use polity_text::diagnostics::codes::{E0201, E0206, E0207};
use polity_text::diagnostics::{Diagnostic, did_you_mean};

/// The verbs of a service's rights, with the kinds of things that each may name.
const VERBS: &[(&str, &[Kind])] = &[
    ("read", &[Kind::Entity, Kind::View, Kind::Keyspace, Kind::AuditLog, Kind::Schema, Kind::Store]),
    ("write", &[Kind::Entity, Kind::Keyspace, Kind::Schema, Kind::Store]),
    ("delete", &[Kind::Entity, Kind::Keyspace, Kind::Schema, Kind::Store]),
    ("append", &[Kind::Entity, Kind::Keyspace, Kind::AuditLog]),
    ("publish", &[Kind::Channel]),
    ("subscribe", &[Kind::Channel]),
    ("consume", &[Kind::Keyspace]),
];

impl<'t> Resolver<'t> {
    pub(super) fn service(&mut self, name: &ast::Name, body: &'t Body, scope: Scope, item: &ast::Item) {
        if let Some(first) = self.platform.services.iter().find(|s| s.named.name == name.text) {
            let first = first.named.span;
            self.declared_twice(name, first);
            return;
        }
        let mut grants = Vec::new();
        let mut across_tenants = None;
        let (mut purposes, mut recipients): (Vec<&ast::Name>, Vec<_>) = (Vec::new(), Vec::new());
        for stated in &body.statements {
            let Statement::Clause(clause) = &stated.kind else {
                self.no_member(&stated.kind, "a service");
                continue;
            };
            match &clause.kind {
                ClauseKind::Grant { verb, targets } => {
                    let Some((_, kinds)) = VERBS.iter().find(|(word, _)| *word == verb.text) else {
                        let help = did_you_mean(&verb.text, VERBS.iter().map(|(word, _)| *word))
                            .unwrap_or_else(|| "a service may read, write, delete, append, publish, subscribe, consume".to_owned());
                        self.error(
                            Diagnostic::new(E0201, verb.span, format!("a service cannot `{}`", verb.text)).help(help),
                        );
                        continue;
                    };
                    let verb_span = if targets.len() == 1 { Some(verb.span) } else { None };
                    for target in targets {
                        let grant = self.grant(&verb.text, kinds, target, scope);
                        grants.extend(grant.map(|grant| Grant { verb_span, ..grant }));
                    }
                }
                ClauseKind::AcrossTenants => across_tenants = Some(clause.keyword),
                ClauseKind::Purpose(names) => purposes.extend(names),
                ClauseKind::Recipient(said) => recipients.push((said.as_ref(), stated.span)),
                _ => self.misplaced_clause(
                    clause.keyword,
                    "this does not belong into a service",
                    "a service says what it may `read`, `write`, `delete`, `append`, `publish`, `subscribe`, `consume`, for which `purpose`, and who is a `recipient`",
                ),
            }
        }
        let (purposes, recipients) = (self.named_purposes(purposes), self.recipients(&recipients));
        let named = self.plain_named(name, item);
        let id = ServiceId(self.platform.services.len() as u32);
        self.platform.services.push(Service { id, named, grants, across_tenants, purposes, recipients });
    }

    fn grant(
        &mut self,
        verb: &SmolStr,
        kinds: &'static [Kind],
        target: &ast::GrantTarget,
        scope: Scope,
    ) -> Option<Grant> {
        let span = target.path.span;
        let wanted: &[Kind] = if target.all { &[Kind::Schema, Kind::Store] } else { kinds };
        let on = self.lookup(&target.path, scope, wanted)?;
        if !target.all && matches!(on, Thing::Schema(_) | Thing::Store(_)) {
            let name = written(&target.path);
            self.error(
                Diagnostic::new(E0206, target.path.span, format!("`{name}` holds many things"))
                    .help(format!("write `{verb} {name}.*` for all of them, or name each")),
            );
            return None;
        }
        let fields = self.granted_fields(on, &target.fields);
        let except_fields = self.granted_fields(on, &target.except_fields);
        let except = self.labels(&target.except);
        if let Some(group) = &target.group {
            let groups = match on {
                Thing::Keyspace(id) => match &self.platform[id].value {
                    ValueShape::Stream { groups, .. } => groups.clone(),
                    _ => Vec::new(),
                },
                _ => Vec::new(),
            };
            if !groups.contains(&group.text) {
                let help = did_you_mean(&group.text, groups.iter().map(SmolStr::as_str))
                    .unwrap_or_else(|| "the stream says `groups [a, b]`".to_owned());
                self.error(
                    Diagnostic::new(E0201, group.span, format!("the stream has no group `{}`", group.text))
                        .help(help),
                );
            }
        } else if verb == "consume" {
            self.error(
                Diagnostic::new(E0207, target.path.span, "as which group?")
                    .help("name one that the stream lists: `consume … as …`"),
            );
        }
        let group = target.group.as_ref().map(|g| g.text.clone());
        let deleted = target.deleted;
        Some(Grant {
            verb: verb.clone(),
            verb_span: None,
            on,
            fields,
            except,
            except_fields,
            deleted,
            group,
            span,
        })
    }

    /// The fields of an entity that a line lists.
    fn granted_fields(&mut self, on: Thing, names: &[ast::Name]) -> Vec<FieldId> {
        let mut fields: Vec<FieldId> = Vec::new();
        for name in names {
            match on {
                Thing::Entity(entity) => fields.extend(self.field_of(entity, name)),
                _ => self.error(
                    Diagnostic::new(E0206, name.span, "only an entity is granted field by field")
                        .help("leave the list out"),
                ),
            }
        }
        fields
    }
}
