    SELECT tenant::text || '.' || until || '.' || encode(polity.signature(inner_pad, outer_pad, tenant::text, until), 'hex')
      FROM polity_key.signing, CAST(floor(extract(epoch FROM statement_timestamp()))::bigint + 240 AS text) AS until
     ORDER BY added_at DESC
     LIMIT 1;
