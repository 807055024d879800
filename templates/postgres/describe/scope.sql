-- $1 is the scope as JSON: which schemas, extensions and roles are asked for.
WITH asked AS (
    SELECT $1::text::jsonb AS scope
),
spaces AS (
    SELECT n.* FROM pg_namespace n, asked
     WHERE n.nspname IN (SELECT jsonb_array_elements_text(asked.scope -> 'schemas'))
),
-- Objects of extensions are the extension's.
members AS (
    SELECT classid, objid FROM pg_depend WHERE deptype = 'e'
),
-- Partitions by range are made ahead, on a schedule: their table says all about them.
all_relations AS (
    SELECT c.*, n.nspname, jsonb_build_array(n.nspname, c.relname) AS name
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
       AND NOT EXISTS (SELECT FROM members m WHERE m.classid = 'pg_class'::regclass AND m.objid = c.oid)
       AND NOT EXISTS (
           SELECT FROM pg_partition_ancestors(c.oid) a
             JOIN pg_inherits i ON i.inhrelid = a.relid
             JOIN pg_partitioned_table p ON p.partrelid = i.inhparent
            WHERE p.partstrat = 'r')
       -- The sequence of an identity column is the column's.
       AND NOT EXISTS (
           SELECT FROM pg_depend d
            WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'i' AND c.relkind = 'S')
),
relations AS (
    SELECT r.* FROM all_relations r JOIN spaces s ON s.oid = r.relnamespace
),
all_functions AS (
    SELECT p.*, n.nspname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
     WHERE p.prokind IN ('f', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
       AND NOT EXISTS (SELECT FROM members m WHERE m.classid = 'pg_proc'::regclass AND m.objid = p.oid)
),
functions AS (
    SELECT f.* FROM all_functions f JOIN spaces s ON s.oid = f.pronamespace
)
