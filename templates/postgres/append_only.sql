-- Refuses to change what was written. The application has no right to; this stops everybody else, except
-- retention and erasure (which set polity.retain) and a row that goes with the one it refers to, or forgets it.
CREATE FUNCTION polity.append_only() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $polity$
BEGIN
    IF TG_OP <> 'TRUNCATE' AND (pg_trigger_depth() > 1 OR current_setting('polity.retain', true) = 'on') THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION USING
        ERRCODE = '42501',
        MESSAGE = format('%I.%I is append only: %s refused', TG_TABLE_SCHEMA, TG_TABLE_NAME, lower(TG_OP));
END;
$polity$;
