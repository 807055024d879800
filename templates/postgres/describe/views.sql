SELECT jsonb_strip_nulls(jsonb_build_object('view', jsonb_build_object(
           'name', r.name,
           'owner', pg_get_userbyid(r.relowner),
           'kind', CASE
               WHEN r.relkind = 'm' THEN 'materialized'
               WHEN options.invoker THEN 'of_reader'
               WHEN options.barrier THEN 'of_owner'
               ELSE 'plain' END,
           'query', rtrim(pg_get_viewdef(r.oid), ';'),
           'comment', obj_description(r.oid, 'pg_class'),
           'column_comments', (
               SELECT jsonb_object_agg(a.attname, col_description(r.oid, a.attnum)) FROM pg_attribute a
                WHERE a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
                  AND col_description(r.oid, a.attnum) IS NOT NULL)
       )))::text
  FROM relations r
 CROSS JOIN LATERAL (
    SELECT bool_or(o.option_name = 'security_invoker' AND o.option_value::boolean) AS invoker,
           bool_or(o.option_name = 'security_barrier' AND o.option_value::boolean) AS barrier
      FROM pg_options_to_table(r.reloptions) o
     WHERE r.relkind = 'v' AND o.option_name LIKE 'security\_%'
 ) options
 WHERE r.relkind IN ('v', 'm')
