-- An index that stands behind a constraint is the constraint's, and one that a partition has from its table the table's.
SELECT jsonb_strip_nulls(jsonb_build_object('index', jsonb_build_object(
           'name', jsonb_build_array(r.nspname, x.relname),
           'table', r.name,
           'unique', i.indisunique,
           'nulls_not_distinct', to_jsonb(i) -> 'indnullsnotdistinct',
           'method', m.amname,
           'columns', keys.columns,
           'include', (
               SELECT jsonb_agg(a.attname ORDER BY u.place)
                 FROM unnest(i.indkey::int2[]) WITH ORDINALITY u (attnum, place)
                 JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = u.attnum
                WHERE u.place > i.indnkeyatts),
           'storage', (SELECT jsonb_object_agg(o.option_name, o.option_value) FROM pg_options_to_table(x.reloptions) o),
           'filter', pg_get_expr(i.indpred, i.indrelid),
           'invalid', NOT (i.indisvalid AND i.indisready AND i.indislive)
       )))::text
  FROM relations r
  JOIN pg_index i ON i.indrelid = r.oid
  JOIN pg_class x ON x.oid = i.indexrelid
  JOIN pg_am m ON m.oid = x.relam
 CROSS JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_object(
               -- An expression stands in parentheses; where it is only a call PostgreSQL leaves them out.
               'sql', CASE WHEN i.indkey[u.at] <> 0 OR k.sql LIKE '(%' THEN k.sql ELSE '(' || k.sql || ')' END,
               'class', CASE WHEN NOT c.opcdefault THEN
                   CASE WHEN n.nspname = 'pg_catalog' THEN '' ELSE quote_ident(n.nspname) || '.' END
                   || quote_ident(c.opcname) END,
               'descending', k.descending,
               'nulls_first', CASE WHEN k.nulls_first <> k.descending THEN k.nulls_first END,
               'hidden_from_planner', a.attstattarget = 0) ORDER BY u.at) AS columns
      FROM generate_series(0, i.indnkeyatts - 1) u (at)
     CROSS JOIN LATERAL (
        SELECT pg_get_indexdef(i.indexrelid, u.at + 1, false) AS sql,
               i.indoption[u.at] & 1 <> 0 AS descending,
               i.indoption[u.at] & 2 <> 0 AS nulls_first
     ) k
      JOIN pg_opclass c ON c.oid = i.indclass[u.at]
      JOIN pg_namespace n ON n.oid = c.opcnamespace
      JOIN pg_attribute a ON a.attrelid = i.indexrelid AND a.attnum = u.at + 1
 ) keys
 WHERE NOT x.relispartition
   AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
