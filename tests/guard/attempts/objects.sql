-- attempt: the event triggers
ALTER EVENT TRIGGER zdm_guard DISABLE
DROP EVENT TRIGGER zdm_guard
ALTER EVENT TRIGGER zdm_guard RENAME TO x
ALTER EVENT TRIGGER zdm_guard OWNER TO bob
CREATE INDEX ON app.users (v)

-- attempt: the event triggers, by the owner of the database
-- as: dave
ALTER EVENT TRIGGER zdm_guard DISABLE
ALTER EVENT TRIGGER zdm_guard_drop DISABLE
DROP EVENT TRIGGER IF EXISTS zdm_guard CASCADE
-- as: bob
CREATE INDEX ON app.users (v)

-- attempt: the extension, by the owner of the database
-- as: dave
DROP EXTENSION pg_zdm
DROP EXTENSION pg_zdm CASCADE
ALTER EXTENSION pg_zdm DROP EVENT TRIGGER zdm_guard
ALTER EXTENSION pg_zdm SET SCHEMA public
-- as: bob
CREATE INDEX ON app.users (v)

-- attempt: its schema, by the owner of the database
-- as: dave
DROP SCHEMA zdm CASCADE
ALTER SCHEMA zdm RENAME TO other
ALTER SCHEMA zdm OWNER TO dave
DROP SCHEMA IF EXISTS zdm, public CASCADE
-- as: bob
CREATE INDEX ON app.users (v)

-- attempt: what the owner of the database owns
-- as: dave
DROP OWNED BY dave CASCADE
DROP OWNED BY postgres CASCADE
REASSIGN OWNED BY postgres TO dave
-- as: bob
TRUNCATE app.same

-- attempt: its functions
CREATE OR REPLACE FUNCTION zdm.guard_ddl() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'
DROP FUNCTION zdm.guard_ddl() CASCADE
ALTER FUNCTION zdm.guard_ddl() OWNER TO bob
ALTER FUNCTION zdm.guard_ddl() RENAME TO x
REVOKE EXECUTE ON FUNCTION zdm.guard_ddl() FROM postgres
CREATE INDEX ON app.users (v)

-- attempt: more functions of the same name
CREATE FUNCTION zdm.set_guard(text) RETURNS text LANGUAGE sql AS 'SELECT 1::text'
CREATE FUNCTION zdm.guard_ddl(int) RETURNS int LANGUAGE sql AS 'SELECT 1'
GRANT CREATE ON SCHEMA zdm TO bob
SELECT zdm.set_guard('off')
TRUNCATE app.same

-- attempt: its tables
UPDATE zdm.guard_state SET mode = 'off'
DELETE FROM zdm.guard_state
TRUNCATE zdm.guard_state
ALTER TABLE zdm.guard_state DISABLE TRIGGER ALL
DROP TABLE zdm.guard_state
ALTER TABLE zdm.guard_state RENAME TO x
INSERT INTO zdm.rule_policy (rule, risk, reason, set_by, set_at) VALUES ('truncate', 'off', 'x', 'bob', now())
TRUNCATE app.same

-- attempt: its tables, hidden by others
CREATE TEMP TABLE guard_state AS SELECT true AS only_row, 'off' AS mode
CREATE SCHEMA zdm
CREATE TABLE public.guard_state AS SELECT true AS only_row, 'off' AS mode
SET search_path = pg_temp, public, app
TRUNCATE app.same

-- attempt: its table locked
BEGIN
LOCK TABLE zdm.guard_state IN ACCESS EXCLUSIVE MODE
LOCK TABLE zdm.guard_state IN ACCESS SHARE MODE
TRUNCATE app.same
COMMIT

-- attempt: rules and triggers on its tables
CREATE RULE r AS ON SELECT TO zdm.guard_state DO INSTEAD SELECT true, 'off', '', now()
CREATE TRIGGER t AFTER UPDATE ON zdm.guard_state FOR EACH STATEMENT EXECUTE FUNCTION suppress_redundant_updates_trigger()
CREATE POLICY p ON zdm.guard_state USING (false)
CREATE TABLE app.below () INHERITS (zdm.guard_state)
TRUNCATE app.same

-- attempt: functions that hide those of the system
CREATE FUNCTION public.quote_ident(text) RETURNS text LANGUAGE sql AS $$SELECT 'x'$$
CREATE FUNCTION public.lower(text) RETURNS text LANGUAGE sql AS $$SELECT ''$$
CREATE FUNCTION public.pg_event_trigger_dropped_objects() RETURNS SETOF record LANGUAGE sql AS $$SELECT 1, 2$$
CREATE FUNCTION public.format(text, VARIADIC text[]) RETURNS text LANGUAGE sql AS $$SELECT ''$$
SET search_path = public, pg_catalog, app
DROP TABLE same
TRUNCATE same
CREATE INDEX ON users (v)

-- attempt: operators that hide those of the system
CREATE FUNCTION public.never(oid, oid) RETURNS boolean LANGUAGE sql AS 'SELECT false'
CREATE OPERATOR public.= (LEFTARG = oid, RIGHTARG = oid, FUNCTION = public.never)
CREATE FUNCTION public.never(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT false'
CREATE OPERATOR public.= (LEFTARG = text, RIGHTARG = text, FUNCTION = public.never)
SET search_path = public, pg_catalog, app
DROP TABLE same
CREATE INDEX ON users (v)
DROP COLLATION plain CASCADE

-- attempt: types that hide those of the system
CREATE DOMAIN public.text AS pg_catalog.int4
CREATE DOMAIN public.oid AS pg_catalog.text
CREATE DOMAIN public.regclass AS pg_catalog.text
SET search_path = public, pg_catalog, app
DROP TABLE same
ALTER TABLE users ALTER COLUMN v TYPE int8

-- attempt: catalogs that are hidden
CREATE TEMP TABLE pg_class (oid oid, relname name)
CREATE TEMP TABLE pg_index (indrelid oid)
CREATE TEMP TABLE pg_event_trigger (evtname name)
SET search_path = pg_temp, pg_catalog, app
TRUNCATE same
CREATE INDEX ON users (v)

-- attempt: a temporary table of the same name, and the other one meant
CREATE TEMP TABLE same (id int)
SET search_path = app, pg_temp
TRUNCATE same
DROP TABLE same

-- attempt: an empty table of the same name behind
CREATE TABLE public.same (id int)
SET search_path = app, public
DROP TABLE same

-- attempt: an empty table of the same name in a schema that is closed
SET search_path = closed, app
DROP TABLE users CASCADE
CREATE INDEX ON users (v)

-- attempt: the schema of one's own name
SET search_path = "$user", public
TRUNCATE mine
DROP TABLE mine

-- attempt: a path that changes while it runs
CREATE FUNCTION app.pass() RETURNS void LANGUAGE plpgsql AS $$BEGIN PERFORM set_config('search_path', 'app', true); TRUNCATE same; END$$
CREATE TEMP TABLE same (id int)
SELECT app.pass()

-- attempt: a path that belongs to the function
CREATE FUNCTION app.pass() RETURNS void LANGUAGE plpgsql SET search_path = app AS $$BEGIN DROP TABLE same; END$$
CREATE TEMP TABLE same (id int)
SELECT app.pass()

-- attempt: a name like that of a temporary schema
CREATE SCHEMA pg_temp_99
CREATE SCHEMA "pg_temp"
ALTER TABLE app.same SET SCHEMA pg_temp
ALTER TABLE app.same SET SCHEMA "PG_TEMP_1"
CREATE TABLE app.pg_temp_1 AS SELECT 1 AS id
ALTER TABLE app.same RENAME TO "pg_temp_3.same"

-- attempt: renamed first
ALTER TABLE app.same RENAME TO other
DROP TABLE app.other

-- attempt: moved first
ALTER TABLE app.same SET SCHEMA public
TRUNCATE public.same

-- attempt: the schema renamed first
ALTER SCHEMA app RENAME TO other
TRUNCATE other.same

-- attempt: the schema dropped by its owner
-- as: sam
DROP SCHEMA ground CASCADE
DROP TABLE ground.plot
ALTER SCHEMA ground RENAME TO other

-- attempt: a schema that its owner may not look into
-- as: sam
REVOKE ALL ON SCHEMA ground FROM sam
DROP SCHEMA ground CASCADE

-- attempt: all that one owns
DROP OWNED BY bob
DROP OWNED BY bob CASCADE
DROP OWNED BY CURRENT_USER, SESSION_USER CASCADE
DROP OWNED BY CURRENT_ROLE

-- attempt: made small by statistics
-- since: 18
SELECT pg_restore_relation_stats('schemaname', 'app', 'relname', 'users', 'relpages', 0, 'reltuples', 0::real)
SELECT pg_clear_relation_stats('app', 'users')
CREATE INDEX ON app.users (v)
SELECT pg_restore_relation_stats('schemaname', 'app', 'relname', 'same', 'relpages', 0, 'reltuples', 0::real)
TRUNCATE app.same
DROP TABLE app.same

-- attempt: made small for a moment
BEGIN
DELETE FROM app.same WHERE id > 0
ANALYZE app.same
CREATE INDEX ON app.same (v)
ROLLBACK
VACUUM (ANALYZE) app.same
ALTER TABLE app.same ALTER COLUMN v SET STATISTICS 0
ANALYZE app.same
CREATE INDEX ON app.same (v)

-- attempt: without autovacuum and statistics
ALTER TABLE app.users SET (autovacuum_enabled = off)
ALTER TABLE app.users ALTER COLUMN id SET (n_distinct = 1)
SET track_counts = off
CREATE INDEX ON app.users (v)

-- attempt: disabled triggers
ALTER TABLE app.same DISABLE TRIGGER ALL
SET session_replication_role = replica
TRUNCATE app.same

-- attempt: a login or an event trigger of one's own
CREATE EVENT TRIGGER mine ON ddl_command_start EXECUTE FUNCTION zdm.guard_ddl()
SELECT zdm.guard_ddl()
SELECT zdm.guard_drop()
TRUNCATE app.same

-- attempt: an extension that may be made by the owner of the database
-- as: dave
CREATE EXTENSION IF NOT EXISTS plpgsql
CREATE EXTENSION citext SCHEMA public
ALTER EXTENSION plpgsql UPDATE
DROP EXTENSION IF EXISTS citext CASCADE
-- as: bob
TRUNCATE app.same

-- attempt: the schema of the extension made first
-- as: dave
DROP SCHEMA zdm
CREATE SCHEMA IF NOT EXISTS zdm AUTHORIZATION dave
-- as: bob
TRUNCATE app.same

-- attempt: maintenance by one who may
-- since: 17
-- admin: GRANT pg_maintain TO sam
-- as: sam
VACUUM FULL app.users
CLUSTER app.users USING users_pkey
REINDEX TABLE app.users
REFRESH MATERIALIZED VIEW app.kept
VACUUM FULL
REINDEX SCHEMA app
CLUSTER
