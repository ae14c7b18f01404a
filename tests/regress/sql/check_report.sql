-- The check as a document, in each format, and as an error. (The formats themselves: analyzer/tests/report.rs.)
SET client_min_messages = error;
CREATE EXTENSION IF NOT EXISTS pg_zdm;
RESET client_min_messages;
SELECT zdm.set_guard('off');
CREATE SCHEMA check_report;
SET search_path = check_report;
SET lock_timeout = '2s';
CREATE TABLE users (id bigint PRIMARY KEY, email text, age int);
INSERT INTO users SELECT g, g, g FROM generate_series(1, 100) g;
ANALYZE users;
\pset format unaligned
\pset tuples_only on
SELECT 'ALTER TABLE users
  ADD COLUMN note text,
  ADD CONSTRAINT grown_up CHECK (age > 17);
CREATE INDEX CONCURRENTLY ON users (email);
DO $$BEGIN EXECUTE text; END$$;' AS migration \gset
SELECT zdm.check_report(:'migration');
SELECT zdm.check_report(:'migration', 'markdown', file => '0042.sql');
SELECT zdm.check_report(:'migration', 'github', file => '0042.sql');
SELECT key FROM json_each(zdm.check_report(:'migration', 'json')::json) ORDER BY key;
SELECT f ->> 'line' AS line, f ->> 'risk', f ->> 'estimate_low', f ->> 'estimate_high', f ->> 'text'
  FROM json_array_elements(zdm.check_report(:'migration', 'json')::json -> 'findings') f;
SELECT s ->> 'version', s #>> '{runs,0,tool,driver,version}' = (SELECT extversion FROM pg_extension WHERE extname = 'pg_zdm'),
       json_array_length(s #> '{runs,0,results}')
  FROM (SELECT zdm.check_report(:'migration', 'sarif')::json AS s) s;
\pset tuples_only off
-- nothing to say
SELECT zdm.check_report('SELECT 1');
SELECT zdm.check_report('');
SELECT zdm.check_report(NULL) IS NULL AS nothing;
SELECT zdm.check_report('SELECT 1', 'github') = '' AS empty;
-- as an error
SELECT zdm.check_report(:'migration', fail_on => 'danger');
SELECT zdm.check_report(:'migration', 'github', 'unknown', '0042.sql');
SELECT zdm.check_report('ALTER TABLE users ADD COLUMN a int', fail_on => 'caution');
\set VERBOSITY sqlstate
SELECT zdm.check_report('DROP TABLE users', fail_on => 'danger');
\set VERBOSITY default
SELECT zdm.check_report('SELECT 1', fail_on => 'caution');
SELECT zdm.check_report('DO $$BEGIN EXECUTE text; END$$', 'github', fail_on => 'danger');
-- wrong calls
SELECT zdm.check_report('SELECT 1', 'xml');
SELECT zdm.check_report('SELECT 1', NULL);
SELECT zdm.check_report('SELECT 1', fail_on => 'safe');
SELECT zdm.check_report('DROP TABEL users');
\set VERBOSITY sqlstate
SELECT zdm.check_report('SELECT 1', 'Text');
SELECT zdm.check_report('SELECT 1', 'text', 'error');
\set VERBOSITY default
-- what it does is in its columns, too
SELECT object, lock_mode, estimate_low, estimate_high, detail FROM zdm.check_ddl('CREATE INDEX ON users (email); DROP TABLE users');
-- small tables
SHOW zdm.small_table;
SELECT risk, rule FROM zdm.check_ddl('CREATE INDEX ON users (email); DROP TABLE users');
SET zdm.small_table = '16kB';
SELECT risk, rule, detail FROM zdm.check_ddl('CREATE INDEX ON users (email); DROP TABLE users');
SET zdm.small_table = '8kB';
SELECT risk, rule FROM zdm.check_ddl('CREATE INDEX ON users (email)');
RESET zdm.small_table;
SELECT name, setting, unit, context, boot_val FROM pg_settings WHERE name = 'zdm.small_table';
-- the rules as a view
SELECT count(*) > 30 AS many, count(*) = (SELECT count(*) FROM zdm.rules()) AS the_same FROM zdm.rules;
SELECT * FROM zdm.rules WHERE name = 'drop-table';
DROP SCHEMA check_report CASCADE;
