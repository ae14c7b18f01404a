-- CALL zdm.backfill: where it does not run, and what it says then.
\set VERBOSITY default
\set SHOW_CONTEXT errors
SET zdm.guard_mode = off;
SET client_min_messages = error;
DROP EXTENSION IF EXISTS pg_zdm CASCADE;
CREATE EXTENSION pg_zdm;
RESET client_min_messages;
CREATE SCHEMA backfill_refuse;
SET search_path = backfill_refuse;

CREATE TABLE t (id bigint PRIMARY KEY, v integer NOT NULL DEFAULT 0, part text GENERATED ALWAYS AS ('p') STORED);
INSERT INTO t SELECT generate_series(1, 10);

-- It commits, so it has to be alone.
BEGIN;
CALL zdm.backfill('t', 'v = 1');
ROLLBACK;
SELECT 1 AS first \; CALL zdm.backfill('t', 'v = 1');
CREATE FUNCTION wraps() RETURNS void LANGUAGE plpgsql AS $$BEGIN CALL zdm.backfill('t', 'v = 1'); END$$;
SELECT wraps();
DO $$BEGIN CALL zdm.backfill('t', 'v = 1'); EXCEPTION WHEN division_by_zero THEN NULL; END$$;
BEGIN;
CALL zdm.run(1);
ROLLBACK;

SET statement_timeout = '10min';
CALL zdm.backfill('t', 'v = 1');
CALL zdm.run(1);
RESET statement_timeout;

SET default_transaction_read_only = on;
CALL zdm.backfill('t', 'v = 1');
CALL zdm.run(1);
RESET default_transaction_read_only;

-- Arguments.
CALL zdm.backfill(NULL, 'v = 1');
CALL zdm.backfill('t', NULL);
CALL zdm.backfill('t', 'v = 1', batch => 0);
CALL zdm.backfill('t', 'v = 1', batch => -1);
CALL zdm.backfill('t', 'v = 1', pause => '-1 second');
CALL zdm.backfill('t', 'v = 1', pause => '2 days');
CALL zdm.backfill('nowhere', 'v = 1');
CALL zdm.backfill(4294967295::oid::regclass, 'v = 1');
CALL zdm.run(NULL);
CALL zdm.run(1);

-- What is no ordinary table.
CREATE VIEW a_view AS SELECT * FROM t;
CREATE MATERIALIZED VIEW a_matview AS SELECT * FROM t;
CREATE SEQUENCE a_sequence;
CREATE FOREIGN DATA WRAPPER regress_nothing;
CREATE SERVER regress_nothing FOREIGN DATA WRAPPER regress_nothing;
CREATE FOREIGN TABLE a_foreign_table (id integer, v integer) SERVER regress_nothing;
CREATE TABLE a_ruled_table (id integer PRIMARY KEY, v integer);
CREATE RULE a_rule AS ON UPDATE TO a_ruled_table DO INSTEAD NOTHING;
CREATE TABLE with_foreign_leaf (id integer, v integer) PARTITION BY RANGE (id);
CREATE FOREIGN TABLE a_foreign_leaf PARTITION OF with_foreign_leaf FOR VALUES FROM (0) TO (10) SERVER regress_nothing;
CREATE TABLE with_statement_trigger (id integer PRIMARY KEY, v integer) PARTITION BY RANGE (id);
CREATE TABLE a_leaf PARTITION OF with_statement_trigger FOR VALUES FROM (0) TO (10);
CREATE FUNCTION a_trigger() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NULL; END$$;
CREATE TRIGGER a_trigger AFTER UPDATE ON with_statement_trigger FOR EACH STATEMENT EXECUTE FUNCTION a_trigger();
CREATE TABLE by_expression (code text, v integer) PARTITION BY LIST (lower(code));
CREATE TABLE an_expression PARTITION OF by_expression FOR VALUES IN ('a');
CREATE TEMP TABLE a_temp_table (id integer, v integer);
CREATE TABLE a_parent (id integer PRIMARY KEY, v integer);
CREATE TABLE a_child () INHERITS (a_parent);
CALL zdm.backfill('a_view', 'v = 1');
CALL zdm.backfill('a_matview', 'v = 1');
CALL zdm.backfill('a_sequence', 'last_value = 1');
CALL zdm.backfill('t_pkey', 'id = 1');
CALL zdm.backfill('a_foreign_table', 'v = 1');
CALL zdm.backfill('a_ruled_table', 'v = 1');
CALL zdm.backfill('with_foreign_leaf', 'v = 1');
CALL zdm.backfill('with_statement_trigger', 'v = 1');
CALL zdm.backfill('by_expression', 'code = ''a''', 'code IS NULL');
CALL zdm.backfill('t', 'v = (SELECT x.v FROM a_temp_table x WHERE x.id = t.id)');
CALL zdm.backfill('t', 'v = 1', 'EXISTS (SELECT FROM a_temp_table x WHERE x.id = t.id)');
SET escape_string_warning = off;
SET standard_conforming_strings = off;
CALL zdm.backfill('t', 'v = length(''\\'')');
RESET standard_conforming_strings;
CALL zdm.backfill('a_parent', 'v = 1');
CALL zdm.backfill('pg_catalog.pg_class', 'relname = relname');
CALL zdm.backfill('zdm.job', 'pause = pause');

-- Without a key only where done rows are excluded.
CREATE TABLE no_key (v integer, w integer);
CREATE UNIQUE INDEX ON no_key (v);
CALL zdm.backfill('no_key', 'w = 1');
CALL zdm.backfill('no_key', 'w = 1', 'v > 0');
CALL zdm.backfill('no_key', 'w = v', 'w IS NULL');
CALL zdm.backfill('no_key', 'w = NULL', 'w IS NULL');
CALL zdm.backfill('no_key', 'v = 0', 'v IS NULL OR v > -5');

-- Nothing was done, and no job is left.
SELECT sum(v), count(DISTINCT xmin::text) FROM t;
SELECT count(*) FROM zdm.job;

SET client_min_messages = warning;
DROP FOREIGN DATA WRAPPER regress_nothing CASCADE;
DROP SCHEMA backfill_refuse CASCADE;
