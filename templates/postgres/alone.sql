DO $polity$
BEGIN
    IF NOT (SELECT pg_has_role(datdba, 'USAGE') FROM pg_database WHERE datname = current_database()) THEN
        RAISE EXCEPTION USING
            ERRCODE = '42501',
            MESSAGE = format('%I is not the owner of the database %I', current_user, current_database()),
            HINT = 'its administrator makes it, or becomes its owner: ALTER DATABASE … OWNER TO …';
    END IF;
    -- Two at once wait for each other.
    PERFORM pg_advisory_xact_lock(hashtextextended('polity states roles', 0));
END
$polity$;
