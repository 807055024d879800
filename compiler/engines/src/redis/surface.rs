//! The outside of a Redis store, which holds no entities.

use std::collections::BTreeMap;

use super::ending;
use super::rights::user_name;
use crate::operations::is_encrypted;
use crate::surface::{Figure, Job, Jobs, Logins, PersonCommands, Surface, persons};
use polity_govern::Stored;
use polity_model::Store;
use polity_model::governance::Tenant;
use polity_text::quoting::promql;

/// Derives the surface of a store.
pub(super) fn surface<'p>(governed: &'p Stored, store: &'p Store) -> Surface<'p> {
    let shell = |script: &str| command(governed, store, script);
    Surface {
        entities: BTreeMap::new(),
        views: BTreeMap::new(),
        logins: Logins::of(governed, governed.tiers_apart(), |_, service| user_name(governed, service)),
        persons: persons(governed, |_| PersonCommands {
            erase: format!(r#"printf '%s' "$found" | {}"#, shell("erase_subject.sh")),
            shown_by: "the keys with `POLITY_FIND=1`".to_owned(),
        }),
        offboard: Some(shell("erase_tenant.sh")),
        figures: Figure::of_all(governed, Some("max_memory"), |tenant, part| {
            measured(governed, store, tenant, part)
        }),
        watches: Vec::new(),
        outbox: None,
        jobs: Some(Jobs { made_by: jobs, governed, store }),
    }
}

/// Returns the command that runs a script of the store. The password of maintenance is in the environment, where no list of
/// processes shows it. Where connections are encrypted in some environment, those are that set a variable.
fn command(governed: &Stored, store: &Store, script: &str) -> String {
    let (name, variable) = (&store.named.name, store.named.name.to_uppercase());
    let mut everywhere =
        std::iter::once(None).chain(governed.environments.iter().map(|environment| Some(environment.id)));
    let tls = if everywhere.any(|environment| is_encrypted(&governed.settings_of(store.id, environment))) {
        format!(" ${{{variable}_TLS:+--tls}}")
    } else {
        String::new()
    };
    format!(r#"REDISCLI_AUTH="${variable}_PASSWORD" sh {name}/scripts/{script} -h "${variable}_HOST"{tls}"#)
}

/// Returns the job that ends entries, on the server that tenants share and on that of each tenant with one to itself.
fn jobs(governed: &Stored, store: &Store) -> Vec<Job> {
    if ending(governed, store).next().is_none() {
        return Vec::new();
    }
    let of = |tenant: Option<&Tenant>| Job {
        name: match tenant {
            Some(tenant) => {
                format!("{}/{}/{}/end_entries", governed.name, store.named.name, tenant.named.name)
            }
            None => format!("{}/{}/end_entries", governed.name, store.named.name),
        },
        schedule: "7 * * * *".to_owned(),
        command: command(governed, store, "end_entries.sh"),
        in_shell: true,
        database: None,
        variables: Vec::new(),
        tenant: tenant.map(|tenant| tenant.named.name.clone()),
        docs: "Removes entries whose time to live is over.".to_owned(),
    };
    std::iter::once(None).chain(governed.tenants_apart().map(Some)).map(of).collect()
}

/// The memory of a server of the tenant's own, whose target bears the tenant's name.
fn measured(governed: &Stored, store: &Store, tenant: Option<&Tenant>, part: &str) -> Option<String> {
    let tenant = tenant.filter(|tenant| governed[tenant.tier].is_apart() && part == "storage")?;
    let (store, name) = (promql::text(&store.named.name), promql::text(&tenant.named.name));
    Some(format!("max(redis_memory_used_bytes{{store={store},tenant={name}}})"))
}
