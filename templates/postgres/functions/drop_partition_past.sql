DECLARE
    old regclass;
BEGIN
    SELECT c.oid INTO old
      FROM pg_inherits i
      JOIN pg_class c ON c.oid = i.inhrelid
     CROSS JOIN LATERAL (
           SELECT (regexp_match(pg_get_expr(c.relpartbound, c.oid), 'TO \(''([^'']+)''\)'))[1]::timestamptz AS high
           ) bound
     WHERE i.inhparent = parent
       AND bound.high <= now() - keep
     ORDER BY bound.high
     LIMIT 1;
    IF old IS NULL THEN
        RETURN NULL;
    END IF;
    EXECUTE format('ALTER TABLE %s DETACH PARTITION %s', parent, old);
    RETURN old::text;
END;
