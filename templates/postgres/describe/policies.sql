SELECT jsonb_strip_nulls(jsonb_build_object('policy', jsonb_build_object(
           'table', r.name,
           'name', p.polname,
           'restrictive', NOT p.polpermissive,
           'command', CASE p.polcmd
               WHEN 'r' THEN 'select' WHEN 'a' THEN 'insert' WHEN 'w' THEN 'update' WHEN 'd' THEN 'delete'
               ELSE 'all' END,
           'roles', (
               SELECT jsonb_agg(pg_get_userbyid(u.role) ORDER BY u.place)
                 FROM unnest(p.polroles) WITH ORDINALITY u (role, place)
                WHERE u.role <> 0),
           'using', pg_get_expr(p.polqual, p.polrelid),
           'check', pg_get_expr(p.polwithcheck, p.polrelid)
       )))::text
  FROM relations r JOIN pg_policy p ON p.polrelid = r.oid
