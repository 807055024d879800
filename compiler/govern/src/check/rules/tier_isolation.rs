//! A tier says how its tenants are kept apart.

use crate::Governed;
use polity_model::Isolation;
use polity_model::adding::item_behind;
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0826;

pub fn tier_isolation(platform: &Governed, found: &mut Vec<Diagnostic>) {
    let engines = || platform.stores.iter().filter_map(|store| store.about);
    let rows = engines().all(|engine| engine.enforces(Isolation::Row));
    for tier in &platform.tiers {
        let name = &tier.named.name;
        if platform.tenancy.is_none() {
            let message = format!("tier `{name}` has no tenants, since nothing says what tells them apart");
            let problem = Diagnostic::new(E0826, tier.named.span, message)
                .help("add `tenancy by tenant_id: uuid`, or another name and type of what tells them apart");
            found.push(match tier.settings.block {
                Some(block) => item_behind(block, "tenancy by tenant_id: uuid", problem),
                None => problem,
            });
        }
        if !tier.settings.base.contains_key("isolation") {
            let message = format!("tier `{name}` does not say how its tenants are kept apart");
            let (wanted, help) = if rows {
                ("row", "add `isolation: row`, or `schema` or `database`, which keep them further apart")
            } else {
                ("database", "add `isolation: database`: not every store keeps rows or schemas apart")
            };
            let problem = Diagnostic::new(E0826, tier.named.span, message).help(help);
            found.push(tier.settings.saying("isolation", wanted, problem));
        }
    }
}
