//! PostgreSQL: entities as tables, with everything that keeps their rows right, private and no older than they
//! may be.
//!
//! | folder | does |
//! |---|---|
//! | [`settings`] | what a store may set and what it measures |
//! | [`rules`] | what PostgreSQL cannot do, each an error with the way out |
//! | [`lower`] | makes each database as PostgreSQL keeps it, and then its catalog |
//! | [`print`] | writes the files from there |
//! | [`describe`] | reads a live database into the same kind of catalog |
//! | [`sql`] | quotes whatever stands in SQL |

pub mod describe;
mod extensions;
mod lower;
mod print;
mod rules;
mod settings;
mod sql;

#[cfg(test)]
mod tests;

use smol_str::SmolStr;

use super::{Engine, Job, KindOfPerson, Placed};
use crate::artifact::Artifacts;
use crate::options::Options;
use lower::database::Database;
use lower::{erasure, home, maintenance, names, services, types, usage};
use polity_catalog::Catalog;
use polity_govern::Governed;
use polity_govern::check::{StoreRule, Valid};
use polity_model::encrypted::EncryptedPlace;
use polity_model::engine::About;
use polity_model::governance::{Service, Tenant};
use polity_model::{Entity, FieldId, Isolation, Store};
use polity_text::quoting::markdown;

pub(super) struct Postgres;

pub(super) static ABOUT: About = About {
    name: "postgres",
    title: "PostgreSQL",
    majors: 14..=18,
    has_schemas: true,
    has_entities: true,
    settings: settings::SETTINGS,
    metrics: settings::METRICS,
    can_encrypt: true,
    enforces: Isolation::EVERY,
    carries_out: Isolation::EVERY,
    gives_rights: true,
    erases: true,
    logs_erasures: true,
    remains: &[
        (
            "rows that are gone stand in its files, and in the write-ahead log and its archive",
            "VACUUM has passed, and the archive has ended with the backups",
        ),
        (
            "its log may show values of statements that failed",
            "the log is rotated; keep it no longer than the backups",
        ),
        (
            "where pg_stat_statements is loaded, it holds texts of statements, and values that stood in them as text",
            "pg_stat_statements_reset() is called",
        ),
        (
            "a replication slot that nobody reads keeps the write-ahead log, and a replica that is behind the rows",
            "the slot is read or dropped, and every replica has caught up",
        ),
    ],
    keeps: &[
        ("statement", Isolation::EVERY),
        ("idle", Isolation::EVERY),
        ("storage", Isolation::EVERY),
        ("rows", Isolation::EVERY),
        ("connections", &[Isolation::Schema, Isolation::Database]),
    ],
    port: 5432,
};

impl Engine for Postgres {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn erase_command(&self, platform: &Governed, _store: &Store, kind: KindOfPerson<'_>) -> String {
        erasure::command(platform, kind)
    }

    fn shown_by(&self, kind: KindOfPerson<'_>) -> Option<String> {
        let function = erasure::function_name("export_subject", kind.stored);
        Some(format!("by {}", markdown::code(&format!("polity.{}", sql::Ident(&function)))))
    }

    fn offboard_command(&self, _store: &Store) -> Option<String> {
        Some(
            r#"echo "SELECT polity.erase_tenant(:'tenant');" |
  psql "$DATABASE_URL" -qAt -v ON_ERROR_STOP=1 -v tenant="$POLITY_TENANT_ID""#
                .to_owned(),
        )
    }

    fn rules(&self) -> &'static [StoreRule] {
        rules::RULES
    }

    /// With pg_cron the database runs its own; without it somebody outside must.
    fn jobs(&self, valid: &Valid, store: &Store) -> Vec<Job> {
        if !maintenance::is_scheduled(valid, store) {
            return Vec::new(); // most stores, and lowering one is not free
        }
        let database = Database::lower(valid, store);
        if database.lists_pg_cron() {
            return Vec::new();
        }
        let mut jobs = maintenance::jobs(&database);
        for tenant in valid.tenants_in_schemas() {
            let platform = home::with_prefix(valid, store, &valid[tenant.tier].prefix_of(tenant));
            jobs.extend(maintenance::jobs(&Database::lower_for(&platform, store, Some(tenant))));
        }
        jobs
    }

    fn stored_type(&self, platform: &Governed, entity: &Entity, field: FieldId) -> String {
        let field = entity.field(field);
        if field.is_sealed() { "bytea".into() } else { types::column_type(platform, &field.ty).into() }
    }

    /// Members of an inline record are columns.
    fn stored_path(
        &self,
        _platform: &Governed,
        _entity: &Entity,
        place: &EncryptedPlace<'_>,
    ) -> Vec<SmolStr> {
        let inline = place.way.iter().take_while(|field| field.inline.is_some()).count();
        let (column, members) = place.way.split_at((inline + 1).min(place.way.len()));
        let column: Vec<&str> = column.iter().map(|field| field.named.stored.as_str()).collect();
        let column = names::fit(&column.join("_"), names::LIMIT);
        std::iter::once(column).chain(members.iter().map(|field| field.named.stored.clone())).collect()
    }

    fn stored_names(
        &self,
        platform: &Governed,
        entity: &Entity,
        field: FieldId,
        changed: bool,
    ) -> Vec<SmolStr> {
        let mut names = Vec::new();
        services::columns(platform, "", entity.field(field), changed, &mut names);
        names
    }

    fn service_user(&self, platform: &Governed, tenant: Option<&Tenant>, service: &Service) -> SmolStr {
        services::role_name(platform, tenant, service)
    }

    fn measured(
        &self,
        platform: &Governed,
        store: &Store,
        tenant: Option<&Tenant>,
        part: &str,
    ) -> Option<String> {
        usage::measured(platform, store, tenant, part)
    }

    fn lower<'v>(&self, valid: &'v Valid, store: &'v Store) -> Vec<Placed<'v>> {
        let placed = |platform: &Governed, tenant: Option<&'v Tenant>| {
            let lowered = lower::lower(&Database::lower_for(platform, store, tenant));
            Placed { tenant, catalog: Catalog::Relational(lowered.catalog) }
        };
        let apart = valid.tenants_apart().map(|tenant| placed(valid, Some(tenant)));
        let in_schemas = valid.tenants_in_schemas().map(|tenant| {
            let platform = home::with_prefix(valid, store, &valid[tenant.tier].prefix_of(tenant));
            placed(&platform, Some(tenant))
        });
        std::iter::once(placed(valid, None)).chain(apart).chain(in_schemas).collect()
    }

    fn emit(&self, valid: &Valid, store: &Store, options: &Options, artifacts: &mut Artifacts) {
        print::files(valid, store, options, artifacts);
    }
}
