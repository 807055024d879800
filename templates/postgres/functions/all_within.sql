    SELECT coalesce(bool_and(char_length(item #>> '{}') BETWEEN shortest AND longest), true)
      FROM jsonb_path_query(document, path, '{}', true) AS item
     WHERE jsonb_typeof(item) = 'string'
