//! Keys, uniques, indexes, the shard key and retention as indexes.

use std::collections::BTreeMap;

use foldhash::{HashMap, HashMapExt, HashSet};
use serde_json::{Value as Json, json};
use smol_str::SmolStr;

use super::encryption::{self, Mode};
use super::{collection, filter};
use crate::hashed::hashed;
use polity_catalog::document::{self, Key, KeyKind, TextSearch};
use polity_govern::Stored;
use polity_model::entity::{Column, IndexMethod};
use polity_model::expr::ExprKind;
use polity_model::{Duration, Entity, FieldId, Index, Scalar, Type, TypeKind, Value};
use polity_text::source::Span;

/// No field can be called so, since a text index would read the language of a document in it and refuse documents
/// in languages that it does not know.
const NO_LANGUAGE_FIELD: &str = "_textLanguage";

/// One index of a collection, beside that on `_id`.
#[derive(Debug, Clone)]
pub(in crate::mongodb) struct Wanted {
    pub(in crate::mongodb) index: document::Index,
    /// The place in the source that asks for the index.
    pub(in crate::mongodb) span: Span,
}

impl Wanted {
    fn new(entity: &Entity, keys: Vec<Key>, span: Span) -> Self {
        let index = document::Index {
            collection: entity.named.stored.clone(),
            name: SmolStr::default(),
            keys,
            unique: false,
            filter: None,
            expire_after_seconds: None,
            text: None,
            hidden: false,
            options: BTreeMap::new(),
        };
        Self { index, span }
    }

    /// Whether it finds every document by these keys.
    fn leads(&self, keys: &[Key]) -> bool {
        self.index.filter.is_none() && self.index.keys.starts_with(keys)
    }
}

/// Every index of a collection, in the order of the source. What MongoDB cannot index was refused by a rule.
pub(in crate::mongodb) fn indexes(platform: &Stored, entity: &Entity) -> Vec<Wanted> {
    let mut all = Vec::new();
    if collection::id_field(platform, entity).is_none()
        && let Some(span) = entity.key_span
    {
        let mut wanted = Wanted::new(entity, ascending(platform, entity, &entity.key), span);
        wanted.index.unique = true;
        all.push(wanted);
    }
    for unique in &entity.uniques {
        let mut wanted = Wanted::new(entity, columns(platform, entity, &unique.columns, None), unique.span);
        wanted.index.unique = true;
        wanted.index.filter = unique_filter(platform, entity, &unique.columns, unique.filter.as_ref());
        name(&mut wanted.index, unique.name.as_deref());
        all.push(wanted);
    }
    all.extend(entity.indexes.iter().map(|index| written(platform, entity, index)));
    all.extend(searched(platform, entity, &all));
    all.extend(shard_index(platform, entity, &all));
    expire(platform, entity, &mut all);
    distinguish(&mut all);
    all
}

fn written(platform: &Stored, entity: &Entity, index: &Index) -> Wanted {
    let method = index.method.map(|(method, _)| method);
    let mut out = Wanted::new(entity, columns(platform, entity, &index.columns, method), index.span);
    out.index.filter = index.filter.as_ref().and_then(|f| filter::filter(platform, entity, f).ok());
    if method == Some(IndexMethod::Text) {
        // MongoDB counts a field once unless told otherwise.
        let weights = index.columns.iter().flat_map(|column| {
            let paths = paths(platform, entity, column);
            paths.into_iter().map(|path| (path.into(), column.weight.unwrap_or(1)))
        });
        // Without a language, words are taken as they are.
        let language = index.language.as_ref().map_or("none", |(language, _)| language);
        out.index.text = Some(TextSearch {
            weights: weights.collect(),
            language: language.into(),
            language_field: NO_LANGUAGE_FIELD.into(),
        });
    }
    out.index.expire_after_seconds = expire_after(index).map(seconds);
    out.index.hidden = matches!(index.with.base.get("hidden").map(|s| &s.value), Some(Value::Bool(true)));
    name(&mut out.index, index.name.as_deref());
    out
}

/// `with { expire_after: 30d }`
pub(in crate::mongodb) fn expire_after(index: &Index) -> Option<Duration> {
    match index.with.base.get("expire_after").map(|s| &s.value) {
        Some(Value::Duration(duration)) => Some(*duration),
        _ => None,
    }
}

/// Rounded up, a month of 31 days and a year of 366, so that nothing goes before the time that was written.
pub(in crate::mongodb) fn seconds(duration: Duration) -> u64 {
    duration.at_most_milliseconds().div_ceil(1000)
}

fn ascending(platform: &Stored, entity: &Entity, fields: &[FieldId]) -> Vec<Key> {
    let names = fields.iter().flat_map(|field| collection::field_names(platform, entity, *field));
    names.map(|name| Key::new(name, KeyKind::Ascending)).collect()
}

fn columns(platform: &Stored, entity: &Entity, columns: &[Column], method: Option<IndexMethod>) -> Vec<Key> {
    let mut keys = Vec::new();
    for column in columns {
        for path in paths(platform, entity, column) {
            keys.push(match method {
                Some(IndexMethod::Wildcard) => Key::new(format!("{path}.$**"), KeyKind::Ascending),
                Some(IndexMethod::Text) => Key::new(path, KeyKind::Text),
                Some(IndexMethod::Hash) => Key::new(path, KeyKind::Hashed),
                Some(IndexMethod::Geo) if is_geo(platform, entity, column) => Key::new(path, KeyKind::Sphere),
                _ if column.descending => Key::new(path, KeyKind::Descending),
                _ => Key::new(path, KeyKind::Ascending),
            });
        }
    }
    keys
}

/// The stored paths of a column: two for a reference with several arms, none for an expression.
fn paths(platform: &Stored, entity: &Entity, column: &Column) -> Vec<String> {
    match &column.expr.kind {
        ExprKind::Field(path) if path.steps.is_empty() => {
            collection::field_names(platform, entity, path.root).iter().map(ToString::to_string).collect()
        }
        ExprKind::Field(path) => vec![collection::path(platform, entity, path)],
        _ => Vec::new(),
    }
}

/// MongoDB takes what is absent for one value, which only one document could have. As in SQL, what is absent is
/// equal to nothing, so those documents are left out.
fn unique_filter(
    platform: &Stored,
    entity: &Entity,
    columns: &[Column],
    written: Option<&polity_model::Expr>,
) -> Option<Json> {
    let mut conditions: Vec<Json> = Vec::new();
    for column in columns {
        if let ExprKind::Field(path) = &column.expr.kind
            && collection::reach(platform, &entity.fields, path).optional
        {
            conditions.push(json!({ collection::path(platform, entity, path): { "$exists": true } }));
        }
    }
    conditions.extend(written.and_then(|f| filter::filter(platform, entity, f).ok()));
    if conditions.len() > 1 { Some(json!({ "$and": conditions })) } else { conditions.pop() }
}

/// With CSFLE, what is searched has equal ciphertexts, which an index finds.
fn searched(platform: &Stored, entity: &Entity, others: &[Wanted]) -> Vec<Wanted> {
    if encryption::mode(platform, entity.store) != Some(Mode::Csfle) {
        return Vec::new();
    }
    let tenant: Vec<FieldId> = entity.tenant.into_iter().collect();
    let is_sought = |id| platform.encrypted(entity.id, id).is_some_and(|encrypted| encrypted.searchable);
    let sought = entity.fields().filter(|(id, _)| is_sought(*id));
    sought
        .map(|(id, field)| {
            Wanted::new(entity, ascending(platform, entity, &[&tenant[..], &[id]].concat()), field.named.span)
        })
        .filter(|wanted| !others.iter().any(|other| other.leads(&wanted.index.keys)))
        .collect()
}

/// A shard key needs an index that begins with it.
fn shard_index(platform: &Stored, entity: &Entity, others: &[Wanted]) -> Option<Wanted> {
    let shard = entity.shard.as_ref()?;
    let keys = shard_key(platform, entity)?;
    let is_id = keys == [Key::new("_id", KeyKind::Ascending)];
    let is_led = others.iter().any(|other| other.leads(&keys));
    (!is_id && !is_led).then(|| Wanted::new(entity, keys, shard.span))
}

/// The key that `sh.shardCollection` takes. `hashed` is about the first field: MongoDB hashes one at most.
pub(in crate::mongodb) fn shard_key(platform: &Stored, entity: &Entity) -> Option<Vec<Key>> {
    let shard = entity.shard.as_ref()?;
    let mut keys = ascending(platform, entity, &shard.fields);
    if shard.hashed
        && let Some(first) = keys.first_mut()
    {
        first.kind = KeyKind::Hashed;
    }
    Some(keys)
}

/// Retention: on the index of the field, if it has one, since MongoDB takes no second with the same key. What is
/// anonymized is found by an index in which the documents that are anonymized already lie apart.
fn expire(platform: &Stored, entity: &Entity, all: &mut Vec<Wanted>) {
    let Some(retain) = platform.retain(entity.id) else { return };
    let Some(after) = retain.after else { return };
    if collection::is_anonymized(platform, entity) {
        let marked = collection::anonymized_at(platform, entity);
        let moment = collection::field_name(platform, entity, after);
        let keys = [marked, moment].map(|name| Key::new(name, KeyKind::Ascending));
        all.push(Wanted::new(entity, keys.to_vec(), retain.span));
        return;
    }
    let keys = vec![Key::new(collection::field_name(platform, entity, after), KeyKind::Ascending)];
    let seconds = Some(seconds(retain.duration));
    let own = |wanted: &&mut Wanted| wanted.index.keys == keys && wanted.index.filter.is_none();
    match all.iter_mut().find(own) {
        Some(wanted) => wanted.index.expire_after_seconds = seconds,
        None => {
            let mut wanted = Wanted::new(entity, keys, retain.span);
            wanted.index.expire_after_seconds = seconds;
            all.push(wanted);
        }
    }
}

fn name(index: &mut document::Index, written: Option<&str>) {
    index.name = written.unwrap_or_default().into();
}

/// Names those that have none as MongoDB itself would (`userId_1_createdAt_-1`). Where a name is another's, or two would
/// have it, each ends in a hash of what the index is.
fn distinguish(all: &mut [Wanted]) {
    let mut taken: HashSet<SmolStr> = all.iter().map(|wanted| wanted.index.name.clone()).collect();
    let mut unnamed: Vec<&mut document::Index> =
        all.iter_mut().map(|wanted| &mut wanted.index).filter(|index| index.name.is_empty()).collect();
    let mut times: HashMap<String, usize> = HashMap::new();
    for index in &unnamed {
        *times.entry(usual_name(index)).or_default() += 1;
    }
    for index in &mut unnamed {
        let usual = usual_name(index);
        if times[&usual] == 1 && taken.insert(usual.as_str().into()) {
            index.name = usual.into();
            continue;
        }
        let content = serde_json::to_string(index).unwrap_or_default();
        // Only of what is defined twice alike does the second count on.
        let nth = (1_u32..).map(|nth| if nth == 1 { content.clone() } else { format!("{content}+{nth}") });
        let mut names = nth.map(|content| hashed(&usual, &content, LIMIT));
        index.name = names.find(|name| taken.insert(name.clone())).unwrap_or_default();
    }
}

/// The most bytes of an index's name; MongoDB sets no limit, and a longer one is no use to anybody.
const LIMIT: usize = 127;

fn usual_name(index: &document::Index) -> String {
    let parts: Vec<String> =
        index.keys.iter().map(|key| format!("{}_{}", key.path, kind_name(key.kind))).collect();
    parts.join("_")
}

fn kind_name(kind: KeyKind) -> &'static str {
    match kind {
        KeyKind::Ascending => "1",
        KeyKind::Descending => "-1",
        KeyKind::Hashed => "hashed",
        KeyKind::Sphere => "2dsphere",
        KeyKind::Text => "text",
    }
}

/// The type that a column of an index holds (of a list, that of its elements) and whether a list is on the way.
pub(in crate::mongodb) fn column_type<'p>(
    platform: &'p Stored,
    entity: &'p Entity,
    column: &Column,
) -> Option<(&'p Type, bool)> {
    let ExprKind::Field(path) = &column.expr.kind else { return None };
    let reached = collection::reach(platform, &entity.fields, path);
    reached.ty.map(|ty| (ty, reached.through_list))
}

/// Whether a column of an index holds GeoJSON (or was not understood).
pub(in crate::mongodb) fn is_geo(platform: &Stored, entity: &Entity, column: &Column) -> bool {
    column_type(platform, entity, column).is_some_and(|(ty, _)| {
        matches!(ty.kind, TypeKind::Broken)
            || matches!(platform.scalar(ty), Some(Scalar::GeoPoint | Scalar::GeoLine | Scalar::GeoPolygon))
    })
}
