DECLARE
    step interval := ('1 ' || period)::interval;
    low timestamp := date_trunc(period, now() AT TIME ZONE 'UTC');
    form text := CASE period WHEN 'day' THEN 'YYYY_MM_DD' WHEN 'week' THEN 'IYYY"w"IW' WHEN 'month' THEN 'YYYY_MM' ELSE 'YYYY' END;
    key_type regtype := (SELECT atttypid FROM pg_attribute WHERE attrelid = parent AND attname = key);
    bound text := CASE WHEN key_type = 'date'::regtype THEN 'YYYY-MM-DD' ELSE 'YYYY-MM-DD 00:00+00' END;
    created integer := 0;
BEGIN
    FOR i IN 0..ahead LOOP
        IF polity.add_partition(
            parent, stem, to_char(low, form), key, key_type, to_char(low, bound), to_char(low + step, bound), storage
        ) THEN
            created := created + 1;
        END IF;
        low := low + step;
    END LOOP;
    RETURN created;
END;
