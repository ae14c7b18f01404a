-- The script of CREATE EXTENSION runs with the rights of a superuser: nothing in it may resolve through a search_path that others can
-- write to, and nothing that somebody put in place before may be adopted (hence the plain CREATE SCHEMA: it fails when `zdm` exists).
SET LOCAL search_path TO pg_catalog, pg_temp;

CREATE SCHEMA zdm;
COMMENT ON SCHEMA zdm IS 'pg_zdm: zero-downtime migrations';
REVOKE ALL ON SCHEMA zdm FROM PUBLIC;
GRANT USAGE ON SCHEMA zdm TO PUBLIC;
