//! How much each tenant has in the tables that tenants share: counted on a schedule, since to count is to read all of it,
//! and kept in a table from which postgres_exporter takes its figures.

use std::fmt::Write;

use serde::Serialize;
use smol_str::SmolStr;

use super::super::sql::{Ident, Literal, Name};
use super::database::Database;
use super::lowered::{Lowered, OwnTable};
use super::placement::Placement;
use super::table::Table;
use polity_catalog::relational::{Privilege, Target};
use polity_govern::Stored;
use polity_model::governance::Tenant;
use polity_model::{EnvironmentId, Isolation, Store, TierId};
use polity_templates::postgres::functions;
use polity_text::quoting::promql;

/// The parts of a quota that are watched by counting.
const PARTS: [&str; 2] = ["storage", "rows"];

/// Whether some tenant that shares tables has a quota that only counting can watch, and there is anything to count.
pub(super) fn is_counted(platform: &Stored, store: &Store) -> bool {
    let shares = |tier: TierId| platform[tier].isolation() == Some(Isolation::Row);
    let environments = || platform.environments.iter().map(|e| Some(e.id)).chain([None]);
    let limited = |environment: Option<EnvironmentId>| {
        let tiers = platform.tiers.iter().filter(|tier| shares(tier.id));
        let of_tiers = tiers.flat_map(|t| PARTS.map(|part| platform.tier_quota(t.id, environment, part)));
        let tenants = platform.tenants.iter().filter(|tenant| shares(tenant.tier));
        let of_tenants = tenants.flat_map(|t| PARTS.map(|part| platform.quota(t, environment, part)));
        of_tiers.chain(of_tenants).any(|quota| quota.is_some())
    };
    platform.tenancy.is_some()
        && environments().any(limited)
        && platform.entities_in(store.id).any(|entity| !entity.global)
}

/// Whether this is the database that tenants share, and [`is_counted`] holds for its store.
pub(in crate::postgres) fn is_needed(database: &Database) -> bool {
    database.placement.tenant.is_none() && is_counted(database.platform, database.store)
}

/// The table that holds the figures.
pub(in crate::postgres) const TABLE: &str = "polity.tenant_usage";
const POLITY: &str = "polity";
const TENANT_USAGE: &str = "tenant_usage";

/// Lowers the table, which maintenance owns.
pub(super) fn lower_table(database: &Database, lowered: &mut Lowered) {
    let Some(tenancy) = &database.tenancy else { return };
    let name = Name::new(POLITY, TENANT_USAGE);
    let roles = &database.roles;
    let comment = "How much each tenant had in the tables that tenants share, when it was last counted.";
    let bytes = "Of each table with its indexes, the part that the rows of the tenant are of all.";
    let table = OwnTable::new(&name, &roles.maintenance, comment)
        .column("tenant", &tenancy.ty, "")
        .column("rows", "bigint", "")
        .column("bytes", "bigint", bytes)
        .column("measured_at", "timestamptz", "")
        .defaults_to("now()")
        .key(&["tenant"]);
    lowered.own_table("", table);
    // The role of postgres_exporter is in this one.
    let monitor = SmolStr::new_static("pg_monitor");
    lowered.grant(Target::Schema(POLITY.into()), &roles.owner, [&monitor], &[Privilege::Usage]);
    lowered.grant(Target::Relation(name.0), &roles.maintenance, [&monitor], &[Privilege::Select]);
}

/// The body of the function that counts.
pub(super) fn counting(database: &Database) -> String {
    #[derive(Serialize)]
    struct Counting {
        usage: &'static str,
        /// The tenant's column.
        tenant: String,
        tables: Vec<Counted>,
    }
    #[derive(Serialize)]
    struct Counted {
        name: String,
        size: String,
        width: String,
    }
    let Some(tenancy) = &database.tenancy else { return String::new() };
    let counted =
        |table: &Table| Counted { name: table.name.to_string(), size: size(table), width: width(table) };
    let values = Counting {
        usage: TABLE,
        tenant: Ident(&tenancy.column).to_string(),
        tables: database.tables.iter().filter(|table| table.is_scoped()).map(counted).collect(),
    };
    polity_templates::render(functions::COUNT_TENANTS, values)
}

/// Writes the expression for the bytes of a table, with its indexes and all else that is stored with it.
fn size(table: &Table) -> String {
    let name = Literal(&table.name.to_string()).to_string();
    if table.partitioned.is_some() {
        format!("(SELECT sum(pg_total_relation_size(relid)) FROM pg_partition_tree({name}))")
    } else {
        format!("pg_total_relation_size({name})")
    }
}

/// Writes the expression for the bytes of a row: its head, and each column as it is stored.
fn width(table: &Table) -> String {
    let mut out = String::from("24");
    for (at, column) in table.columns.iter().enumerate() {
        // Lines that a person can read.
        out.push_str(if at % 3 == 0 { "\n                          + " } else { " + " });
        let name = Ident(&column.name);
        let _ = if column.required {
            write!(out, "pg_column_size({name})")
        } else {
            write!(out, "coalesce(pg_column_size({name}), 0)")
        };
    }
    out
}

/// Returns the query by which Prometheus reads the rows or bytes of a tenant; without a tenant, those of each that
/// shares tables and has no block of its own.
pub(in crate::postgres) fn measured(
    platform: &Stored,
    store: &Store,
    tenant: Option<&Tenant>,
    part: &str,
) -> Option<String> {
    let name = promql::text(&store.named.name);
    let metric = if part == "rows" { "polity_tenant_rows" } else { "polity_tenant_bytes" };
    let Some(tenant) = tenant else {
        let named = promql::one_of(platform.tenants.iter().map(Tenant::id));
        let others = if platform.tenants.is_empty() { String::new() } else { format!(",tenant_id!~{named}") };
        return is_counted(platform, store)
            .then(|| format!("max by (tenant_id) ({metric}{{store={name}{others}}})"));
    };
    Some(match (platform[tenant.tier].isolation()?, part) {
        (Isolation::Row, _) if !is_counted(platform, store) => return None,
        (Isolation::Row, _) => {
            format!("max({metric}{{store={name},tenant_id={}}})", promql::text(tenant.id()))
        }
        (Isolation::Database, part) => {
            let datname = promql::text(&Placement::of(platform, store, tenant).database_name());
            let of = format!("{{store={name},datname={datname}}}");
            match part {
                "rows" => format!("sum(pg_stat_user_tables_n_live_tup{of})"),
                _ => format!("sum(pg_database_size_bytes{of})"),
            }
        }
        (Isolation::Schema, part) => {
            let names = promql::one_of(Placement::of(platform, store, tenant).own_schemas());
            let of = format!("{{store={name},schemaname=~{names}}}");
            match part {
                "rows" => format!("sum(pg_stat_user_tables_n_live_tup{of})"),
                _ => format!(
                    "sum(pg_stat_user_tables_table_size_bytes{of}) + sum(pg_stat_user_tables_index_size_bytes{of})"
                ),
            }
        }
    })
}
