BEGIN
    DELETE FROM polity.removing r WHERE r.xact = pg_current_xact_id();
    PERFORM set_config('polity.retain', '', true);
END;
