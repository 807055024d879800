//! Tenancy, services, waivers and change: names bound and types known. Later phases give them a meaning.

use smol_str::SmolStr;

use super::exprs::{Cx, Place};
use super::names::{ANYTHING, Kind, Scope, written};
use super::types::At;
use super::{Owner, Resolver};
use crate::diagnostics::codes::{E0201, E0203, E0206, E0207, E0303, E0319};
use crate::diagnostics::{Diagnostic, did_you_mean};
use crate::model::facts::Subject;
use crate::model::governance::{Accept, Grant, Service, Tenancy, Tenant, Tier};
use crate::model::keyspace::ValueShape;
use crate::model::policy::{UsePolicy, Waived, Waiver};
use crate::model::{Backfill, Date, FieldId, Layered, Named, Removed, Scalar, StoreId, Thing, TierId};
use crate::source::{PACKS, Span};
use crate::syntax::ast::{self, Body, ClauseKind, ItemKind, LiteralKind, Statement};

/// What a store does not enforce itself and a tier may accept.
const ACCEPTED: &[&str] = &["client_enforced"];

/// What a service may do, and to what.
const VERBS: &[(&str, &[Kind])] = &[
    ("read", &[Kind::Entity, Kind::View, Kind::Keyspace, Kind::AuditLog, Kind::Schema, Kind::Store]),
    ("write", &[Kind::Entity, Kind::Keyspace, Kind::Schema, Kind::Store]),
    ("delete", &[Kind::Entity, Kind::Keyspace, Kind::Schema, Kind::Store]),
    ("append", &[Kind::Entity, Kind::Keyspace, Kind::AuditLog]),
    ("publish", &[Kind::Channel]),
    ("subscribe", &[Kind::Channel]),
    ("consume", &[Kind::Keyspace]),
];

/// What `removed` may stand in place of.
const REMOVABLE: &[&str] = &[
    "entity",
    "view",
    "keyspace",
    "channel",
    "enum",
    "struct",
    "type",
    "sequence",
    "schema",
    "store",
    "audit log",
];

impl<'t> Resolver<'t> {
    pub(super) fn governance(&mut self) {
        let declared = self.declared;
        for (item, scope) in &declared.others {
            let scope = *scope;
            match &item.kind {
                ItemKind::Tenancy { column, ty } => self.tenancy(column, ty, item.span),
                ItemKind::Tier { name, body } => self.tier(name, body, item),
                ItemKind::Policy { name, title, body } => self.policy(name, title.as_ref(), body, item),
                ItemKind::Removed(removed) => self.removed_item(removed, scope, item.span),
                ItemKind::Backfill { field, value } => self.backfill(field, value, scope, item.span),
                _ => {}
            }
        }
        // These name what the first walk declared.
        for (item, scope) in &declared.others {
            match &item.kind {
                ItemKind::Tenant { name, tier, body } => self.tenant(name, tier, body, item),
                ItemKind::UsePolicy { name, body } => self.use_policy(name, body.as_ref(), item.span),
                ItemKind::Service { name, body } => self.service(name, body, *scope, item),
                _ => {}
            }
        }
        // These name what the second declared.
        for (item, scope) in &declared.others {
            if let ItemKind::Waive { rule, on, until, because } = &item.kind {
                self.waive(rule, on, until, because, *scope, item.span);
            }
        }
        for (i, block) in declared.entities.iter().enumerate() {
            for stated in &block.body.statements {
                if let Statement::Clause(ast::Clause { kind: ClauseKind::Removed(removed), .. }) =
                    &stated.kind
                {
                    self.removed_field(crate::model::EntityId(i as u32), removed, stated.span);
                }
            }
        }
    }

    fn plain_named(&mut self, name: &ast::Name, item: &ast::Item) -> Named {
        super::declare::named(name, None, &item.docs, None, &mut self.found)
    }

    fn tenancy(&mut self, column: &ast::Name, ty: &'t ast::Type, span: Span) {
        if let Some(first) = &self.platform.tenancy {
            let first = first.span;
            self.error(
                Diagnostic::new(E0203, span, "tenancy is declared twice")
                    .also(first, "declared here first")
                    .help("keep one of the two"),
            );
            return;
        }
        let resolved = self.ty(ty, At { scope: Scope::default(), path: "Tenant" });
        let fits =
            matches!(self.platform.scalar(&resolved), Some(Scalar::Uuid | Scalar::Text { max: Some(_) }));
        if (!fits || resolved.optional) && resolved.kind != crate::model::TypeKind::Broken {
            self.error(Diagnostic::new(E0303, ty.span, "a tenant is told by a `uuid` or a `text(n)`").help(
                "write `tenancy by tenant_id: uuid`, or `text(40)` where the tenant's name is the value",
            ));
        }
        self.platform.tenancy = Some(Tenancy { column: column.text.clone(), ty: resolved, span });
    }

    fn tier(&mut self, name: &ast::Name, body: &'t Body, item: &ast::Item) {
        if let Some(first) = self.platform.tiers.iter().find(|t| t.named.name == name.text) {
            let first = first.named.span;
            self.declared_twice(name, first);
            return;
        }
        let (settings, stores) = self.settings_for_stores(body);
        let mut accepts = Vec::new();
        for stated in &body.statements {
            let Statement::Clause(ast::Clause { kind: ClauseKind::Accept { what, place, because }, .. }) =
                &stated.kind
            else {
                continue;
            };
            if !ACCEPTED.contains(&what.text.as_str()) {
                let help = did_you_mean(&what.text, ACCEPTED.iter().copied())
                    .unwrap_or_else(|| format!("there is: {}", ACCEPTED.join(", ")));
                self.error(
                    Diagnostic::new(E0201, what.span, format!("`{}` cannot be accepted", what.text))
                        .help(help),
                );
                continue;
            }
            let store = match place {
                None => None,
                Some(path) => match self.lookup(path, Scope::default(), &[Kind::Store]) {
                    Some(Thing::Store(store)) => Some(store),
                    _ => continue,
                },
            };
            let (what, because) = (what.text.clone(), because.value.clone());
            accepts.push(Accept { what, store, because, span: stated.span });
        }
        let id = TierId(self.platform.tiers.len() as u32);
        let named = self.plain_named(name, item);
        self.platform.tiers.push(Tier { id, named, settings, stores, accepts });
    }

    fn tenant(&mut self, name: &ast::Name, tier: &ast::Name, body: &'t Body, item: &ast::Item) {
        if let Some(first) = self.platform.tenants.iter().find(|t| t.named.name == name.text) {
            let first = first.named.span;
            self.declared_twice(name, first);
            return;
        }
        let (settings, stores) = self.settings_for_stores(body);
        let Some(found) = self.platform.tiers.iter().find(|t| t.named.name == tier.text).map(|t| t.id) else {
            if !self.names.has_broken_items {
                let known = self.platform.tiers.iter().map(|t| t.named.name.as_str());
                let help = did_you_mean(&tier.text, known)
                    .unwrap_or_else(|| format!("declare it: `tier {} {{ isolation: row }}`", tier.text));
                self.error(
                    Diagnostic::new(E0201, tier.span, format!("there is no tier `{}`", tier.text)).help(help),
                );
            }
            return;
        };
        let named = self.plain_named(name, item);
        self.platform.tenants.push(Tenant { named, tier: found, settings, stores });
    }

    /// The settings of a tier or a tenant, and those that it has for single stores.
    fn settings_for_stores(&mut self, body: &'t Body) -> (Layered, Vec<(StoreId, Layered)>) {
        self.admits_stores = true;
        let (settings, alerts) = self.settings(body, &[]);
        self.admits_stores = false;
        for alert in alerts {
            self.misplaced_clause(alert.span, "an alert watches a store", "move it into the `store`");
        }
        let mut stores: Vec<(StoreId, Layered)> = Vec::new();
        self.store_blocks(body, None, &mut stores);
        for stated in &body.statements {
            if let Statement::Clause(ast::Clause {
                kind: ClauseKind::InEnvironment { environment, body },
                ..
            }) = &stated.kind
            {
                let known = self.platform.environments.iter().find(|e| e.name == environment.text);
                // An unknown environment was reported with the settings.
                if let Some(id) = known.map(|e| e.id) {
                    self.store_blocks(body, Some(id), &mut stores);
                }
            }
        }
        (settings, stores)
    }

    fn store_blocks(
        &mut self,
        body: &'t Body,
        environment: Option<crate::model::EnvironmentId>,
        stores: &mut Vec<(StoreId, Layered)>,
    ) {
        for stated in &body.statements {
            let Statement::Clause(ast::Clause { kind: ClauseKind::StoreSettings { store, body }, .. }) =
                &stated.kind
            else {
                continue;
            };
            let path = ast::Path { names: vec![store.clone()], span: store.span };
            let Some(Thing::Store(id)) = self.lookup(&path, Scope::default(), &[Kind::Store]) else {
                continue;
            };
            let (mut settings, _) = self.settings(body, &[]);
            if let Some(environment) = environment {
                for (_, overlay) in std::mem::take(&mut settings.environments) {
                    if let Some((_, setting)) = overlay.first() {
                        let span = setting.name_span;
                        self.misplaced_clause(span, "this stands in an environment already", "say it once");
                    }
                }
                settings.environments.push((environment, std::mem::take(&mut settings.base)));
            }
            match stores.iter_mut().find(|(known, _)| *known == id) {
                Some((_, layers)) => {
                    crate::model::config::merge(&mut layers.base, &settings.base);
                    layers.environments.extend(settings.environments);
                }
                None => stores.push((id, settings)),
            }
        }
    }

    fn use_policy(&mut self, name: &ast::Path, body: Option<&'t Body>, span: Span) {
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

    fn waive(
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

    /// What a waiver names: of the kind that the rule is for.
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

    fn service(&mut self, name: &ast::Name, body: &'t Body, scope: Scope, item: &ast::Item) {
        if let Some(first) = self.platform.services.iter().find(|s| s.named.name == name.text) {
            let first = first.named.span;
            self.declared_twice(name, first);
            return;
        }
        let mut grants = Vec::new();
        let mut across_tenants = None;
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
                    for target in targets {
                        grants.extend(self.grant(&verb.text, kinds, target, scope));
                    }
                }
                ClauseKind::AcrossTenants => across_tenants = Some(clause.keyword),
                _ => self.misplaced_clause(
                    clause.keyword,
                    "this does not belong into a service",
                    "a service says what it may `read`, `write`, `delete`, `append`, `publish`, `subscribe`, `consume`",
                ),
            }
        }
        let named = self.plain_named(name, item);
        self.platform.services.push(Service { named, grants, across_tenants });
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
        let mut fields: Vec<FieldId> = Vec::new();
        for name in &target.fields {
            match on {
                Thing::Entity(entity) => fields.extend(self.field_of(entity, name)),
                _ => {
                    self.error(
                        Diagnostic::new(E0206, name.span, "only an entity is granted field by field")
                            .help("leave the list out"),
                    );
                }
            }
        }
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
                    .help("write `consume cache.Jobs as workers`"),
            );
        }
        let group = target.group.as_ref().map(|g| g.text.clone());
        Some(Grant { verb: verb.clone(), on, fields, except, group, span })
    }

    fn backfill(&mut self, path: &ast::Path, value: &'t ast::Expr, scope: Scope, span: Span) {
        let Some((entity, field)) = self.lookup_entity_or_field(path, scope) else { return };
        let Some((field, _)) = field else {
            self.error(
                Diagnostic::new(E0207, path.span, "which field is filled?")
                    .help("write `backfill core.User.country = \"SN\"`"),
            );
            return;
        };
        let ty = self.platform[entity].field(field).ty.clone();
        let cx = Cx { owner: Owner::Entity(entity), scope, included: None, place: Place::Row };
        let value = self.expect(value, cx, &ty);
        self.platform.backfills.push(Backfill { entity, field, value, span });
    }

    fn removed_item(&mut self, removed: &ast::Removed, scope: Scope, span: Span) {
        let Some(what) = &removed.what else {
            self.error(Diagnostic::new(E0207, removed.path.span, "what was removed?").help(
                "write `removed entity core.User because \"…\"`; a field is removed inside its entity",
            ));
            return;
        };
        if !REMOVABLE.contains(&what.text.as_str()) {
            let help = did_you_mean(&what.text, REMOVABLE.iter().copied())
                .unwrap_or_else(|| format!("it may be: {}", REMOVABLE.join(", ")));
            self.error(
                Diagnostic::new(E0201, what.span, format!("nothing called `{}` is removed", what.text))
                    .help(help),
            );
            return;
        }
        if let [thing, ..] = self.names.find(&self.platform, &removed.path.names, scope, ANYTHING)[..] {
            self.still_there(&removed.path, self.place_of(thing));
            return;
        }
        self.platform.removed.push(Removed {
            what: what.text.clone(),
            path: written(&removed.path).into(),
            because: removed.because.value.clone(),
            span,
        });
    }

    fn removed_field(&mut self, id: crate::model::EntityId, removed: &ast::Removed, span: Span) {
        let name = written(&removed.path);
        if let Some(field) = self.outlines[id.index()].by_name.get(name.as_str()) {
            let place = self.outlines[id.index()].fields[field.index()].name.span;
            self.still_there(&removed.path, place);
            return;
        }
        self.platform.removed.push(Removed {
            what: "field".into(),
            path: format!("{}.{name}", self.platform.entity_path(id)).into(),
            because: removed.because.value.clone(),
            span,
        });
    }

    fn still_there(&mut self, path: &ast::Path, place: Span) {
        self.error(
            Diagnostic::new(E0203, path.span, format!("`{}` is removed and still there", written(path)))
                .also(place, "declared here")
                .help("remove the declaration, or this line"),
        );
    }
}
