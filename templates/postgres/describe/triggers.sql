-- A trigger that a partition has from its table is the table's. Its arguments are bytes, each ended by a zero.
SELECT jsonb_strip_nulls(jsonb_build_object('trigger', jsonb_build_object(
           'table', r.name,
           'name', g.tgname,
           'before', g.tgtype & 2 <> 0,
           'events', (
               SELECT jsonb_agg(e.event ORDER BY e.place)
                 FROM (VALUES (1, 4, 'insert'), (2, 16, 'update'), (3, 8, 'delete'), (4, 32, 'truncate'))
                      e (place, bit, event)
                WHERE g.tgtype & e.bit <> 0),
           'columns', (
               SELECT jsonb_agg(a.attname ORDER BY u.place)
                 FROM unnest(g.tgattr::int2[]) WITH ORDINALITY u (attnum, place)
                 JOIN pg_attribute a ON a.attrelid = g.tgrelid AND a.attnum = u.attnum),
           'each_row', g.tgtype & 1 <> 0,
           'rows', CASE WHEN coalesce(g.tgoldtable, g.tgnewtable) IS NOT NULL
                        THEN jsonb_build_object('old', g.tgoldtable, 'new', g.tgnewtable) END,
           'condition', substring(pg_get_triggerdef(g.oid) FROM ' WHEN \((.*)\) EXECUTE '),
           'function', jsonb_build_array(n.nspname, p.proname),
           'arguments', (
               SELECT jsonb_agg(convert_from(decode(replace(u.argument, ' ', ''), 'hex'), getdatabaseencoding())
                                ORDER BY u.place)
                 FROM string_to_table(regexp_replace(encode(g.tgargs, 'hex'), '(..)', '\1 ', 'g'), '00 ')
                      WITH ORDINALITY u (argument, place)
                WHERE u.place <= g.tgnargs),
           'firing', CASE g.tgenabled
               WHEN 'R' THEN 'replica' WHEN 'A' THEN 'always' WHEN 'D' THEN 'disabled' ELSE 'origin' END
       )))::text
  FROM relations r
  JOIN pg_trigger g ON g.tgrelid = r.oid
  JOIN pg_proc p ON p.oid = g.tgfoid
  JOIN pg_namespace n ON n.oid = p.pronamespace
 WHERE NOT g.tgisinternal AND g.tgparentid = 0
