SELECT jsonb_build_object('extension', jsonb_build_object('name', e.extname, 'schema', n.nspname))::text
  FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace, asked
 WHERE e.extname IN (SELECT jsonb_array_elements_text(asked.scope -> 'extensions'))
