-- Rights on what stands in the schemas asked for, but for those of roles whose rights another place describes; and the
-- rights of the roles asked for on what stands elsewhere. Owners have every right on what they own.
--
-- Of what the administrator makes (the database, the schema `public` and those of extensions) the rights of the roles
-- asked for are shown, and those of all other roles where the database itself is asked for.
, administered AS (
    SELECT n.oid, n.nspname = 'public' OR EXISTS (
               SELECT FROM pg_extension e, asked
                WHERE e.extnamespace = n.oid
                  AND e.extname IN (SELECT jsonb_array_elements_text(asked.scope -> 'extensions'))) AS is_asked
      FROM pg_namespace n
     WHERE n.nspname = 'public'
        OR n.oid IN (SELECT extnamespace FROM pg_extension) AND n.oid NOT IN (SELECT oid FROM spaces)
),
objects AS (
    SELECT '"database"'::jsonb AS target, NULL::oid AS space, d.datdba AS owner,
           coalesce(d.datacl, acldefault('d', d.datdba)) AS acl, NULL::name AS part, 0 AS place, true AS is_asked
      FROM pg_database d WHERE d.datname = current_database()
    UNION ALL
    SELECT jsonb_build_object('schema', n.nspname), n.oid, n.nspowner,
           coalesce(n.nspacl, acldefault('n', n.nspowner)), NULL, 0, a.is_asked
      FROM pg_namespace n LEFT JOIN administered a USING (oid)
     WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
       AND NOT EXISTS (
           SELECT FROM pg_depend d
            WHERE d.classid = 'pg_namespace'::regclass AND d.objid = n.oid AND d.deptype = 'e')
    UNION ALL
    SELECT jsonb_build_object(CASE r.relkind WHEN 'S' THEN 'sequence' ELSE 'relation' END, r.name), r.relnamespace,
           r.relowner, coalesce(r.relacl, acldefault(CASE r.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", r.relowner)),
           NULL, 0, NULL
      FROM all_relations r
     WHERE r.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
    UNION ALL
    SELECT jsonb_build_object('relation', r.name), r.relnamespace, r.relowner, a.attacl, a.attname, a.attnum, NULL
      FROM all_relations r JOIN pg_attribute a ON a.attrelid = r.oid
     WHERE a.attacl IS NOT NULL AND NOT a.attisdropped
    UNION ALL
    SELECT jsonb_build_object('function', jsonb_build_array(f.nspname, f.proname, coalesce((
               SELECT jsonb_agg(format_type(u.type, NULL) ORDER BY u.place)
                 FROM unnest(f.proargtypes::oid[]) WITH ORDINALITY u (type, place)), '[]'))),
           f.pronamespace, f.proowner, coalesce(f.proacl, acldefault('f', f.proowner)), NULL, 0, NULL
      FROM all_functions f
),
rights AS (
    SELECT o.target, o.part, o.place, held.name AS role,
           CASE WHEN o.is_asked IS NULL OR a.grantor <> o.owner THEN pg_get_userbyid(a.grantor) END AS grantor,
           lower(a.privilege_type) AS privilege, a.is_grantable
      FROM objects o
     CROSS JOIN LATERAL aclexplode(o.acl) a
     CROSS JOIN LATERAL (SELECT CASE a.grantee WHEN 0 THEN 'public' ELSE pg_get_userbyid(a.grantee)::text END AS name) held
     CROSS JOIN asked
     WHERE a.grantee <> o.owner
       AND CASE
           WHEN o.is_asked IS NOT NULL
           THEN held.name IN (SELECT jsonb_array_elements_text(asked.scope -> 'roles'))
                OR o.is_asked AND (asked.scope -> 'database')::boolean
                   AND held.name NOT IN (SELECT jsonb_array_elements_text(asked.scope -> 'neighbours'))
           WHEN o.space IN (SELECT oid FROM spaces)
           THEN held.name NOT IN (SELECT jsonb_array_elements_text(asked.scope -> 'others'))
           ELSE held.name IN (SELECT jsonb_array_elements_text(asked.scope -> 'reaching')) END
),
reaches AS (
    SELECT target, role, privilege, CASE WHEN bool_or(part IS NULL)
               THEN to_jsonb('whole'::text)
               ELSE jsonb_build_object('columns', jsonb_agg(part ORDER BY place)) END AS reach
      FROM (SELECT DISTINCT target, role, privilege, part, place FROM rights) one
     GROUP BY target, role, privilege
)
SELECT jsonb_strip_nulls(jsonb_build_object('grant', jsonb_build_object(
           'on', r.target,
           'to', r.role,
           'by', string_agg(DISTINCT r.grantor, ', '),
           'privileges', (
               SELECT jsonb_object_agg(o.privilege, o.reach) FROM reaches o
                WHERE o.target = r.target AND o.role = r.role),
           'grantable', jsonb_agg(DISTINCT r.privilege) FILTER (WHERE r.is_grantable)
       )))::text
  FROM rights r
 GROUP BY r.target, r.role
