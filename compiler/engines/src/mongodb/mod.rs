//! MongoDB: a closed validator for each collection, its indexes, and a script for mongosh that applies both.
//!
//! | file | does |
//! |---|---|
//! | [`settings`] | what a store may set and what it measures |
//! | [`lower`] | a store as a catalog: collections with their rules, indexes, roles |
//! | [`print`] | the files that make a database what the catalog says |
//! | [`erasure`] | `erase_subject.js`, `export_subject.js` |
//! | [`maintenance`] | `maintenance.js` |
//! | [`encryption`] | what MongoDB's own drivers encrypt, and `data_keys.js` |
//! | [`rules`] | what MongoDB cannot do, each an error with the way out |

mod encryption;
mod erasure;
mod lower;
mod maintenance;
mod print;
mod rules;
mod settings;
#[cfg(test)]
mod tests;

use smol_str::SmolStr;

use self::lower::{collection, services};
use super::{Engine, Job, KindOfPerson, Placed};
use crate::artifact::Artifacts;
use crate::options::Options;
use polity_catalog::Catalog;
use polity_govern::Governed;
use polity_govern::check::{StoreRule, Valid};
use polity_model::encrypted::EncryptedPlace;
use polity_model::engine::About;
use polity_model::governance::{Service, Tenant};
use polity_model::{Entity, FieldId, Isolation, Store};
use polity_text::quoting::promql;

pub(super) struct MongoDb;

pub(super) static ABOUT: About = About {
    name: "mongodb",
    title: "MongoDB",
    // 6.0 brought `prepareUnique` and `$in` in partial filters, on which `apply.js` and the filters rely.
    majors: 6..=8,
    has_schemas: false,
    has_entities: true,
    settings: settings::SETTINGS,
    metrics: settings::METRICS,
    can_encrypt: true,
    enforces: &[Isolation::Database],
    // Without schemas, the tenants of a schema tier stand among those of row tiers.
    carries_out: Isolation::EVERY,
    gives_rights: true,
    erases: true,
    logs_erasures: false,
    remains: &[("the oplog holds documents as they were written", "it is overwritten")],
    keeps: &[("storage", &[Isolation::Database]), ("rows", &[Isolation::Database])],
    port: 27_017,
};

impl Engine for MongoDb {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn erase_command(&self, platform: &Governed, store: &Store, kind: KindOfPerson<'_>) -> String {
        let whose = if kind.of_tenant { erasure::name_of_tenant(platform) } else { String::new() };
        format!(
            r#"{whose}found=$(POLITY_FOUND="$found" mongosh --quiet "$MONGODB_URI" --file {}/erase_subject.js)"#,
            store.named.name
        )
    }

    fn shown_by(&self, _kind: KindOfPerson<'_>) -> Option<String> {
        Some("by `export_subject.js`".to_owned())
    }

    fn offboard_command(&self, store: &Store) -> Option<String> {
        Some(format!(r#"mongosh --quiet "$MONGODB_URI" --file {}/erase_tenant.js"#, store.named.name))
    }

    fn jobs(&self, valid: &Valid, store: &Store) -> Vec<Job> {
        maintenance::jobs(valid, store)
    }

    fn rules(&self) -> &'static [StoreRule] {
        rules::RULES
    }

    fn field_name(&self, platform: &Governed, entity: &Entity, field: FieldId) -> SmolStr {
        collection::field_name(platform, entity, field)
    }

    fn stored_path(&self, platform: &Governed, entity: &Entity, place: &EncryptedPlace<'_>) -> Vec<SmolStr> {
        collection::encrypted_path(platform, entity, place)
    }

    fn service_user(&self, platform: &Governed, _tenant: Option<&Tenant>, service: &Service) -> SmolStr {
        services::role_name(platform, service)
    }

    fn stored_names(
        &self,
        platform: &Governed,
        entity: &Entity,
        field: FieldId,
        changed: bool,
    ) -> Vec<SmolStr> {
        let stays = entity.field(field).immutable.is_some()
            || entity.key.contains(&field)
            || entity.tenant == Some(field);
        if changed && stays { Vec::new() } else { collection::field_names(platform, entity, field) }
    }

    fn read_from(&self, _platform: &Governed, entity: &Entity, service: &Service, in_part: bool) -> SmolStr {
        if in_part { services::view_name(entity, service) } else { entity.named.stored.clone() }
    }

    fn stored_type(&self, platform: &Governed, entity: &Entity, field: FieldId) -> String {
        let field = entity.field(field);
        if field.is_sealed() {
            return "binData".to_owned();
        }
        let schema = lower::schema(platform, entity.store, &field.ty, &field.constraints);
        schema.bson_type.map(|bson_type| bson_type.name().to_owned()).unwrap_or_default()
    }

    /// Each member of a replica set tells the size of the same database.
    fn measured(
        &self,
        platform: &Governed,
        store: &Store,
        tenant: Option<&Tenant>,
        part: &str,
    ) -> Option<String> {
        let tenant = tenant.filter(|tenant| platform[tenant.tier].is_apart())?;
        let prefix = platform[tenant.tier].prefix_of(tenant);
        let environments = platform.environments.iter().map(|environment| Some(environment.id));
        let mut names: Vec<String> = std::iter::once(None)
            .chain(environments)
            .map(|environment| format!("{prefix}{}", platform.database_name(store, environment)))
            .collect();
        names.sort_unstable();
        names.dedup();
        let metric = if part == "rows" { "objects" } else { "totalSize" };
        let (store, names) = (promql::text(&store.named.name), promql::one_of(names));
        Some(format!("max(mongodb_dbstats_{metric}{{store={store},database=~{names}}})"))
    }

    fn lower<'v>(&self, valid: &'v Valid, store: &'v Store) -> Vec<Placed<'v>> {
        let mut lowered = lower::lower(valid, store);
        let apart = std::mem::take(&mut lowered.apart);
        let own = apart.iter().map(|own| (Some(own.tenant), lowered.of_tenant(own)));
        std::iter::once((None, lowered.catalog.clone()))
            .chain(own)
            .map(|(tenant, catalog)| Placed { tenant, catalog: Catalog::Document(catalog) })
            .collect()
    }

    fn emit(&self, valid: &Valid, store: &Store, _options: &Options, artifacts: &mut Artifacts) {
        let folder = &store.named.name;
        let lowered = lower::lower(valid, store);
        print::emit(valid, store, &lowered, artifacts);
        encryption::emit(valid, store, &lowered, artifacts);
        if let Some(script) = maintenance::script(valid, store) {
            artifacts.add(format!("{folder}/maintenance.js"), script);
        }
        if let Some(script) = erasure::tenant_file(valid, store, &lowered) {
            artifacts.add(format!("{folder}/erase_tenant.js"), script);
        }
        for (name, script) in erasure::files(valid, store) {
            artifacts.add(format!("{folder}/{name}"), script);
        }
    }
}
