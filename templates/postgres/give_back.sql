DO $polity$
DECLARE
    lent name;
BEGIN
    FOR lent IN SELECT name FROM polity_lent JOIN pg_roles ON rolname = name LOOP
        EXECUTE format('REVOKE %I FROM CURRENT_USER', lent);
    END LOOP;
END
$polity$;
