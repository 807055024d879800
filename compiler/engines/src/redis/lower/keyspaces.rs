//! Keyspaces and channels.

use smol_str::SmolStr;

use super::super::lowered::{Lowered, Notes, ParameterNotes};
use super::super::{channels_of, keys, keyspaces_of, types};
use super::former::Formers;
use polity_catalog::keyed::{Beginning, Channel, Companion, Field, Keyspace, Life, Limit, Type, Value};
use polity_govern::Stored;
use polity_model::governance::Tenant;
use polity_model::keyspace::{DeadLetter, Held, Moment, Pattern, ValueShape};
use polity_model::{self as model, LabelId, Store};

/// Adds the keyspaces and channels of a store, on the server that tenants share or on that of one tenant.
/// `formers` are the keys of before, by keyspace.
pub(super) fn lower(
    valid: &Stored,
    store: &Store,
    tenant: Option<&Tenant>,
    formers: &Formers,
    lowered: &mut Lowered,
) {
    for keyspace in keyspaces_of(valid, store) {
        let Some(value) = value(valid, store, &keyspace.value) else { continue };
        let key = keys::of_keyspace(valid, keyspace, tenant);
        let companion = keys::role_of_companion(&keyspace.value);
        let object = Keyspace {
            name: keyspace.named.name.clone(),
            database: keyspace.database.map_or(0, |(number, _)| number),
            companion: companion.map(|role| Companion { role, key: key.companion(role.word()) }),
            key,
            value,
            life: life(keyspace),
            limit: limit(keyspace),
            max_length: keyspace.max_length.map(|(max, _)| max),
            former: formers.of(&keyspace.named.name, tenant),
            comment: keyspace.named.docs.clone(),
        };
        lowered.add_with(object, notes(valid, keyspace));
    }
    for channel in channels_of(valid, store) {
        let Some(ty) = &channel.value else { continue };
        let object = Channel {
            name: channel.named.name.clone(),
            key: keys::of_channel(valid, channel, tenant),
            ty: types::of_type(valid, store.id, ty),
            comment: channel.named.docs.clone(),
        };
        let (of, parameters) = (valid.type_name(ty), parameters(valid, &channel.pattern));
        lowered.add_with(object, Notes { of, parameters, ..Notes::default() });
    }
}

/// Returns the value as the store has it; `None` of one that was not understood, which is reported.
fn value(valid: &Stored, store: &Store, shape: &ValueShape) -> Option<Value> {
    let of_type = |ty: &model::Type| -> Type { types::of_type(valid, store.id, ty) };
    let fields = |fields: &[model::Field]| -> Vec<Field> { types::fields(valid, store.id, fields) };
    Some(match shape {
        ValueShape::Scalar(ty) => Value::String(of_type(ty)),
        ValueShape::Json(id) => Value::Json(fields(&valid[*id].fields)),
        ValueShape::Entity(id) => Value::Json(fields(&valid[*id].fields)),
        ValueShape::Document(id) => Value::Document(fields(&valid[*id].fields)),
        ValueShape::Hash(id) => Value::Hash(fields(&valid[*id].fields)),
        ValueShape::Stream { fields: id, groups, dead_letter } => Value::Stream {
            fields: fields(&valid[*id].fields),
            groups: groups.clone(),
            dead_letters: match dead_letter {
                Some(DeadLetter::Keyspace(other, _)) => Some(valid[*other].named.name.clone()),
                Some(DeadLetter::Beside) | None => None,
            },
        },
        ValueShape::List(ty) => Value::List(of_type(ty)),
        ValueShape::Set(ty) => Value::Set(of_type(ty)),
        ValueShape::SortedSet { of, by, descending, .. } => Value::SortedSet {
            of: Box::new(of_type(of)),
            score: Box::new(of_type(by)),
            descending: *descending,
        },
        ValueShape::Geo(ty) => Value::Geo(of_type(ty)),
        ValueShape::Bloom(ty) => Value::Bloom(of_type(ty)),
        ValueShape::Counter => Value::Counter,
        ValueShape::Bitmap => Value::Bitmap,
        ValueShape::HyperLogLog => Value::HyperLogLog,
        ValueShape::TimeSeries => Value::TimeSeries,
        ValueShape::Limiter => Value::Limiter,
        ValueShape::Broken => return None,
    })
}

fn life(keyspace: &model::Keyspace) -> Option<Life> {
    let end = keyspace.ends()?;
    let from = match end.from {
        Moment::FirstWrite => Beginning::FirstWrite,
        Moment::LastWrite | Moment::AnyEntry => Beginning::LastWrite,
        Moment::EachEntry => Beginning::EachEntry,
        Moment::EachTimestamp => Beginning::EachTimestamp,
    };
    Some(Life { milliseconds: end.after.at_least_milliseconds(), from })
}

fn limit(keyspace: &model::Keyspace) -> Option<Limit> {
    keyspace.limit.as_ref().map(|limit| {
        if limit.of_quota {
            return Limit::Tenant;
        }
        let milliseconds = limit.per.at_least_milliseconds();
        Limit::Window { count: limit.count, milliseconds, sliding: limit.sliding }
    })
}

/// Returns the facts that the source has of a keyspace and the engine has not.
fn notes(valid: &Stored, keyspace: &model::Keyspace) -> Notes {
    let (of, members): (SmolStr, Vec<SmolStr>) = match keyspace.value.held() {
        Held::Record(id) => {
            (SmolStr::default(), valid[id].fields.iter().map(|field| field.named.name.clone()).collect())
        }
        Held::Value(ty) => (valid.type_name(ty), Vec::new()),
        Held::Entity(id) => (valid.entity_path(id).into(), Vec::new()),
        Held::Nothing => (SmolStr::default(), Vec::new()),
    };
    let score = match &keyspace.value {
        ValueShape::SortedSet { by, .. } => valid.type_name(by),
        _ => SmolStr::default(),
    };
    Notes {
        parameters: parameters(valid, &keyspace.pattern),
        of,
        score,
        members,
        ends: keyspace.ends().map(|end| end.to_string()),
        window: keyspace.limit.as_ref().map_or_else(String::new, |limit| limit.per.to_string()),
        cache: keyspace.cache.as_ref().map(|cache| (valid.entity_path(cache.source), cache.clone())),
        labels: labels(valid, &keyspace.labels),
    }
}

fn parameters(valid: &Stored, pattern: &Pattern) -> Vec<ParameterNotes> {
    let notes = |parameter: &model::keyspace::Parameter| ParameterNotes {
        ty: valid.type_name(&parameter.ty),
        labels: labels(valid, &parameter.labels),
    };
    pattern.parameters.iter().map(notes).collect()
}

fn labels(valid: &Stored, labels: &[LabelId]) -> Vec<SmolStr> {
    labels.iter().map(|label| valid[*label].name.clone()).collect()
}
