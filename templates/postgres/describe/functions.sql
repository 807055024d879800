-- The value of a setting stands in quotes, as SQL has it, unless it is a number, on or off, or a list of names.
SELECT jsonb_strip_nulls(jsonb_build_object('function', jsonb_build_object(
           'name', jsonb_build_array(f.nspname, f.proname),
           'owner', pg_get_userbyid(f.proowner),
           'arguments', (
               SELECT jsonb_agg(jsonb_build_object(
                          'name', coalesce(f.proargnames[u.place], ''),
                          'type', format_type(u.type, NULL),
                          'default', pg_get_function_arg_default(f.oid, u.place::integer)) ORDER BY u.place)
                 FROM unnest(coalesce(f.proallargtypes, f.proargtypes::oid[])) WITH ORDINALITY u (type, place)
                WHERE coalesce(f.proargmodes[u.place], 'i') IN ('i', 'b', 'v')),
           'returns', pg_get_function_result(f.oid),
           'language', l.lanname,
           'volatility', CASE f.provolatile WHEN 'i' THEN 'immutable' WHEN 's' THEN 'stable' ELSE 'volatile' END,
           'parallel_safe', f.proparallel = 's',
           'strict', f.proisstrict,
           'leakproof', f.proleakproof,
           'security_definer', f.prosecdef,
           'settings', (
               SELECT jsonb_agg(jsonb_build_array(c.name, CASE
                          WHEN s.vartype = 'bool' OR c.value ~ '^-?[0-9]+(\.[0-9]+)?$' THEN c.value
                          WHEN c.name IN ('search_path', 'temp_tablespaces', 'local_preload_libraries',
                                          'session_preload_libraries', 'shared_preload_libraries',
                                          'unix_socket_directories') THEN c.value
                          ELSE quote_literal(c.value) END) ORDER BY u.place)
                 FROM unnest(f.proconfig) WITH ORDINALITY u (setting, place)
                CROSS JOIN LATERAL (
                    SELECT split_part(u.setting, '=', 1) AS name,
                           substr(u.setting, strpos(u.setting, '=') + 1) AS value
                ) c
                 LEFT JOIN pg_settings s ON s.name = c.name),
           'body', CASE WHEN f.prosqlbody IS NULL
               THEN jsonb_build_object('text', regexp_replace(f.prosrc, '^\n|\n$', '', 'g'))
               ELSE jsonb_build_object('atomic',
                        regexp_replace(pg_get_function_sqlbody(f.oid), '^BEGIN ATOMIC\n|\nEND$', '', 'g')) END
       )))::text
  FROM functions f JOIN pg_language l ON l.oid = f.prolang
