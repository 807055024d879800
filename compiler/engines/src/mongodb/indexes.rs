//! Keys, uniques, indexes, the shard key and retention as indexes.

use std::collections::HashSet;
use std::fmt::Write as _;

use serde_json::{Map, Value as Json, json};
use sha2::{Digest, Sha256};

use super::driver_encryption::{self, Mode};
use super::{collection, filter};
use polity_govern::Governed;
use polity_model::entity::{Column, IndexMethod};
use polity_model::{Duration, Entity, Field, FieldId, Index, Value};
use polity_text::source::Span;

/// No field can be called so, since a text index would read the language of a document in it and refuse documents
/// in languages that it does not know.
const NO_LANGUAGE_FIELD: &str = "_textLanguage";

/// One index of a collection, beside that on `_id`.
#[derive(Debug, Clone)]
pub(super) struct IndexSpec {
    pub(super) name: String,
    pub(super) keys: Vec<(String, Kind)>,
    pub(super) unique: bool,
    pub(super) filter: Option<Json>,
    /// Documents go when the date in the single key is so far back.
    pub(super) expire_after_seconds: Option<u64>,
    /// The weight of each field and the language whose endings the index knows, for a text index.
    text: Option<(Vec<(String, u32)>, String)>,
    hidden: bool,
    /// The place in the source that asks for the index.
    pub(super) span: Span,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Ascending,
    Descending,
    Hashed,
    Sphere,
    Text,
}

impl Kind {
    pub(super) fn json(self) -> Json {
        match self {
            Kind::Ascending => json!(1),
            Kind::Descending => json!(-1),
            Kind::Hashed => json!("hashed"),
            Kind::Sphere => json!("2dsphere"),
            Kind::Text => json!("text"),
        }
    }
}

impl IndexSpec {
    fn new(keys: Vec<(String, Kind)>, span: Span) -> Self {
        Self {
            name: String::new(),
            keys,
            unique: false,
            filter: None,
            expire_after_seconds: None,
            text: None,
            hidden: false,
            span,
        }
    }

    /// `{ "key": …, "name": …, "options": … }`
    pub(super) fn json(&self) -> Json {
        json!({ "name": self.name, "key": self.key(), "options": self.options() })
    }

    pub(super) fn key(&self) -> Json {
        Json::Object(self.keys.iter().map(|(path, kind)| (path.clone(), kind.json())).collect())
    }

    fn options(&self) -> Json {
        let mut options = Map::new();
        if self.unique {
            options.insert("unique".to_owned(), json!(true));
        }
        if let Some(filter) = &self.filter {
            options.insert("partialFilterExpression".to_owned(), filter.clone());
        }
        if let Some(seconds) = self.expire_after_seconds {
            options.insert("expireAfterSeconds".to_owned(), json!(seconds));
        }
        if let Some((weights, language)) = &self.text {
            let weights: Map<_, _> =
                weights.iter().map(|(path, weight)| (path.clone(), json!(weight))).collect();
            options.insert("weights".to_owned(), Json::Object(weights));
            options.insert("default_language".to_owned(), json!(language));
            options.insert("language_override".to_owned(), json!(NO_LANGUAGE_FIELD));
        }
        if self.hidden {
            options.insert("hidden".to_owned(), json!(true));
        }
        Json::Object(options)
    }

    /// Eight hexadecimal digits that differ where the definition does. A changed index is built under its name with
    /// these behind it while the old one still stands under the name.
    pub(super) fn fingerprint(&self) -> String {
        let definition = json!([self.key(), self.options()]).to_string();
        let mut out = String::with_capacity(8);
        for byte in Sha256::digest(definition).iter().take(4) {
            let _ = write!(out, "{byte:02x}");
        }
        out
    }

    pub(super) fn is_text(&self) -> bool {
        self.text.is_some()
    }
}

/// Every index of a collection, in the order of the source. What MongoDB cannot index was refused by a rule.
pub(super) fn indexes(platform: &Governed, entity: &Entity) -> Vec<IndexSpec> {
    let mut all = Vec::new();
    if collection::id_field(platform, entity).is_none()
        && let Some(span) = entity.key_span
    {
        let mut index = IndexSpec::new(ascending(platform, entity, &entity.key), span);
        index.unique = true;
        all.push(index);
    }
    for unique in &entity.uniques {
        let mut index = IndexSpec::new(columns(platform, entity, &unique.columns, None), unique.span);
        index.unique = true;
        index.filter = unique_filter(platform, entity, &unique.columns, unique.filter.as_ref());
        name(&mut index, unique.name.as_deref());
        all.push(index);
    }
    all.extend(entity.indexes.iter().map(|index| written(platform, entity, index)));
    all.extend(searched(platform, entity, &all));
    all.extend(shard_index(platform, entity, &all));
    expire(platform, entity, &mut all);
    distinguish(&mut all);
    all
}

fn written(platform: &Governed, entity: &Entity, index: &Index) -> IndexSpec {
    let method = index.method.map(|(method, _)| method);
    let mut out = IndexSpec::new(columns(platform, entity, &index.columns, method), index.span);
    out.filter = index.filter.as_ref().and_then(|f| filter::filter(platform, entity, f).ok());
    if method == Some(IndexMethod::Text) {
        // MongoDB counts a field once unless told otherwise.
        let weights = index.columns.iter().flat_map(|column| {
            let paths = paths(platform, entity, column);
            paths.into_iter().map(|path| (path, column.weight.unwrap_or(1)))
        });
        // Without a language, words are taken as they are.
        let language = index.language.as_ref().map_or("none", |(language, _)| language);
        out.text = Some((weights.collect(), language.to_owned()));
    }
    out.expire_after_seconds = expire_after(index).map(seconds);
    out.hidden = matches!(index.with.base.get("hidden").map(|s| &s.value), Some(Value::Bool(true)));
    name(&mut out, index.name.as_deref());
    out
}

/// `with { expire_after: 30d }`
pub(super) fn expire_after(index: &Index) -> Option<Duration> {
    match index.with.base.get("expire_after").map(|s| &s.value) {
        Some(Value::Duration(duration)) => Some(*duration),
        _ => None,
    }
}

/// Rounded up, a month of 31 days and a year of 366, so that nothing goes before the time that was written.
pub(super) fn seconds(duration: Duration) -> u64 {
    duration.at_most_milliseconds().div_ceil(1000)
}

fn ascending(platform: &Governed, entity: &Entity, fields: &[FieldId]) -> Vec<(String, Kind)> {
    let names = fields.iter().flat_map(|field| collection::field_names(platform, entity, *field));
    names.map(|name| (name.to_string(), Kind::Ascending)).collect()
}

fn columns(
    platform: &Governed,
    entity: &Entity,
    columns: &[Column],
    method: Option<IndexMethod>,
) -> Vec<(String, Kind)> {
    let mut keys = Vec::new();
    for column in columns {
        for path in paths(platform, entity, column) {
            keys.push(match method {
                Some(IndexMethod::Wildcard) => (format!("{path}.$**"), Kind::Ascending),
                Some(IndexMethod::Text) => (path, Kind::Text),
                Some(IndexMethod::Hash) => (path, Kind::Hashed),
                Some(IndexMethod::Geo) if super::rules::geo_index::is_geo(platform, entity, column) => {
                    (path, Kind::Sphere)
                }
                _ if column.descending => (path, Kind::Descending),
                _ => (path, Kind::Ascending),
            });
        }
    }
    keys
}

/// The stored paths of a column: two for a reference with several arms, none for an expression.
fn paths(platform: &Governed, entity: &Entity, column: &Column) -> Vec<String> {
    match &column.expr.kind {
        polity_model::expr::ExprKind::Field(path) if path.steps.is_empty() => {
            collection::field_names(platform, entity, path.root).iter().map(ToString::to_string).collect()
        }
        polity_model::expr::ExprKind::Field(path) => vec![collection::path(platform, entity, path)],
        _ => Vec::new(),
    }
}

/// MongoDB takes what is absent for one value, which only one document could have. As in SQL, what is absent is
/// equal to nothing, so those documents are left out.
fn unique_filter(
    platform: &Governed,
    entity: &Entity,
    columns: &[Column],
    written: Option<&polity_model::Expr>,
) -> Option<Json> {
    let mut conditions: Vec<Json> = Vec::new();
    for column in columns {
        if let polity_model::expr::ExprKind::Field(path) = &column.expr.kind
            && collection::reach(platform, &entity.fields, path).optional
        {
            conditions.push(json!({ collection::path(platform, entity, path): { "$exists": true } }));
        }
    }
    conditions.extend(written.and_then(|f| filter::filter(platform, entity, f).ok()));
    if conditions.len() > 1 { Some(json!({ "$and": conditions })) } else { conditions.pop() }
}

/// With CSFLE, what is searched has equal ciphertexts, which an index finds.
fn searched(platform: &Governed, entity: &Entity, others: &[IndexSpec]) -> Vec<IndexSpec> {
    if driver_encryption::mode(platform, entity.store) != Some(Mode::Csfle) {
        return Vec::new();
    }
    let tenant: Vec<FieldId> = entity.tenant.into_iter().collect();
    let is_sought = |field: &Field| field.encrypted.as_ref().is_some_and(|encrypted| encrypted.searchable);
    let sought = entity.fields().filter(|(_, field)| is_sought(field));
    sought
        .map(|(id, field)| {
            IndexSpec::new(ascending(platform, entity, &[&tenant[..], &[id]].concat()), field.named.span)
        })
        .filter(|index| {
            !others.iter().any(|other| other.filter.is_none() && other.keys.starts_with(&index.keys))
        })
        .collect()
}

/// A shard key needs an index that begins with it.
fn shard_index(platform: &Governed, entity: &Entity, others: &[IndexSpec]) -> Option<IndexSpec> {
    let shard = entity.shard.as_ref()?;
    let keys = shard_key(platform, entity)?;
    let is_id = matches!(keys.as_slice(), [(name, Kind::Ascending)] if name == "_id");
    let is_led = others.iter().any(|index| index.filter.is_none() && index.keys.starts_with(&keys));
    (!is_id && !is_led).then(|| IndexSpec::new(keys, shard.span))
}

/// The key that `sh.shardCollection` takes. `hashed` is about the first field: MongoDB hashes one at most.
pub(super) fn shard_key(platform: &Governed, entity: &Entity) -> Option<Vec<(String, Kind)>> {
    let shard = entity.shard.as_ref()?;
    let mut keys = ascending(platform, entity, &shard.fields);
    if shard.hashed
        && let Some((_, first)) = keys.first_mut()
    {
        *first = Kind::Hashed;
    }
    Some(keys)
}

/// Retention: on the index of the field, if it has one, since MongoDB takes no second with the same key. What is
/// anonymized is found by an index in which the documents that are anonymized already lie apart.
fn expire(platform: &Governed, entity: &Entity, all: &mut Vec<IndexSpec>) {
    let Some(retain) = &entity.retain else { return };
    let Some(after) = retain.after else { return };
    if collection::is_anonymized(entity) {
        let marked = collection::anonymized_at(platform, entity);
        let moment = collection::field_name(platform, entity, after);
        let keys = [marked, moment].map(|name| (name.to_string(), Kind::Ascending));
        all.push(IndexSpec::new(keys.to_vec(), retain.span));
        return;
    }
    let keys = vec![(collection::field_name(platform, entity, after).to_string(), Kind::Ascending)];
    let seconds = Some(seconds(retain.duration));
    match all.iter_mut().find(|index| index.keys == keys && index.filter.is_none()) {
        Some(index) => index.expire_after_seconds = seconds,
        None => {
            let mut index = IndexSpec::new(keys, retain.span);
            index.expire_after_seconds = seconds;
            all.push(index);
        }
    }
}

fn name(index: &mut IndexSpec, written: Option<&str>) {
    written.unwrap_or_default().clone_into(&mut index.name);
}

/// Names those that have none as MongoDB itself would (`userId_1_createdAt_-1`), a second one of that name with a
/// number behind it.
fn distinguish(all: &mut [IndexSpec]) {
    let mut taken: HashSet<String> = all.iter().map(|index| index.name.clone()).collect();
    for index in all.iter_mut().filter(|index| index.name.is_empty()) {
        let parts: Vec<String> =
            index.keys.iter().map(|(path, kind)| format!("{path}_{}", kind_name(*kind))).collect();
        let plain = parts.join("_");
        let mut name = plain.clone();
        let mut number = 2;
        while !taken.insert(name.clone()) {
            name = format!("{plain}_{number}");
            number += 1;
        }
        index.name = name;
    }
}

fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Ascending => "1",
        Kind::Descending => "-1",
        Kind::Hashed => "hashed",
        Kind::Sphere => "2dsphere",
        Kind::Text => "text",
    }
}
