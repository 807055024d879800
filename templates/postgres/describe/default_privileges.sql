-- Rights on objects that a role makes later. Those that hold in the whole database are shown with the role, and those
-- within a schema with the schema; not those that PostgreSQL gives by itself, nor those of the role on its own objects.
, defaults AS (
    SELECT d.*, n.nspname, pg_get_userbyid(d.defaclrole) AS role
      FROM pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace
),
explained AS (
    SELECT d.oid, CASE a.grantee WHEN 0 THEN 'public' ELSE pg_get_userbyid(a.grantee)::text END AS name,
           lower(a.privilege_type) AS privilege, a.is_grantable
      FROM defaults d CROSS JOIN LATERAL aclexplode(d.defaclacl) a
     WHERE a.grantee <> d.defaclrole
),
rights AS (
    SELECT oid, name, jsonb_strip_nulls(jsonb_build_object(
               'privileges', jsonb_agg(privilege ORDER BY privilege),
               'grantable', jsonb_agg(privilege ORDER BY privilege) FILTER (WHERE is_grantable))) AS held
      FROM explained GROUP BY oid, name
)
SELECT jsonb_strip_nulls(jsonb_build_object('default_privileges', jsonb_build_object(
           'by', d.role,
           'on', CASE d.defaclobjtype
               WHEN 'n' THEN 'schemas' WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'functions' WHEN 'r' THEN 'tables'
               WHEN 'T' THEN 'types' WHEN 'L' THEN 'large_objects' END,
           'within', d.nspname,
           'rights', rights.all
       )))::text
  FROM defaults d
 CROSS JOIN LATERAL (SELECT jsonb_object_agg(r.name, r.held) AS all FROM rights r WHERE r.oid = d.oid) rights
 CROSS JOIN asked
 WHERE CASE WHEN d.defaclnamespace = 0
           THEN d.role IN (SELECT jsonb_array_elements_text(asked.scope -> 'roles'))
           ELSE d.defaclnamespace IN (SELECT oid FROM spaces) END
   AND rights.all IS DISTINCT FROM CASE WHEN d.defaclnamespace = 0 THEN CASE d.defaclobjtype
           WHEN 'f' THEN '{"public": {"privileges": ["execute"]}}'::jsonb
           WHEN 'T' THEN '{"public": {"privileges": ["usage"]}}' END END
