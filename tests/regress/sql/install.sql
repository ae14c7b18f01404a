-- What CREATE EXTENSION brings: by whom, where to, and nothing without a word about it.
\set before :DBNAME
CREATE DATABASE zdm_install;
\c zdm_install
SELECT superuser, trusted, relocatable, schema, requires FROM pg_available_extension_versions WHERE name = 'pg_zdm';
CREATE EXTENSION pg_zdm SCHEMA public;
CREATE EXTENSION IF NOT EXISTS pg_zdm;
SELECT nspname AS schema FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE extname = 'pg_zdm';
-- Objects of the extension that live elsewhere: the schema itself and the event trigger.
SELECT type, identity FROM pg_depend CROSS JOIN pg_identify_object(classid, objid, 0) AS object
 WHERE refclassid = 'pg_extension'::regclass AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'pg_zdm') AND deptype = 'e'
   AND schema IS DISTINCT FROM 'zdm'
 ORDER BY type;
-- Functions, tables, views and their like without a comment.
SELECT pg_describe_object(classid, objid, 0) AS without_comment FROM pg_depend
 WHERE refclassid = 'pg_extension'::regclass AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'pg_zdm') AND deptype = 'e'
   AND classid IN ('pg_proc'::regclass, 'pg_class'::regclass, 'pg_namespace'::regclass, 'pg_event_trigger'::regclass)
   AND obj_description(objid, (SELECT relname FROM pg_class WHERE oid = classid)) IS NULL
 ORDER BY 1;
-- Functions that run with their owner's rights have a search_path of their own; nobody may create anything in the schema.
SELECT oid::regprocedure FROM pg_proc WHERE pronamespace = 'zdm'::regnamespace AND prosecdef AND NOT proconfig @> ARRAY['search_path=pg_catalog, pg_temp'];
SELECT has_schema_privilege('pg_monitor', 'zdm', 'USAGE') AS usage, has_schema_privilege('pg_monitor', 'zdm', 'CREATE') AS create;
\c :before
DROP DATABASE zdm_install;
