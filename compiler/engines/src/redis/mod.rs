//! Redis: keyspaces for machines and for people, the server's configuration, users with explicit commands, and a
//! library of functions for what must be atomic.
//!
//! | file | does |
//! |---|---|
//! | [`settings`] | what a store may set and what it measures |
//! | [`types`], [`keys`], [`kind`] | from the model to the catalog: types, keys with their text, kinds of value |
//! | [`samples`] | values of types, for the examples of keys |
//! | [`rights`] | the commands and functions behind each verb of a service |
//! | [`language`] | the set of keys that a pattern makes |
//! | [`change`] | the way from what was sealed: `migrations/`, `open/` |
//! | [`operations`] | the programs around a store |
//! | [`surface`] | what the files of others need to know of a store |
//! | [`rules`] | what Redis cannot do, each an error with the way out |
//! | [`lower`] | makes a [`lowered`] server: its catalog, and facts for documents |
//! | [`print`] | writes the files from there |

mod change;
mod keys;
mod kind;
mod language;
mod lower;
mod lowered;
mod operations;
mod print;
mod rights;
mod rules;
mod samples;
mod settings;
mod surface;
#[cfg(test)]
mod tests;
mod types;

use smol_str::SmolStr;

use self::lowered::Lowered;
use super::{Engine, Placed};
use crate::artifact::Artifacts;
use crate::change::PlacedChange;
use crate::operations::Operations;
use crate::options::Options;
use crate::surface::Surface;
use polity_catalog::Catalog;
use polity_catalog::keyed::Object;
use polity_govern::Stored;
use polity_govern::check::{StoreRule, Valid};
use polity_model::engine::About;
use polity_model::governance::{Tenant, Tier};
use polity_model::keyspace::End;
use polity_model::{Channel, EnvironmentId, Isolation, Keyspace, Record, Store, Value};
use polity_text::tokens;

pub(super) struct Redis;

pub(super) static ABOUT: About = About {
    name: "redis",
    title: "Redis",
    aliases: &["valkey", "redis_server"],
    // 7.0 brought functions and the selectors of access lists, on which the output relies.
    majors: 7..=8,
    has_schemas: false,
    default_schema: "",
    has_entities: false,
    settings: settings::SETTINGS,
    restarts: settings::RESTARTS,
    metrics: settings::METRICS,
    can_encrypt: false,
    enforces: &[Isolation::Database],
    // Without schemas, the tenants of a schema tier stand among those of row tiers.
    carries_out: Isolation::EVERY,
    gives_rights: true,
    keeps_references: false,
    hides_deleted: false,
    publishes: None,
    erases: true,
    leads_on: true,
    recodes: false,
    logs_erasures: false,
    remains: &[(
        "snapshots and the append-only file hold keys as they were written",
        "the next snapshot is taken and the file is rewritten",
    )],
    keeps: &[("requests", Isolation::EVERY), ("storage", &[Isolation::Database])],
    evicts: Some(("eviction", "noeviction")),
    port: 6379,
};

impl Engine for Redis {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn rules(&self) -> &'static [StoreRule] {
        rules::RULES
    }

    fn operations(&self, governed: &Stored, store: &Store, settings: &Record) -> Operations {
        operations::operations(governed, store, settings)
    }

    fn surface<'p>(&self, governed: &'p Stored, store: &'p Store) -> Surface<'p> {
        surface::surface(governed, store)
    }

    /// Lowers the server that tenants share, then that of each tenant with one to itself: as they are in environments without
    /// settings of their own.
    fn lower<'v>(&self, governed: &'v Stored, store: &'v Store) -> Vec<Placed<'v>> {
        let tenants = std::iter::once(None).chain(governed.tenants_apart().map(Some));
        let placed = |tenant| {
            let catalog = lower::server(governed, store, tenant).catalog;
            let origins = lower::origins(governed, store);
            Placed { tenant, catalog: Catalog::Keyed(catalog), origins }
        };
        tenants.map(placed).collect()
    }

    fn change(&self, valid: &Valid, store: &Store) -> Vec<PlacedChange> {
        vec![PlacedChange { place: store.named.name.clone(), change: change::change(valid, store) }]
    }

    fn emit(&self, valid: &Valid, store: &Store, options: &Options, artifacts: &mut Artifacts) {
        let environments: Vec<&SmolStr> = options.environments(valid).map(|one| &one.name).collect();
        let folder = store.named.name.as_str();
        let shared = lower::server(valid, store, None);
        emit_shared(&shared, folder, &environments, artifacts);
        change::emit(valid, store, artifacts);
        for (name, text) in server_files(&shared, &environments) {
            artifacts.add(format!("{folder}/{name}"), text);
        }
        for tier in valid.tiers_apart() {
            let any = lower::without_library(valid, store, Some(&tier.any));
            let of_tier = format!("{folder}/tiers/{}", tier.named.name);
            let files = server_files(&any, &environments);
            for tenant in tenants_with_settings(valid, store, tier) {
                let own = lower::without_library(valid, store, Some(tenant));
                for (name, text) in server_files(&own, &environments) {
                    let is_the_same = files
                        .iter()
                        .any(|(other, of_any)| *other == name && valid.for_tenant(of_any, tenant) == text);
                    if !is_the_same {
                        artifacts.add(format!("{folder}/tenants/{}/{name}", tenant.named.name), text);
                    }
                }
            }
            for (name, text) in files {
                artifacts.add(format!("{of_tier}/{name}"), tokens::escaped(&text, false));
            }
        }
    }
}

/// Returns the tenants of a tier that say something of a store.
fn tenants_with_settings<'v>(
    valid: &'v Valid,
    store: &'v Store,
    tier: &'v Tier,
) -> impl Iterator<Item = &'v Tenant> {
    let says = |tenant: &&Tenant| tenant.stores.iter().any(|(of, _)| *of == store.id);
    valid.tenants.iter().filter(|tenant| tenant.tier == tier.id).filter(says)
}

/// Writes the files that each server has for itself, each with its name.
fn server_files(server: &Lowered, environments: &[&SmolStr]) -> Vec<(String, String)> {
    let mut files = vec![("users.acl".to_owned(), print::users::acl(server))];
    files.extend(print::configuration::files(server, environments));
    files
}

/// Writes the documents and scripts that are the same for all servers of a store.
fn emit_shared(shared: &Lowered, folder: &str, environments: &[&SmolStr], artifacts: &mut Artifacts) {
    artifacts.add(format!("{folder}/keyspaces.json"), print::keyspaces::text(shared));
    artifacts.add(format!("{folder}/keyspaces.md"), print::overview::text(shared));
    let platform = &shared.title.platform;
    let changed = environments.iter().filter(|name| {
        let objects = shared.variation(name).into_iter().flat_map(|catalog| catalog.objects());
        objects.into_iter().any(|object| matches!(object, Object::Fragment(_)))
    });
    for environment in std::iter::once(None).chain(changed.copied().map(Some)) {
        let name = print::library::file(platform, environment);
        script(folder, &name, print::library::text(shared, environment), artifacts);
    }
    script(folder, "passwords.sh", Some(print::users::passwords(shared)), artifacts);
    script(folder, "end_entries.sh", print::scripts::end_entries(shared), artifacts);
    script(folder, "erase_subject.sh", print::scripts::erase_subject(shared), artifacts);
    script(folder, "erase_tenant.sh", print::scripts::erase_tenant(shared), artifacts);
}

fn script(folder: &str, name: &str, text: Option<String>, artifacts: &mut Artifacts) {
    if let Some(text) = text {
        artifacts.add(format!("{folder}/scripts/{name}"), text);
    }
}

fn keyspaces_of<'p>(platform: &'p Stored, store: &Store) -> impl Iterator<Item = &'p Keyspace> {
    let id = store.id;
    platform.keyspaces.iter().filter(move |k| k.store == id)
}

/// The keyspaces of a store whose entries end each for itself, which a job sees to.
fn ending<'p>(platform: &'p Stored, store: &Store) -> impl Iterator<Item = &'p Keyspace> {
    keyspaces_of(platform, store).filter(|keyspace| keyspace.ends().as_ref().is_some_and(End::is_of_entries))
}

/// The settings of a store: those that hold everywhere, then those of each environment.
fn settings_anywhere(platform: &Stored, store: &Store) -> Vec<(Option<EnvironmentId>, Record)> {
    std::iter::once(None)
        .chain(platform.environments.iter().map(|e| Some(e.id)))
        .map(|environment| (environment, platform.settings_of(store.id, environment)))
        .collect()
}

/// ` in prod`, to say of which environment something is told.
fn in_environment(platform: &Stored, environment: Option<EnvironmentId>) -> String {
    environment.map_or_else(String::new, |id| format!(" in `{}`", platform[id].name))
}

fn is_cluster(settings: &Record) -> bool {
    let topology = settings.get("topology").map(|setting| &setting.value);
    matches!(topology, Some(Value::Tagged { tag, .. } | Value::Word(tag)) if tag == "cluster")
}

fn channels_of<'p>(platform: &'p Stored, store: &Store) -> impl Iterator<Item = &'p Channel> {
    let id = store.id;
    platform.channels.iter().filter(move |c| c.store == id)
}
