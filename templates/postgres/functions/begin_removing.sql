BEGIN
    INSERT INTO polity.removing (xact) VALUES (pg_current_xact_id()) ON CONFLICT DO NOTHING;
    -- Spares all others the question; alone it gives no right.
    PERFORM set_config('polity.retain', 'on', true);
END;
