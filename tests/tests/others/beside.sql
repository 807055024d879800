-- Everything of a database that no catalog holds, a row each: its kind, its name, and what it says.
WITH spaces AS (
    SELECT oid, nspname FROM pg_namespace n
     WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
       AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_namespace'::regclass AND d.objid = n.oid AND d.deptype = 'e')
),
of_extensions AS (SELECT classid, objid FROM pg_depend WHERE deptype = 'e'),
relations AS (
    SELECT c.* FROM pg_class c JOIN spaces s ON s.oid = c.relnamespace
     WHERE NOT EXISTS (SELECT FROM of_extensions e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid)
)
SELECT 'type' AS kind, t.oid::regtype::text AS name, concat_ws(' ', t.typtype,
       (SELECT concat_ws(' ', format_type(r.rngsubtype, NULL), r.rngcollation, r.rngcanonical, r.rngsubdiff) FROM pg_range r WHERE r.rngtypid = t.oid),
       nullif(t.typcollation, b.typcollation)::regcollation,
       (SELECT string_agg(k.conname || ' ' || k.convalidated, ', ' ORDER BY k.conname) FROM pg_constraint k
         WHERE k.contypid = t.oid AND (NOT k.convalidated OR obj_description(k.oid, 'pg_constraint') IS NOT NULL)),
       (SELECT string_agg(concat_ws(' ', a.attname, a.attcollation::regcollation, col_description(c.oid, a.attnum)), ', ' ORDER BY a.attnum)
          FROM pg_attribute a JOIN pg_type m ON m.oid = a.atttypid
         WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
           AND (a.attcollation <> m.typcollation OR col_description(c.oid, a.attnum) IS NOT NULL)),
       t.typacl) AS says
  FROM pg_type t JOIN spaces s ON s.oid = t.typnamespace LEFT JOIN pg_class c ON c.oid = t.typrelid
  LEFT JOIN pg_type b ON b.oid = t.typbasetype
 WHERE t.typtype <> 'm' AND t.typelem = 0 AND (t.typrelid = 0 OR c.relkind = 'c')
   AND NOT EXISTS (SELECT FROM of_extensions e WHERE e.classid = 'pg_type'::regclass AND e.objid = t.oid)
   AND (t.typtype NOT IN ('c', 'd', 'e') OR t.typacl IS NOT NULL OR t.typtype = 'd' AND t.typcollation <> b.typcollation
        OR EXISTS (SELECT FROM pg_constraint k
                    WHERE k.contypid = t.oid AND (NOT k.convalidated OR obj_description(k.oid, 'pg_constraint') IS NOT NULL))
        OR EXISTS (SELECT FROM pg_attribute a JOIN pg_type m ON m.oid = a.atttypid
                    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                      AND (a.attcollation <> m.typcollation OR col_description(c.oid, a.attnum) IS NOT NULL)))
UNION ALL
SELECT 'aggregate', p.oid::regprocedure::text, p.prokind::text FROM pg_proc p JOIN spaces s ON s.oid = p.pronamespace
 WHERE p.prokind NOT IN ('f', 'p') AND NOT EXISTS (SELECT FROM of_extensions e WHERE e.classid = 'pg_proc'::regclass AND e.objid = p.oid)
UNION ALL
SELECT 'function', p.oid::regprocedure::text, concat_ws(' ', p.proargmodes::text, p.provariadic, p.procost, p.prorows, p.prosupport, p.proparallel = 'r',
       obj_description(p.oid, 'pg_proc'))
  FROM pg_proc p JOIN spaces s ON s.oid = p.pronamespace
 WHERE p.prokind IN ('f', 'p') AND NOT EXISTS (SELECT FROM of_extensions e WHERE e.classid = 'pg_proc'::regclass AND e.objid = p.oid)
   AND (p.proargmodes IS NOT NULL OR p.procost NOT IN (1, 100) OR p.prorows NOT IN (0, 1000) OR p.proparallel = 'r'
        OR p.prosupport <> 0 OR obj_description(p.oid, 'pg_proc') IS NOT NULL)
UNION ALL
SELECT 'inheritance', i.inhrelid::regclass::text, i.inhparent::regclass::text FROM pg_inherits i JOIN relations r ON r.oid = i.inhrelid
 WHERE r.relkind = 'r' AND NOT r.relispartition
UNION ALL
SELECT 'partition by range', r.oid::regclass::text, i.inhparent::regclass::text || pg_get_expr(r.relpartbound, r.oid)
  FROM relations r JOIN pg_inherits i ON i.inhrelid = r.oid JOIN pg_partitioned_table p ON p.partrelid = i.inhparent
 WHERE r.relispartition AND r.relkind IN ('r', 'p') AND p.partstrat = 'r' AND p.partdefid <> r.oid
UNION ALL
SELECT 'column of a partition', r.oid::regclass::text, string_agg(concat_ws(' ', a.attname, a.attnotnull, pg_get_expr(d.adbin, d.adrelid)), ', ' ORDER BY a.attname)
  FROM relations r JOIN pg_attribute a ON a.attrelid = r.oid JOIN pg_inherits i ON i.inhrelid = r.oid
  JOIN pg_attribute p ON p.attrelid = i.inhparent AND p.attname = a.attname
  LEFT JOIN pg_attrdef d ON d.adrelid = r.oid AND d.adnum = a.attnum
  LEFT JOIN pg_attrdef e ON e.adrelid = i.inhparent AND e.adnum = p.attnum
 WHERE r.relispartition AND a.attnum > 0 AND NOT a.attisdropped
   AND (a.attnotnull <> p.attnotnull OR pg_get_expr(d.adbin, d.adrelid) IS DISTINCT FROM pg_get_expr(e.adbin, e.adrelid))
 GROUP BY r.oid
UNION ALL
SELECT 'sequence of an identity', r.oid::regclass::text, concat_ws(' ', s.seqstart, s.seqmin, s.seqincrement, s.seqmax, s.seqcache, s.seqcycle)
  FROM relations r JOIN pg_sequence s ON s.seqrelid = r.oid
 WHERE EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = r.oid AND d.deptype = 'i')
   AND (s.seqstart <> 1 OR s.seqmin <> 1 OR s.seqincrement <> 1 OR s.seqcache <> 1 OR s.seqcycle)
UNION ALL
SELECT 'column', r.oid::regclass || '.' || a.attname, concat_ws(' ', a.attcollation::regcollation, a.attcompression, a.attstorage, a.attoptions,
       nullif(a.attstattarget, -1), a.attgenerated)
  FROM relations r JOIN pg_attribute a ON a.attrelid = r.oid JOIN pg_type t ON t.oid = a.atttypid
 WHERE r.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
   AND (a.attcollation <> t.typcollation OR a.attcompression <> '' OR a.attstorage NOT IN (t.typstorage, 'e') OR a.attoptions IS NOT NULL
        OR a.attstattarget > 0)
UNION ALL
SELECT 'constraint', k.conrelid::regclass || '.' || k.conname, concat_ws(' ', k.confupdtype, k.confmatchtype, k.connoinherit,
       (SELECT string_agg(a.attname, ', ') FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indexrelid AND a.attnum > i.indnkeyatts
         WHERE i.indexrelid = k.conindid AND k.contype <> 'f'),
       (SELECT array_to_string(c.reloptions, ' ') FROM pg_class c WHERE c.oid = k.conindid AND k.contype <> 'f'),
       CASE WHEN k.contype IN ('p', 'x') THEN concat_ws(' ', k.condeferrable, k.condeferred) END, obj_description(k.oid, 'pg_constraint'))
  FROM pg_constraint k JOIN relations r ON r.oid = k.conrelid
 WHERE k.conislocal AND k.contype IN ('c', 'f', 'p', 'u', 'x') AND (k.contype = 'f' AND (k.confupdtype <> 'a' OR k.confmatchtype <> 's')
    OR k.contype = 'c' AND k.connoinherit OR k.contype IN ('p', 'x') AND k.condeferrable OR obj_description(k.oid, 'pg_constraint') IS NOT NULL
    OR k.contype IN ('p', 'u', 'x') AND EXISTS (
        SELECT FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
         WHERE i.indexrelid = k.conindid AND (i.indnatts > i.indnkeyatts OR c.reloptions IS NOT NULL)))
UNION ALL
SELECT 'constraint trigger', r.oid::regclass || '.' || g.tgname, pg_get_triggerdef(g.oid) FROM pg_trigger g JOIN relations r ON r.oid = g.tgrelid
 WHERE NOT g.tgisinternal AND (g.tgconstraint <> 0 OR g.tgtype & 64 <> 0 OR obj_description(g.oid, 'pg_trigger') IS NOT NULL)
UNION ALL
SELECT 'index', i.indexrelid::regclass::text, concat_ws(' ', pg_get_indexdef(i.indexrelid), obj_description(i.indexrelid, 'pg_class'), i.indisclustered, i.indisreplident)
  FROM pg_index i JOIN relations r ON r.oid = i.indrelid
 WHERE obj_description(i.indexrelid, 'pg_class') IS NOT NULL OR i.indisclustered OR i.indisreplident
    OR EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = i.indexrelid AND a.attoptions IS NOT NULL)
    OR pg_get_indexdef(i.indexrelid) ~ ' COLLATE '
UNION ALL
SELECT 'relation', r.oid::regclass::text, concat_ws(' ', r.relkind, (SELECT amname FROM pg_am a WHERE a.oid = r.relam), r.relreplident,
       CASE WHEN r.relkind IN ('v', 'm') THEN array_to_string(r.reloptions, ' ') END, r.relispopulated)
  FROM relations r
 WHERE r.relkind = 'f' OR r.relreplident NOT IN ('d', 'n') OR r.relkind = 'r' AND r.relam <> (SELECT oid FROM pg_am WHERE amname = 'heap')
    OR r.relkind IN ('v', 'm') AND EXISTS (
        SELECT FROM unnest(r.reloptions) o WHERE o NOT IN ('security_barrier=true', 'security_invoker=true'))
    OR r.relkind = 'v' AND r.reloptions @> '{security_barrier=true,security_invoker=true}'
    OR NOT r.relispopulated
UNION ALL
SELECT 'policy', p.polrelid::regclass || '.' || p.polname, obj_description(p.oid, 'pg_policy') FROM pg_policy p
 WHERE obj_description(p.oid, 'pg_policy') IS NOT NULL
UNION ALL
SELECT 'statistics', stxname::text, pg_get_statisticsobjdef(oid) FROM pg_statistic_ext
UNION ALL
SELECT 'event trigger', evtname::text, concat_ws(' ', evtevent, evtfoid::regproc, evtenabled, evttags) FROM pg_event_trigger
UNION ALL
SELECT 'publication', p.pubname::text, concat_ws(' ', p.puballtables, p.pubinsert, p.pubupdate, p.pubdelete, p.pubtruncate, p.pubviaroot,
       (SELECT string_agg(concat_ws(' ', r.prrelid::regclass, r.prattrs, pg_get_expr(r.prqual, r.prrelid)), ', ' ORDER BY r.prrelid::regclass::text)
          FROM pg_publication_rel r WHERE r.prpubid = p.oid),
       (SELECT string_agg(s.pnnspid::regnamespace::text, ', ' ORDER BY s.pnnspid::regnamespace::text) FROM pg_publication_namespace s WHERE s.pnpubid = p.oid))
  FROM pg_publication p
UNION ALL
SELECT 'subscription', subname::text, '' FROM pg_subscription
UNION ALL
SELECT 'server', srvname::text, '' FROM pg_foreign_server
UNION ALL
SELECT 'wrapper', fdwname::text, '' FROM pg_foreign_data_wrapper
UNION ALL
SELECT 'language', lanname::text, '' FROM pg_language WHERE oid >= 16384 AND lanname <> 'plpgsql'
UNION ALL
SELECT 'operator', o.oid::regoperator::text, '' FROM pg_operator o JOIN spaces s ON s.oid = o.oprnamespace
 WHERE NOT EXISTS (SELECT FROM of_extensions e WHERE e.classid = 'pg_operator'::regclass AND e.objid = o.oid)
UNION ALL
SELECT 'collation', c.collname::text, concat_ws(' ', c.collprovider, c.collcollate) FROM pg_collation c JOIN spaces s ON s.oid = c.collnamespace
UNION ALL
SELECT 'text search', c.cfgname::text, '' FROM pg_ts_config c JOIN spaces s ON s.oid = c.cfgnamespace
 ORDER BY 1, 2, 3
