//! Functions and views that read something that no query names: labels follow the tables that SQL names, and cannot
//! follow a name or a query that is held in a text. From the manuals of PostgreSQL 14 to 18, of what comes with it, and
//! of the extensions that stores list; a test looks for others in the catalogue of a server.

use super::listed::SERVER;

const BY_NAME: &str =
    "name the table in the query itself: labels follow what SQL names, not what a text says";
const VALUES: &str = "leave it out: it shows values of tables, or what others sent, without a label";

/// The help for a function that is called.
pub(super) fn function(name: &str) -> Option<&'static str> {
    let among = |all: &[&str]| all.contains(&name);
    let begins = |stems: &[&str]| stems.iter().any(|stem| name.starts_with(stem));
    match () {
        () if among(SERVER_FUNCTIONS) || begins(SERVER_STEMS) => Some(SERVER),
        () if among(BY_NAME_FUNCTIONS) || begins(BY_NAME_STEMS) => Some(BY_NAME),
        () if among(VALUES_FUNCTIONS) => Some(VALUES),
        () => None,
    }
}

/// The help for a view of the store.
pub(super) fn view(name: &str) -> Option<&'static str> {
    VIEWS.contains(&name).then_some(VALUES)
}

/// Functions that are given the name of a table, of a schema or of a cursor, or a query.
const BY_NAME_FUNCTIONS: &[&str] = &[
    // XML.
    "cursor_to_xml",
    "cursor_to_xmlschema",
    "database_to_xml",
    "database_to_xml_and_xmlschema",
    "database_to_xmlschema",
    "query_to_xml",
    "query_to_xml_and_xmlschema",
    "query_to_xmlschema",
    "schema_to_xml",
    "schema_to_xml_and_xmlschema",
    "schema_to_xmlschema",
    "table_to_xml",
    "table_to_xml_and_xmlschema",
    "table_to_xmlschema",
    "xpath_table",
    // Text search.
    "ts_rewrite",
    "ts_stat",
    // tablefunc
    "connectby",
    // address_standardizer, age
    "debug_standardize_address",
    "standardize_address",
    "cypher",
    // pgTAP
    "is_empty",
    "isnt_empty",
    "lives_ok",
    "performs_ok",
    "performs_within",
    "results_eq",
    "results_ne",
    "row_eq",
    "set_eq",
    "set_has",
    "set_hasnt",
    "set_ne",
    "throws_ok",
    "throws_like",
    "throws_ilike",
    "throws_matching",
    "throws_imatching",
    "throws_nottrue",
    "bag_eq",
    "bag_has",
    "bag_hasnt",
    "bag_ne",
    "do_tap",
    "runtests",
    // Those that pgTAP calls itself with.
    "_do_ne",
    "_docomp",
    "_relcomp",
    "_relne",
    "_runner",
    "_temptable",
    "_time_trials",
    // PostGIS
    "find_extent",
    "st_estimated_extent",
    "st_estimatedextent",
    "st_find_extent",
    "st_findextent",
    "st_createoverview",
    "st_retile",
    // Rasters of PostGIS, by the names of a table and a column too.
    "st_histogram",
    "st_quantile",
    "st_summarystats",
    "st_summarystatsagg",
    "st_valuecount",
    "st_valuepercent",
    // pg_repack
    "repack_apply",
    // pageinspect
    "bt_metap",
    "get_raw_page",
    // pg_cron
    "schedule_in_database",
];

/// `crosstab2`, … of tablefunc, `pgr_dijkstra`, … of pgRouting, the statistics of PostGIS, pages by the name of an index,
/// those of RUM too.
const BY_NAME_STEMS: &[&str] = &[
    "crosstab",
    "pgr_",
    "_pgr_",
    "_postgis_",
    "bt_page_",
    "bt_multi_page_",
    "brin_page_items",
    "rum_internal_",
    "rum_leaf_",
    "rum_metapage_",
    "rum_page_",
    "hash_bitmap_info",
];

/// Functions that show values of tables, or statements of others, from the server's own memory.
const VALUES_FUNCTIONS: &[&str] = &[
    "pg_cursor",
    "pg_mcv_list_items",
    "pg_prepared_statement",
    "pg_prepared_xact",
    "pg_stat_get_activity",
    "pg_stat_get_backend_activity",
    "pg_stat_statements",
    "pg_get_wal_block_info",
    "pg_get_wal_record_info",
    "pg_get_wal_records_info",
    "pg_get_wal_records_info_till_end_of_wal",
];

/// Functions that read the server's files, other databases and large objects, which everybody may read.
const SERVER_FUNCTIONS: &[&str] = &[
    "loread",
    "lowrite",
    "pg_cancel_backend",
    "pg_current_logfile",
    "pg_export_snapshot",
    "pg_hba_file_rules",
    "pg_ident_file_mappings",
    "pg_read_binary_file",
    "pg_read_file",
    "pg_read_file_old",
    "pg_reload_conf",
    "pg_rotate_logfile",
    "pg_show_all_file_settings",
    "pg_stat_file",
    "pg_terminate_backend",
    "pg_copy_logical_replication_slot",
    "pg_copy_physical_replication_slot",
    "pg_create_logical_replication_slot",
    "pg_create_physical_replication_slot",
    "load_edges_from_file",
    "load_labels_from_file",
    "postgres_fdw_get_connections",
    "st_fromgdalraster",
];

const SERVER_STEMS: &[&str] =
    &["dblink", "lo_", "pg_file_", "pg_logdir_", "pg_logical_", "pg_ls_", "pg_log_"];

/// Views and tables of the store that show values of tables, statements of others, or secrets.
const VIEWS: &[&str] = &[
    "pg_authid",
    "pg_cursors",
    "pg_file_settings",
    "pg_foreign_server",
    "pg_hba_file_rules",
    "pg_ident_file_mappings",
    "pg_largeobject",
    "pg_prepared_statements",
    "pg_shadow",
    "pg_stat_activity",
    "pg_stat_statements",
    "pg_statistic",
    "pg_statistic_ext_data",
    "pg_stats",
    "pg_stats_ext",
    "pg_stats_ext_exprs",
    "pg_subscription",
    "pg_user_mapping",
    "pg_user_mappings",
    "job_run_details",
    "foreign_server_options",
    "user_mapping_options",
];
