//! MongoDB: a closed validator for each collection, its indexes, and a script for mongosh that applies both.
//!
//! | file | does |
//! |---|---|
//! | [`settings`] | what a store may set and what it measures |
//! | [`collection`] | names: collections, fields, paths, and what is stored as `_id` |
//! | [`types`] | each type as `$jsonSchema` |
//! | [`validator`] | an entity as a closed `$jsonSchema`, its checks as `$expr` |
//! | [`aggregation`] | expressions of the language as MongoDB's |
//! | [`indexes`], [`filter`] | keys, uniques, indexes and retention as indexes |
//! | [`apply`] | `apply.js` |
//! | [`services`] | `roles.js` |
//! | [`erasure`] | `erase_subject.js`, `export_subject.js` |
//! | [`maintenance`] | `maintenance.js` |
//! | [`driver_encryption`] | what MongoDB's own drivers encrypt, and `data_keys.js` |
//! | [`rules`] | what MongoDB cannot do, each an error with the way out |

mod aggregation;
mod apply;
mod collection;
mod driver_encryption;
mod erasure;
mod extended_json;
mod filter;
mod indexes;
mod maintenance;
mod promote;
mod rules;
mod services;
mod settings;
#[cfg(test)]
mod tests;
mod types;
mod validator;

use serde_json::{Map, Value as Json};
use smol_str::SmolStr;

use super::{Engine, Job, KindOfPerson, Placed};
use crate::artifact::Artifacts;
use crate::options::Options;
use polity_govern::Governed;
use polity_govern::check::{StoreRule, Valid};
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
        let schema = types::schema(platform, entity.store, &field.ty, &field.constraints);
        schema.get("bsonType").and_then(Json::as_str).unwrap_or_default().to_owned()
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

    fn lower<'v>(&self, _valid: &'v Valid, _store: &'v Store) -> Vec<Placed<'v>> {
        Vec::new() // what it holds is text still
    }

    fn emit(&self, valid: &Valid, store: &Store, _options: &Options, artifacts: &mut Artifacts) {
        let folder = &store.named.name;
        let mut all_indexes = Map::new();
        for entity in valid.entities_in(store.id) {
            let name = &entity.named.stored;
            let schema = validator::validator(valid, entity);
            artifacts.add(format!("{folder}/validators/{name}.json"), text(&schema));
            let indexes = indexes::indexes(valid, entity).iter().map(indexes::IndexSpec::json).collect();
            all_indexes.insert(name.to_string(), Json::Array(indexes));
        }
        artifacts.add(format!("{folder}/indexes.json"), text(&Json::Object(all_indexes)));
        artifacts.add(format!("{folder}/apply.js"), apply::script(valid, store));
        if let Some(script) = maintenance::script(valid, store) {
            artifacts.add(format!("{folder}/maintenance.js"), script);
        }
        if let Some(script) = erasure::tenant_file(valid, store) {
            artifacts.add(format!("{folder}/erase_tenant.js"), script);
        }
        if let Some(script) = promote::script(valid, store) {
            artifacts.add(format!("{folder}/promote.js"), script);
        }
        for (name, script) in erasure::files(valid, store) {
            artifacts.add(format!("{folder}/{name}"), script);
        }
        driver_encryption::emit(valid, store, artifacts);
        if !valid.services.is_empty() {
            artifacts.add(format!("{folder}/roles.js"), services::script(valid, store));
        }
    }
}

/// JSON as people read it, with a newline at its end.
fn text(value: &Json) -> String {
    format!("{value:#}\n")
}
