SELECT jsonb_strip_nulls(jsonb_build_object('type', jsonb_build_object(
           'name', jsonb_build_array(s.nspname, t.typname),
           'owner', pg_get_userbyid(t.typowner),
           'comment', obj_description(t.oid, 'pg_type'),
           'enum', CASE WHEN t.typtype = 'e' THEN coalesce((
               SELECT jsonb_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid), '[]') END,
           'composite', CASE WHEN t.typtype = 'c' THEN coalesce((
               SELECT jsonb_agg(jsonb_build_array(a.attname, format_type(a.atttypid, a.atttypmod)) ORDER BY a.attnum)
                 FROM pg_attribute a WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped), '[]') END,
           'domain', CASE WHEN t.typtype = 'd' THEN jsonb_build_object(
               'base', format_type(t.typbasetype, t.typtypmod),
               'required', t.typnotnull,
               'default', pg_get_expr(t.typdefaultbin, 0),
               'checks', (SELECT jsonb_object_agg(k.conname, pg_get_expr(k.conbin, 0))
                            FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c')) END
       )))::text
  FROM pg_type t JOIN spaces s ON s.oid = t.typnamespace LEFT JOIN pg_class c ON c.oid = t.typrelid, asked
 WHERE (asked.scope ->> 'whole')::boolean
   AND (t.typtype IN ('d', 'e') OR t.typtype = 'c' AND c.relkind = 'c')
   AND NOT EXISTS (
       SELECT FROM pg_depend d WHERE d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e')
