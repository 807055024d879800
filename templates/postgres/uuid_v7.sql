-- UUIDs of version 7 (RFC 9562): the time in milliseconds, then chance, so that new keys stand together.
-- PostgreSQL brings its own from version 18.
CREATE FUNCTION polity.uuid_v7() RETURNS uuid
    LANGUAGE sql VOLATILE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $polity$
    SELECT encode(
        set_bit(
            set_bit(
                overlay(
                    uuid_send(gen_random_uuid())
                    PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3)
                    FROM 1 FOR 6
                ),
                52, 1
            ),
            53, 1
        ),
        'hex'
    )::uuid
$polity$;
