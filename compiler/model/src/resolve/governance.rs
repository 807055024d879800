//! The items next to data: tenancy, policies, services, waivers and removals, in the order in which they name each
//! other. Names are bound and types known here; later phases give them a meaning.

use super::Resolver;
use crate::Named;
use crate::config::Rust;
use polity_syntax::ast::{self, ClauseKind, ItemKind, Statement};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0203;
use polity_text::source::Span;

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
                ItemKind::Rust { body } => self.rust(body, item.span),
                ItemKind::Backfill { field, value } => self.backfill(field, value, scope, item.span),
                ItemKind::Unmanaged { object, place, because } => {
                    self.unmanaged(object, place.as_ref(), because, item.span);
                }
                ItemKind::Accept { risk, on, because } => {
                    self.accept_item(risk, on, because, scope, item.span);
                }
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
                    self.removed_field(crate::EntityId(i as u32), removed, stated.span);
                }
            }
        }
    }

    /// There is one crate, so it is said once what it is like.
    fn rust(&mut self, body: &'t ast::Body, span: Span) {
        if let Some(first) = self.platform.rust.span {
            self.error(
                Diagnostic::new(E0203, span, "`rust` is declared twice")
                    .also(first, "declared here first")
                    .help("put what both say into one of them"),
            );
            return;
        }
        let (settings, alerts) = self.settings(body, &[]);
        for alert in alerts {
            self.misplaced_clause(alert.span, "an alert watches a store", "move it into a `store`");
        }
        self.platform.rust = Rust { span: Some(span), settings };
    }

    pub(super) fn plain_named(&mut self, name: &ast::Name, item: &ast::Item) -> Named {
        super::declare::named(name, None, &item.docs, None, &mut self.found)
    }
}
