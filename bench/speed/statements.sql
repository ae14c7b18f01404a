-- 10,000 statements over those tables, weighted like the migrations of applications. No chance is in it: the same numbers give the same text.
-- In a template {t} and {o} stand for tables ({tn} for the name alone, {ts} for its schema), {p} for a partitioned table, {v} for one with a view,
-- {m} for one with a materialized view, {n} for the statement's number.
CREATE TABLE bench.template (id integer GENERATED ALWAYS AS IDENTITY, weight integer NOT NULL, sql text NOT NULL);
INSERT INTO bench.template (weight, sql) VALUES
  -- new tables, and what belongs to them
  (90, 'CREATE TABLE {ts}.new_{n} (id bigserial PRIMARY KEY, name text NOT NULL, {tn}_id bigint REFERENCES {t} (id), created_at timestamptz NOT NULL DEFAULT now())'),
  (50, 'CREATE TABLE IF NOT EXISTS {ts}.new_{n} (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), email varchar(255) NOT NULL UNIQUE, status status DEFAULT ''new'',
    amount numeric(10,2) NOT NULL DEFAULT 0 CHECK (amount >= 0), data jsonb, CONSTRAINT new_{n}_pair UNIQUE (email, status))'),
  (40, 'CREATE TABLE {ts}.new_{n} (user_id integer NOT NULL REFERENCES {t} (id) ON DELETE CASCADE, item_id bigint NOT NULL REFERENCES {o} (id), PRIMARY KEY (user_id, item_id))'),
  (8, 'CREATE TABLE {ts}.new_{n} (LIKE {t} INCLUDING ALL)'),
  (8, 'CREATE TABLE {ps}.new_{n} PARTITION OF {p} FOR VALUES FROM (''2025-01-01'') TO (''2025-02-01'')'),
  (5, 'CREATE TABLE {ts}.new_{n} AS SELECT id, email FROM {t} WHERE flag'),
  (5, 'CREATE TYPE kind_{n} AS ENUM (''a'', ''b'', ''c'')'),
  (4, 'ALTER TYPE status ADD VALUE ''state {n}'''),
  (4, 'CREATE SEQUENCE {ts}.new_{n}_seq START 1000'),
  -- columns
  (75, 'ALTER TABLE {t} ADD COLUMN field_{n} text'),
  (30, 'ALTER TABLE {t} ADD COLUMN IF NOT EXISTS field_{n} varchar(100)'),
  (40, 'ALTER TABLE {t} ADD COLUMN field_{n} boolean NOT NULL DEFAULT false'),
  (15, 'ALTER TABLE {t} ADD COLUMN field_{n} timestamptz DEFAULT now() NOT NULL'),
  (10, 'ALTER TABLE {t} ADD COLUMN field_{n} uuid NOT NULL DEFAULT gen_random_uuid()'),
  (8, 'ALTER TABLE {t} ADD COLUMN field_{n} text DEFAULT next_code()'),
  (12, 'ALTER TABLE {t} ADD COLUMN field_{n} bigint REFERENCES {o} (id)'),
  (12, 'ALTER TABLE {t} ADD COLUMN field_{n} integer NOT NULL'),
  (5, 'ALTER TABLE {t} ADD COLUMN field_{n} email'),
  (4, 'ALTER TABLE {t} ADD COLUMN field_{n} numeric GENERATED ALWAYS AS (amount * 2) STORED'),
  (25, 'ALTER TABLE {t} DROP COLUMN legacy_code'),
  (8, 'ALTER TABLE {t} DROP COLUMN IF EXISTS field_{n}'),
  (8, 'ALTER TABLE {v} DROP COLUMN email'),
  (10, 'ALTER TABLE {t} ALTER COLUMN legacy_code TYPE bigint'),
  (8, 'ALTER TABLE {t} ALTER COLUMN name TYPE varchar(200)'),
  (6, 'ALTER TABLE {t} ALTER COLUMN name TYPE text'),
  (4, 'ALTER TABLE {t} ALTER COLUMN note TYPE integer USING note::integer'),
  (4, 'ALTER TABLE {t} ALTER COLUMN updated_at TYPE timestamptz'),
  (14, 'ALTER TABLE {t} ALTER COLUMN email SET NOT NULL'),
  (10, 'ALTER TABLE {t} ALTER COLUMN name DROP NOT NULL'),
  (10, 'ALTER TABLE {t} ALTER COLUMN flag SET DEFAULT true'),
  (6, 'ALTER TABLE {t} ALTER COLUMN amount DROP DEFAULT'),
  (3, 'ALTER TABLE {t} ALTER COLUMN user_id SET STATISTICS 500'),
  -- indexes
  (60, 'CREATE INDEX idx_{n} ON {t} (created_at)'),
  (30, 'CREATE INDEX CONCURRENTLY idx_{n} ON {t} (user_id, created_at DESC)'),
  (20, 'CREATE UNIQUE INDEX idx_{n} ON {t} (user_id, email)'),
  (10, 'CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS idx_{n} ON {t} (name)'),
  (8, 'CREATE INDEX idx_{n} ON {t} USING gin (data)'),
  (6, 'CREATE INDEX idx_{n} ON {t} (lower(email)) WHERE status <> ''done'''),
  (4, 'CREATE INDEX idx_{n} ON {p} (created_at)'),
  (14, 'DROP INDEX {ts}.{tn}_user_idx'),
  (8, 'DROP INDEX CONCURRENTLY IF EXISTS {ts}.{tn}_name_idx'),
  (3, 'REINDEX TABLE {t}'),
  (2, 'REINDEX INDEX CONCURRENTLY {ts}.{tn}_name_idx'),
  -- constraints
  (30, 'ALTER TABLE {t} ADD CONSTRAINT fk_{n} FOREIGN KEY (user_id) REFERENCES {o} (id)'),
  (14, 'ALTER TABLE {t} ADD CONSTRAINT fk_{n} FOREIGN KEY (user_id) REFERENCES {o} (id) ON DELETE CASCADE NOT VALID'),
  (8, 'ALTER TABLE {t} VALIDATE CONSTRAINT {tn}_parent_fk'),
  (12, 'ALTER TABLE {t} ADD CONSTRAINT check_{n} CHECK (amount < 1000000)'),
  (6, 'ALTER TABLE {t} ADD CONSTRAINT check_{n} CHECK (email IS NOT NULL) NOT VALID'),
  (10, 'ALTER TABLE {t} ADD CONSTRAINT key_{n} UNIQUE (user_id)'),
  (4, 'ALTER TABLE {t} ADD CONSTRAINT key_{n} UNIQUE USING INDEX {tn}_email_key'),
  (12, 'ALTER TABLE {t} DROP CONSTRAINT {tn}_parent_fk'),
  (6, 'ALTER TABLE {t} DROP CONSTRAINT IF EXISTS {tn}_amount_check'),
  (3, 'ALTER TABLE {t} DROP CONSTRAINT {tn}_pkey'),
  -- several at once
  (16, 'ALTER TABLE {t} ADD COLUMN a_{n} text, ADD COLUMN b_{n} integer NOT NULL DEFAULT 0, DROP COLUMN legacy_code'),
  (10, 'ALTER TABLE {t} ALTER COLUMN name TYPE text, ALTER COLUMN email SET NOT NULL, ALTER COLUMN flag SET DEFAULT true'),
  (8, 'ALTER TABLE {t} ADD COLUMN a_{n} bigint, ADD CONSTRAINT fk_{n} FOREIGN KEY (a_{n}) REFERENCES {o} (id), ADD CONSTRAINT check_{n} CHECK (a_{n} > 0)'),
  (6, 'ALTER TABLE {t} DROP CONSTRAINT {tn}_parent_fk, DROP COLUMN parent_id, ADD COLUMN owner_{n} uuid'),
  -- names
  (12, 'ALTER TABLE {t} RENAME COLUMN note TO comment'),
  (6, 'ALTER TABLE {t} RENAME TO old_{n}'),
  (3, 'ALTER INDEX {ts}.{tn}_name_idx RENAME TO idx_{n}'),
  (3, 'ALTER TABLE {t} RENAME CONSTRAINT {tn}_parent_fk TO fk_{n}'),
  (2, 'ALTER TABLE {t} SET SCHEMA billing'),
  -- going away
  (20, 'DROP TABLE {t}'),
  (20, 'DROP TABLE IF EXISTS gone_{n}'),
  (6, 'DROP TABLE {t} CASCADE'),
  (4, 'DROP VIEW {v}_view'),
  (3, 'DROP FUNCTION IF EXISTS gone_{n}(integer)'),
  (3, 'DROP TYPE IF EXISTS gone_{n}'),
  (4, 'TRUNCATE {t}'),
  -- partitions
  (4, 'ALTER TABLE {p} ATTACH PARTITION {t} FOR VALUES FROM (''2025-01-01'') TO (''2025-02-01'')'),
  (3, 'ALTER TABLE {p} DETACH PARTITION {p}_3'),
  (2, 'ALTER TABLE {p} DETACH PARTITION {p}_4 CONCURRENTLY'),
  (3, 'ALTER TABLE {p} ADD COLUMN field_{n} text'),
  -- views, functions, triggers, rights
  (12, 'CREATE OR REPLACE VIEW {ts}.report_{n} AS SELECT a.id, a.email, b.name FROM {t} a JOIN {o} b ON b.id = a.parent_id WHERE a.status = ''open'''),
  (4, 'CREATE OR REPLACE VIEW {v}_view AS SELECT id, user_id, lower(email) AS email, status, {n} AS version FROM {v}'),
  (4, 'REFRESH MATERIALIZED VIEW {m}_totals'),
  (2, 'REFRESH MATERIALIZED VIEW CONCURRENTLY {m}_totals'),
  (14, 'CREATE OR REPLACE FUNCTION {ts}.f_{n}(a integer) RETURNS integer LANGUAGE plpgsql AS $f$BEGIN UPDATE {t} SET flag = true WHERE id = a; RETURN a; END$f$'),
  (6, 'CREATE FUNCTION {ts}.f_{n}() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS $f$SELECT count(*) FROM {t}$f$'),
  (8, 'CREATE TRIGGER trigger_{n} BEFORE UPDATE ON {t} FOR EACH ROW EXECUTE FUNCTION touch()'),
  (2, 'ALTER TABLE {t} DISABLE TRIGGER ALL'),
  (14, 'GRANT SELECT, INSERT ON {t} TO app_reader'),
  (4, 'REVOKE ALL ON {t} FROM PUBLIC'),
  (3, 'GRANT USAGE ON SCHEMA {ts} TO app_reader'),
  (6, 'ALTER TABLE {t} ENABLE ROW LEVEL SECURITY'),
  (5, 'CREATE POLICY policy_{n} ON {t} FOR SELECT USING (user_id = tenant())'),
  (4, 'ALTER TABLE {t} OWNER TO app_reader'),
  (8, 'COMMENT ON COLUMN {t}.note IS ''set by hand {n}'''),
  (5, 'CREATE EXTENSION IF NOT EXISTS pgcrypto'),
  (5, 'ALTER SEQUENCE {ts}.{tn}_id_seq RESTART WITH 5000'),
  -- rows
  (30, 'INSERT INTO {t} (user_id, name, email) VALUES ({n}, ''name {n}'', ''{n}@example.com''), (1, ''b'', NULL) ON CONFLICT DO NOTHING'),
  (8, 'INSERT INTO {t} (user_id, name) SELECT user_id, name FROM {o} WHERE status = ''new'''),
  (16, 'UPDATE {t} SET flag = true WHERE flag IS NULL'),
  (8, 'UPDATE {t} SET name = lower(name)'),
  (6, 'UPDATE {t} a SET note = b.note FROM {o} b WHERE b.id = a.parent_id AND a.note IS NULL'),
  (8, 'DELETE FROM {t} WHERE created_at < now() - interval ''1 year'''),
  (3, 'DELETE FROM {t}'),
  (4, 'LOCK TABLE {t} IN SHARE MODE'),
  (3, 'DO $d$BEGIN IF NOT EXISTS (SELECT FROM pg_class WHERE relname = ''new_{n}'') THEN ALTER TABLE {t} ADD field_{n} text; END IF; END$d$'),
  -- around it
  (10, 'SET lock_timeout = ''2s'''),
  (3, 'SET search_path = billing, public'),
  (3, 'SELECT setval(''{ts}.{tn}_id_seq'', (SELECT max(id) FROM {t}))'),
  (3, 'VACUUM ANALYZE {t}'),
  (2, 'CLUSTER {t} USING {tn}_pkey');

-- As a migration would write it: the search_path finds public.
CREATE FUNCTION bench.full_name(bench.relation) RETURNS text LANGUAGE sql IMMUTABLE AS
  $$SELECT CASE $1.schema WHEN 'public' THEN $1.name ELSE $1.schema || '.' || $1.name END$$;

CREATE TABLE bench.statement (n integer PRIMARY KEY, sql text NOT NULL);
WITH share AS (
  SELECT sql, weight, sum(weight) OVER (ORDER BY id) AS upto, sum(weight) OVER () AS total FROM bench.template
), chosen AS (
  SELECT n, (n::bigint * 7919 + n / 13) % (SELECT max(total) FROM share) AS at, 1 + n::bigint * 104729 % 1700 AS one,
         1 + n::bigint * 15485863 % 1700 AS other, 1701 + n % 25 AS parent
    FROM generate_series(1, 10000) n
)
INSERT INTO bench.statement
SELECT c.n, replace(replace(replace(replace(replace(replace(replace(replace(replace(s.sql,
         '{tn}', t.name), '{ts}', t.schema), '{t}', bench.full_name(t)), '{o}', bench.full_name(o)),
         '{p}', bench.full_name(p)), '{ps}', p.schema), '{v}', bench.full_name(v)), '{m}', bench.full_name(m)), '{n}', c.n::text)
  FROM chosen c
  JOIN share s ON c.at >= s.upto - s.weight AND c.at < s.upto
  JOIN bench.relation t ON t.n = c.one
  JOIN bench.relation o ON o.n = c.other
  JOIN bench.relation p ON p.n = c.parent
  JOIN bench.relation v ON v.n = 7 * (1 + c.one / 8)
  JOIN bench.relation m ON m.n = 50 * (1 + c.one / 52);
VACUUM ANALYZE bench.statement;
