//! The outside of a PostgreSQL store.

use std::collections::BTreeMap;

use foldhash::{HashMap, HashMapExt};
use smol_str::{SmolStr, format_smolstr};

use super::lower::database::Database;
use super::lower::lowered::Lowered;
use super::lower::placement::Placement;
use super::lower::{audit, erasure, live, maintenance, names, outbox, services, types, usage};
use super::sql::Ident;
use crate::surface::{Figure, Job, Jobs, Logins, PersonCommands, StoredEntity, StoredField, Surface};
use crate::surface::{entities, persons};
use polity_catalog::relational;
use polity_govern::Stored;
use polity_govern::encrypted::EncryptedPlace;
use polity_model::governance::Tenant;
use polity_model::{Entity, FieldId, Store, View, ViewId};
use polity_text::quoting::markdown;

/// Derives the surface of a store.
pub(super) fn surface<'p>(governed: &'p Stored, store: &'p Store) -> Surface<'p> {
    let shared = Placement::shared(governed, store);
    Surface {
        entities: entities(governed, store, |entity| stored(&shared, entity)),
        views: named_views(&shared),
        logins: Logins::of(governed, governed.tiers_with_places(), |tenant, service| {
            services::role_name(governed, tenant, service)
        }),
        persons: persons(governed, |kind| {
            let export = Ident(&erasure::function_name("export_subject", kind.stored)).to_string();
            PersonCommands {
                erase: erasure::command(governed, store, kind),
                shown_by: format!("by {}", markdown::code(&format!("polity.{export}"))),
            }
        }),
        offboard: Some(OFFBOARD.to_owned()),
        figures: Figure::of_all(governed, None, |tenant, part| {
            usage::measured(governed, store, tenant, part)
        }),
        watches: audit::watches(governed, store)
            .into_iter()
            .chain(outbox::watches(governed, store))
            .chain(erasure::waiting::watches(governed, store))
            .collect(),
        outbox: outbox::is_in(governed, store).then(|| SmolStr::new_static(outbox::SHARED)),
        jobs: Some(Jobs { made_by: jobs, governed, store }),
    }
}

const OFFBOARD: &str = r#"echo "SELECT polity.erase_tenant(:'tenant');" |
  psql "$DATABASE_URL" -qAt -v ON_ERROR_STOP=1 -v tenant="$POLITY_TENANT_ID""#;

fn named_views(placement: &Placement<'_>) -> BTreeMap<ViewId, SmolStr> {
    let views = placement.platform.views.iter().filter(|view| view.store == placement.store.id);
    let name = |view: &View| format_smolstr!("{}.{}", placement.schema_of_view(view), view.named.stored);
    views.map(|view| (view.id, name(view))).collect()
}

fn stored(placement: &Placement<'_>, entity: &Entity) -> StoredEntity {
    let governed = placement.platform;
    let places = governed.encrypted_places(entity.id);
    let table = placement.table_of(entity);
    StoredEntity {
        name: format_smolstr!("{}.{}", table.schema, table.name),
        fields: entity.fields().map(|(id, _)| stored_field(governed, entity, id)).collect(),
        encrypted: places.iter().map(|place| (place.name(), stored_path(place))).collect(),
        live: live::name(governed, placement.store, entity)
            .map(|name| format_smolstr!("{}.{name}", table.schema)),
        parts: HashMap::new(),
    }
}

fn stored_field(governed: &Stored, entity: &Entity, id: FieldId) -> StoredField {
    let field = entity.field(id);
    let is_filled_in = entity.tenant == Some(id) || field.computed.is_some();
    let columns = |changed: bool| -> Vec<SmolStr> {
        let mut names = Vec::new();
        services::columns(governed, "", field, changed, &mut names);
        names
    };
    let stays = is_filled_in || entity.key.contains(&id) || governed.immutable(entity.id, id).is_some();
    StoredField {
        name: governed.stored_name(entity.store, &field.named),
        ty: if governed.is_sealed(entity.id, id) {
            "bytea".into()
        } else {
            types::column_type(governed, &field.ty).into()
        },
        columns: columns(false),
        changing: if stays { Vec::new() } else { columns(true) },
        is_filled_in,
    }
}

/// The names that lead to something encrypted; members of an inline record are columns.
fn stored_path(place: &EncryptedPlace<'_>) -> Vec<SmolStr> {
    let inline = place.way.iter().take_while(|field| field.inline.is_some()).count();
    let (column, members) = place.way.split_at((inline + 1).min(place.way.len()));
    let column: Vec<&str> = column.iter().map(|field| field.named.stored.as_str()).collect();
    let column = names::fit(&column.join("_"), names::LIMIT);
    std::iter::once(column).chain(members.iter().map(|field| field.named.stored.clone())).collect()
}

/// The jobs of the shared database, of tenants' databases and of their schemas. With pg_cron each runs its own.
fn jobs(governed: &Stored, store: &Store) -> Vec<Job> {
    if !maintenance::is_scheduled(governed, store) {
        return Vec::new(); // most stores, and lowering one is not free
    }
    let database = Database::lower(governed, store);
    if database.lists_pg_cron() {
        return Vec::new();
    }
    let mut jobs = jobs_of(&database);
    for tier in governed.tiers_with_places() {
        let any = jobs_of(&Database::lower_in(Placement::of(governed, store, &tier.any)));
        for tenant in governed.tenants.iter().filter(|tenant| tenant.tier == tier.id) {
            jobs.extend(any.iter().map(|job| for_tenant(governed, job, tenant)));
        }
    }
    jobs
}

/// A job of any tenant of a tier, as one of them has it.
fn for_tenant(governed: &Stored, job: &Job, tenant: &Tenant) -> Job {
    let rendered = |text: &String| governed.for_tenant(text, tenant);
    Job {
        name: rendered(&job.name),
        command: rendered(&job.command),
        database: job.database.as_ref().map(|name| governed.for_tenant(name, tenant).into()),
        variables: job.variables.iter().map(|(name, value)| (*name, rendered(value))).collect(),
        tenant: job.database.as_ref().map(|_| tenant.named.name.clone()),
        docs: rendered(&job.docs),
        ..job.clone()
    }
}

/// The jobs of a database, for which nothing else of it is lowered.
fn jobs_of(database: &Database) -> Vec<Job> {
    let mut lowered = Lowered::default();
    maintenance::jobs::lower(database, &mut lowered);
    let job = |job: &relational::Job| Job {
        name: job.name.to_string(),
        schedule: job.schedule.to_string(),
        command: job.command.clone(),
        in_shell: false,
        database: database.placement.is_apart().then(|| database.placement.database_name()),
        variables: match database.placement.is_apart() {
            true => vec![
                ("PGDATABASE", database.placement.database_name().to_string()),
                ("PGUSER", job.role.to_string()),
            ],
            false => Vec::new(),
        },
        tenant: None, // the same for all of a tier
        docs: job.comment.to_string(),
    };
    lowered.jobs().map(job).collect()
}
