//! The outside of a MongoDB store.

use std::collections::BTreeMap;

use foldhash::{HashMap, HashMapExt};
use smol_str::SmolStr;

use super::lower::{collection, schema, services};
use super::{erasure, maintenance};
use crate::surface::{Figure, Jobs, Logins, PersonCommands, StoredEntity, StoredField, Surface};
use crate::surface::{entities, persons};
use polity_govern::Stored;
use polity_model::governance::Tenant;
use polity_model::{Entity, FieldId, Store, Thing, TypeKind};
use polity_text::quoting::promql;

/// Derives the surface of a store.
pub(super) fn surface<'p>(governed: &'p Stored, store: &'p Store) -> Surface<'p> {
    let folder = &store.named.name;
    let mut surface = Surface {
        entities: entities(governed, store, |entity| stored(governed, entity)),
        views: BTreeMap::new(),
        logins: Logins::of(governed, governed.tiers_apart(), |_, service| {
            services::role_name(governed, service)
        }),
        persons: persons(governed, |kind| {
            let whose = if kind.of_tenant { erasure::name_of_tenant(governed) } else { String::new() };
            let run = format!("mongosh --quiet \"$MONGODB_URI\" --file {folder}/erase_subject.js");
            PersonCommands {
                erase: format!(r#"{whose}found=$(POLITY_FOUND="$found" {run})"#),
                shown_by: "by `export_subject.js`".to_owned(),
            }
        }),
        offboard: Some(format!(r#"mongosh --quiet "$MONGODB_URI" --file {folder}/erase_tenant.js"#)),
        figures: Figure::of_all(governed, None, |tenant, part| measured(governed, store, tenant, part)),
        watches: Vec::new(),
        outbox: None,
        jobs: Some(Jobs { made_by: maintenance::jobs, governed, store }),
    };
    for service in &governed.services {
        for privilege in governed.privileges(service).iter().filter(|privilege| privilege.verb == "read") {
            let Thing::Entity(id) = privilege.on else { continue };
            if let Some(stored) = surface.entities.get_mut(&id) {
                let view = services::view_name(&governed[id], service);
                stored.parts.insert(service.named.name.clone(), view);
            }
        }
    }
    surface
}

fn stored(governed: &Stored, entity: &Entity) -> StoredEntity {
    let places = governed.encrypted_places(entity.id);
    StoredEntity {
        name: entity.named.stored.clone(),
        fields: entity.fields().map(|(id, _)| stored_field(governed, entity, id)).collect(),
        encrypted: places
            .iter()
            .map(|place| (place.name(), collection::encrypted_path(governed, entity, place)))
            .collect(),
        live: None,
        parts: HashMap::new(),
    }
}

/// A field; of a document nothing is filled in, and its key and its tenant stay as they are.
fn stored_field(governed: &Stored, entity: &Entity, id: FieldId) -> StoredField {
    let stays =
        governed.immutable(entity.id, id).is_some() || entity.key.contains(&id) || entity.tenant == Some(id);
    let columns = collection::field_names(governed, entity, id);
    StoredField {
        name: collection::field_name(governed, entity, id),
        ty: type_of(governed, entity, id),
        changing: if stays { Vec::new() } else { columns.clone() },
        columns,
        is_filled_in: false,
    }
}

fn type_of(governed: &Stored, entity: &Entity, id: FieldId) -> SmolStr {
    let field = entity.field(id);
    if governed.is_sealed(entity.id, id) {
        return SmolStr::new_static("binData");
    }
    match &field.ty.kind {
        // Without the schemas of all that is inside.
        TypeKind::Struct(_) | TypeKind::Map(_) => SmolStr::new_static("object"),
        TypeKind::List(_) => SmolStr::new_static("array"),
        _ => {
            let schema = schema(governed, entity.store, &field.ty, &field.constraints);
            schema.bson_type.map_or_else(SmolStr::default, |bson_type| bson_type.name().into())
        }
    }
}

/// The figure of a tenant with a database of its own: each member of a replica set tells the size of the same database.
fn measured(governed: &Stored, store: &Store, tenant: Option<&Tenant>, part: &str) -> Option<String> {
    let tenant = tenant.filter(|tenant| governed[tenant.tier].is_apart())?;
    let prefix = governed[tenant.tier].prefix_of(tenant);
    let environments = governed.environments.iter().map(|environment| Some(environment.id));
    let mut names: Vec<String> = std::iter::once(None)
        .chain(environments)
        .map(|environment| format!("{prefix}{}", governed.database_name(store, environment)))
        .collect();
    names.sort_unstable();
    names.dedup();
    let metric = if part == "rows" { "objects" } else { "totalSize" };
    let (store, names) = (promql::text(&store.named.name), promql::one_of(names));
    Some(format!("max(mongodb_dbstats_{metric}{{store={store},database=~{names}}})"))
}
