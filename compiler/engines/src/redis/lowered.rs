//! A server as its files are printed from it: the catalog of its objects, and facts for documents.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use polity_catalog::Identified;
use polity_catalog::keyed::{Catalog, Channel, Databases, Function, Keyspace, Object, ObjectId, User};
use polity_model::keyspace::Cache;

/// Everything that the files of a server are printed from.
#[derive(Debug, Default)]
pub(super) struct Lowered {
    pub(super) title: Title,
    pub(super) catalog: Catalog,
    /// The objects that an environment has in place of those of the same identity, by its name.
    environments: BTreeMap<SmolStr, Catalog>,
    pub(super) erasure: Erasure,
    /// The objects in the order in which files list them, which means nothing to the engine.
    listed: Vec<Listed>,
}

/// The names that a file says at its head.
#[derive(Debug, Default)]
pub(super) struct Title {
    pub(super) platform: SmolStr,
    pub(super) store: SmolStr,
    pub(super) docs: SmolStr,
    pub(super) version: String,
    /// The tenant that has the server to itself.
    pub(super) tenant: Option<SmolStr>,
}

/// The databases that the scripts of an erasure walk through.
#[derive(Debug, Default)]
pub(super) struct Erasure {
    pub(super) person: Option<Person>,
    /// The databases that hold keys of a tenant.
    pub(super) of_tenants: Vec<u32>,
    pub(super) has_tenancy: bool,
    /// The databases that hold entries with an end of their own.
    pub(super) of_entries: Vec<u32>,
}

/// The kinds of person of which a store holds anything.
#[derive(Debug)]
pub(super) struct Person {
    /// The path of the first.
    pub(super) entity: String,
    pub(super) are_many: bool,
    pub(super) databases: Vec<u32>,
}

#[derive(Debug)]
struct Listed {
    id: ObjectId,
    notes: Notes,
}

/// Facts of the source about a keyspace or a channel that the engine does not know, for its documents.
#[derive(Debug, Clone, Default)]
pub(super) struct Notes {
    /// The facts of each parameter of the key.
    pub(super) parameters: Vec<ParameterNotes>,
    /// The name of the type or the path of the entity that it holds.
    pub(super) of: SmolStr,
    /// The name of the type of the score.
    pub(super) score: SmolStr,
    /// The names of the fields that it holds.
    pub(super) members: Vec<SmolStr>,
    /// The end that comes by itself, in words.
    pub(super) ends: Option<String>,
    /// The window of the limit, as the source writes it.
    pub(super) window: String,
    pub(super) cache: Option<(String, Cache)>,
    pub(super) labels: Vec<SmolStr>,
}

/// Facts of the source about a parameter.
#[derive(Debug, Clone, Default)]
pub(super) struct ParameterNotes {
    pub(super) ty: SmolStr,
    pub(super) labels: Vec<SmolStr>,
}

impl Lowered {
    /// Begins a server without objects.
    pub(super) fn new(title: Title, erasure: Erasure) -> Self {
        Self { title, erasure, ..Self::default() }
    }

    /// Adds an object to the catalog, behind all others in the files.
    pub(super) fn add(&mut self, object: impl Into<Object>) {
        self.add_with(object, Notes::default());
    }

    /// Adds an object with facts for documents.
    pub(super) fn add_with(&mut self, object: impl Into<Object>, notes: Notes) {
        let object = object.into();
        self.listed.push(Listed { id: object.id(), notes });
        self.catalog.insert(object);
    }

    /// Adds an object that an environment has in place of the one of the same identity, unless the two are equal.
    pub(super) fn vary(&mut self, environment: &SmolStr, object: impl Into<Object>) {
        let object = object.into();
        if self.catalog.get(&object.id()) != Some(&object) {
            self.environments.entry(environment.clone()).or_default().insert(object);
        }
    }

    /// Returns the objects that an environment has in place of those of the same identity.
    pub(super) fn variation(&self, environment: &SmolStr) -> Option<&Catalog> {
        self.environments.get(environment)
    }

    /// Whether the servers are a cluster anywhere.
    pub(super) fn is_cluster_anywhere(&self) -> bool {
        let catalogs = std::iter::once(&self.catalog).chain(self.environments.values());
        let mut servers = catalogs.filter_map(Catalog::configuration);
        servers.any(|server| server.databases == Databases::Cluster)
    }

    /// Returns every object with its facts for documents, in the order of the files.
    pub(super) fn objects(&self) -> impl Iterator<Item = (&Object, &Notes)> {
        self.listed.iter().filter_map(|one| Some((self.catalog.get(&one.id)?, &one.notes)))
    }

    pub(super) fn keyspaces(&self) -> impl Iterator<Item = (&Keyspace, &Notes)> {
        self.objects().filter_map(|(object, notes)| match object {
            Object::Keyspace(keyspace) => Some((keyspace, notes)),
            _ => None,
        })
    }

    pub(super) fn channels(&self) -> impl Iterator<Item = (&Channel, &Notes)> {
        self.objects().filter_map(|(object, notes)| match object {
            Object::Channel(channel) => Some((channel, notes)),
            _ => None,
        })
    }

    pub(super) fn users(&self) -> impl Iterator<Item = &User> {
        self.objects().filter_map(|(object, _)| match object {
            Object::User(user) => Some(user),
            _ => None,
        })
    }

    /// Returns the functions that take the keys of each keyspace, by its name.
    pub(super) fn functions(&self) -> BTreeMap<&SmolStr, Vec<&Function>> {
        let mut functions: BTreeMap<&SmolStr, Vec<&Function>> = BTreeMap::new();
        for (object, _) in self.objects() {
            if let Object::Function(function) = object
                && let Some(keyspace) = &function.keyspace
            {
                functions.entry(keyspace).or_default().push(function);
            }
        }
        functions
    }
}
