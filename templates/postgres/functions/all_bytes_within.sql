    SELECT coalesce(bool_and(octet_length(decode(item #>> '{}', 'base64')) BETWEEN shortest AND longest), true)
      FROM jsonb_path_query(document, path, '{}', true) AS item
     WHERE jsonb_typeof(item) = 'string'
