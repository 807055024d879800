//! Functions of a server that are given the name of something and may show what it holds: each is refused, or known to
//! show no value of a row.

use polity_tests::engines::Postgres;
use polity_tests::project::compile;

/// The extensions that come with the server and read tables, indexes, pages or rows of others by their names.
const EXTENSIONS: [&str; 9] = [
    "tablefunc",
    "dblink",
    "xml2",
    "pageinspect",
    "pgstattuple",
    "pgrowlocks",
    "pg_visibility",
    "pg_freespacemap",
    "amcheck",
];

/// The functions that may be called, since they show no value of a row.
const WITHOUT_VALUES: &[&str] = &[
    // Of a page, which only `get_raw_page` brings, and that is refused.
    "brin_metapage_info",
    "brin_page_type",
    "brin_revmap_data",
    "fsm_page_contents",
    "gin_leafpage_items",
    "gin_metapage_info",
    "gin_page_opaque_info",
    "gist_page_items",
    "gist_page_items_bytea",
    "gist_page_opaque_info",
    "hash_metapage_info",
    "hash_page_items",
    "hash_page_stats",
    "hash_page_type",
    "heap_page_item_attrs",
    "heap_page_items",
    "heap_tuple_infomask_flags",
    "page_checksum",
    "page_header",
    "tuple_data_split",
    // Whether something is sound.
    "bt_index_check",
    "bt_index_parent_check",
    "pg_check_frozen",
    "pg_check_visible",
    "verify_heapam",
    // Work on indexes.
    "brin_desummarize_range",
    "brin_summarize_new_values",
    "brin_summarize_range",
    "gin_clean_pending_list",
    "pg_truncate_visibility_map",
    // Numbers of sequences.
    "currval",
    "nextval",
    "pg_nextoid",
    "pg_sequence_last_value",
    "setval",
    // Sizes, places and kinds of what is stored.
    "pg_freespace",
    "pg_indexes_size",
    "pg_partition_ancestors",
    "pg_partition_root",
    "pg_partition_tree",
    "pg_relation_filenode",
    "pg_relation_filepath",
    "pg_relation_size",
    "pg_relpages",
    "pg_table_size",
    "pg_total_relation_size",
    "pg_visibility",
    "pg_visibility_map",
    "pg_visibility_map_summary",
    "pgrowlocks",
    "pgstatginindex",
    "pgstathashindex",
    "pgstatindex",
    "pgstattuple",
    "pgstattuple_approx",
    // What a table or an index is like.
    "pg_available_extension_versions",
    "pg_column_is_updatable",
    "pg_extension_config_dump",
    "pg_get_replica_identity_index",
    "pg_identify_object",
    "pg_index_column_has_property",
    "pg_index_has_property",
    "pg_relation_is_publishable",
    "pg_relation_is_updatable",
    "regclassout",
    "regclasssend",
    // Of what they are given alone.
    "normal_rand",
    "xml_encode_special_chars",
    "xml_valid",
    "xpath_bool",
    "xpath_list",
    "xpath_nodeset",
    "xpath_number",
    "xpath_string",
    "xslt_process",
    // Called by the server alone.
    "plpgsql_call_handler",
    "plpgsql_inline_handler",
    "plpgsql_validator",
];

#[test]
fn whatever_reads_by_a_name_is_refused() {
    let Some(mut db) = Postgres::server() else { return };
    for extension in EXTENSIONS {
        db.run(&format!("create extension {extension}")).unwrap_or_else(|e| panic!("{extension}: {e}"));
    }
    let named = db
        .rows(
            "select distinct p.proname from pg_proc p
              where p.proargnames && array['tbl', 'query', 'cursor', 'schema', 'tableforest', 'sql', 'relname']
                 or 'refcursor'::regtype = any (p.proargtypes) or 'regclass'::regtype = any (p.proargtypes)
                 or exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')
              order by 1",
        )
        .expect("the catalogue");
    let named: Vec<&str> = named.iter().filter_map(|row| row[0].as_deref()).collect();
    assert!(named.len() > 100, "{named:?}");
    let is_accepted = |name: &&&str| {
        let source = format!(
            "platform p {{ environments: [dev] }}\nstore main: postgres 15 {{ database: \"p\" }}\n\
             schema core in main {{ view V {{ a: text\nsql \"\"\"select {name}() as a\"\"\" }} }}\n"
        );
        !compile(&source).diagnostics.iter().any(|found| found.code.to_string() == "E0316")
    };
    let accepted: Vec<&&str> =
        named.iter().filter(is_accepted).filter(|name| !WITHOUT_VALUES.contains(name)).collect();
    assert!(accepted.is_empty(), "neither refused nor known to show no value: {accepted:?}");
}
