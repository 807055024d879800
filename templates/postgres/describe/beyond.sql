, types AS (
    SELECT t.*, n.nspname FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
     WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
       AND NOT EXISTS (
           SELECT FROM pg_depend d
            WHERE d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e')
)
-- Rows and arrays of something are made with it, and so are the multiranges of a range.
SELECT jsonb_build_object('object',
           format('%s %I.%I', CASE t.typtype WHEN 'd' THEN 'domain' ELSE 'type' END, t.nspname, t.typname))::text
  FROM types t
  JOIN spaces s ON s.oid = t.typnamespace
  LEFT JOIN pg_class c ON c.oid = t.typrelid
 WHERE t.typtype IN ('d', 'e', 'r') OR t.typtype = 'c' AND c.relkind = 'c'
    OR t.typtype = 'b' AND NOT EXISTS (SELECT FROM pg_type e WHERE e.typarray = t.oid)
UNION ALL
SELECT jsonb_build_object('object', format('foreign table %I.%I', r.nspname, r.relname))::text
  FROM relations r WHERE r.relkind = 'f'
UNION ALL
SELECT jsonb_build_object('object', format('inheritance %I.%I', r.nspname, r.relname))::text
  FROM relations r
 WHERE r.relkind IN ('r', 'p') AND NOT r.relispartition AND EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = r.oid)
UNION ALL
SELECT jsonb_build_object('object',
           format('aggregate %I.%I(%s)', s.nspname, p.proname, pg_get_function_identity_arguments(p.oid)))::text
  FROM pg_proc p
  JOIN spaces s ON s.oid = p.pronamespace
 WHERE p.prokind = 'a'
   AND NOT EXISTS (
       SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
UNION ALL
SELECT jsonb_build_object('object', format('statistics %I.%I', s.nspname, x.stxname))::text
  FROM pg_statistic_ext x JOIN spaces s ON s.oid = x.stxnamespace
UNION ALL
-- Columns of such types, with the type of PostgreSQL that has their values; none has those of a row or of a range.
SELECT jsonb_strip_nulls(jsonb_build_object(
           'table', r.name,
           'column', a.attname,
           'type', format_type(a.atttypid, a.atttypmod),
           'plain', CASE t.typtype
               WHEN 'e' THEN 'text' || CASE WHEN t.oid <> a.atttypid THEN '[]' ELSE '' END
               WHEN 'd' THEN format_type(t.typbasetype, t.typtypmod) || CASE WHEN t.oid <> a.atttypid THEN '[]' ELSE '' END END))::text
  FROM relations r
  JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
  JOIN types t ON a.atttypid IN (t.oid, t.typarray)
 WHERE r.relkind IN ('r', 'p') AND NOT r.relispartition
