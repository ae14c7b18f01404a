-- CALL zdm.backfill: what the user sees of a job that ends well.
\set VERBOSITY default
\set SHOW_CONTEXT errors
SET zdm.guard_mode = off;
SET client_min_messages = error;
DROP EXTENSION IF EXISTS pg_zdm CASCADE;
CREATE EXTENSION pg_zdm;
RESET client_min_messages;
CREATE SCHEMA backfill;
SET search_path = backfill;

CREATE TABLE accounts (id bigint PRIMARY KEY, balance numeric NOT NULL, cents bigint, note text) WITH (autovacuum_enabled = off);
INSERT INTO accounts SELECT n, n / 100.0 FROM generate_series(1, 2500) n;
ANALYZE accounts;

-- The summary's DETAIL holds the time it took: terse leaves it out.
\set VERBOSITY terse
CALL zdm.backfill('accounts', 'cents = balance * 100', 'cents IS NULL');
SELECT count(*), min(cents), max(cents), count(DISTINCT xmin::text) AS transactions FROM accounts;

-- Nothing to do.
CALL zdm.backfill('accounts', 'cents = balance * 100', 'cents IS NULL');

-- Named arguments; more than one column; a part of the rows.
CALL zdm.backfill(target => 'accounts', set_expr => $$cents = cents + 1, note = 'it''s ' || id$$, where_expr => 'id > 2000', batch => 50,
                  pause => '1 ms');
SELECT count(*), min(cents - id), max(cents - id), min(note), max(note), count(DISTINCT xmin::text) AS transactions FROM accounts WHERE id > 2000;
SELECT count(*) FROM accounts WHERE id <= 2000 AND (cents <> id OR note IS NOT NULL);

-- Rows that a trigger keeps back.
CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NULL; END$$;
CREATE TRIGGER keep BEFORE UPDATE ON accounts FOR EACH ROW WHEN (OLD.id <= 3) EXECUTE FUNCTION keep();
\set VERBOSITY default
SET client_min_messages = warning;
CALL zdm.backfill('accounts', 'cents = 0', 'cents <> 0');
RESET client_min_messages;
DROP TRIGGER keep ON accounts;
\set VERBOSITY terse

-- A table without any key, walked by blocks.
CREATE TABLE log (line text, length integer) WITH (autovacuum_enabled = off);
INSERT INTO log (line) SELECT repeat('x', n) FROM generate_series(1, 100) n;
CALL zdm.backfill('log', 'length = 1', 'length IS NULL');
SELECT count(*), min(length), max(length) FROM log;

-- Partitions, one after the other.
CREATE TABLE events (at date NOT NULL, id integer NOT NULL, kind text NOT NULL, PRIMARY KEY (at, id)) PARTITION BY RANGE (at);
CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM ('2026-02-01') TO ('2026-03-01') PARTITION BY HASH (id);
CREATE TABLE events_2a PARTITION OF events_2 FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE events_2b PARTITION OF events_2 FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO events SELECT '2026-01-01'::date + n, n, 'a' FROM generate_series(0, 50) n;
CALL zdm.backfill('events', $$kind = kind || 'b'$$, batch => 10);
SELECT kind, count(*) FROM events GROUP BY kind;
SELECT part, relation, walk, key_columns, upper_bound FROM zdm.job_part WHERE job = 6 ORDER BY relation::text;

-- What is known of the jobs afterwards.
SELECT job, target, state, walk, current_relation, percent, rows_updated, rows_remaining, batches, time_left, finished_at >= created_at AS finished
  FROM zdm.progress;
SELECT id, owner = current_user::regrole AS mine, set_expr, where_expr, batch, pause, falsifies, rows_suppressed FROM zdm.job ORDER BY id;
\d zdm.progress

SET client_min_messages = warning;
DROP SCHEMA backfill CASCADE;
