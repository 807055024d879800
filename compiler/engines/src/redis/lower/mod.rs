//! From a store to the catalog of its servers.
//!
//! | file | lowers |
//! |---|---|
//! | [`keyspaces`] | keyspaces and channels |
//! | [`functions`] | the library, with its [`operations`] on keys, its quotas ([`requests`]), the ends of its [`entries`] and its [`erasure`] |
//! | [`users`] | the users: those of [`services`], and those that the servers' [`topology`] needs |
//! | [`configuration`] | the configuration of the server |

mod configuration;
mod entries;
mod erasure;
mod functions;
mod keyspaces;
mod operations;
mod requests;
mod services;
mod topology;
mod users;

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
    let mut lowered = without_library(valid, store, tenant);
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
    let title = Title {
        platform: valid.name.clone(),
        store: store.named.name.clone(),
        docs: store.named.docs.clone(),
        version: store.version.to_string(),
        tenant: tenant.map(|tenant| tenant.named.name.clone()),
    };
    let mut lowered = Lowered::new(title, erasure::walks(valid, store));
    lowered.add(configuration::lower(valid, store, tenant, None));
    keyspaces::lower(valid, store, tenant, &mut lowered);
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
        origins
            .insert(format!("{object:?}"), Origin { id, path: path(&named.name).into(), part: Part::Whole });
    };
    for keyspace in keyspaces_of(platform, store) {
        add(ObjectId::Keyspace(keyspace.named.name.clone()), &keyspace.named);
    }
    for channel in channels_of(platform, store) {
        add(ObjectId::Channel(channel.named.name.clone()), &channel.named);
    }
    origins
}
