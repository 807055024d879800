    SELECT coalesce(bool_and(element ~ pattern), true) FROM unnest(list) AS element
