//! Templates: the document around what code printed. A template prints and loops; it never decides, names or
//! quotes. An `if` asks whether a part is there.

use std::sync::{LazyLock, PoisonError, RwLock};

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior};
use serde::Serialize;

/// Renders a template of `templates/` with a serde value. An undefined name is an error, never an empty text.
///
/// # Panics
/// When the template does not fit the value: both are ours, and the tests render every template.
#[must_use]
pub fn render(source: &'static str, values: impl Serialize) -> String {
    read(source);
    let known = READ.read().unwrap_or_else(PoisonError::into_inner);
    let rendered = known.get_template(source).and_then(|template| template.render(Serde(values)));
    rendered.unwrap_or_else(|error| panic!("a template does not fit its value: {error:#}"))
}

/// The templates that have been read, each by its own text. Files of tenants are written from the same few.
static READ: LazyLock<RwLock<Environment<'static>>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let syntax =
        SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build();
    environment.set_syntax(syntax.unwrap_or_default());
    RwLock::new(environment)
});

/// Reads a template, unless it has been read.
fn read(source: &'static str) {
    let is_known = READ.read().is_ok_and(|known| known.get_template(source).is_ok());
    if !is_known {
        let mut known = READ.write().unwrap_or_else(PoisonError::into_inner);
        known
            .add_template(source, source)
            .unwrap_or_else(|error| panic!("a template is no template: {error:#}"));
    }
}

/// The script that puts a tenant's values into a file of its tier.
pub const RENDER: &str = include_str!("render.sh");

/// Templates of Helm, which are written as they are, by their names below `templates/` of a chart.
pub mod helm {
    pub const NETWORK_POLICIES: &str = include_str!("helm/network-policies.yaml");

    /// The page for who installs a chart.
    pub const README: &str = include_str!("helm/README.md.jinja");

    /// The files of every chart.
    pub const ALL: &[(&str, &str)] = &[
        ("NOTES.txt", include_str!("helm/NOTES.txt")),
        ("_helpers.tpl", include_str!("helm/_helpers.tpl")),
        ("config-maps.yaml", include_str!("helm/config-maps.yaml")),
        ("cron-jobs.yaml", include_str!("helm/cron-jobs.yaml")),
        ("exporters.yaml", include_str!("helm/exporters.yaml")),
        ("external-secrets.yaml", include_str!("helm/external-secrets.yaml")),
        ("jobs.yaml", include_str!("helm/jobs.yaml")),
        ("poolers.yaml", include_str!("helm/poolers.yaml")),
        ("prometheus-rules.yaml", include_str!("helm/prometheus-rules.yaml")),
        ("rbac.yaml", include_str!("helm/rbac.yaml")),
        ("service-accounts.yaml", include_str!("helm/service-accounts.yaml")),
        ("service-monitors.yaml", include_str!("helm/service-monitors.yaml")),
    ];
}

/// Scripts for mongosh, each with the parts that it needs; where nothing else runs it, a last line does.
pub mod mongodb {
    pub const APPLY: &str = concat!(
        include_str!("mongodb/apply.js.jinja"),
        include_str!("mongodb/collections.js.jinja"),
        include_str!("mongodb/applied.js.jinja"),
        include_str!("mongodb/indexes.js.jinja"),
        include_str!("mongodb/read.js.jinja"),
        include_str!("mongodb/place.js.jinja"),
        include_str!("mongodb/shared.js.jinja"),
        include_str!("mongodb/same.js.jinja")
    );
    pub const CHANGE: &str = concat!(
        include_str!("mongodb/change.js.jinja"),
        include_str!("mongodb/calls.js.jinja"),
        include_str!("mongodb/documents.js.jinja"),
        include_str!("mongodb/collections.js.jinja"),
        include_str!("mongodb/indexes.js.jinja"),
        include_str!("mongodb/services.js.jinja"),
        include_str!("mongodb/place.js.jinja"),
        include_str!("mongodb/stops.js.jinja"),
        include_str!("mongodb/same.js.jinja")
    );
    pub const DATA_KEYS: &str = concat!(
        include_str!("mongodb/data_keys.js.jinja"),
        include_str!("mongodb/place.js.jinja"),
        include_str!("mongodb/shared.js.jinja"),
        include_str!("mongodb/same.js.jinja")
    );
    pub const ERASE_SUBJECT: &str = concat!(
        include_str!("mongodb/subject.js.jinja"),
        include_str!("mongodb/anonymize.js.jinja"),
        include_str!("mongodb/moving.js.jinja"),
        include_str!("mongodb/place.js.jinja"),
        "main();\n"
    );
    pub const ERASE_TENANT: &str = concat!(
        include_str!("mongodb/tenant.js.jinja"),
        include_str!("mongodb/moving.js.jinja"),
        include_str!("mongodb/place.js.jinja"),
        "main();\n"
    );
    pub const LEAD_ON: &str = include_str!("mongodb/lead_on.sh.jinja");
    pub const MAINTENANCE: &str = concat!(
        include_str!("mongodb/maintenance.js.jinja"),
        include_str!("mongodb/anonymize.js.jinja"),
        include_str!("mongodb/place.js.jinja"),
        "main();\n"
    );
    pub const PROMOTE: &str = concat!(
        include_str!("mongodb/promote.js.jinja"),
        include_str!("mongodb/place.js.jinja"),
        "main();\n"
    );
    pub const ROLES: &str = concat!(
        include_str!("mongodb/roles.js.jinja"),
        include_str!("mongodb/services.js.jinja"),
        include_str!("mongodb/extra.js.jinja"),
        include_str!("mongodb/place.js.jinja"),
        include_str!("mongodb/shared.js.jinja"),
        include_str!("mongodb/same.js.jinja")
    );
}

/// Scripts for psql and shells.
pub mod postgres {
    pub const ALONE: &str = include_str!("postgres/alone.sql");
    pub const CHANGELOG: &str = include_str!("postgres/changelog.yaml.jinja");
    pub const COPY_GLOBAL: &str = include_str!("postgres/copy_global.sh.jinja");
    pub const PROVISION_DATABASE: &str = include_str!("postgres/provision_database.sh.jinja");
    pub const PROVISION_SCHEMAS: &str = include_str!("postgres/provision_schemas.sh.jinja");
    pub const EXPORTER: &str = include_str!("postgres/exporter.yml.jinja");
    pub const GIVE_BACK: &str = include_str!("postgres/give_back.sql");
    pub const LEND: &str = include_str!("postgres/lend.sql.jinja");
    pub const MAINTENANCE_CRON: &str = include_str!("postgres/maintenance_cron.sql.jinja");
    pub const OFFBOARD: &str = include_str!("postgres/offboard.sql.jinja");
    pub const PROMOTE: &str = include_str!("postgres/promote.sh.jinja");
    pub const ROLES: &str = include_str!("postgres/roles.sql.jinja");
    pub const STATE_ROLES: &str = include_str!("postgres/state_roles.sql.jinja");
    pub const TENANCY_TEST: &str = include_str!("postgres/tenancy_test.sql.jinja");
    pub const TENANT_ROLES: &str = include_str!("postgres/tenant_roles.sql.jinja");

    /// Bodies of `DO`.
    pub mod blocks {
        pub const BACKFILL: &str = include_str!("postgres/blocks/backfill.sql.jinja");
        pub const CONNECTS: &str = include_str!("postgres/blocks/connects.sql.jinja");
        pub const GUARD: &str = include_str!("postgres/blocks/guard.sql.jinja");
        pub const OF_DATABASE: &str = include_str!("postgres/blocks/of_database.sql.jinja");
        pub const PARAMETERS: &str = include_str!("postgres/blocks/parameters.sql.jinja");
        pub const LEFTOVER_INDEX: &str = include_str!("postgres/blocks/leftover_index.sql.jinja");
        pub const NO_UNDO: &str = include_str!("postgres/blocks/no_undo.sql.jinja");
        pub const FORCE_EACH: &str = include_str!("postgres/blocks/force_each.sql.jinja");
        pub const PARTITION_INDEXES: &str = include_str!("postgres/blocks/partition_indexes.sql.jinja");
        pub const PARTITION_NAMES: &str = include_str!("postgres/blocks/partition_names.sql.jinja");
        pub const PARTITION_POLICIES: &str = include_str!("postgres/blocks/partition_policies.sql.jinja");
        pub const PARTITION_REFERENCES: &str = include_str!("postgres/blocks/partition_references.sql.jinja");
        pub const PARTITION_VALIDATED: &str = include_str!("postgres/blocks/partition_validated.sql.jinja");
        pub const RESPREAD: &str = include_str!("postgres/blocks/respread.sql.jinja");
        pub const DROP_PARTITION: &str = include_str!("postgres/blocks/drop_partition.sql.jinja");
        pub const SEAL_GATE: &str = include_str!("postgres/blocks/seal_gate.sql.jinja");
        pub const TAKE_LOCKS: &str = include_str!("postgres/blocks/take_locks.sql.jinja");
        pub const TAKE_OVER: &str = include_str!("postgres/blocks/take_over.sql.jinja");
        pub const TWINS: &str = include_str!("postgres/blocks/twins.sql.jinja");
        pub const UNDO: &str = include_str!("postgres/blocks/undo.sql.jinja");
        pub const UNDO_ACCOUNT: &str = include_str!("postgres/blocks/undo_account.sql.jinja");
        pub const UNDO_GUARD: &str = include_str!("postgres/blocks/undo_guard.sql.jinja");
    }

    /// Queries that read a database back, each with the part that says what is asked for.
    pub mod describe {
        macro_rules! within_scope {
            ($file:literal) => {
                concat!(include_str!("postgres/describe/scope.sql"), include_str!($file))
            };
        }

        pub const BEYOND: &str = within_scope!("postgres/describe/beyond.sql");
        pub const COLUMNS: &str = within_scope!("postgres/describe/columns.sql");
        pub const CONSTRAINTS: &str = within_scope!("postgres/describe/constraints.sql");
        pub const DEFAULT_PRIVILEGES: &str = within_scope!("postgres/describe/default_privileges.sql");
        pub const EXTENSIONS: &str = within_scope!("postgres/describe/extensions.sql");
        pub const FUNCTIONS: &str = within_scope!("postgres/describe/functions.sql");
        pub const GRANTS: &str = within_scope!("postgres/describe/grants.sql");
        pub const INDEXES: &str = within_scope!("postgres/describe/indexes.sql");
        pub const POLICIES: &str = within_scope!("postgres/describe/policies.sql");
        pub const ROLES: &str = within_scope!("postgres/describe/roles.sql");
        pub const RULES: &str = within_scope!("postgres/describe/rules.sql");
        pub const SCHEMAS: &str = within_scope!("postgres/describe/schemas.sql");
        pub const SEQUENCES: &str = within_scope!("postgres/describe/sequences.sql");
        pub const TABLES: &str = within_scope!("postgres/describe/tables.sql");
        pub const TRIGGERS: &str = within_scope!("postgres/describe/triggers.sql");
        pub const TYPES: &str = within_scope!("postgres/describe/types.sql");
        pub const VIEWS: &str = within_scope!("postgres/describe/views.sql");
    }

    /// Bodies of functions, which are declared where they are lowered.
    pub mod functions {
        pub const ADD_KEY: &str = include_str!("postgres/functions/add_key.sql");
        pub const ADD_PARTITION: &str = include_str!("postgres/functions/add_partition.sql.jinja");
        pub const ALL_BYTES_WITHIN: &str = include_str!("postgres/functions/all_bytes_within.sql");
        pub const ALL_MATCH: &str = include_str!("postgres/functions/all_match.sql");
        pub const ALL_WITHIN: &str = include_str!("postgres/functions/all_within.sql");
        pub const APPEND_ONLY: &str = include_str!("postgres/functions/append_only.sql.jinja");
        pub const BEFORE_UPDATE: &str = include_str!("postgres/functions/before_update.sql.jinja");
        pub const BEGIN_REMOVING: &str = include_str!("postgres/functions/begin_removing.sql");
        pub const COUNT_TENANTS: &str = include_str!("postgres/functions/count_tenants.sql.jinja");
        pub const CREATE_PARTITIONS: &str = include_str!("postgres/functions/create_partitions.sql.jinja");
        pub const CURRENT_TENANT: &str = include_str!("postgres/functions/current_tenant.sql.jinja");
        pub const CURRENT_TENANT_SIGNED: &str =
            include_str!("postgres/functions/current_tenant_signed.sql.jinja");
        pub const DROP_EXPIRED_PARTITION: &str =
            include_str!("postgres/functions/drop_expired_partition.sql.jinja");
        pub const DROP_PARTITION_PAST: &str = include_str!("postgres/functions/drop_partition_past.sql");
        pub const END_REMOVING: &str = include_str!("postgres/functions/end_removing.sql");
        pub const ENTER: &str = include_str!("postgres/functions/enter.sql.jinja");
        pub const ENTER_SIGNED: &str = include_str!("postgres/functions/enter_signed.sql.jinja");
        pub const ERASE_BATCH: &str = concat!(
            include_str!("postgres/functions/person.sql.jinja"),
            include_str!("postgres/functions/erase_batch.sql.jinja"),
            include_str!("postgres/functions/erase_traces.sql.jinja"),
            include_str!("postgres/functions/erase_batch_end.sql.jinja")
        );
        pub const ERASE_DUE: &str = include_str!("postgres/functions/erase_due.sql.jinja");
        pub const ERASE_DUE_BATCH: &str = include_str!("postgres/functions/erase_due_batch.sql.jinja");
        pub const ERASE_IN_BATCHES: &str = include_str!("postgres/functions/erase_in_batches.sql.jinja");
        pub const ERASE_SUBJECT: &str = concat!(
            include_str!("postgres/functions/person.sql.jinja"),
            include_str!("postgres/functions/erase_subject.sql.jinja"),
            include_str!("postgres/functions/erase_traces.sql.jinja"),
            include_str!("postgres/functions/erase_subject_end.sql.jinja")
        );
        pub const ERASE_TENANT: &str = include_str!("postgres/functions/erase_tenant.sql.jinja");
        pub const ERASURES_DUE: &str = include_str!("postgres/functions/erasures_due.sql.jinja");
        pub const ERASURES_WAITING: &str = include_str!("postgres/functions/erasures_waiting.sql.jinja");
        pub const EXPIRED_ROWS: &str = include_str!("postgres/functions/expired_rows.sql.jinja");
        pub const EXPORT_SUBJECT: &str = concat!(
            include_str!("postgres/functions/person.sql.jinja"),
            include_str!("postgres/functions/export_subject.sql.jinja")
        );
        pub const HOLD: &str = include_str!("postgres/functions/hold.sql.jinja");
        pub const IS_REMOVING: &str = include_str!("postgres/functions/is_removing.sql");
        pub const LIFT: &str = include_str!("postgres/functions/lift.sql.jinja");
        pub const MERGE_FOUND: &str = include_str!("postgres/functions/merge_found.sql");
        pub const PARTITION_AHEAD: &str = include_str!("postgres/functions/partition_ahead.sql");
        pub const FILL: &str = include_str!("postgres/functions/fill.sql.jinja");
        pub const DOUBLE: &str = include_str!("postgres/functions/double.sql.jinja");
        pub const SEAL: &str = include_str!("postgres/functions/seal.sql.jinja");
        pub const INDEX_STALE: &str = include_str!("postgres/functions/index_stale.sql.jinja");
        pub const INDEX_KEPT: &str = include_str!("postgres/functions/index_kept.sql.jinja");
        pub const HELD_ROWS: &str = include_str!("postgres/functions/held_rows.sql.jinja");
        pub const PERSONS_OF: &str = include_str!("postgres/functions/persons_of.sql.jinja");
        pub const PUBLISH: &str = include_str!("postgres/functions/publish.sql.jinja");
        pub const REFRESH: &str = include_str!("postgres/functions/refresh.sql.jinja");
        pub const REPLAY_ERASURES: &str = include_str!("postgres/functions/replay_erasures.sql.jinja");
        pub const REQUIRE_EVERY_ROW: &str = include_str!("postgres/functions/require_every_row.sql.jinja");
        pub const REQUIRE_SETTLED: &str = include_str!("postgres/functions/require_settled.sql.jinja");
        pub const REQUIRE_TENANT: &str = include_str!("postgres/functions/require_tenant.sql.jinja");
        pub const RESUME_ERASURE: &str = include_str!("postgres/functions/resume_erasure.sql.jinja");
        pub const RETAIN: &str = include_str!("postgres/functions/retain.sql.jinja");
        pub const SIGNATURE: &str = include_str!("postgres/functions/signature.sql");
        pub const SIGNED: &str = include_str!("postgres/functions/signed.sql");
        pub const STAYS_ANONYMOUS: &str = include_str!("postgres/functions/stays_anonymous.sql.jinja");
        pub const TRAIL_CLUSTER: &str = include_str!("postgres/functions/trail_cluster.sql");
        pub const TRAIL_COMMITMENT: &str = include_str!("postgres/functions/trail_commitment.sql");
        pub const TRAIL_ENTRIES: &str = include_str!("postgres/functions/trail_entries.sql.jinja");
        pub const TRAIL_ERASE: &str = include_str!("postgres/functions/trail_erase.sql.jinja");
        pub const TRAIL_HASH: &str = include_str!("postgres/functions/trail_hash.sql.jinja");
        pub const TRAIL_LAST_SEAL: &str = include_str!("postgres/functions/trail_last_seal.sql.jinja");
        pub const TRAIL_OPEN: &str = include_str!("postgres/functions/trail_open.sql.jinja");
        pub const TRAIL_SEAL: &str = include_str!("postgres/functions/trail_seal.sql.jinja");
        pub const TRAIL_SEAL_ALL: &str = include_str!("postgres/functions/trail_seal_all.sql.jinja");
        pub const TRAIL_VERIFY: &str = include_str!("postgres/functions/trail_verify.sql.jinja");
        pub const TRAIL_VERIFY_STRICTLY: &str =
            include_str!("postgres/functions/trail_verify_strictly.sql.jinja");
        pub const TRAIL_WRITE: &str = include_str!("postgres/functions/trail_write.sql.jinja");
        pub const TRAIL_WRITE_STRICTLY: &str =
            include_str!("postgres/functions/trail_write_strictly.sql.jinja");
        pub const UUID_V7: &str = include_str!("postgres/functions/uuid_v7.sql");
    }

    /// Statements that stand in several bodies.
    pub mod statements {
        /// The condition that a row of `t` is one that `polity_due` chose, by where it lies: with statistics however wrong, it
        /// takes no search for each row. Rows of two partitions may lie in the same place.
        pub const IS_DUE: &str = include_str!("postgres/statements/is_due.sql");
        pub const REMOVE_VALUES: &str = include_str!("postgres/statements/remove_values.sql.jinja");
    }
}

/// Functions in Lua, and scripts for shells.
pub mod redis {
    pub const CHANGE: &str = include_str!("redis/change.sh.jinja");
    pub const END_ENTRIES: &str = include_str!("redis/end_entries.sh.jinja");
    pub const ENTRIES: &str = include_str!("redis/entries.lua.jinja");
    pub const ERASE_SUBJECT: &str = include_str!("redis/erase_subject.sh.jinja");
    pub const ERASE_TENANT: &str = include_str!("redis/erase_tenant.sh.jinja");
    pub const FUNCTIONS: &str = include_str!("redis/functions.lua");
    pub const LOAD: &str = include_str!("redis/load.sh.jinja");
    pub const MASTERS: &str = include_str!("redis/masters.sh");
    pub const PASSWORDS: &str = include_str!("redis/passwords.sh.jinja");
    pub const PEOPLE: &str = include_str!("redis/people.lua.jinja");
    pub const REQUESTS: &str = include_str!("redis/requests.lua");
    pub const SEGMENT: &str = include_str!("redis/segment.lua");
    pub const TENANTS: &str = include_str!("redis/tenants.lua.jinja");
}
