SET search_path = pg_catalog;
WITH ours AS (
    SELECT oid, nspname FROM pg_namespace
     WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'public', 'extensions', 'cron')
),
-- Partitions by date carry the day they were made on; their parents say the rest.
things AS (
    SELECT n.nspname || '.' || c.relname AS name, c.*
      FROM pg_class c JOIN ours n ON n.oid = c.relnamespace
)
SELECT line FROM (
    SELECT 'schema ' || nspname || ' owner ' || pg_get_userbyid(nspowner) || ' ' || coalesce(nspacl::text, '')
           || ' ' || coalesce(quote_literal(obj_description(n.oid, 'pg_namespace')), '')
      FROM pg_namespace n JOIN ours USING (oid, nspname)
    UNION ALL
    SELECT format('%s %s owner %s acl %s options %s partition %s key %s comment %L', relkind, name, pg_get_userbyid(relowner),
                  relacl, reloptions, pg_get_expr(relpartbound, oid), pg_get_partkeydef(oid), obj_description(oid, 'pg_class'))
      FROM things WHERE relkind NOT IN ('i', 'I')
    UNION ALL
    SELECT format('column %s.%s %s %s null %s default %s generated %s identity %s acl %s comment %L', t.name, a.attnum, a.attname,
                  format_type(a.atttypid, a.atttypmod), NOT a.attnotnull, pg_get_expr(d.adbin, d.adrelid), a.attgenerated,
                  a.attidentity, a.attacl, col_description(t.oid, a.attnum))
      FROM things t JOIN pg_attribute a ON a.attrelid = t.oid LEFT JOIN pg_attrdef d ON d.adrelid = t.oid AND d.adnum = a.attnum
     WHERE a.attnum > 0 AND NOT a.attisdropped AND t.relkind IN ('r', 'p', 'v', 'm')
    UNION ALL
    SELECT format('constraint %s %s %s validated %s', t.name, k.conname, pg_get_constraintdef(k.oid), k.convalidated)
      FROM things t JOIN pg_constraint k ON k.conrelid = t.oid
    UNION ALL
    SELECT format('index %s valid %s', pg_get_indexdef(i.indexrelid), i.indisvalid)
      FROM things t JOIN pg_index i ON i.indrelid = t.oid
    UNION ALL
    SELECT format('trigger %s', pg_get_triggerdef(g.oid))
      FROM things t JOIN pg_trigger g ON g.tgrelid = t.oid WHERE NOT g.tgisinternal
    UNION ALL
    SELECT format('view %s %s', name, pg_get_viewdef(oid)) FROM things WHERE relkind IN ('v', 'm')
    UNION ALL
    SELECT format('sequence %s %s %s', s.schemaname, s.sequencename, s.start_value) FROM pg_sequences s JOIN ours ON nspname = schemaname
    UNION ALL
    SELECT format('function %s owner %s acl %s', pg_get_functiondef(p.oid), pg_get_userbyid(p.proowner), p.proacl)
      FROM pg_proc p JOIN ours n ON n.oid = p.pronamespace
) AS lines (line)
 ORDER BY line COLLATE "C"
