//! The values of the bodies of a trail's functions.

use serde::Serialize;

use super::super::super::sql::{Ident, Literal};
use super::super::tenancy::moves;
use super::lowering::Lowering;

impl Lowering<'_, '_> {
    pub(super) fn values(&self) -> Values {
        let (trail, database) = (self.trail, self.database);
        let shown = |suffix: &str| trail.part(suffix).to_string();
        Values {
            log: trail.name.to_string(),
            payload: trail.payload.to_string(),
            payload_text: Literal(&trail.payload.to_string()).to_string(),
            head: trail.head.to_string(),
            anchor: trail.anchor.to_string(),
            counter_text: Literal(&shown("seq")).to_string(),
            write: shown("write"),
            chained: trail.log.chained,
            cron_text: Literal(&database.roles.cron).to_string(),
            owner_text: Literal(&database.roles.owner).to_string(),
            of_tenant: OfTenant::new(self.tenant),
            settled: moves(database),
            place: Literal(database.placement.prefix().unwrap_or_default()).to_string(),
        }
    }
}

/// The words of the bodies, each as SQL writes it.
#[derive(Serialize)]
pub(super) struct Values {
    log: String,
    payload: String,
    payload_text: String,
    head: String,
    anchor: String,
    counter_text: String,
    write: String,
    chained: bool,
    cron_text: String,
    owner_text: String,
    #[serde(flatten)]
    of_tenant: OfTenant,
    /// Whether tenants are moved, during which nothing is erased, and out of which place.
    settled: bool,
    place: String,
}

/// The column of the tenant, and parts of lines that name it, which are empty where there are no tenants.
#[derive(Serialize, Default)]
struct OfTenant {
    tenant: Option<String>,
    /// The column and its value at the beginning of a list.
    tenant_column: String,
    tenant_value: &'static str,
    tenant_of: TenantOf,
    same_tenant: SameTenant,
    /// The end of a condition on the payloads of a subject.
    of_subject: String,
    /// The columns by which entries that were judged come in order.
    order: &'static str,
}

/// The tenant of an entry `e` and of a head `h`, at the beginning of a list.
#[derive(Serialize, Default)]
struct TenantOf {
    entry: String,
    head: String,
}

/// The beginnings of conditions: a payload `p`, the entry `b` before, or an anchor `a` is of the tenant of an entry `e`; an
/// entry or an anchor is of the tenant of a head `h`.
#[derive(Serialize, Default)]
struct SameTenant {
    payload: String,
    before: String,
    anchor: String,
    last: String,
    last_anchor: String,
}

impl OfTenant {
    fn new(tenant: Option<&str>) -> Self {
        let Some(tenant) = tenant.map(|tenant| Ident(tenant).to_string()) else {
            return Self { order: "1", ..Self::default() };
        };
        let same = |one: char, other: char| format!("{one}.{tenant} = {other}.{tenant} AND ");
        Self {
            tenant_column: format!("{tenant}, "),
            tenant_value: "of_tenant, ",
            tenant_of: TenantOf { entry: format!("e.{tenant}, "), head: format!("h.{tenant}, ") },
            same_tenant: SameTenant {
                payload: same('p', 'e'),
                before: same('b', 'e'),
                anchor: same('a', 'e'),
                last: same('e', 'h'),
                last_anchor: same('a', 'h'),
            },
            of_subject: format!(" AND p.{tenant} = $2"),
            order: "1, 2",
            tenant: Some(tenant),
        }
    }
}
