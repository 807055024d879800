-- Constraints that a partition has from its table are the table's. `NOT NULL`, a constraint from PostgreSQL 18 on, is
-- the column's.
SELECT jsonb_strip_nulls(jsonb_build_object('constraint', jsonb_build_object(
           'table', r.name,
           'name', k.conname,
           'deferrable', k.condeferrable AND NOT k.condeferred,
           'deferred', k.condeferrable AND k.condeferred AND k.contype <> 'f',
           -- Before PostgreSQL 15 there is no such column.
           'nulls_not_distinct', (SELECT to_jsonb(i) -> 'indnullsnotdistinct' FROM pg_index i
                                   WHERE k.contype = 'u' AND i.indexrelid = k.conindid),
           'unvalidated', NOT k.convalidated,
           CASE k.contype
               WHEN 'p' THEN 'primary_key' WHEN 'u' THEN 'unique' WHEN 'c' THEN 'check'
               WHEN 'x' THEN 'exclude' ELSE 'foreign_key' END,
           CASE k.contype
               WHEN 'c' THEN to_jsonb(pg_get_expr(k.conbin, k.conrelid))
               WHEN 'x' THEN exclusion.rule
               WHEN 'f' THEN reference.rule
               ELSE columns.names END
       )))::text
  FROM relations r
  JOIN pg_constraint k ON k.conrelid = r.oid
 CROSS JOIN LATERAL (
    SELECT jsonb_agg(a.attname ORDER BY u.place) AS names
      FROM unnest(k.conkey) WITH ORDINALITY u (attnum, place)
      JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.attnum
 ) columns
  LEFT JOIN LATERAL (
    SELECT jsonb_build_object(
               'method', m.amname,
               'elements', (
                   SELECT jsonb_agg(jsonb_build_array(
                              pg_get_indexdef(i.indexrelid, u.place::integer, false),
                              CASE WHEN n.nspname = 'pg_catalog' THEN o.oprname
                                   ELSE format('OPERATOR(%I.%s)', n.nspname, o.oprname) END) ORDER BY u.place)
                     FROM unnest(k.conexclop) WITH ORDINALITY u (operator, place)
                     JOIN pg_operator o ON o.oid = u.operator
                     JOIN pg_namespace n ON n.oid = o.oprnamespace),
               'filter', pg_get_expr(i.indpred, i.indrelid)) AS rule
      FROM pg_index i
      JOIN pg_class x ON x.oid = i.indexrelid
      JOIN pg_am m ON m.oid = x.relam
     WHERE i.indexrelid = k.conindid
 ) exclusion ON k.contype = 'x'
  LEFT JOIN LATERAL (
    SELECT jsonb_build_object(
               'columns', columns.names,
               'target', jsonb_build_array(n.nspname, t.relname),
               'target_columns', (
                   SELECT jsonb_agg(a.attname ORDER BY u.place)
                     FROM unnest(k.confkey) WITH ORDINALITY u (attnum, place)
                     JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.attnum),
               'on_delete', CASE k.confdeltype
                   WHEN 'a' THEN to_jsonb('no_action'::text)
                   WHEN 'r' THEN to_jsonb('restrict'::text)
                   WHEN 'c' THEN to_jsonb('cascade'::text)
                   WHEN 'd' THEN to_jsonb('set_default'::text)
                   -- PostgreSQL 14 has no list of columns to empty.
                   ELSE jsonb_build_object('set_null', coalesce((
                       SELECT jsonb_agg(a.attname ORDER BY u.place)
                         FROM jsonb_array_elements_text(nullif(to_jsonb(k) -> 'confdelsetcols', 'null'))
                              WITH ORDINALITY u (attnum, place)
                         JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.attnum::integer), '[]')) END,
               'deferred', k.condeferrable AND k.condeferred) AS rule
      FROM pg_class t JOIN pg_namespace n ON n.oid = t.relnamespace
     WHERE t.oid = k.confrelid
 ) reference ON k.contype = 'f'
 WHERE r.relkind IN ('r', 'p') AND k.contype IN ('p', 'u', 'c', 'x', 'f')
   AND k.conparentid = 0 AND k.coninhcount = 0
