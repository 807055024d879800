BEGIN
    IF TG_OP <> 'TRUNCATE' AND (pg_trigger_depth() > 1 OR current_setting('polity.retain', true) = 'on') THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION USING
        ERRCODE = '42501',
        MESSAGE = format('%I.%I is append only: %s refused', TG_TABLE_SCHEMA, TG_TABLE_NAME, lower(TG_OP));
END;
