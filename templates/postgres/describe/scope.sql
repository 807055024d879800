-- $1 is the scope as JSON: which schemas, extensions and roles are asked for.
WITH asked AS (
    SELECT $1::text::jsonb AS scope
),
spaces AS (
    SELECT n.* FROM pg_namespace n, asked
     WHERE n.nspname IN (SELECT jsonb_array_elements_text(asked.scope -> 'schemas'))
),
-- Objects of an extension are the extension's, and the sequence of an identity column is the column's. Partitions by
-- range are made ahead, on a schedule: their table says all about them. That for all other rows is there from the start.
all_relations AS (
    SELECT c.*, n.nspname, jsonb_build_array(n.nspname, c.relname) AS name
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
       AND NOT EXISTS (
           SELECT FROM pg_depend d
            WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
              AND (d.deptype = 'e' OR d.deptype = 'i' AND c.relkind = 'S'))
       AND NOT EXISTS (
           SELECT FROM pg_partition_ancestors(c.oid) a
             JOIN pg_inherits i ON i.inhrelid = a.relid
             JOIN pg_partitioned_table p ON p.partrelid = i.inhparent
            WHERE p.partstrat = 'r' AND p.partdefid <> a.relid)
),
relations AS (
    SELECT r.* FROM all_relations r JOIN spaces s ON s.oid = r.relnamespace
),
all_functions AS (
    SELECT p.*, n.nspname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
     WHERE p.prokind IN ('f', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
       AND NOT EXISTS (
           SELECT FROM pg_depend d
            WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
),
functions AS (
    SELECT f.* FROM all_functions f JOIN spaces s ON s.oid = f.pronamespace
)
