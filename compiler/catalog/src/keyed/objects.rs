//! The objects of a catalog: keyspaces, channels, functions and users here, the server's configuration in `server`.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::{Configuration, Key, ObjectId, Type, Value};
use crate::file::is_default;
use crate::objects::{Identified, objects_from};

/// An object of an engine of keys and values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Object {
    Configuration(Configuration),
    Keyspace(Keyspace),
    Channel(Channel),
    Library(Library),
    Fragment(Fragment),
    Function(Function),
    User(User),
}

/// A family of keys with values of one type. The engine knows its keys alone; its name is that of clients and files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keyspace {
    pub name: SmolStr,
    /// The number of the database that the keys are in.
    pub database: u32,
    pub key: Key,
    /// The key next to each, which goes with it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub companion: Option<Companion>,
    pub value: Value,
    /// The time after which a key or its entries are gone; `None` of keys that stay until they are deleted.
    #[serde(default, skip_serializing_if = "is_default")]
    pub life: Option<Life>,
    /// The hits that are allowed.
    #[serde(default, skip_serializing_if = "is_default")]
    pub limit: Option<Limit>,
    /// The greatest number of elements.
    #[serde(default, skip_serializing_if = "is_default")]
    pub max_length: Option<u64>,
    /// The keys of before, which clients read and erasures reach until none of them is left.
    #[serde(default, skip_serializing_if = "is_default")]
    pub former: Vec<Former>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub comment: SmolStr,
}

/// The keys of a keyspace as clients of before write them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Former {
    pub database: u32,
    pub key: Key,
    #[serde(default, skip_serializing_if = "is_default")]
    pub companion: Option<Companion>,
    pub value: Value,
    /// The time after which they are gone; `None` of keys that stay until they are deleted.
    #[serde(default, skip_serializing_if = "is_default")]
    pub life: Option<Life>,
}

/// A key next to another one, in the same slot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Companion {
    pub role: Role,
    pub key: Key,
}

/// The use of a key next to another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The elements of a queue that workers have taken: a sorted set, by the end of their leases.
    Processing,
    /// The stream of entries that nobody can process.
    Dead,
}

/// The time to live of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Life {
    pub milliseconds: u64,
    pub from: Beginning,
}

/// The moment from which the time of a key counts, or that of each entry in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Beginning {
    FirstWrite,
    LastWrite,
    /// The write of each entry, and for the key that of the last.
    EachEntry,
    /// The moment by which each entry is sorted, and for the key the greatest.
    EachTimestamp,
}

/// The number of hits that a limiter allows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// So many in any window of this length, or in each of those that begin with a first hit.
    Window { count: u64, milliseconds: u64, sliding: bool },
    /// As many as the tenant may have, which a fragment of the library lists.
    Tenant,
}

/// A family of channels with messages of one type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channel {
    pub name: SmolStr,
    /// The grammar of their names.
    pub key: Key,
    /// The type of the messages.
    #[serde(rename = "type")]
    pub ty: Type,
    #[serde(default, skip_serializing_if = "is_default")]
    pub comment: SmolStr,
}

/// A library of functions in Lua.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Library {
    pub name: SmolStr,
    /// Local functions that its fragments and functions are made of.
    pub code: String,
}

/// Code of a library that stands before some of its functions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fragment {
    pub library: SmolStr,
    pub name: SmolStr,
    /// The keyspace whose functions need it; `None` where those that walk through all keys do.
    #[serde(default, skip_serializing_if = "is_default")]
    pub keyspace: Option<SmolStr>,
    pub code: String,
}

/// A function of a library.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Function {
    pub library: SmolStr,
    pub name: SmolStr,
    /// The keyspace whose keys it takes; `None` of a function that walks through all keys.
    #[serde(default, skip_serializing_if = "is_default")]
    pub keyspace: Option<SmolStr>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub flags: BTreeSet<Flag>,
    /// The keys that it takes, by their use.
    #[serde(default, skip_serializing_if = "is_default")]
    pub keys: Vec<SmolStr>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub arguments: Vec<SmolStr>,
    /// The expression in Lua that makes the function.
    pub callback: String,
    #[serde(default, skip_serializing_if = "is_default")]
    pub comment: SmolStr,
}

/// A statement of a function about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Flag {
    /// It only reads, so a replica may run it.
    NoWrites,
    /// It touches keys of several slots.
    AllowCrossSlotKeys,
}

/// A user of the access list, who may do nothing but what stands here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    pub name: SmolStr,
    /// Whether the user can log in.
    pub enabled: bool,
    pub rights: Rights,
    /// Further rights, each for itself: a command needs all its keys in one of them.
    #[serde(default, skip_serializing_if = "is_default")]
    pub selectors: Vec<Rights>,
}

/// Commands, and the keys and channels that they may touch.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rights {
    #[serde(default, skip_serializing_if = "is_default")]
    pub keys: Vec<KeyPattern>,
    /// Globs of the names of channels.
    #[serde(default, skip_serializing_if = "is_default")]
    pub channels: Vec<SmolStr>,
    /// Commands, and subcommands behind a `|`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub commands: Vec<SmolStr>,
}

/// Keys that may be touched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyPattern {
    pub access: Access,
    pub glob: SmolStr,
}

/// The ways in which a key may be touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    Read,
    Write,
    ReadWrite,
}

impl Identified for Object {
    type Id = ObjectId;

    fn id(&self) -> ObjectId {
        match self {
            Self::Configuration(_) => ObjectId::Configuration,
            Self::Keyspace(keyspace) => ObjectId::Keyspace(keyspace.name.clone()),
            Self::Channel(channel) => ObjectId::Channel(channel.name.clone()),
            Self::Library(library) => ObjectId::Library(library.name.clone()),
            Self::Fragment(one) => ObjectId::Fragment(one.library.clone(), one.name.clone()),
            Self::Function(function) => ObjectId::Function(function.name.clone()),
            Self::User(user) => ObjectId::User(user.name.clone()),
        }
    }
}

impl Former {
    /// Returns the grammar of the keys, then that of the keys next to them, each with its use.
    pub fn keys(&self) -> impl Iterator<Item = (&Key, Option<Role>)> {
        let companion = self.companion.as_ref().map(|companion| (&companion.key, Some(companion.role)));
        std::iter::once((&self.key, None)).chain(companion)
    }
}

impl Keyspace {
    /// Returns the keys as clients of before write them, once those that write today are others.
    #[must_use]
    pub fn as_former(&self) -> Former {
        Former {
            database: self.database,
            key: self.key.clone(),
            companion: self.companion.clone(),
            value: self.value.clone(),
            life: self.life,
        }
    }

    /// Returns the grammar of its keys, then that of the keys next to them.
    pub fn keys(&self) -> impl Iterator<Item = &Key> {
        std::iter::once(&self.key).chain(self.companion.as_ref().map(|companion| &companion.key))
    }

    /// Whether each element of the list begins with the moment at which it was added, since it ends some time after that.
    #[must_use]
    pub fn is_stamped(&self) -> bool {
        matches!(self.value, Value::List(_)) && self.life.is_some()
    }
}

impl Role {
    /// Returns the last word of the key.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Processing => "processing",
            Self::Dead => "dead",
        }
    }
}

objects_from!(Configuration, Keyspace, Channel, Library, Fragment, Function, User);
