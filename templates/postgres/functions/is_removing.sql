BEGIN
    RETURN EXISTS (SELECT FROM polity.removing r WHERE r.xact = pg_current_xact_id_if_assigned());
END;
