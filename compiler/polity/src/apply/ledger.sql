CREATE SCHEMA IF NOT EXISTS polity_ledger;
COMMENT ON SCHEMA polity_ledger IS 'Kept by polity apply: the migrations that ran, and the texts that make tenants.';

-- The files that ran in a place; tenant is empty in the one that all share.
CREATE TABLE IF NOT EXISTS polity_ledger.migrations (
    place  text        NOT NULL,
    tenant text        NOT NULL,
    number integer     NOT NULL,
    file   text        NOT NULL,
    sha256 text        NOT NULL,
    ran_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ran_by text        NOT NULL DEFAULT session_user,
    PRIMARY KEY (place, tenant, number, file)
);

-- The account of each place: how many files ran, and the digest of them.
CREATE TABLE IF NOT EXISTS polity_ledger.registry (
    place      text    NOT NULL,
    tenant     text    NOT NULL,
    number     integer NOT NULL,
    files      integer NOT NULL,
    digest     text    NOT NULL,
    scripts    text    NOT NULL,
    parameters jsonb   NOT NULL,
    PRIMARY KEY (place, tenant)
);

-- The texts that make the place of a tenant, with tokens. An administrator runs them, so nobody else writes here.
CREATE TABLE IF NOT EXISTS polity_ledger.tiers (
    tier         text    PRIMARY KEY,
    store        text    NOT NULL,
    is_apart     boolean NOT NULL,
    shared_files integer NOT NULL,
    prefix       text    NOT NULL,
    parameters   jsonb   NOT NULL,
    migrator     text    NOT NULL,
    roles        text    NOT NULL,
    objects      text    NOT NULL,
    ledger       text    NOT NULL,
    rows         text    NOT NULL,
    registry     text    NOT NULL,
    sha256       text    NOT NULL
);

-- The schema of the functions of the tenant with this id, for whoever erases: that of its own place, or the one that is said.
CREATE OR REPLACE FUNCTION polity_ledger.functions_of(store text, id text, said text) RETURNS text
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $polity$
DECLARE
    is_shared boolean;
    places text[];
    own text;
BEGIN
    SELECT coalesce(bool_or(r.tenant = ''), false) INTO is_shared
      FROM polity_ledger.registry r
     WHERE split_part(r.place, '/', 1) = store;
    -- A UUID has more than one form.
    SELECT array_agg(format('%s of %s', r.place, r.tenant) ORDER BY r.place), min(r.parameters ->> 'tenant_prefix') || 'polity'
      INTO places, own
      FROM polity_ledger.registry r
     WHERE split_part(r.place, '/', 1) = store
       AND r.tenant <> ''
       AND CASE
               WHEN r.parameters ->> 'tenant_id' ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
                   THEN replace(r.parameters ->> 'tenant_id', '-', '') = lower(translate(id, '{}-', ''))
               ELSE r.parameters ->> 'tenant_id' = id
           END;
    IF cardinality(places) > 1 THEN
        RAISE EXCEPTION USING
            ERRCODE = '55000',
            MESSAGE = format('the tenant has more than one place: %s', array_to_string(places, ', ')),
            HINT = 'end its move with promote.sh and offboard.sql of the tier that it leaves';
    END IF;
    IF places IS NULL AND NOT is_shared THEN
        RAISE EXCEPTION USING
            ERRCODE = '55000',
            MESSAGE = 'this database is another tenant''s',
            HINT = 'connect to the database that tenants share, or to the one of this tenant';
    END IF;
    IF places IS NULL THEN
        RETURN said;
    END IF;
    IF EXISTS (SELECT FROM pg_namespace n WHERE n.nspname = own) THEN
        RETURN own;
    END IF;
    IF is_shared THEN
        RAISE EXCEPTION USING
            ERRCODE = '55000',
            MESSAGE = format('the tenant has a database of its own: %s', array_to_string(places, ', ')),
            HINT = 'connect to that one';
    END IF;
    RETURN 'polity';
END
$polity$;
-- It says no more than where functions stand, and whoever may not call those has nothing of it.
GRANT USAGE ON SCHEMA polity_ledger TO PUBLIC;

-- A text of a tier as a tenant has it: its roles, its ledger, its objects, the rows about them, that of the registry; or a name.
CREATE OR REPLACE FUNCTION polity_ledger.tenant_text(tier text, name text, id text, quotas jsonb, part text) RETURNS text
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $polity$
DECLARE
    known polity_ledger.tiers;
    given jsonb;
    value record;
    wanted text;
BEGIN
    SELECT * INTO known FROM polity_ledger.tiers t WHERE t.tier = tenant_text.tier;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = '22023',
            MESSAGE = format('no tier %L gives tenants places of their own', tier),
            HINT = 'polity apply with --admin writes here which do';
    END IF;
    IF known.shared_files IS DISTINCT FROM (SELECT r.files FROM polity_ledger.registry r WHERE r.place = known.store AND r.tenant = '') THEN
        RAISE EXCEPTION USING
            ERRCODE = '55000',
            MESSAGE = format('the texts of the tier %L are older than this database', tier),
            HINT = 'polity apply with --admin brings them up to date';
    END IF;
    IF quotas - ARRAY(SELECT jsonb_object_keys(known.parameters)) <> '{}' THEN
        RAISE EXCEPTION USING
            ERRCODE = '22023',
            MESSAGE = format('the tier %L has no such quotas: %s', tier, quotas - ARRAY(SELECT jsonb_object_keys(known.parameters))),
            HINT = format('it has: %s', known.parameters);
    END IF;
    given := known.parameters || quotas
        || jsonb_build_object('tenant_role', name, 'tenant_id', id, 'tenant_prefix', replace(known.prefix, '{tenant}', name));
    FOR value IN SELECT * FROM jsonb_each_text(given) v (name, text) LOOP
        IF value.text IS NULL OR value.text !~ '^([a-z][a-z0-9_]{0,30}|[0-9]{1,18}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$'
            OR (value.name <> 'tenant_id' AND value.name = ANY ('{tenant_role,tenant_prefix}') AND value.text !~ '^[a-z]') THEN
            RAISE EXCEPTION USING
                ERRCODE = '22023',
                MESSAGE = format('%s cannot be %L', value.name, value.text),
                HINT = 'a value is a name ([a-z][a-z0-9_]{0,30}), a UUID in small letters or an integer; names are names';
        END IF;
    END LOOP;
    wanted := CASE part
        WHEN 'roles' THEN known.roles
        WHEN 'objects' THEN known.objects
        WHEN 'ledger' THEN known.ledger
        WHEN 'rows' THEN known.rows
        WHEN 'registry' THEN known.registry
        WHEN 'migrator' THEN known.migrator
        WHEN 'prefix' THEN given ->> 'tenant_prefix'
    END;
    given := given || jsonb_build_object('tenant_dns', replace(name, '_', '-'));
    FOR value IN SELECT * FROM jsonb_each_text(given) v (name, text) LOOP
        wanted := replace(wanted, '${' || value.name || '}', value.text);
    END LOOP;
    wanted := replace(wanted, '${tenant_parameters}', (given - 'tenant_dns')::text);
    IF replace(wanted, '${tenant_dollar}', '') LIKE '%${tenant\_%' THEN
        RAISE EXCEPTION USING
            ERRCODE = '22023',
            MESSAGE = 'nothing says what a token stands for: ' || substring(replace(wanted, '${tenant_dollar}', '') FROM '\$\{tenant_[^}]*\}');
    END IF;
    RETURN replace(wanted, '${tenant_dollar}', '$');
END
$polity$;

-- Makes the schemas of a tenant in this database, for an administrator of it.
CREATE OR REPLACE FUNCTION polity_ledger.create_tenant(tier text, name text, id text, quotas jsonb DEFAULT '{}') RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    SET standard_conforming_strings = on
    SET check_function_bodies = on
    SET client_min_messages = warning
    SET TimeZone = 'UTC'
    SET row_security = off
AS $polity$
DECLARE
    acts CONSTANT text := current_setting('role');
    known record;
    lent name[];
    one name;
BEGIN
    SELECT t.store, t.is_apart INTO known FROM polity_ledger.tiers t WHERE t.tier = create_tenant.tier;
    IF known.is_apart THEN
        RAISE EXCEPTION USING
            ERRCODE = '0A000',
            MESSAGE = format('a tenant of the tier %L has a database of its own, which no function can make', tier),
            HINT = format('run %s/tiers/%s/provision.sh', known.store, tier);
    END IF;
    IF NOT pg_try_advisory_xact_lock(hashtextextended('polity apply ' || known.store, 0)) THEN
        RAISE EXCEPTION USING ERRCODE = '55P03', MESSAGE = 'polity apply is at work', HINT = 'try again when it has ended';
    END IF;
    IF EXISTS (SELECT FROM polity_ledger.registry r WHERE r.tenant = name OR r.parameters ->> 'tenant_id' = id) THEN
        RAISE EXCEPTION USING ERRCODE = '42710', MESSAGE = format('there is a tenant %L, or one with the id %L', name, id);
    END IF;
    EXECUTE polity_ledger.tenant_text(tier, name, id, quotas, 'roles');
    DROP TABLE IF EXISTS pg_temp.polity_roles, pg_temp.polity_members, pg_temp.polity_lent;
    -- An administrator who is no superuser acts for the owners until the end.
    SELECT coalesce(array_agg(r.rolname), '{}') INTO lent
      FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid JOIN pg_roles migrator ON migrator.oid = m.member
     WHERE migrator.rolname = polity_ledger.tenant_text(tier, name, id, quotas, 'migrator') AND NOT pg_has_role(r.oid, 'USAGE');
    FOREACH one IN ARRAY lent LOOP
        EXECUTE format('GRANT %I TO CURRENT_USER', one);
    END LOOP;
    EXECUTE polity_ledger.tenant_text(tier, name, id, quotas, 'objects');
    PERFORM set_config('role', acts, false);
    FOREACH one IN ARRAY lent LOOP
        EXECUTE format('REVOKE %I FROM CURRENT_USER', one);
    END LOOP;
    EXECUTE polity_ledger.tenant_text(tier, name, id, quotas, 'rows');
END
$polity$;
