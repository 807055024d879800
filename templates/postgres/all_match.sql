-- Whether every element of a list matches a pattern; absent elements do.
CREATE FUNCTION polity.all_match(list text[], pattern text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $polity$
    SELECT coalesce(bool_and(element ~ pattern), true) FROM unnest(list) AS element
$polity$;
