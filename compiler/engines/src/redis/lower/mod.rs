//! From a store to the catalog of its servers.
//!
//! | file | lowers |
//! |---|---|
//! | [`keyspaces`], [`former`] | keyspaces and channels, and keys of before |
//! | [`functions`] | the library, with its [`operations`] on keys, its quotas ([`requests`]), the ends of its [`entries`] and its [`erasure`] |
//! | [`users`] | the users: those of [`services`], and those that the servers' [`topology`] needs |
//! | [`configuration`] | the configuration of the server |

mod configuration;
mod entries;
mod erasure;
pub(super) mod former;
mod functions;
mod keyspaces;
mod operations;
mod requests;
mod services;
mod topology;
mod users;

use self::former::Formers;
use super::lowered::{Lowered, Title};
use super::{channels_of, keyspaces_of};
use polity_catalog::keyed::ObjectId;
use polity_catalog::origins::{Origin, Origins, Part};
use polity_govern::Stored;
use polity_model::governance::Tenant;
use polity_model::stable_ids::as_text;
use polity_model::{Named, Store};

/// Lowers the server of a store that tenants share, or the one that a tenant has to itself.
pub(super) fn server(valid: &Stored, store: &Store, tenant: Option<&Tenant>) -> Lowered {
    with_formers(valid, store, tenant, &Formers::find(valid, store))
}

/// Lowers the server that tenants share as it is once no key of before is left.
pub(super) fn contracted(valid: &Stored, store: &Store) -> Lowered {
    with_formers(valid, store, None, &Formers::default())
}

fn with_formers(valid: &Stored, store: &Store, tenant: Option<&Tenant>, formers: &Formers) -> Lowered {
    let mut lowered = base(valid, store, tenant, formers);
    functions::lower(valid, store, &mut lowered);
    if let Some(keyspace) = keyspaces_of(valid, store).find(|keyspace| keyspace.is_of_quota()) {
        for environment in &valid.environments {
            lowered.vary(&environment.name, requests::lower(valid, keyspace, Some(environment.id)));
        }
    }
    lowered
}

/// Lowers a server all but the library, of which there is one file for all servers of a store.
pub(super) fn without_library(valid: &Stored, store: &Store, tenant: Option<&Tenant>) -> Lowered {
    base(valid, store, tenant, &Formers::find(valid, store))
}

fn base(valid: &Stored, store: &Store, tenant: Option<&Tenant>, formers: &Formers) -> Lowered {
    let title = Title {
        platform: valid.name.clone(),
        store: store.named.name.clone(),
        docs: store.named.docs.clone(),
        version: store.version.to_string(),
        tenant: tenant.map(|tenant| tenant.named.name.clone()),
    };
    let mut lowered = Lowered::new(title, erasure::walks(valid, store, formers));
    lowered.add(configuration::lower(valid, store, tenant, None));
    keyspaces::lower(valid, store, tenant, formers, &mut lowered);
    users::lower(valid, store, tenant, &mut lowered);
    for environment in &valid.environments {
        let configuration = configuration::lower(valid, store, tenant, Some(environment.id));
        lowered.vary(&environment.name, configuration);
    }
    lowered
}

/// Returns the keyspaces and the channels of the source that those of a server come from.
pub(super) fn origins(platform: &Stored, store: &Store) -> Origins {
    let mut origins = Origins::default();
    let mut add = |object: ObjectId, named: &Named| {
        let path = |name: &str| format!("{}.{name}", store.named.name);
        let id = as_text(platform.stable_thing_id(&path(named.first_name()))).into();
        origins.insert(object.to_string(), Origin { id, path: path(&named.name).into(), part: Part::Whole });
    };
    for keyspace in keyspaces_of(platform, store) {
        add(ObjectId::Keyspace(keyspace.named.name.clone()), &keyspace.named);
    }
    for channel in channels_of(platform, store) {
        add(ObjectId::Channel(channel.named.name.clone()), &channel.named);
    }
    origins
}
