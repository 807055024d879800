-- A copy of a database has neither its rights nor its settings, which belong to the server.
UPDATE pg_database SET datacl = (SELECT datacl FROM pg_database WHERE datname = 'OLD') WHERE datname = 'NEW';
INSERT INTO pg_db_role_setting
SELECT (SELECT oid FROM pg_database WHERE datname = 'NEW'), setrole, setconfig FROM pg_db_role_setting
WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = 'OLD');
