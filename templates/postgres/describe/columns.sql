SELECT jsonb_strip_nulls(jsonb_build_object('column', jsonb_build_object(
           'table', r.name,
           'name', a.attname,
           'type', format_type(a.atttypid, a.atttypmod),
           'required', a.attnotnull,
           'value', CASE
               WHEN a.attidentity = 'a' THEN to_jsonb('always_identity'::text)
               WHEN a.attidentity = 'd' THEN to_jsonb('identity'::text)
               WHEN a.attgenerated <> '' THEN jsonb_build_object('generated', pg_get_expr(d.adbin, d.adrelid))
               WHEN d.oid IS NOT NULL THEN jsonb_build_object('default', pg_get_expr(d.adbin, d.adrelid)) END,
           'hidden_from_planner', a.attstattarget = 0,
           'uncompressed', a.attstorage = 'e' AND t.typstorage <> 'e',
           'sequence', (
               SELECT s.relname FROM pg_depend p JOIN pg_class s ON s.oid = p.objid AND s.relkind = 'S'
                WHERE p.classid = 'pg_class'::regclass AND p.refclassid = 'pg_class'::regclass
                  AND p.refobjid = r.oid AND p.refobjsubid = a.attnum AND p.deptype = 'i'),
           'comment', col_description(r.oid, a.attnum)
       )))::text
  FROM relations r
  JOIN pg_attribute a ON a.attrelid = r.oid
  JOIN pg_type t ON t.oid = a.atttypid
  LEFT JOIN pg_attrdef d ON d.adrelid = r.oid AND d.adnum = a.attnum
 WHERE r.relkind IN ('r', 'p') AND NOT r.relispartition AND a.attnum > 0 AND NOT a.attisdropped
