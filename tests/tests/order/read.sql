-- Reads every view as each role that works for the platform and has the right to: services, their group, and the one that
-- shows figures. Owners and those who maintain have rights on views that they never read.
DO $read$
DECLARE
    item record;
BEGIN
    FOR item IN
        SELECT c.oid::regclass AS view, r.oid::regrole AS reader
          FROM pg_class c CROSS JOIN pg_roles r
         WHERE relkind IN ('v', 'm') AND relowner::regrole::text ~ '^"?made_' AND rolname ~ '^made_(.*_)?(app|reader|worker_[0-9])$'
           AND has_table_privilege(r.oid, c.oid, 'SELECT')
    LOOP
        EXECUTE format('SET LOCAL ROLE %s', item.reader);
        BEGIN
            EXECUTE format('SELECT FROM %s', item.view);
        EXCEPTION WHEN insufficient_privilege THEN
            RAISE EXCEPTION '% cannot read %: %', item.reader, item.view, SQLERRM;
        END;
        RESET ROLE;
    END LOOP;
END
$read$
