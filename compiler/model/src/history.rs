//! The history of a platform: what stands in `history/` beside the source since it was sealed. Nobody changes it.
//!
//! | file | holds |
//! |---|---|
//! | `checksums` | the sum of every other file; its first line is the sum of the lines behind it, so that two branches that seal cannot be merged without a conflict |
//! | `model.json` | the things of the source, each with the names that it keeps |
//! | `<store>/V0003__name/20_expand.sql` | a file of a migration; of engines that read no SQL it is a script |
//! | `<store>/V0003__name/20_expand.json` | the objects that it makes and takes away |
//! | `<store>/V0003__name/catalog.json`, `state.json` | what the store holds when all of it ran |
//! | `<store>/V0003__name/undo.sql` | the way back, as long as nothing was taken away |
//! | `<store>/pending` | what waits until no client of before is left |

mod read;
pub mod rebase;
pub mod settings;

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use smol_str::SmolStr;

pub use read::Unreadable;
use settings::SealedSettings;

/// The folder beside the source, and the names of its files.
pub const FOLDER: &str = "history";
pub const CHECKSUMS: &str = "checksums";
pub const MODEL: &str = "model.json";
pub const CATALOG: &str = "catalog.json";
pub const STATE: &str = "state.json";
/// The way back from a migration, beside its files.
pub const UNDO: &str = "undo.sql";
/// The list of what waits until no client of before is left, a line each, beside the migrations of a place.
pub const PENDING: &str = "pending";

/// The risks of a change that `accept` may name.
pub const RISKS: &[&str] = &["rewrite", "scan", "loss", "break", "encryption"];

/// The format of `model.json`.
const FORMAT: u32 = 1;

/// Everything that was sealed.
#[derive(Debug, Clone, Default)]
pub struct History {
    pub model: SealedModel,
    /// The places of stores that were sealed: `main`, or `main/enterprise` for that of a tier.
    pub places: BTreeMap<SmolStr, SealedStore>,
    /// The texts of all files by path, `checksums` left out.
    pub files: BTreeMap<String, String>,
    /// Whether it is to begin with a database that is there, so that the source may say what things are called in it.
    pub adopts: bool,
    /// Whether it cannot be read, so that nobody knows what the source may speak of.
    pub is_unreadable: bool,
}

/// The things of the source, with the names that they keep for ever.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealedModel {
    format: u32,
    /// The name that the platform had first.
    pub platform: SmolStr,
    /// The things by the path that they had when they were sealed last, such as `core.User.phone`.
    pub things: BTreeMap<SmolStr, SealedThing>,
    /// The keyspaces by path, such as `cache.Session`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub keyspaces: BTreeMap<SmolStr, SealedKeyspace>,
    /// The risks that were accepted, with the reasons: `rewrite on core.User.age`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub accepted: BTreeMap<SmolStr, SmolStr>,
    /// The ways in which ciphertexts are made, by the id of what is encrypted. Earlier versions sealed none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub ciphertexts: BTreeMap<SmolStr, SealedCiphertext>,
    /// The entities and fields that were removed, with the reasons, each by the path that it had last.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub removed: BTreeMap<SmolStr, SmolStr>,
    /// The settings of stores; nobody knows them of what was sealed before they were written down.
    #[serde(default, skip_serializing_if = "SealedSettings::is_empty")]
    pub settings: SealedSettings,
}

/// An entity, a field or a member of a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealedThing {
    /// The name that it had first: of an entity with its place. Its id is made of it.
    pub first: SmolStr,
    /// The name that stores have for it.
    pub stored: SmolStr,
    /// The id that its ciphertexts are bound to, for people to find it by.
    #[serde(default, skip_serializing_if = "SmolStr::is_empty")]
    pub id: SmolStr,
}

/// The way in which the ciphertext of a field is made: where it differs, nobody opens what was sealed before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealedCiphertext {
    /// The path of the field, for people to find it by.
    pub path: SmolStr,
    /// The name of the encryption key.
    pub key: SmolStr,
    /// The owner of that key, where there is one for each: `tenant` or `subject`.
    #[serde(default, skip_serializing_if = "SmolStr::is_empty")]
    pub scope: SmolStr,
    /// The form of the tenant's key, where the row is a tenant's.
    #[serde(default, skip_serializing_if = "SmolStr::is_empty")]
    pub tenant: SmolStr,
    /// The fields of the row's key, each by the first of its names with its form: `id: uuid`.
    pub row: Vec<SmolStr>,
    /// The form that the value has before it is encrypted.
    pub form: SmolStr,
}

/// The keys and the values of a keyspace, as text: where one differs, old clients and new ones would misread each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealedKeyspace {
    pub keys: String,
    pub values: String,
    pub version: u32,
}

/// A place of a store, as it was sealed last.
#[derive(Debug, Clone, Default)]
pub struct SealedStore {
    /// In the order in which they ran.
    pub migrations: Vec<SealedMigration>,
    /// The file of the catalog after the last migration.
    pub catalog: String,
    /// The file of what stands beside that catalog.
    pub state: String,
}

#[derive(Debug, Clone)]
pub struct SealedMigration {
    pub number: u32,
    pub name: SmolStr,
    /// The files that run, in their order, each with its text.
    pub files: Vec<(SmolStr, String)>,
    /// The statements that lead back, until something is taken away.
    pub undo: Option<String>,
}

impl SealedModel {
    #[must_use]
    pub fn new(platform: SmolStr, things: BTreeMap<SmolStr, SealedThing>) -> Self {
        Self {
            format: FORMAT,
            platform,
            things,
            keyspaces: BTreeMap::new(),
            accepted: BTreeMap::new(),
            ciphertexts: BTreeMap::new(),
            removed: BTreeMap::new(),
            settings: SealedSettings::new(),
        }
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.things.is_empty()
    }

    /// All names in it, such as those that stores have.
    fn names(&self) -> impl Iterator<Item = &str> {
        let things = self.things.iter();
        let of_things = things.flat_map(|(path, thing)| [path, &thing.first, &thing.stored, &thing.id]);
        let paths = self.keyspaces.keys().chain(self.accepted.keys()).chain(self.removed.keys());
        let ciphertexts = self.ciphertexts.iter().flat_map(|(id, one)| {
            [id, &one.path, &one.key, &one.scope, &one.tenant, &one.form].into_iter().chain(&one.row)
        });
        let settings = self.settings.values().flatten().flat_map(|(name, value)| [name, value]);
        let settings = self.settings.keys().chain(settings);
        let all =
            std::iter::once(&self.platform).chain(of_things).chain(paths).chain(ciphertexts).chain(settings);
        all.map(SmolStr::as_str)
    }

    /// Returns the text of its file.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Names only: there is nothing in it that JSON could not say.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }
}

impl SealedCiphertext {
    /// Returns the first difference between two ways of making a ciphertext, as texts about what was sealed and what is; `None` where
    /// each opens what the other sealed.
    #[must_use]
    pub fn differs(&self, was: &Self) -> Option<(String, String)> {
        let key = |one: &Self| match one.scope.as_str() {
            "" => format!("with `{}`", one.key),
            scope => format!("with `{}` of each {scope}", one.key),
        };
        let row = |one: &Self| format!("for the row of `{}`", one.row.join(", "));
        let tenant = |one: &Self| match one.tenant.as_str() {
            "" => "for no tenant".to_owned(),
            form => format!("for the tenant, a `{form}`"),
        };
        let form = |one: &Self| format!("as `{}`", one.form);
        let said: [&dyn Fn(&Self) -> String; 4] = [&key, &tenant, &row, &form];
        said.iter().map(|say| (say(was), say(self))).find(|(was, is)| was != is)
    }
}

impl History {
    /// Returns the number of the last migration; 0 where nothing was sealed.
    #[must_use]
    pub fn last(&self) -> u32 {
        let last = |store: &SealedStore| store.migrations.last().map_or(0, |migration| migration.number);
        self.places.values().map(last).max().unwrap_or_default()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Whether anything may be there that the source speaks of: a database that is adopted, or what cannot be read.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.adopts || self.is_unreadable
    }

    /// Whether there is something before the source that it may speak of: what was sealed, or a database that is adopted.
    #[must_use]
    pub fn has_before(&self) -> bool {
        !self.is_empty() || self.is_open()
    }
}

/// Returns the text of `checksums` for these files: path and text of each.
#[must_use]
pub fn checksums<'f>(files: impl Iterator<Item = (&'f str, &'f str)>) -> String {
    let mut lines = String::new();
    for (path, text) in files {
        let _ = writeln!(lines, "{}  {path}", sum(text));
    }
    format!("{}\n{lines}", sum(&lines))
}

/// The SHA-256 of a text, in hexadecimal digits.
#[must_use]
pub fn sum(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `V0003__name`
#[must_use]
pub fn folder_of(number: u32, name: &str) -> String {
    format!("V{number:04}__{name}")
}
