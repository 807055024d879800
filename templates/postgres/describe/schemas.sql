-- Every database has the schema `public` from the start.
SELECT jsonb_strip_nulls(jsonb_build_object('schema', jsonb_build_object(
           'name', s.nspname,
           'owner', pg_get_userbyid(s.nspowner),
           'comment', obj_description(s.oid, 'pg_namespace')
       )))::text
  FROM spaces s
 WHERE s.nspname <> 'public'
