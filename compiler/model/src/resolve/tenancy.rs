//! Tenancy, tiers and tenants.

use super::Resolver;
use super::names::{Kind, Scope};
use super::types::At;
use crate::governance::{Accept, Tenancy, Tenant, Tier};
use crate::{Layered, Scalar, StoreId, Thing, TierId};
use polity_syntax::ast::{self, Body, ClauseKind, Statement};
use polity_text::diagnostics::codes::{E0201, E0203, E0303};
use polity_text::diagnostics::{Diagnostic, did_you_mean};
use polity_text::source::Span;

/// The weaker guarantees that a tier may accept, which a store does not enforce itself.
const ACCEPTED: &[&str] = &["client_enforced"];

impl<'t> Resolver<'t> {
    pub(super) fn tenancy(&mut self, column: &ast::Name, ty: &'t ast::Type, span: Span) {
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
        if (!fits || resolved.optional) && resolved.kind != crate::TypeKind::Broken {
            self.error(Diagnostic::new(E0303, ty.span, "a tenant is told by a `uuid` or a `text(n)`").help(
                "write `tenancy by tenant_id: uuid`, or `text(40)` where the tenant's name is the value",
            ));
        }
        self.platform.tenancy = Some(Tenancy { column: column.text.clone(), ty: resolved, span });
    }

    pub(super) fn tier(&mut self, name: &ast::Name, body: &'t Body, item: &ast::Item) {
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
        let any = Tenant::any(id, &named);
        self.platform.tiers.push(Tier { id, named, settings, stores, accepts, any });
    }

    pub(super) fn tenant(&mut self, name: &ast::Name, tier: &ast::Name, body: &'t Body, item: &ast::Item) {
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
        environment: Option<crate::EnvironmentId>,
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
                    crate::config::merge(&mut layers.base, &settings.base);
                    layers.environments.extend(settings.environments);
                }
                None => stores.push((id, settings)),
            }
        }
    }
}
