-- Fills every table of the platform with a few rows of random values; what its constraints refuse is left out. Rows of other
-- tables that one refers to are taken at random.
CREATE OR REPLACE FUNCTION pg_temp.value(ty oid, len int, sample text) RETURNS text LANGUAGE sql AS $$
    SELECT CASE format_type(ty, NULL)
        WHEN 'uuid' THEN quote_literal(gen_random_uuid())
        WHEN 'boolean' THEN (random() < 0.5)::text
        WHEN 'smallint' THEN (random() * 90)::int::text
        WHEN 'integer' THEN (random() * 9)::int::text
        WHEN 'bigint' THEN (random() * 9000)::int::text
        WHEN 'numeric' THEN round((random() * 900)::numeric, 1)::text
        WHEN 'date' THEN quote_literal(date '2000-01-01' + (random() * 9000)::int)
        WHEN 'timestamp with time zone' THEN 'now()'
        WHEN 'jsonb' THEN $j$'{}'$j$
        WHEN 'bytea' THEN $j$'\x00'$j$
        WHEN 'text[]' THEN $j$'{a,b}'$j$
        WHEN 'text' THEN coalesce(sample, quote_literal(left(translate(md5(random()::text), '0123456789', 'ghijklmnop'), 3 + (random() * 20)::int)))
        WHEN 'character varying' THEN coalesce(sample, quote_literal(left(translate(md5(random()::text), '0123456789', 'ghijklmnop'), least(len - 4, 3 + (random() * 20)::int))))
        ELSE 'DEFAULT'
    END
$$;

DO $fill$
DECLARE
    relation record;
    columns text;
    "values" text;
BEGIN
    SET CONSTRAINTS ALL IMMEDIATE;
    PERFORM set_config('app.tenant_id', '018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2b19', true);
    FOR round IN 1..14 LOOP
        FOR relation IN
            SELECT c.oid, c.oid::regclass::text AS name FROM pg_class c
            WHERE c.relnamespace::regnamespace::text ~ '^s[0-9]$' AND c.relkind IN ('r', 'p') AND NOT c.relispartition
                AND c.relname <> 'log'
            ORDER BY c.oid
        LOOP
            SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum),
                string_agg(
                    CASE
                        WHEN NOT a.attnotnull AND random() < 0.3 THEN 'NULL'
                        WHEN a.attidentity <> '' THEN 'DEFAULT'
                        WHEN referred.read IS NOT NULL THEN referred.read
                        ELSE pg_temp.value(a.atttypid, a.atttypmod, CASE
                            WHEN a.attname = 'tenant_id' THEN quote_literal('018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2b19')
                            WHEN a.attname IN ('status', 'kind') THEN (ARRAY['''open''', '''PAID'''])[1 + (random())::int]
                            WHEN a.attname ~ 'mood' THEN (ARRAY['''calm''', '''wild'''])[1 + (random())::int]
                            WHEN a.attname = 'mail' THEN quote_literal('m' || round || '@example.com')
                            WHEN a.attname = 'tongue' THEN '''fr'''
                        END)
                    END, ', ' ORDER BY a.attnum)
            INTO columns, "values"
            FROM pg_attribute a
            LEFT JOIN LATERAL (
                SELECT format('(SELECT %I FROM %s ORDER BY random() LIMIT 1)', f.attname, k.confrelid::regclass) AS read
                FROM pg_constraint k JOIN pg_attribute f ON f.attrelid = k.confrelid AND f.attnum = k.confkey[array_position(k.conkey, a.attnum)]
                WHERE k.conrelid = a.attrelid AND k.contype = 'f' AND a.attnum = ANY (k.conkey) AND a.attname <> 'tenant_id'
                LIMIT 1
            ) AS referred ON true
            WHERE a.attrelid = relation.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '';
            BEGIN
                EXECUTE format('INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE VALUES (%s)', relation.name, columns, "values");
            EXCEPTION WHEN OTHERS THEN
                NULL;
            END;
        END LOOP;
    END LOOP;
END
$fill$;
