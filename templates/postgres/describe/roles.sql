SELECT jsonb_strip_nulls(jsonb_build_object('role', jsonb_build_object(
           'name', r.rolname,
           'login', r.rolcanlogin,
           'bypasses_row_security', r.rolbypassrls,
           'member_of', (
               SELECT jsonb_agg(DISTINCT pg_get_userbyid(m.roleid)) FROM pg_auth_members m WHERE m.member = r.oid),
           'comment', shobj_description(r.oid, 'pg_authid')
       )))::text
  FROM pg_roles r, asked
 WHERE r.rolname IN (SELECT jsonb_array_elements_text(asked.scope -> 'roles'))
