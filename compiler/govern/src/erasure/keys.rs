//! Keys that are about a person: by what stands in the key, or by what stands in the value.

use smol_str::SmolStr;

use super::{Action, Plan};
use crate::Governed;
use polity_model::keyspace::{Held as Shape, ValueShape};
use polity_model::{EntityId, Field, FieldId, Keyspace, KeyspaceId, StructId, Type, TypeKind};

/// The keys of one keyspace that an erasure looks through, and how it finds those that go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys {
    pub keyspace: KeyspaceId,
    /// The parameters of the pattern that name a row of the person; a key goes where any of these does.
    pub by: Vec<Names>,
    /// The parts of values that refer to a row of the person; a value, an element or a member goes where any of them
    /// does.
    pub held: Vec<Held>,
}

/// Parameters that together name a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    pub entity: EntityId,
    /// Parameters by their position, each with the field whose value it takes.
    pub parameters: Vec<(usize, FieldId)>,
}

/// A part of a value that refers to a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The members of the record that lead to it; none where the element itself is the reference.
    pub path: Vec<SmolStr>,
    pub entity: EntityId,
    pub field: FieldId,
}

/// How deep records in records are looked into.
const DEEPEST: usize = 8;

/// Adds the keys that lead to a row of the plan.
pub(super) fn of(platform: &Governed, plan: &mut Plan) {
    let mut found = vec![false; platform.entities.len()];
    for rows in plan.rows.iter().filter(|rows| rows.action != Action::Forget) {
        found[rows.entity.index()] = true;
    }
    for keyspace in &platform.keyspaces {
        let keys = Keys {
            keyspace: keyspace.id,
            by: by_key(platform, keyspace, &found),
            held: held(platform, keyspace, &found),
        };
        if !(keys.by.is_empty() && keys.held.is_empty()) {
            plan.keys.push(keys);
        }
    }
}

/// A parameter that carries a label is stored as a keyed hash, by which nobody is found. That of the tenant names
/// nobody either.
fn by_key(platform: &Governed, keyspace: &Keyspace, found: &[bool]) -> Vec<Names> {
    let parameters = &keyspace.pattern.parameters;
    let mut by = Vec::new();
    for (i, parameter) in parameters.iter().enumerate().filter(|(_, p)| p.labels.is_empty()) {
        let refers = referred_to(&parameter.ty, found);
        by.extend(refers.map(|(entity, field)| Names { entity, parameters: vec![(i, field)] }));
    }
    let Some(cache) = keyspace.cache.as_ref().filter(|cache| found[cache.source.index()]) else { return by };
    let tenant = platform[cache.source].tenant;
    let named = cache.key.iter().copied().enumerate().filter(|(_, field)| Some(*field) != tenant);
    let named: Vec<(usize, FieldId)> = named.collect();
    let is_clear = named.iter().all(|(i, _)| parameters.get(*i).is_some_and(|p| p.labels.is_empty()));
    if by.is_empty() && is_clear && !named.is_empty() {
        by.push(Names { entity: cache.source, parameters: named });
    }
    by
}

fn held(platform: &Governed, keyspace: &Keyspace, found: &[bool]) -> Vec<Held> {
    let mut held = Vec::new();
    match &keyspace.value {
        ValueShape::Scalar(ty) | ValueShape::List(ty) | ValueShape::Set(ty) | ValueShape::Geo(ty) => {
            of_type(platform, keyspace, ty, &mut Vec::new(), found, &mut held);
        }
        ValueShape::SortedSet { of, .. } => {
            of_type(platform, keyspace, of, &mut Vec::new(), found, &mut held);
        }
        ValueShape::Json(record)
        | ValueShape::Document(record)
        | ValueShape::Hash(record)
        | ValueShape::Stream { fields: record, .. } => {
            of_record(platform, keyspace, *record, &mut Vec::new(), found, &mut held);
        }
        ValueShape::Counter
        | ValueShape::Bitmap
        | ValueShape::HyperLogLog
        | ValueShape::Bloom(_)
        | ValueShape::TimeSeries
        | ValueShape::Limiter
        | ValueShape::Entity(_)
        | ValueShape::Broken => {}
    }
    // A dead letter is the entry as it was.
    for stream in platform.buried_in(keyspace.id) {
        if let Shape::Record(record) = stream.value.held() {
            of_record(platform, stream, record, &mut Vec::new(), found, &mut held);
        }
    }
    held
}

fn of_type(
    platform: &Governed,
    keyspace: &Keyspace,
    ty: &Type,
    path: &mut Vec<SmolStr>,
    found: &[bool],
    held: &mut Vec<Held>,
) {
    if let TypeKind::Struct(record) = &ty.kind {
        return of_record(platform, keyspace, *record, path, found, held);
    }
    held.extend(referred_to(ty, found).map(|(entity, field)| Held { path: path.clone(), entity, field }));
}

fn of_record(
    platform: &Governed,
    keyspace: &Keyspace,
    record: StructId,
    path: &mut Vec<SmolStr>,
    found: &[bool],
    held: &mut Vec<Held>,
) {
    if path.len() >= DEEPEST {
        return;
    }
    let fields: &[Field] = &platform[record].fields;
    for field in fields {
        path.push(platform.stored_name(keyspace.store, &field.named));
        of_type(platform, keyspace, &field.ty, path, found, held);
        path.pop();
    }
}

fn referred_to<'a>(ty: &'a Type, found: &'a [bool]) -> impl Iterator<Item = (EntityId, FieldId)> + 'a {
    let arms: Vec<(EntityId, FieldId)> = match &ty.kind {
        TypeKind::Reference { entity, field } => vec![(*entity, *field)],
        TypeKind::Union(arms) => arms.iter().map(|arm| (arm.entity, arm.field)).collect(),
        _ => Vec::new(),
    };
    arms.into_iter().filter(|(entity, _)| found[entity.index()])
}
