-- Changes by hand to a database with everything.sql, each apart from the others by an empty line. Below the statements
-- stand the differences that they make to the description: an object and, where both have it, the attribute.

-- Schemas, sequences and extensions.

ALTER SCHEMA spare OWNER TO spare_reader;
--> schema spare: owner
--> grant on schema spare to spare_app: by

COMMENT ON SCHEMA spare IS 'Other.';
--> schema spare: comment

ALTER SEQUENCE spare.numbers MINVALUE 0;
--> sequence spare.numbers: least

ALTER SEQUENCE spare.numbers START WITH 6;
--> sequence spare.numbers: start

ALTER SEQUENCE spare.numbers OWNER TO spare_reader;
--> sequence spare.numbers: owner
--> grant on sequence spare.numbers to spare_app: by

COMMENT ON SEQUENCE spare.numbers IS NULL;
--> sequence spare.numbers: comment

ALTER EXTENSION btree_gist SET SCHEMA public;
--> extension btree_gist: schema

CREATE SEQUENCE spare.more;
--> sequence spare.more: only in the second

-- Roles.

ALTER ROLE spare_app LOGIN;
--> role spare_app: login

ALTER ROLE spare_app BYPASSRLS;
--> role spare_app: bypasses_row_security

GRANT spare_owner TO spare_app;
--> role spare_app: member_of

COMMENT ON ROLE spare_app IS 'Services.';
--> role spare_app: comment

-- Tables.

ALTER TABLE spare.owners OWNER TO spare_reader;
--> table spare.owners: owner

COMMENT ON TABLE spare.items IS 'Other.';
--> table spare.items: comment

ALTER TABLE spare.items SET (fillfactor = 90);
--> table spare.items: storage.fillfactor

ALTER TABLE spare.items SET (autovacuum_enabled = false);
--> table spare.items: storage.autovacuum_enabled

ALTER TABLE spare.items DISABLE ROW LEVEL SECURITY;
--> table spare.items: row_security

ALTER TABLE spare.items NO FORCE ROW LEVEL SECURITY;
--> table spare.items: unforced

ALTER TABLE spare.kinds SET SCHEMA public;
--> table spare.kinds: only in the first
--> table spare.kinds_new: partition_of.table
--> column spare.kinds.kind: only in the first

ALTER TABLE spare.kinds_new SET UNLOGGED;
--> table spare.kinds_new: unlogged

ALTER TABLE spare.buckets DETACH PARTITION spare.buckets_p0;
--> table spare.buckets_p0: columns
--> table spare.buckets_p0: partition_of
--> column spare.buckets_p0.id: only in the second

ALTER TABLE spare.kinds_new ENABLE ROW LEVEL SECURITY;
--> table spare.kinds_new: row_security
--> table spare.kinds_new: unforced

DROP TABLE spare.kinds_new;
CREATE TABLE spare.kinds_new PARTITION OF spare.kinds FOR VALUES IN ('newer') WITH (fillfactor = 60);
ALTER TABLE spare.kinds_new OWNER TO spare_owner;
--> table spare.kinds_new: partition_of.values

DROP TABLE spare.kinds;
CREATE TABLE spare.kinds (kind text NOT NULL) PARTITION BY HASH (kind);
ALTER TABLE spare.kinds OWNER TO spare_owner;
--> table spare.kinds: partitioned.by
--> table spare.kinds_new: only in the first

-- Columns.

ALTER TABLE spare.owners ALTER COLUMN email TYPE varchar(10);
--> column spare.owners.email: type
--> index spare.owners_domain_key: columns[0].sql

ALTER TABLE spare.items ALTER COLUMN low SET NOT NULL;
--> column spare.items.low: required

ALTER TABLE spare.owners ALTER COLUMN email SET NOT NULL;
--> column spare.owners.email: required

ALTER TABLE spare.items ALTER COLUMN name SET DEFAULT 'other';
--> column spare.items.name: value.default

ALTER TABLE spare.items ALTER COLUMN name DROP DEFAULT;
--> column spare.items.name: value

ALTER TABLE spare.items ALTER COLUMN twice DROP EXPRESSION;
--> column spare.items.twice: value

ALTER TABLE spare.items ALTER COLUMN id SET GENERATED ALWAYS;
--> column spare.items.id: value

ALTER SEQUENCE spare.items_id_seq RENAME TO items_numbers;
--> column spare.items.id: sequence

ALTER TABLE spare.items ALTER COLUMN id DROP IDENTITY;
--> column spare.items.id: value

ALTER TABLE spare.items ALTER COLUMN secret SET STATISTICS 100;
--> column spare.items.secret: hidden_from_planner

ALTER TABLE spare.items ALTER COLUMN secret SET STORAGE EXTENDED;
--> column spare.items.secret: uncompressed

COMMENT ON COLUMN spare.items.name IS NULL;
--> column spare.items.name: comment

ALTER TABLE spare.owners ADD COLUMN more text;
--> table spare.owners: columns
--> column spare.owners.more: only in the second

-- Constraints.

ALTER TABLE spare.items RENAME CONSTRAINT items_price_min TO items_price;
--> constraint spare.items.items_price: only in the second
--> constraint spare.items.items_price_min: only in the first

ALTER TABLE spare.items DROP CONSTRAINT items_price_min, ADD CONSTRAINT items_price_min CHECK (price >= -1);
--> constraint spare.items.items_price_min: check

ALTER TABLE spare.items DROP CONSTRAINT items_price_min,
    ADD CONSTRAINT items_price_min CHECK (price >= 0) NOT VALID;
--> constraint spare.items.items_price_min: unvalidated

ALTER TABLE spare.items DROP CONSTRAINT items_name_key, ADD CONSTRAINT items_name_key UNIQUE (name);
--> constraint spare.items.items_name_key: unique

ALTER TABLE spare.items DROP CONSTRAINT items_name_key,
    ADD CONSTRAINT items_name_key UNIQUE (name, at) DEFERRABLE;
--> constraint spare.items.items_name_key: deferrable

ALTER TABLE spare.items DROP CONSTRAINT items_name_key,
    ADD CONSTRAINT items_name_key UNIQUE (name, at) DEFERRABLE INITIALLY DEFERRED;
--> constraint spare.items.items_name_key: deferred

ALTER TABLE spare.owners DROP CONSTRAINT owners_email_key,
    ADD CONSTRAINT owners_email_key UNIQUE NULLS NOT DISTINCT (email);
--> constraint spare.owners.owners_email_key: nulls_not_distinct

ALTER TABLE spare.items DROP CONSTRAINT items_pkey, ADD CONSTRAINT items_pkey PRIMARY KEY (id, at);
--> constraint spare.items.items_pkey: primary_key

ALTER TABLE spare.items DROP CONSTRAINT items_apart,
    ADD CONSTRAINT items_apart EXCLUDE USING gist (owner WITH =, int4range(low, high) WITH &&);
--> constraint spare.items.items_apart: exclude.filter

ALTER TABLE spare.items DROP CONSTRAINT items_apart,
    ADD CONSTRAINT items_apart EXCLUDE USING gist (owner WITH =, int4range(low, high) WITH -|-) WHERE (price > 0);
--> constraint spare.items.items_apart: exclude.elements[1][1]

ALTER TABLE spare.items DROP CONSTRAINT items_apart,
    ADD CONSTRAINT items_apart EXCLUDE USING gist (owner WITH =, int4range(low, high, '[]') WITH &&) WHERE (price > 0);
--> constraint spare.items.items_apart: exclude.elements[1][0]

ALTER TABLE spare.items DROP CONSTRAINT items_owner_fkey,
    ADD CONSTRAINT items_owner_fkey FOREIGN KEY (owner) REFERENCES spare.owners (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED;
--> constraint spare.items.items_owner_fkey: foreign_key.on_delete

ALTER TABLE spare.items DROP CONSTRAINT items_owner_fkey,
    ADD CONSTRAINT items_owner_fkey FOREIGN KEY (owner) REFERENCES spare.owners (id) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED;
--> constraint spare.items.items_owner_fkey: foreign_key.on_delete.set_null

ALTER TABLE spare.items ALTER CONSTRAINT items_owner_fkey NOT DEFERRABLE;
--> constraint spare.items.items_owner_fkey: foreign_key.deferred

ALTER TABLE spare.items ALTER CONSTRAINT items_owner_fkey DEFERRABLE INITIALLY IMMEDIATE;
--> constraint spare.items.items_owner_fkey: deferrable
--> constraint spare.items.items_owner_fkey: foreign_key.deferred

ALTER TABLE spare.kinds ADD CONSTRAINT kinds_known CHECK (kind <> '');
--> constraint spare.kinds.kinds_known: only in the second

ALTER TABLE spare.kinds_new ADD CONSTRAINT kinds_known CHECK (kind <> '');
--> constraint spare.kinds_new.kinds_known: only in the second

-- Indexes.

DROP INDEX spare.items_name_idx;
CREATE UNIQUE INDEX items_name_idx ON spare.items (name DESC NULLS LAST, price)
    INCLUDE (owner) WITH (fillfactor = 70) WHERE price > 0;
--> index spare.items_name_idx: unique

DROP INDEX spare.items_name_idx;
CREATE INDEX items_name_idx ON spare.items (name NULLS LAST, price)
    INCLUDE (owner) WITH (fillfactor = 70) WHERE price > 0;
--> index spare.items_name_idx: columns[0].descending
--> index spare.items_name_idx: columns[0].nulls_first

DROP INDEX spare.items_name_idx;
CREATE INDEX items_name_idx ON spare.items (name DESC, price)
    INCLUDE (owner) WITH (fillfactor = 70) WHERE price > 0;
--> index spare.items_name_idx: columns[0].nulls_first

DROP INDEX spare.items_name_idx;
CREATE INDEX items_name_idx ON spare.items (name DESC NULLS LAST, high)
    INCLUDE (owner) WITH (fillfactor = 70) WHERE price > 0;
--> index spare.items_name_idx: columns[1].sql

DROP INDEX spare.items_name_idx;
CREATE INDEX items_name_idx ON spare.items (name varchar_pattern_ops DESC NULLS LAST, price)
    INCLUDE (owner) WITH (fillfactor = 70) WHERE price > 0;
--> index spare.items_name_idx: columns[0].class

DROP INDEX spare.items_name_idx;
CREATE INDEX items_name_idx ON spare.items (name DESC NULLS LAST, price) WITH (fillfactor = 70) WHERE price > 0;
--> index spare.items_name_idx: include

DROP INDEX spare.items_name_idx;
CREATE INDEX items_name_idx ON spare.items (name DESC NULLS LAST, price)
    INCLUDE (owner) WITH (fillfactor = 70) WHERE price > 1;
--> index spare.items_name_idx: filter

DROP INDEX spare.owners_domain_key;
CREATE UNIQUE INDEX owners_domain_key ON spare.owners (split_part(email, '@', 2)) NULLS NOT DISTINCT;
--> index spare.owners_domain_key: nulls_not_distinct

ALTER INDEX spare.items_name_idx SET (fillfactor = 71);
--> index spare.items_name_idx: storage.fillfactor

ALTER INDEX spare.items_lower_idx ALTER COLUMN 1 SET STATISTICS 100;
--> index spare.items_lower_idx: columns[0].hidden_from_planner

DROP INDEX spare.items_lower_idx;
CREATE INDEX items_lower_idx ON spare.items (upper(name));
ALTER INDEX spare.items_lower_idx ALTER COLUMN 1 SET STATISTICS 0;
--> index spare.items_lower_idx: columns[0].sql

DROP INDEX spare.days_at_idx;
CREATE INDEX days_at_idx ON spare.days (at);
--> index spare.days_at_idx: method

DROP INDEX spare.days_at_idx;
CREATE INDEX days_at_idx ON ONLY spare.days USING brin (at);
--> index spare.days_at_idx: invalid

UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'spare.items_lower_idx'::regclass;
--> index spare.items_lower_idx: invalid

CREATE INDEX more_idx ON spare.kinds_new (kind);
--> index spare.more_idx: only in the second

DROP INDEX spare.figures_name_idx;
--> index spare.figures_name_idx: only in the first

DROP INDEX spare.items_lower_idx;
CREATE INDEX items_lower_idx ON spare.owners (lower(email));
ALTER INDEX spare.items_lower_idx ALTER COLUMN 1 SET STATISTICS 0;
--> index spare.items_lower_idx: columns[0].sql
--> index spare.items_lower_idx: table

-- Functions.

ALTER FUNCTION spare.add(integer, integer) STABLE;
--> function spare.add(integer, integer): volatility

ALTER FUNCTION spare.add(integer, integer) PARALLEL UNSAFE;
--> function spare.add(integer, integer): parallel_safe

ALTER FUNCTION spare.add(integer, integer) SECURITY INVOKER;
--> function spare.add(integer, integer): security_definer

ALTER FUNCTION spare.refuse() SECURITY DEFINER;
--> function spare.refuse(): security_definer

ALTER FUNCTION spare.add(integer, integer) STRICT;
--> function spare.add(integer, integer): strict

ALTER FUNCTION spare.add(integer, integer) LEAKPROOF;
--> function spare.add(integer, integer): leakproof

ALTER FUNCTION spare.add(integer, integer) SET search_path = spare;
--> function spare.add(integer, integer): settings[0][1]

ALTER FUNCTION spare.add(integer, integer) RESET TimeZone;
--> function spare.add(integer, integer): settings

ALTER FUNCTION spare.add(integer, integer) OWNER TO spare_reader;
--> function spare.add(integer, integer): owner
--> grant on function spare.add(integer, integer) to spare_app: by

CREATE OR REPLACE FUNCTION spare.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RETURN NEW;
END
$$;
--> function spare.refuse(): body.text

CREATE OR REPLACE FUNCTION spare.count_items() RETURNS bigint
    LANGUAGE sql STABLE BEGIN ATOMIC SELECT count(price) FROM spare.items; END;
--> function spare.count_items(): body.atomic

CREATE OR REPLACE FUNCTION spare.add(a integer, b integer DEFAULT 2) RETURNS integer
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET TimeZone = 'UTC' AS $$
SELECT a + b
$$;
--> function spare.add(integer, integer): arguments[1].default

CREATE OR REPLACE FUNCTION spare.add(a integer, b integer DEFAULT 1) RETURNS integer
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET TimeZone = 'UTC' AS $$
BEGIN
    RETURN a + b;
END
$$;
--> function spare.add(integer, integer): body.text
--> function spare.add(integer, integer): language

DROP FUNCTION spare.count_items();
CREATE FUNCTION spare.count_items() RETURNS numeric
    LANGUAGE sql STABLE BEGIN ATOMIC SELECT count(*) FROM spare.items; END;
ALTER FUNCTION spare.count_items() OWNER TO spare_owner;
REVOKE ALL ON FUNCTION spare.count_items() FROM PUBLIC;
--> function spare.count_items(): returns

CREATE FUNCTION spare.add(a bigint, b varchar) RETURNS bigint LANGUAGE sql AS 'SELECT 1';
REVOKE ALL ON FUNCTION spare.add(bigint, varchar) FROM PUBLIC;
--> function spare.add(bigint, varchar): only in the second

-- Triggers.

ALTER TABLE spare.items DISABLE TRIGGER refuse;
--> trigger spare.items.refuse: firing

ALTER TABLE spare.items ENABLE REPLICA TRIGGER refuse;
--> trigger spare.items.refuse: firing

CREATE OR REPLACE TRIGGER refuse AFTER UPDATE OF price, name OR DELETE ON spare.items
    FOR EACH ROW WHEN (OLD.price > 0) EXECUTE FUNCTION spare.refuse('a', 'é\000 "b"', '');
--> trigger spare.items.refuse: before

CREATE OR REPLACE TRIGGER refuse BEFORE UPDATE OF price, name ON spare.items
    FOR EACH ROW WHEN (OLD.price > 0) EXECUTE FUNCTION spare.refuse('a', 'é\000 "b"', '');
--> trigger spare.items.refuse: events

CREATE OR REPLACE TRIGGER refuse BEFORE UPDATE OF price OR DELETE ON spare.items
    FOR EACH ROW WHEN (OLD.price > 0) EXECUTE FUNCTION spare.refuse('a', 'é\000 "b"', '');
--> trigger spare.items.refuse: columns

CREATE OR REPLACE TRIGGER refuse BEFORE UPDATE OF price, name OR DELETE ON spare.items
    FOR EACH ROW WHEN (OLD.price > 1) EXECUTE FUNCTION spare.refuse('a', 'é\000 "b"', '');
--> trigger spare.items.refuse: condition

CREATE OR REPLACE TRIGGER refuse BEFORE UPDATE OF price, name OR DELETE ON spare.items
    FOR EACH STATEMENT EXECUTE FUNCTION spare.refuse('a', 'é\000 "b"', '');
--> trigger spare.items.refuse: condition
--> trigger spare.items.refuse: each_row

CREATE OR REPLACE TRIGGER refuse BEFORE UPDATE OF price, name OR DELETE ON spare.items
    FOR EACH ROW WHEN (OLD.price > 0) EXECUTE FUNCTION spare.refuse('a', 'é\001 "b"', '');
--> trigger spare.items.refuse: arguments[1]

CREATE OR REPLACE TRIGGER told AFTER UPDATE ON spare.items REFERENCING OLD TABLE AS was
    FOR EACH STATEMENT EXECUTE FUNCTION spare.refuse();
--> trigger spare.items.told: rows.new

CREATE OR REPLACE TRIGGER told AFTER UPDATE ON spare.items REFERENCING OLD TABLE AS past NEW TABLE AS became
    FOR EACH STATEMENT EXECUTE FUNCTION spare.refuse();
--> trigger spare.items.told: rows.old

CREATE TRIGGER more BEFORE TRUNCATE ON spare.kinds_new EXECUTE FUNCTION spare.refuse();
--> trigger spare.kinds_new.more: only in the second

CREATE FUNCTION spare.other() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
ALTER FUNCTION spare.other() OWNER TO spare_owner;
REVOKE ALL ON FUNCTION spare.other() FROM PUBLIC;
CREATE OR REPLACE TRIGGER refuse BEFORE UPDATE OF price, name OR DELETE ON spare.items
    FOR EACH ROW WHEN (OLD.price > 0) EXECUTE FUNCTION spare.other('a', 'é\000 "b"', '');
--> function spare.other(): only in the second
--> trigger spare.items.refuse: function

-- Policies and rules.

ALTER POLICY visible ON spare.items TO PUBLIC;
--> policy spare.items.visible: roles

ALTER POLICY visible ON spare.items TO spare_reader;
--> policy spare.items.visible: roles[0]

ALTER POLICY visible ON spare.items USING (true);
--> policy spare.items.visible: using

ALTER POLICY bounded ON spare.items WITH CHECK (true);
--> policy spare.items.bounded: check

DROP POLICY visible ON spare.items;
CREATE POLICY visible ON spare.items FOR ALL TO spare_app USING (price > 0);
--> policy spare.items.visible: command

DROP POLICY bounded ON spare.items;
CREATE POLICY bounded ON spare.items USING (price < 1000) WITH CHECK (price < 900);
--> policy spare.items.bounded: restrictive

DROP RULE no_merge ON spare.items;
--> rule spare.items.no_merge: only in the first

CREATE OR REPLACE RULE no_merge AS ON DELETE TO spare.items WHERE true DO ALSO NOTHING;
--> rule spare.items.no_merge: condition

CREATE OR REPLACE RULE no_merge AS ON UPDATE TO spare.items WHERE false DO ALSO NOTHING;
--> rule spare.items.no_merge: on

CREATE OR REPLACE RULE no_merge AS ON DELETE TO spare.items WHERE false DO INSTEAD NOTHING;
--> rule spare.items.no_merge: action

CREATE OR REPLACE RULE no_merge AS ON DELETE TO spare.items WHERE false DO ALSO DELETE FROM spare.owners;
--> rule spare.items.no_merge: action

ALTER TABLE spare.items DISABLE RULE no_merge;
--> rule spare.items.no_merge: firing

-- Views.

ALTER VIEW spare.names RESET (security_barrier);
--> view spare.names: kind

ALTER VIEW spare.own RESET (security_invoker);
--> view spare.own: kind

CREATE OR REPLACE VIEW spare.names WITH (security_barrier = true) AS SELECT id, name FROM spare.items WHERE true;
--> view spare.names: query

ALTER VIEW spare.own OWNER TO spare_reader;
--> view spare.own: owner

COMMENT ON VIEW spare.names IS 'Other.';
--> view spare.names: comment

COMMENT ON COLUMN spare.names.name IS 'Other.';
--> view spare.names: column_comments.name

-- Rights.

GRANT SELECT ON spare.owners TO spare_app;
--> grant on relation spare.owners to spare_app: only in the second

GRANT SELECT ON spare.items TO PUBLIC;
--> grant on relation spare.items to public: only in the second

GRANT DELETE ON spare.items TO spare_app;
--> grant on relation spare.items to spare_app: privileges.delete

GRANT TRUNCATE, REFERENCES, TRIGGER ON spare.items TO spare_app;
--> grant on relation spare.items to spare_app: privileges.references
--> grant on relation spare.items to spare_app: privileges.trigger
--> grant on relation spare.items to spare_app: privileges.truncate

GRANT UPDATE (name) ON spare.items TO spare_app;
--> grant on relation spare.items to spare_app: privileges.update.columns

GRANT UPDATE ON spare.items TO spare_app;
--> grant on relation spare.items to spare_app: privileges.update

REVOKE UPDATE (price) ON spare.items FROM spare_app;
--> grant on relation spare.items to spare_app: privileges.update

REVOKE ALL ON spare.names FROM spare_reader;
--> grant on relation spare.names to spare_reader: only in the first

GRANT SELECT ON spare.items TO spare_app WITH GRANT OPTION;
--> grant on relation spare.items to spare_app: grantable

GRANT SELECT ON spare.kinds_new TO spare_app;
--> grant on relation spare.kinds_new to spare_app: only in the second

GRANT EXECUTE ON FUNCTION spare.refuse() TO PUBLIC;
--> grant on function spare.refuse() to public: only in the second

GRANT EXECUTE ON PROCEDURE spare.tidy(timestamptz) TO spare_app;
--> grant on function spare.tidy(timestamptz) to spare_app: only in the second

GRANT CREATE ON SCHEMA spare TO spare_app;
--> grant on schema spare to spare_app: privileges.create

GRANT USAGE ON SCHEMA spare TO PUBLIC;
--> grant on schema spare to public: only in the second

GRANT UPDATE ON SEQUENCE spare.numbers TO spare_app;
--> grant on sequence spare.numbers to spare_app: privileges.update

-- Rights on the database, and on the administrator's schemas.

GRANT CREATE, TEMPORARY ON DATABASE postgres TO spare_app;
--> grant on database to spare_app: privileges.create
--> grant on database to spare_app: privileges.temporary

REVOKE CONNECT ON DATABASE postgres FROM spare_reader;
--> grant on database to spare_reader: only in the first

GRANT CONNECT ON DATABASE postgres TO PUBLIC;
--> grant on database to public: only in the second

GRANT CONNECT ON DATABASE postgres TO spare_app WITH GRANT OPTION;
--> grant on database to spare_app: grantable

GRANT CONNECT ON DATABASE postgres TO spare_app WITH GRANT OPTION;
SET LOCAL ROLE spare_app;
GRANT CONNECT ON DATABASE postgres TO spare_reader;
RESET ROLE;
--> grant on database to spare_app: grantable
--> grant on database to spare_reader: by

GRANT USAGE ON SCHEMA public TO PUBLIC;
--> grant on schema public to public: only in the second

GRANT CREATE ON SCHEMA public TO spare_owner;
--> grant on schema public to spare_owner: privileges.create

REVOKE GRANT OPTION FOR USAGE ON SCHEMA public FROM spare_owner;
--> grant on schema public to spare_owner: grantable

GRANT CREATE ON SCHEMA extensions TO spare_owner;
--> grant on schema extensions to spare_owner: privileges.create

GRANT USAGE ON SCHEMA extensions TO PUBLIC;
--> grant on schema extensions to public: only in the second

-- Default privileges.

ALTER DEFAULT PRIVILEGES FOR ROLE spare_app GRANT EXECUTE ON FUNCTIONS TO PUBLIC;
--> default privileges of spare_app on functions: only in the first

ALTER DEFAULT PRIVILEGES FOR ROLE spare_app GRANT EXECUTE ON FUNCTIONS TO spare_reader;
--> default privileges of spare_app on functions: rights

ALTER DEFAULT PRIVILEGES FOR ROLE spare_app GRANT INSERT ON TABLES TO spare_reader;
--> default privileges of spare_app on tables: rights.spare_reader.privileges

ALTER DEFAULT PRIVILEGES FOR ROLE spare_app GRANT SELECT ON TABLES TO spare_reader WITH GRANT OPTION;
--> default privileges of spare_app on tables: rights.spare_reader.grantable

ALTER DEFAULT PRIVILEGES FOR ROLE spare_app GRANT SELECT ON TABLES TO PUBLIC;
--> default privileges of spare_app on tables: rights.public

ALTER DEFAULT PRIVILEGES FOR ROLE spare_app REVOKE USAGE ON TYPES FROM PUBLIC;
--> default privileges of spare_app on types: only in the second

ALTER DEFAULT PRIVILEGES FOR ROLE spare_app GRANT CREATE ON SCHEMAS TO spare_reader;
--> default privileges of spare_app on schemas: only in the second

ALTER DEFAULT PRIVILEGES FOR ROLE spare_owner IN SCHEMA spare REVOKE USAGE ON SEQUENCES FROM spare_reader;
--> default privileges of spare_owner on sequences in schema spare: only in the first

ALTER DEFAULT PRIVILEGES IN SCHEMA spare GRANT SELECT ON TABLES TO PUBLIC;
--> default privileges of postgres on tables in schema spare: only in the second
