SELECT jsonb_strip_nulls(jsonb_build_object('sequence', jsonb_build_object(
           'name', r.name,
           'owner', pg_get_userbyid(r.relowner),
           'least', s.seqmin,
           'start', s.seqstart,
           'comment', obj_description(r.oid, 'pg_class')
       )))::text
  FROM relations r JOIN pg_sequence s ON s.seqrelid = r.oid
