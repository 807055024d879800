//! Redis: keyspaces for machines and for people, the server's configuration, users with explicit commands, and a
//! library of functions for what must be atomic.
//!
//! | file | does |
//! |---|---|
//! | [`settings`] | what a store may set and what it measures |
//! | [`keys`] | patterns: as text, as an example, as a glob |
//! | [`kind`] | each kind of value: its name, its commands, the module it needs |
//! | [`value`] | the JSON schema of a value |
//! | [`keyspaces`] | `keyspaces.json` and `keyspaces.md` |
//! | [`configuration`] | `redis.conf`, `redis-tls.conf` |
//! | [`users`] | `users.acl`, and `scripts/passwords.sh` that gives the users their passwords |
//! | [`services`] | what each service may do, as selectors of its user |
//! | [`language`] | the set of keys that a pattern makes |
//! | [`rules`] | what Redis cannot do, each an error with the way out |
//! | [`erasure`] | what is about a person: functions of the library, and `scripts/erase_subject.sh` |
//! | [`functions`] | `scripts/<platform>.lua`, `scripts/<platform>-<environment>.lua` |
//! | [`requests`] | in it: how often each tenant may ask |

mod configuration;
mod erasure;
mod functions;
mod keys;
mod keyspaces;
mod kind;
mod language;
mod requests;
mod rules;
mod services;
mod settings;
mod users;
mod value;

use super::{Engine, KindOfPerson, Placed};
use crate::artifact::Artifacts;
use crate::options::Options;
use polity_govern::Governed;
use polity_govern::check::{StoreRule, Valid};
use polity_model::engine::About;
use polity_model::governance::Tenant;
use polity_model::{Channel, EnvironmentId, Isolation, Keyspace, Record, Store, Value};
use polity_text::quoting::promql;

pub(super) struct Redis;

pub(super) static ABOUT: About = About {
    name: "redis",
    title: "Redis",
    // 7.0 brought functions and the selectors of access lists, on which the output relies.
    majors: 7..=8,
    has_schemas: false,
    has_entities: false,
    settings: settings::SETTINGS,
    metrics: settings::METRICS,
    can_encrypt: false,
    enforces: &[Isolation::Database],
    // Without schemas, the tenants of a schema tier stand among those of row tiers.
    carries_out: Isolation::EVERY,
    gives_rights: true,
    erases: true,
    logs_erasures: false,
    remains: &[(
        "snapshots and the append-only file hold keys as they were written",
        "the next snapshot is taken and the file is rewritten",
    )],
    keeps: &[("requests", Isolation::EVERY), ("storage", &[Isolation::Database])],
    port: 6379,
};

impl Engine for Redis {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn erase_command(&self, _platform: &Governed, store: &Store, _kind: KindOfPerson<'_>) -> String {
        format!(r#"printf '%s' "$found" | sh {}/scripts/erase_subject.sh -u "$REDIS_URL""#, store.named.name)
    }

    fn shown_by(&self, _kind: KindOfPerson<'_>) -> Option<String> {
        Some("the keys with `POLITY_FIND=1`".to_owned())
    }

    fn offboard_command(&self, store: &Store) -> Option<String> {
        Some(format!(r#"sh {}/scripts/erase_tenant.sh -u "$REDIS_URL""#, store.named.name))
    }

    fn rules(&self) -> &'static [StoreRule] {
        rules::RULES
    }

    /// The memory of a server of the tenant's own, whose target bears the tenant's name.
    fn measured(
        &self,
        platform: &Governed,
        store: &Store,
        tenant: Option<&Tenant>,
        part: &str,
    ) -> Option<String> {
        let tenant = tenant.filter(|tenant| platform[tenant.tier].is_apart() && part == "storage")?;
        let (store, name) = (promql::text(&store.named.name), promql::text(&tenant.named.name));
        Some(format!("max(redis_memory_used_bytes{{store={store},tenant={name}}})"))
    }

    fn lower<'v>(&self, _valid: &'v Valid, _store: &'v Store) -> Vec<Placed<'v>> {
        Vec::new() // what it holds is text still
    }

    fn emit(&self, valid: &Valid, store: &Store, options: &Options, artifacts: &mut Artifacts) {
        let folder = &store.named.name;
        artifacts.add(format!("{folder}/keyspaces.json"), keyspaces::json(valid, store));
        artifacts.add(format!("{folder}/keyspaces.md"), keyspaces::markdown(valid, store));
        artifacts.add(format!("{folder}/users.acl"), users::acl(valid, store, None));
        for tenant in valid.tenants_apart() {
            let path = format!("{folder}/tenants/{}/users.acl", tenant.named.name);
            artifacts.add(path, users::acl(valid, store, Some(tenant)));
        }
        artifacts.add(format!("{folder}/scripts/passwords.sh"), users::passwords(valid, store));
        if let Some(library) = functions::library(valid, store, None) {
            artifacts.add(format!("{folder}/scripts/{}", functions::file(valid, None)), library);
        }
        let counts = keyspaces_of(valid, store).any(Keyspace::is_of_quota);
        for environment in options.environments(valid).filter(|_| counts) {
            let id = Some(environment.id);
            if requests::tables(valid, id) != requests::tables(valid, None)
                && let Some(library) = functions::library(valid, store, id)
            {
                artifacts.add(format!("{folder}/scripts/{}", functions::file(valid, id)), library);
            }
        }
        if let Some(script) = erasure::script(valid, store) {
            artifacts.add(format!("{folder}/scripts/erase_subject.sh"), script);
        }
        if let Some(script) = erasure::tenant_script(valid, store) {
            artifacts.add(format!("{folder}/scripts/erase_tenant.sh"), script);
        }
        configuration::emit(valid, store, options, artifacts);
    }
}

fn keyspaces_of<'p>(platform: &'p Governed, store: &Store) -> impl Iterator<Item = &'p Keyspace> {
    let id = store.id;
    platform.keyspaces.iter().filter(move |k| k.store == id)
}

/// The settings of a store: those that hold everywhere, then those of each environment.
fn settings_anywhere(platform: &Governed, store: &Store) -> Vec<(Option<EnvironmentId>, Record)> {
    std::iter::once(None)
        .chain(platform.environments.iter().map(|e| Some(e.id)))
        .map(|environment| (environment, platform.settings_of(store.id, environment)))
        .collect()
}

/// ` in prod`, to say of which environment something is told.
fn in_environment(platform: &Governed, environment: Option<EnvironmentId>) -> String {
    environment.map_or_else(String::new, |id| format!(" in `{}`", platform[id].name))
}

fn is_cluster(settings: &Record) -> bool {
    let topology = settings.get("topology").map(|setting| &setting.value);
    matches!(topology, Some(Value::Tagged { tag, .. } | Value::Word(tag)) if tag == "cluster")
}

fn channels_of<'p>(platform: &'p Governed, store: &Store) -> impl Iterator<Item = &'p Channel> {
    let id = store.id;
    platform.channels.iter().filter(move |c| c.store == id)
}
