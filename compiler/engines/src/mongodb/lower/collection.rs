//! Names in MongoDB: of collections, of fields, of the paths to them.

use smol_str::SmolStr;

use polity_govern::Stored;
use polity_govern::encrypted::EncryptedPlace;
use polity_model::entity::Fate;
use polity_model::expr::{FieldPath, Step};
use polity_model::{Entity, Field, FieldId, Named, Type, TypeKind};

/// The field that is stored as `_id`: the single key, where it is called `id` (or `as "_id"`) and the collection is
/// not sharded by anything else, since a shard keeps only its own `_id`s apart.
pub(in crate::mongodb) fn id_field(platform: &Stored, entity: &Entity) -> Option<FieldId> {
    let &[key] = entity.key.as_slice() else { return None };
    let named = &entity.field(key).named;
    let is_called_id =
        if named.aliased { named.stored == "_id" } else { named.name == "id" || named.stored == "_id" };
    let is_shard_key = entity.shard.as_ref().is_none_or(|shard| shard.fields == [key]);
    let is_scoped = platform.tenancy.is_some() && !entity.global;
    (is_called_id && is_shard_key && !is_scoped).then_some(key)
}

/// The name of a field of an entity, in its documents.
pub(in crate::mongodb) fn field_name(platform: &Stored, entity: &Entity, field: FieldId) -> SmolStr {
    if id_field(platform, entity) == Some(field) {
        return SmolStr::new_static("_id");
    }
    platform.stored_name(entity.store, &entity.field(field).named)
}

/// The field that says when a document was anonymized, where the source says that it may be.
pub(in crate::mongodb) fn anonymized_at(platform: &Stored, entity: &Entity) -> SmolStr {
    platform.own_name(entity.store, "anonymized_at")
}

/// Whether documents outlive the person, without the person.
pub(in crate::mongodb) fn is_anonymized(platform: &Stored, entity: &Entity) -> bool {
    platform.retain(entity.id).is_some_and(|retain| retain.fate == Fate::Anonymize)
}

/// The names under which a field is stored: one, or two for a reference with several arms.
pub(in crate::mongodb) fn field_names(platform: &Stored, entity: &Entity, field: FieldId) -> Vec<SmolStr> {
    let mut names = vec![field_name(platform, entity, field)];
    names.extend(type_name(platform, entity, entity.field(field)));
    names
}

/// The name of what says which arm a reference with several arms is.
pub(in crate::mongodb) fn type_name(platform: &Stored, entity: &Entity, field: &Field) -> Option<SmolStr> {
    is_union(&field.ty).then(|| platform.stored_type_name(entity.store, &field.named))
}

pub(in crate::mongodb) fn is_union(ty: &Type) -> bool {
    matches!(ty.kind, TypeKind::Union(_))
}

/// A path with dots, as indexes and filters write it.
pub(in crate::mongodb) fn path(platform: &Stored, entity: &Entity, path: &FieldPath) -> String {
    let mut out = field_name(platform, entity, path.root).to_string();
    for step in &path.steps {
        out.push('.');
        match step {
            Step::Member(record, field) => {
                let named: &Named = &platform[*record].fields[field.index()].named;
                out.push_str(&platform.stored_name(entity.store, named));
            }
            Step::Key(key) => out.push_str(key),
        }
    }
    out
}

/// The path to what says which arm a reference inside of a record is.
pub(in crate::mongodb) fn type_path(platform: &Stored, entity: &Entity, to: &FieldPath) -> Option<String> {
    let Some(Step::Member(record, field)) = to.steps.last() else { return None };
    let named: &Named = &platform[*record].fields[field.index()].named;
    let whole = path(platform, entity, to);
    let (before, _) = whole.rsplit_once('.')?;
    Some(format!("{before}.{}", platform.stored_type_name(entity.store, named)))
}

/// The type that a path leads to, and what stands on the way.
pub(in crate::mongodb) struct Reached<'p> {
    /// `None` inside a json value or a map of unknown keys.
    pub(in crate::mongodb) ty: Option<&'p Type>,
    /// Whether a list stands on the path, its end included.
    pub(in crate::mongodb) through_list: bool,
    /// Whether anything on the path may be absent.
    pub(in crate::mongodb) optional: bool,
}

/// Follows a path from a field of an entity or of a record.
pub(in crate::mongodb) fn reach<'p>(
    platform: &'p Stored,
    fields: &'p [Field],
    path: &FieldPath,
) -> Reached<'p> {
    let mut ty = Some(&fields[path.root.index()].ty);
    let mut reached = Reached { ty, through_list: false, optional: false };
    for step in std::iter::once(None).chain(path.steps.iter().map(Some)) {
        ty = match (step, ty) {
            (None, ty) => ty,
            (Some(Step::Member(record, field)), _) => Some(&platform[*record].fields[field.index()].ty),
            (Some(Step::Key(_)), Some(Type { kind: TypeKind::Map(value), .. })) => {
                reached.optional = true;
                Some(value)
            }
            (Some(Step::Key(_)), _) => {
                reached.optional = true;
                None
            }
        };
        reached.optional |= ty.is_some_and(|ty| ty.optional);
        while let Some(Type { kind: TypeKind::List(element), .. }) = ty {
            reached.through_list = true;
            ty = Some(element);
        }
    }
    reached.ty = ty;
    reached
}

/// The names that lead to something encrypted: of the field, then of the members of the record in it.
pub(in crate::mongodb) fn encrypted_path(
    platform: &Stored,
    entity: &Entity,
    place: &EncryptedPlace<'_>,
) -> Vec<SmolStr> {
    let members = place.way.iter().skip(1).map(|field| platform.stored_name(entity.store, &field.named));
    std::iter::once(field_name(platform, entity, place.root)).chain(members).collect()
}
