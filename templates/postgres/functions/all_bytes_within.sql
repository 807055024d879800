    -- Four characters say three bytes. Whether it is base64 at all another check says, so nothing is decoded here.
    SELECT coalesce(bool_and(char_length(rtrim(item #>> '{}', '=')) * 3 / 4 BETWEEN shortest AND longest), true)
      FROM jsonb_path_query(document, path, '{}', true) AS item
     WHERE jsonb_typeof(item) = 'string'
