-- A partition has the columns of its table.
SELECT jsonb_strip_nulls(jsonb_build_object('table', jsonb_build_object(
           'name', r.name,
           'owner', pg_get_userbyid(r.relowner),
           'columns', coalesce((
               SELECT jsonb_agg(a.attname ORDER BY a.attnum) FROM pg_attribute a
                WHERE a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped AND NOT r.relispartition), '[]'),
           'partitioned', (
               SELECT jsonb_build_object(
                          'by', CASE p.partstrat WHEN 'r' THEN 'range' WHEN 'l' THEN 'list' ELSE 'hash' END,
                          'columns', CASE WHEN p.partexprs IS NULL
                              THEN (SELECT jsonb_agg(a.attname ORDER BY k.place)
                                      FROM unnest(p.partattrs::int2[]) WITH ORDINALITY k (attnum, place)
                                      JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum = k.attnum)
                              ELSE jsonb_build_array(pg_get_partkeydef(r.oid)) END)
                 FROM pg_partitioned_table p WHERE p.partrelid = r.oid),
           'partition_of', (
               SELECT jsonb_build_object(
                          'table', jsonb_build_array(n.nspname, c.relname),
                          'values', regexp_replace(
                              regexp_replace(pg_get_expr(r.relpartbound, r.oid), '^FOR VALUES ', ''),
                              '^WITH \(modulus (\d+), remainder (\d+)\)$', 'WITH (MODULUS \1, REMAINDER \2)'))
                 FROM pg_inherits i
                 JOIN pg_class c ON c.oid = i.inhparent
                 JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE i.inhrelid = r.oid AND r.relispartition),
           'storage', (SELECT jsonb_object_agg(o.option_name, o.option_value) FROM pg_options_to_table(r.reloptions) o),
           'row_security', r.relrowsecurity,
           'unforced', r.relrowsecurity AND NOT r.relforcerowsecurity,
           'unlogged', r.relpersistence = 'u',
           'comment', obj_description(r.oid, 'pg_class')
       )))::text
  FROM relations r
 WHERE r.relkind IN ('r', 'p')
