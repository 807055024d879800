-- Everything that stands in a database beside the server's own, whoever made it, and who has rights there; a line each.
WITH ours AS (
    SELECT oid, nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
)
SELECT line FROM (
    SELECT format('schema %s owner %s acl %s', nspname, nspowner::regrole, nspacl) FROM pg_namespace JOIN ours USING (oid, nspname)
    UNION ALL
    SELECT format('relation %s %s acl %s', relkind, c.oid::regclass, relacl) FROM pg_class c JOIN ours n ON n.oid = relnamespace
    UNION ALL
    SELECT format('function %s acl %s', p.oid::regprocedure, proacl) FROM pg_proc p JOIN ours n ON n.oid = pronamespace
    UNION ALL
    SELECT format('type %s', t.oid::regtype) FROM pg_type t JOIN ours n ON n.oid = typnamespace
    UNION ALL
    SELECT format('extension %s %s', extname, extversion) FROM pg_extension
    UNION ALL
    SELECT format('default rights of %s on %s in %s: %s', defaclrole::regrole, defaclobjtype, defaclnamespace, defaclacl)
      FROM pg_default_acl
    UNION ALL
    SELECT format('role %s in %s', refobjid::regrole, pg_describe_object(classid, objid, objsubid))
      FROM pg_shdepend JOIN pg_database d ON d.oid = dbid
     WHERE datname = current_database() AND refclassid = 'pg_authid'::regclass
    UNION ALL
    SELECT format('event trigger %s', evtname) FROM pg_event_trigger
    UNION ALL
    SELECT format('publication %s', pubname) FROM pg_publication
) AS lines (line)
 ORDER BY line COLLATE "C"
