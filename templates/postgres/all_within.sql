-- Whether every text at a path has so many characters; what is absent or no text does.
CREATE FUNCTION polity.all_within(document jsonb, path jsonpath, shortest integer, longest integer) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $polity$
    SELECT coalesce(bool_and(char_length(item #>> '{}') BETWEEN shortest AND longest), true)
      FROM jsonb_path_query(document, path, '{}', true) AS item
     WHERE jsonb_typeof(item) = 'string'
$polity$;
