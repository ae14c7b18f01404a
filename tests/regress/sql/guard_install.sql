-- The mode that CREATE EXTENSION begins with, what belongs to the extension, and that it goes without a trace.
\set before :DBNAME
CREATE DATABASE zdm_guard_install;
\c zdm_guard_install
CREATE EXTENSION pg_zdm;
SELECT mode FROM zdm.guard_state;
SELECT evtname, evtevent, evtenabled, evtfoid::regproc FROM pg_event_trigger;
SELECT member COLLATE "C" AS member
  FROM pg_depend CROSS JOIN pg_describe_object(classid, objid, 0) AS member
 WHERE refclassid = 'pg_extension'::regclass AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'pg_zdm') AND deptype = 'e'
   AND member ~ 'guard|allow|audit|would_refuse|check_ddl|ddl_effects|rules|explain' AND member !~ '^type '
 ORDER BY 1;
-- who may do what
SELECT p.oid::regprocedure, p.prosecdef, p.proconfig, has_function_privilege('pg_monitor', p.oid, 'EXECUTE') AS everybody
  FROM pg_proc p WHERE pronamespace = 'zdm'::regnamespace AND p.prokind = 'f'
   AND p.proname ~ 'guard|allow|audit|would_refuse|check_ddl|ddl_effects|rules|explain'
 ORDER BY p.proname COLLATE "C";
SELECT has_table_privilege('pg_monitor', 'zdm.guard_state', 'SELECT') AS sees,
       has_table_privilege('pg_monitor', 'zdm.guard_state', 'INSERT, UPDATE, DELETE, TRUNCATE') AS changes,
       has_schema_privilege('pg_monitor', 'zdm', 'CREATE') AS creates;
SELECT c.relname, has_table_privilege('pg_monitor', c.oid, 'SELECT') AS sees,
       has_table_privilege('pg_monitor', c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE') AS changes,
       has_table_privilege('pg_read_all_settings', c.oid, 'SELECT') AS everybody_sees
  FROM pg_class c WHERE c.relname IN ('stored_allowance', 'allowance', 'guard_exemption', 'audit') ORDER BY 1;
-- no dump carries the mode, nor what is let pass, nor what was written down
SELECT extconfig && ARRAY['zdm.guard_state'::regclass::oid, 'zdm.stored_allowance'::regclass::oid, 'zdm.guard_exemption'::regclass::oid,
                          'zdm.audit'::regclass::oid] IS TRUE AS dumped
  FROM pg_extension WHERE extname = 'pg_zdm';

CREATE TABLE filled AS SELECT 1 AS a;
DROP EXTENSION pg_zdm;
SELECT count(*) FROM pg_event_trigger;
SELECT to_regnamespace('zdm');
CREATE EXTENSION pg_zdm;
SELECT mode FROM zdm.guard_state;
DROP TABLE filled;
ALTER EXTENSION pg_zdm UPDATE;
DROP EXTENSION pg_zdm;
-- a schema of that name that was there before is not adopted
CREATE SCHEMA zdm;
\set SHOW_CONTEXT never
CREATE EXTENSION pg_zdm;
\set SHOW_CONTEXT errors
DROP SCHEMA zdm;
-- temporary tables do not count
DROP TABLE filled;
CREATE TEMP TABLE filled AS SELECT 1 AS a;
CREATE EXTENSION pg_zdm;
\c :before
DROP DATABASE zdm_guard_install;
