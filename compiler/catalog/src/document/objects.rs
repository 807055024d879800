//! The objects of a document engine. Expressions of the engine stand at the leaves only, each as the one that lowers
//! writes it, in Extended JSON.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value as Json;
use smol_str::SmolStr;

use super::ObjectId;
use super::schema::{BsonType, Schema};
use crate::file::is_default;
use crate::objects::{Identified, objects_from};

/// An object of a database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Object {
    Collection(Collection),
    Index(Index),
    Sharding(Sharding),
    View(View),
    Role(Role),
    User(User),
}

/// A collection with the rules that its documents keep. Its indexes are objects of their own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Collection {
    pub name: SmolStr,
    pub schema: Schema,
    /// Conditions that each document meets, as aggregation expressions.
    #[serde(default, skip_serializing_if = "is_default")]
    pub checks: Vec<Json>,
    /// The fields that drivers encrypt and the server can search (Queryable Encryption).
    #[serde(default, skip_serializing_if = "is_default")]
    pub encrypted: Vec<EncryptedField>,
}

/// A field that drivers encrypt and the server can search.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EncryptedField {
    /// The path to it, with dots.
    pub path: SmolStr,
    /// The type of its values in the clear; `None` of one that may hold any.
    #[serde(rename = "type", default, skip_serializing_if = "is_default")]
    pub bson_type: Option<BsonType>,
    /// The name of its data key.
    pub key: SmolStr,
    /// Whether it can be searched for equal values.
    #[serde(default, skip_serializing_if = "is_default")]
    pub searchable: bool,
}

/// An index of a collection, other than the one on `_id`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Index {
    pub collection: SmolStr,
    pub name: SmolStr,
    pub keys: Vec<Key>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub unique: bool,
    /// The condition that a document meets to be in the index (`partialFilterExpression`).
    #[serde(default, skip_serializing_if = "is_default")]
    pub filter: Option<Json>,
    /// The age at which documents expire, by the date in the single key.
    #[serde(default, skip_serializing_if = "is_default")]
    pub expire_after_seconds: Option<u64>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub text: Option<TextSearch>,
    /// Whether the planner passes it over.
    #[serde(default, skip_serializing_if = "is_default")]
    pub hidden: bool,
    /// Any other option by the engine's names, such as `collation` and `sparse`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub options: BTreeMap<SmolStr, Json>,
}

/// A path that an index or a shard key is ordered by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    pub path: SmolStr,
    pub kind: KeyKind,
}

/// The way in which a key holds values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyKind {
    Ascending,
    Descending,
    Hashed,
    /// Places on the globe.
    #[serde(rename = "2dsphere")]
    Sphere,
    Text,
}

/// The settings of a text index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextSearch {
    /// The weight of each path. Their order means nothing.
    #[serde(serialize_with = "by_name")]
    pub weights: IndexMap<SmolStr, u32>,
    /// The language whose endings it knows.
    pub language: SmolStr,
    /// The field of a document that names another language for it.
    pub language_field: SmolStr,
}

/// The distribution of a collection over shards, where the database is on a cluster with some.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sharding {
    pub collection: SmolStr,
    pub keys: Vec<Key>,
}

/// A view that shows some fields of a collection, by a pipeline of one `$project`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    pub name: SmolStr,
    /// The collection that it shows.
    pub of: SmolStr,
    /// Whether a field is shown; only `_id`, which comes along unasked, is named to be hidden. Their order means nothing.
    #[serde(serialize_with = "by_name")]
    pub shows: IndexMap<SmolStr, bool>,
}

/// A role with its rights on collections and views. It inherits from no other role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Role {
    pub name: SmolStr,
    /// The actions on each collection or view. Their order means nothing.
    #[serde(serialize_with = "by_name")]
    pub privileges: IndexMap<SmolStr, BTreeSet<Action>>,
}

/// An action on a collection, as privileges name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    Find,
    Insert,
    Update,
    Remove,
}

/// A user, who comes into being when the password is given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    pub name: SmolStr,
    /// The roles that the user has, in the same database.
    pub roles: BTreeSet<SmolStr>,
}

impl Identified for Object {
    type Id = ObjectId;

    fn id(&self) -> ObjectId {
        match self {
            Self::Collection(collection) => ObjectId::Collection(collection.name.clone()),
            Self::Index(index) => ObjectId::Index(index.collection.clone(), index.name.clone()),
            Self::Sharding(sharding) => ObjectId::Sharding(sharding.collection.clone()),
            Self::View(view) => ObjectId::View(view.name.clone()),
            Self::Role(role) => ObjectId::Role(role.name.clone()),
            Self::User(user) => ObjectId::User(user.name.clone()),
        }
    }
}

impl Key {
    pub fn new(path: impl Into<SmolStr>, kind: KeyKind) -> Self {
        Self { path: path.into(), kind }
    }
}

impl Action {
    /// Returns the engine's name for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Find => "find",
            Self::Insert => "insert",
            Self::Update => "update",
            Self::Remove => "remove",
        }
    }
}

objects_from!(Collection, Index, Sharding, View, Role, User);

/// Writes a map whose order means nothing in the order of its names.
fn by_name<V: Serialize, S: Serializer>(
    map: &IndexMap<SmolStr, V>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(map.iter().collect::<BTreeMap<_, _>>())
}
