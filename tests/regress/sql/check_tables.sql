-- What only the catalogs know: dependents, partition keys, shapes of indexes, statistics, the transaction.
SET client_min_messages = error;
CREATE EXTENSION IF NOT EXISTS pg_zdm;
RESET client_min_messages;
SELECT zdm.set_guard('off');
CREATE SCHEMA check_tables;
SET search_path = check_tables;
SET lock_timeout = '2s';
CREATE TABLE people (id int PRIMARY KEY, email text COLLATE "C", nick text, code varchar(10), level int NOT NULL DEFAULT 1,
                     upper_code text GENERATED ALWAYS AS (upper(code)) STORED);
INSERT INTO people SELECT 2000000000 + g, g::text, CASE WHEN g % 4 > 0 THEN g % 10 END, g, 1 FROM generate_series(1, 1000) g;
CREATE INDEX people_email_level ON people (email, level);
CREATE INDEX people_code ON people (code DESC);
CREATE INDEX people_level ON people (level) INCLUDE (nick);
CREATE VIEW codes AS SELECT code FROM people;
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
CREATE TRIGGER touch BEFORE UPDATE OF nick ON people FOR EACH ROW EXECUTE FUNCTION touch();
CREATE POLICY own ON people USING (email = current_user);
ANALYZE people;
CREATE TABLE events (id int, at timestamptz, kind text) PARTITION BY RANGE (at, (lower(kind)));
CREATE TABLE events_one PARTITION OF events DEFAULT;
INSERT INTO events VALUES (1, now(), 'x');
CREATE TABLE orders (id bigint PRIMARY KEY, person int);
INSERT INTO orders VALUES (1, NULL);

\pset format unaligned
\pset tuples_only on
-- (rule and message of each, without what the lock alone has to say)
CREATE FUNCTION tried(sql text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE sql;
  RAISE EXCEPTION 'works';
EXCEPTION WHEN OTHERS THEN
  RETURN SQLERRM;
END $$;
PREPARE said AS
  SELECT statement, risk, rule, message FROM zdm.check_ddl($1)
   WHERE rule NOT IN ('strong-lock', 'create-index-not-concurrent', 'alter-column-type-rewrite', 'set-not-null-scan', 'add-unique-blocks');

-- dependents
EXECUTE said('ALTER TABLE people ALTER code TYPE varchar(20); ALTER TABLE people ALTER nick TYPE varchar; ALTER TABLE people ALTER email TYPE varchar');
EXECUTE said('ALTER TABLE people DROP COLUMN code');
EXECUTE said('ALTER TABLE people DROP COLUMN code CASCADE');
SELECT detail FROM zdm.check_ddl('ALTER TABLE people DROP COLUMN code') WHERE rule = 'drop-column';
EXECUTE said('DROP VIEW codes; ALTER TABLE people DROP COLUMN code');
SELECT tried('ALTER TABLE people ALTER code TYPE varchar(20)');
SELECT tried('ALTER TABLE people ALTER nick TYPE varchar');
SELECT tried('ALTER TABLE people ALTER email TYPE varchar');
SELECT tried('ALTER TABLE people DROP COLUMN code');
SELECT tried('DROP VIEW codes; ALTER TABLE people DROP COLUMN upper_code, DROP COLUMN code');
EXECUTE said('DROP VIEW codes; ALTER TABLE people DROP COLUMN upper_code, DROP COLUMN code');

-- the partition key
EXECUTE said('ALTER TABLE events ALTER at TYPE timestamp; ALTER TABLE events DROP COLUMN kind; ALTER TABLE events ALTER id TYPE bigint');
SELECT tried('ALTER TABLE events ALTER at TYPE timestamp');
SELECT tried('ALTER TABLE events DROP COLUMN kind');
SELECT tried('ALTER TABLE events ALTER id TYPE bigint');
EXECUTE said('CREATE INDEX CONCURRENTLY ON events (id)');

-- shapes of indexes
EXECUTE said('CREATE INDEX ON people (email); CREATE INDEX ON people (code); CREATE INDEX ON people (level); CREATE INDEX ON people (level, nick);
  CREATE INDEX ON people (email COLLATE "C"); CREATE UNIQUE INDEX ON people (email); CREATE UNIQUE INDEX ON people (id)');

-- indexes in use
SET enable_seqscan = off;
SELECT count(*) FROM people WHERE email = '5';
RESET enable_seqscan;
SELECT pg_stat_force_next_flush();
SELECT rule, message, detail FROM zdm.check_ddl('DROP INDEX people_email_level; DROP INDEX people_code') WHERE rule = 'drop-used-index';

-- statistics
EXECUTE said('ALTER TABLE people ALTER nick SET NOT NULL; ALTER TABLE people ALTER email SET NOT NULL');
EXECUTE said('ALTER TABLE people ADD UNIQUE (nick); ALTER TABLE people ADD UNIQUE (code)');
EXECUTE said('ALTER TABLE people ALTER id ADD GENERATED ALWAYS AS IDENTITY; ALTER TABLE people ALTER id ADD GENERATED ALWAYS AS IDENTITY (START WITH 2000001001)');
EXECUTE said('ALTER TABLE people ALTER id TYPE smallint');
-- those that the caller may read
CREATE ROLE check_tables_clerk;
GRANT USAGE ON SCHEMA check_tables, zdm TO check_tables_clerk;
GRANT SELECT (id, email) ON people TO check_tables_clerk;
SET ROLE check_tables_clerk;
EXECUTE said('ALTER TABLE people ALTER nick SET NOT NULL; ALTER TABLE people ALTER id ADD GENERATED ALWAYS AS IDENTITY');
RESET ROLE;
ALTER TABLE people ENABLE ROW LEVEL SECURITY;
SET ROLE check_tables_clerk;
EXECUTE said('ALTER TABLE people ALTER id ADD GENERATED ALWAYS AS IDENTITY');
RESET ROLE;

-- the primary key and who needs it
EXECUTE said('ALTER TABLE orders DROP CONSTRAINT orders_pkey');
SET client_min_messages = error;
CREATE PUBLICATION check_tables_pub FOR TABLES IN SCHEMA check_tables;
RESET client_min_messages;
EXECUTE said('ALTER TABLE orders DROP CONSTRAINT orders_pkey');
ALTER TABLE orders REPLICA IDENTITY FULL;
EXECUTE said('ALTER TABLE orders DROP CONSTRAINT orders_pkey');
DROP PUBLICATION check_tables_pub;

-- foreign keys
EXECUTE said('ALTER TABLE orders ADD FOREIGN KEY (person) REFERENCES people NOT VALID; ALTER TABLE orders ADD FOREIGN KEY (id) REFERENCES people NOT VALID');
EXECUTE said('CREATE TABLE notes (person bigint REFERENCES people)');

-- the session's own transaction
ALTER TABLE people ADD CONSTRAINT nick_present CHECK (nick IS NOT NULL) NOT VALID;
ALTER TABLE people ADD CONSTRAINT email_present CHECK (email IS NOT NULL) NOT VALID;
EXECUTE said('ALTER TABLE people VALIDATE CONSTRAINT nick_present; ALTER TABLE people VALIDATE CONSTRAINT email_present');
BEGIN;
EXECUTE said('CREATE INDEX CONCURRENTLY ON people (nick); ALTER TABLE people VALIDATE CONSTRAINT email_present');
LOCK people IN SHARE MODE;
EXECUTE said('ALTER TABLE people VALIDATE CONSTRAINT email_present; COMMIT; ALTER TABLE people VALIDATE CONSTRAINT email_present');
ROLLBACK;
EXECUTE said('CREATE INDEX CONCURRENTLY ON people (nick)');

-- numbers of columns
DO $$
BEGIN
  FOR i IN 1..1595 LOOP
    EXECUTE 'ALTER TABLE check_tables.orders ADD x int';
    EXECUTE 'ALTER TABLE check_tables.orders DROP x';
  END LOOP;
END $$;
EXECUTE said('ALTER TABLE orders ADD a int, ADD b int, ADD c int; ALTER TABLE orders ADD a int, ADD b int, ADD c int, ADD d int');
SET client_min_messages = error;
DROP OWNED BY check_tables_clerk;
DROP ROLE check_tables_clerk;
DROP SCHEMA check_tables CASCADE;
