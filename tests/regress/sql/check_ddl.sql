-- What zdm.check_ddl says, and how. (Whether it is true is asked in tests/verify.)
SET client_min_messages = error;
CREATE EXTENSION IF NOT EXISTS pg_zdm;
RESET client_min_messages;
SELECT zdm.set_guard('off');
CREATE SCHEMA check_ddl;
SET search_path = check_ddl;
SET lock_timeout = '2s';
CREATE TABLE users (id bigint PRIMARY KEY, email text, age int CHECK (age > 0));
INSERT INTO users SELECT g, g, g FROM generate_series(1, 100) g;
CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint);
INSERT INTO orders SELECT g, g FROM generate_series(1, 100) g;
CREATE TABLE nobody (id bigint);

-- one row a finding, one for a statement with none
\x
SELECT * FROM zdm.check_ddl('
CREATE INDEX ON users (email);

CREATE INDEX CONCURRENTLY ON users (email);
ALTER TABLE orders
  ADD FOREIGN KEY (user_id) REFERENCES users;
');
\x
\pset format unaligned
SELECT statement, line, command, object, risk, rule, lock_mode, blocks, rewrites, scans FROM zdm.check_ddl($$
  ALTER TABLE users ADD COLUMN a int, ADD COLUMN b uuid DEFAULT gen_random_uuid();
  ALTER TABLE users ALTER COLUMN age TYPE bigint; -- and
  /* a comment */ ALTER TABLE users ALTER COLUMN age SET NOT NULL;
  ALTER TABLE nobody ALTER COLUMN id SET NOT NULL; CREATE INDEX ON nobody (id);
  DROP TABLE IF EXISTS orders, missing; ALTER TABLE missing ADD COLUMN a int; DROP INDEX nosuch;
  CREATE TABLE fresh AS SELECT * FROM users; CREATE INDEX ON fresh (id);
  DO 'BEGIN EXECUTE text; END'; SELECT * FROM users; TRUNCATE users; VACUUM FULL users; LOCK users;
  CREATE DATABASE d; DROP DATABASE d; ALTER SYSTEM SET work_mem = 1;
$$);
\pset format aligned

-- what can be seen in a DO block has the lines of the text; what cannot, or need not run, is said
\pset format unaligned
SELECT statement, line, command, object, risk, rule, message FROM zdm.check_ddl($$
SELECT 1;
DO $do$
BEGIN
  EXECUTE 'DROP TABLE orders';
  IF (SELECT count(*) FROM users) > 5 THEN
    CREATE INDEX ON users (age);
  END IF;
END
$do$;
DO $do$BEGIN ALTER TABLE users VALIDATE CONSTRAINT users_age_check; END$do$;
$$);
-- where the catalogs say which way it goes, it is followed
SELECT line, command, object, risk, rule, message FROM zdm.check_ddl($$DO $do$
DECLARE one text;
BEGIN
  FOREACH one IN ARRAY ARRAY['users', 'no_such'] LOOP
    CONTINUE WHEN to_regclass(one) IS NULL;
    EXECUTE format('CREATE INDEX ON %I (age)', one);
  END LOOP;
  IF EXISTS (SELECT FROM pg_constraint WHERE conname = 'no_such') THEN DROP TABLE users; END IF;
END $do$;$$);
-- a file for psql
SELECT statement, line, command, risk, rule, message FROM zdm.check_ddl($$\set ON_ERROR_STOP on
\ir more.sql
COPY users (id) FROM stdin;
1
\.
SET search_path = nowhere;
DROP TABLE users;
$$);
SELECT * FROM zdm.check_ddl($$\echo here
ALTER TABEL users$$);
\pset format aligned

-- nothing to check
SELECT count(*) FROM zdm.check_ddl(NULL);
SELECT count(*) FROM zdm.check_ddl('');
SELECT count(*) FROM zdm.check_ddl(' ; -- nothing');
SELECT count(*) FROM zdm.ddl_effects(NULL);

-- what the server's grammar refuses is the server's error, at its place in the text
SELECT * FROM zdm.check_ddl('SELECT 1;
  ALTER TABEL users ADD COLUMN a int');
SELECT * FROM zdm.ddl_effects('ALTER TABLE users ADD COLUMN');
SELECT * FROM zdm.check_ddl('ALTER TABLE users ADD COLUMN é int é');
SELECT * FROM zdm.check_ddl('SELECT ''unterminated');

-- names are the caller's
SELECT object, risk FROM zdm.check_ddl('DROP TABLE users');
SET search_path = public;
SELECT object, risk, rule, message FROM zdm.check_ddl('DROP TABLE users');
SELECT object, risk FROM zdm.check_ddl('DROP TABLE check_ddl.users');
SET search_path = check_ddl;
CREATE TEMP TABLE users AS SELECT 1 AS id;
SELECT statement, regexp_replace(object, '_[0-9]+', '_n') AS object, risk FROM zdm.check_ddl('CREATE INDEX ON users (id); CREATE INDEX ON check_ddl.users (id); DROP TABLE pg_temp.users');
DROP TABLE pg_temp.users;

-- effects
SELECT * FROM zdm.ddl_effects('
  ALTER TABLE orders ADD FOREIGN KEY (user_id) REFERENCES users NOT VALID;
  ALTER TABLE users ALTER COLUMN age TYPE bigint;
  DROP TABLE nobody;
  CREATE TABLE fresh (id int)');

-- the text may be long, but not too long
SELECT count(*) FROM zdm.check_ddl(repeat('SELECT 1;', 100));
SET zdm.max_check_size = '1kB';
SELECT * FROM zdm.check_ddl(repeat('SELECT 1;', 114));
RESET zdm.max_check_size;

-- the rules and their manuals
SELECT count(*) > 30 AS many, count(*) = count(DISTINCT name) AS different, bool_and(risk IN ('caution', 'danger', 'unknown')) AS risky,
       bool_and(zdm.explain(name) <> '') AS explained
  FROM zdm.rules();
SELECT * FROM zdm.rules() WHERE name = 'create-index-not-concurrent';
SELECT zdm.explain(NULL) IS NULL AS nothing;
SELECT zdm.explain('no-such-rule');

DROP SCHEMA check_ddl CASCADE;
