use super::ledger;
use super::plan::{Plan, render};
use super::run::tenants;
use crate::live::Connection;
use polity_catalog::relational::Catalog;
use polity_engines::postgres_describe::Scope;

/// Returns the parts of the shared database that tenants have to themselves: those of the source, and those that the ledger knows,
/// where the login may read it.
pub fn neighbours(plan: &Plan, live: &mut Connection) -> Vec<Scope> {
    let registered = ledger::read(live, &plan.store).unwrap_or_default();
    let beside = tenants(plan, &registered).into_iter().filter(|tenant| !plan.places[tenant.place].is_apart);
    let scope = |text: String| Catalog::from_json(&text).ok().map(|catalog| Scope::of(&catalog));
    beside.filter_map(|tenant| scope(render(&plan.places[tenant.place].catalog, &tenant).ok()?)).collect()
}
