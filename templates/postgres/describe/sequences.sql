SELECT jsonb_strip_nulls(jsonb_build_object('sequence', jsonb_build_object(
           'name', r.name,
           'owner', pg_get_userbyid(r.relowner),
           'least', s.seqmin,
           'start', s.seqstart,
           'comment', obj_description(r.oid, 'pg_class')
       ) || CASE WHEN (asked.scope ->> 'whole')::boolean THEN jsonb_build_object(
           'type', nullif(format_type(s.seqtypid, NULL), 'bigint'),
           'step', nullif(s.seqincrement, 1),
           'most', nullif(s.seqmax, CASE format_type(s.seqtypid, NULL)
               WHEN 'smallint' THEN 32767 WHEN 'integer' THEN 2147483647 ELSE 9223372036854775807 END),
           'cache', nullif(s.seqcache, 1),
           'cycle', s.seqcycle,
           'column', (
               SELECT jsonb_build_array(jsonb_build_array(n.nspname, t.relname), a.attname)
                 FROM pg_depend d JOIN pg_class t ON t.oid = d.refobjid JOIN pg_namespace n ON n.oid = t.relnamespace
                 JOIN pg_attribute a ON (a.attrelid, a.attnum) = (d.refobjid, d.refobjsubid)
                WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass
                  AND d.objid = r.oid AND d.deptype = 'a')
       ) ELSE '{}' END))::text
  FROM relations r JOIN pg_sequence s ON s.seqrelid = r.oid, asked
