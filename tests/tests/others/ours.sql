-- Pairs of our own: the older schema, its rows, the newer one, and the renames that it says.

---- a column with a default, between others
--> old
CREATE TABLE public.people (id integer PRIMARY KEY, name text NOT NULL);
--> rows
INSERT INTO people VALUES (1, 'Awa'), (2, 'Bob');
--> new
CREATE TABLE public.people (id integer PRIMARY KEY, active boolean DEFAULT true NOT NULL, name text NOT NULL);

---- a wider type, and a column that may be absent
--> old
CREATE TABLE "Orders" (id integer PRIMARY KEY, total numeric(8, 2) NOT NULL, note varchar(20) NOT NULL);
--> rows
INSERT INTO "Orders" VALUES (1, 12.50, 'first');
--> new
CREATE TABLE "Orders" (id integer PRIMARY KEY, total numeric(12, 2) NOT NULL, note text);

---- a default that goes, and another
--> old
CREATE TABLE settings (key text PRIMARY KEY, value text DEFAULT 'none', size integer DEFAULT 1);
--> rows
INSERT INTO settings (key) VALUES ('colour');
--> new
CREATE TABLE settings (key text PRIMARY KEY, value text, size integer DEFAULT 2);

---- checks, a unique constraint and an index of an expression
--> old
CREATE TABLE accounts (id bigint PRIMARY KEY, email text, balance numeric, CONSTRAINT positive CHECK (balance > 0));
CREATE INDEX accounts_email ON accounts (email);
--> rows
INSERT INTO accounts VALUES (1, 'a@example.org', 5);
--> new
CREATE TABLE accounts (id bigint PRIMARY KEY, email text, balance numeric, CONSTRAINT positive CHECK (balance >= 0), UNIQUE (email));
CREATE INDEX accounts_email ON accounts (lower(email)) WHERE balance > 0;

---- a reference that cascades
--> old
CREATE TABLE teams (id integer PRIMARY KEY);
CREATE TABLE players (id integer PRIMARY KEY, team integer REFERENCES teams (id));
--> rows
INSERT INTO teams VALUES (1);
INSERT INTO players VALUES (7, 1);
--> new
CREATE TABLE teams (id integer PRIMARY KEY);
CREATE TABLE players (id integer PRIMARY KEY, team integer REFERENCES teams (id) ON DELETE CASCADE);

---- tables in circles that come
--> old
CREATE TABLE notes (id integer PRIMARY KEY);
--> rows
INSERT INTO notes VALUES (1);
--> new
CREATE TABLE notes (id integer PRIMARY KEY);
CREATE TABLE eggs (id integer PRIMARY KEY, hen integer);
CREATE TABLE hens (id integer PRIMARY KEY, egg integer REFERENCES eggs (id));
ALTER TABLE eggs ADD FOREIGN KEY (hen) REFERENCES hens (id) DEFERRABLE INITIALLY DEFERRED;

---- a table and a schema that go
--> old
CREATE SCHEMA old_things;
CREATE TABLE old_things.items (id integer PRIMARY KEY);
CREATE TABLE kept (id integer PRIMARY KEY);
--> rows
INSERT INTO kept VALUES (1);
--> new
CREATE TABLE kept (id integer PRIMARY KEY);

---- a view that reads another, and a column of another type below both
--> old
CREATE TABLE sales (id integer PRIMARY KEY, amount integer NOT NULL);
CREATE VIEW large AS SELECT id, amount FROM sales WHERE amount > 100;
CREATE VIEW largest AS SELECT max(amount) AS most FROM large;
--> rows
INSERT INTO sales VALUES (1, 500);
--> new
CREATE TABLE sales (id integer PRIMARY KEY, amount bigint NOT NULL);
CREATE VIEW large AS SELECT id, amount FROM sales WHERE amount > 200;
CREATE VIEW largest AS SELECT max(amount) AS most FROM large;

---- a function and the trigger that calls it
--> old
CREATE TABLE logs (id integer PRIMARY KEY, changed timestamptz);
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER touched BEFORE UPDATE ON logs FOR EACH ROW EXECUTE FUNCTION touch();
--> rows
INSERT INTO logs VALUES (1, now());
--> new
CREATE TABLE logs (id integer PRIMARY KEY, changed timestamptz);
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.changed := now(); RETURN NEW; END $$;
CREATE TRIGGER touched BEFORE INSERT OR UPDATE ON logs FOR EACH ROW EXECUTE FUNCTION touch();

---- row security that its owner passes over
--> old
CREATE TABLE secrets (id integer PRIMARY KEY, owner text);
--> rows
INSERT INTO secrets VALUES (1, 'postgres');
--> new
CREATE TABLE secrets (id integer PRIMARY KEY, owner text);
ALTER TABLE secrets ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON secrets USING (owner = current_user);

---- partitions by list, one more of them
--> old
CREATE TABLE events (id integer, kind text, PRIMARY KEY (id, kind)) PARTITION BY LIST (kind);
CREATE TABLE events_a PARTITION OF events FOR VALUES IN ('a');
--> rows
INSERT INTO events VALUES (1, 'a');
--> new
CREATE TABLE events (id integer, kind text, PRIMARY KEY (id, kind)) PARTITION BY LIST (kind);
CREATE TABLE events_a PARTITION OF events FOR VALUES IN ('a');
CREATE TABLE events_b PARTITION OF events FOR VALUES IN ('b');
CREATE INDEX events_kind ON events (kind);

---- comments and storage
--> old
CREATE TABLE books (id integer PRIMARY KEY, title text);
COMMENT ON TABLE books IS 'All books.';
--> rows
INSERT INTO books VALUES (1, 'Une si longue lettre');
--> new
CREATE TABLE books (id integer PRIMARY KEY, title text) WITH (fillfactor = 80);
COMMENT ON COLUMN books.title IS 'As printed.';

---- a column that is computed
--> old
CREATE TABLE boxes (id integer PRIMARY KEY, width integer NOT NULL, height integer NOT NULL);
--> rows
INSERT INTO boxes VALUES (1, 2, 3);
--> new
CREATE TABLE boxes (id integer PRIMARY KEY, width integer NOT NULL, height integer NOT NULL,
    area integer GENERATED ALWAYS AS (width * height) STORED);

---- a column called otherwise
--> old
CREATE TABLE users (id bigint PRIMARY KEY, "UserName" text UNIQUE);
--> rows
INSERT INTO users VALUES (1, 'awa');
--> new
CREATE TABLE users (id bigint PRIMARY KEY, username text);
ALTER TABLE users ADD CONSTRAINT "users_UserName_key" UNIQUE (username);
--> renames
ALTER TABLE public.users RENAME COLUMN "UserName" TO username;

---- a table called otherwise, with a column that is too
--> old
CREATE TABLE accounts (id bigint PRIMARY KEY, name text);
--> rows
INSERT INTO accounts VALUES (1, 'awa');
--> new
CREATE TABLE members (id bigint CONSTRAINT accounts_pkey PRIMARY KEY, nick text, born date);
--> renames
ALTER TABLE public.accounts RENAME TO members;
ALTER TABLE public.members RENAME COLUMN name TO nick;

---- an index and a constraint called otherwise
--> old
CREATE TABLE words (id integer, word text, CONSTRAINT words_once UNIQUE (word));
CREATE INDEX by_id ON words (id);
--> rows
INSERT INTO words VALUES (1, 'teranga');
--> new
CREATE TABLE words (id integer, word text, CONSTRAINT word_once UNIQUE (word));
CREATE INDEX words_by_id ON words (id);
--> renames
ALTER INDEX public.by_id RENAME TO words_by_id;
ALTER INDEX public.words_once RENAME TO word_once;

---- an enum that gets values, and a column of it
--> old
CREATE TYPE mood AS ENUM ('calm', 'wild');
CREATE TABLE cats (id integer PRIMARY KEY, mood mood NOT NULL DEFAULT 'calm');
--> rows
INSERT INTO cats VALUES (1, 'wild');
--> new
CREATE TYPE mood AS ENUM ('asleep', 'calm', 'playful', 'wild', 'gone');
COMMENT ON TYPE mood IS 'How a cat is.';
CREATE TABLE cats (id integer PRIMARY KEY, mood mood NOT NULL DEFAULT 'asleep', before mood[]);

---- an enum that loses a value and has another order
--> old
CREATE TYPE size AS ENUM ('small', 'none', 'large');
CREATE TABLE shirts (id integer PRIMARY KEY, size size NOT NULL DEFAULT 'large', sizes size[]);
CREATE VIEW large AS SELECT id FROM shirts WHERE size = 'large';
--> rows
INSERT INTO shirts VALUES (1, 'small', '{small,large}');
--> new
CREATE TYPE size AS ENUM ('large', 'small');
CREATE TABLE shirts (id integer PRIMARY KEY, size size NOT NULL DEFAULT 'small', sizes size[]);
CREATE VIEW large AS SELECT id FROM shirts WHERE size = 'large';

---- an enum called otherwise, with a value that is too
--> old
CREATE TYPE order_state AS ENUM ('pending', 'shipping');
CREATE TABLE orders (id integer PRIMARY KEY, state order_state NOT NULL DEFAULT 'shipping', CHECK (state <> 'shipping' OR id > 0));
CREATE VIEW open AS SELECT id FROM orders WHERE state = 'pending';
--> rows
INSERT INTO orders VALUES (1, 'shipping'), (2, 'pending');
--> new
CREATE TYPE order_status AS ENUM ('pending', 'shipped', 'delivered');
CREATE TABLE orders (id integer PRIMARY KEY, state order_status NOT NULL DEFAULT 'shipped', CHECK (state <> 'shipped' OR id > 0));
CREATE VIEW open AS SELECT id FROM orders WHERE state = 'pending';
--> renames
ALTER TYPE public.order_state RENAME TO order_status;
ALTER TYPE public.order_status RENAME VALUE 'shipping' TO 'shipped';

---- domains and composite types
--> old
CREATE DOMAIN positive AS integer DEFAULT 1 CHECK (VALUE > 0);
CREATE DOMAIN gone AS text;
CREATE TYPE place AS (street text, floor integer);
CREATE TABLE flats (id positive PRIMARY KEY, note gone);
--> rows
INSERT INTO flats VALUES (3, 'x');
--> new
CREATE DOMAIN positive AS integer NOT NULL CHECK (VALUE > 1);
CREATE TYPE place AS (street text, town text);
CREATE TYPE way AS (begins place, ends place);
CREATE TABLE flats (id positive PRIMARY KEY, note text);

---- sequences with details, one of a column
--> old
CREATE SEQUENCE numbers;
CREATE TABLE bills (id integer PRIMARY KEY, number bigint);
CREATE TABLE lost (id serial PRIMARY KEY);
--> rows
INSERT INTO bills VALUES (1, 2);
--> new
CREATE SEQUENCE numbers INCREMENT 10 MAXVALUE 1000 CACHE 5 CYCLE;
CREATE TABLE bills (id integer PRIMARY KEY, number bigserial);
CREATE TABLE others (id smallserial PRIMARY KEY);

---- a text that becomes an enum and loses its default, and a number that does
--> old
CREATE TABLE tickets (id integer PRIMARY KEY, state text NOT NULL DEFAULT 'open', size text DEFAULT '5');
--> rows
INSERT INTO tickets VALUES (1, 'open', '7');
--> new
CREATE TYPE state AS ENUM ('open', 'shut');
CREATE TABLE tickets (id integer PRIMARY KEY, state state NOT NULL, size integer);

---- a composite type that a column has
--> old
CREATE TYPE spot AS (street text, floor integer);
CREATE TABLE doors (id integer PRIMARY KEY, spot spot);
--> rows
INSERT INTO doors VALUES (1, NULL);
--> new
CREATE TYPE spot AS (street text, floor integer, town text);
CREATE TABLE doors (id integer PRIMARY KEY, spot spot, spots spot[]);
