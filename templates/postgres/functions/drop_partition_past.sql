DECLARE
    old regclass;
    stays boolean;
BEGIN
    FOR old IN
        SELECT c.oid
          FROM pg_inherits i
          JOIN pg_class c ON c.oid = i.inhrelid
         CROSS JOIN LATERAL (
               SELECT (regexp_match(pg_get_expr(c.relpartbound, c.oid), 'TO \(''([^'']+)''\)'))[1]::timestamptz AS high
               ) bound
         WHERE i.inhparent = parent
           AND bound.high <= now() - keep
         ORDER BY bound.high
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %s t WHERE %s)', old, held) INTO stays;
        CONTINUE WHEN stays;
        EXECUTE format('ALTER TABLE %s DETACH PARTITION %s', parent, old);
        RETURN old::text;
    END LOOP;
    RETURN NULL;
END;
