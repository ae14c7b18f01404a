-- The guard: its state, the function that sets it, and the event trigger.

-- Not marked with pg_extension_config_dump: a dump must not carry the mode into a database that is being filled, where an index refused is an
-- index lost.
CREATE TABLE zdm.guard_state (
    only_row   boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    mode       text NOT NULL CHECK (mode OPERATOR(pg_catalog.=) ANY (ARRAY['off', 'warn', 'enforce'])),
    changed_by text NOT NULL,
    changed_at timestamptz NOT NULL
);
COMMENT ON TABLE zdm.guard_state IS 'the mode of the guard in this database; set by zdm.set_guard, never dumped';
REVOKE ALL ON zdm.guard_state FROM PUBLIC;
GRANT SELECT ON zdm.guard_state TO PUBLIC;

-- SECURITY DEFINER: who may call it may set the mode, and nothing else. It takes no SQL text.
CREATE FUNCTION zdm.set_guard(mode text, preload boolean DEFAULT NULL) RETURNS text
    LANGUAGE c VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'zdm_set_guard';
COMMENT ON FUNCTION zdm.set_guard(text, boolean) IS 'sets the mode of the guard in this database: off, warn or enforce; with preload, whether every session loads the library';
REVOKE ALL ON FUNCTION zdm.set_guard(text, boolean) FROM PUBLIC;

-- A database without tables is one that is about to be filled, by a restore maybe: there the guard only warns.
INSERT INTO zdm.guard_state (mode, changed_by, changed_at)
SELECT CASE WHEN EXISTS (
           SELECT FROM pg_catalog.pg_class c
            WHERE c.relkind OPERATOR(pg_catalog.=) ANY (ARRAY['r', 'p', 'm']::"char"[])
              AND c.relpersistence OPERATOR(pg_catalog.<>) 't'::"char"
              AND c.oid OPERATOR(pg_catalog.>=) 16384::oid
              AND NOT EXISTS (
                      SELECT FROM pg_catalog.pg_depend d
                       WHERE d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass::oid
                         AND d.objid OPERATOR(pg_catalog.=) c.oid AND d.deptype OPERATOR(pg_catalog.=) 'e'::"char"))
       THEN 'enforce' ELSE 'warn' END,
       SESSION_USER, pg_catalog.clock_timestamp();

-- SECURITY DEFINER: the libraries that are preloaded are not for everybody to see; that ours is among them is.
CREATE FUNCTION zdm.guard_status(OUT layer text, OUT active boolean, OUT detail text, OUT hint text) RETURNS SETOF record
    LANGUAGE c STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'zdm_guard_status';
COMMENT ON FUNCTION zdm.guard_status() IS 'the layers of the guard in this database, which of them are at work, and how to get those that are not';

CREATE FUNCTION zdm.guard_ddl() RETURNS event_trigger LANGUAGE c AS 'MODULE_PATHNAME', 'zdm_guard_ddl';
COMMENT ON FUNCTION zdm.guard_ddl() IS 'the guard: refuses DDL that the check calls danger, before it takes a lock';
REVOKE ALL ON FUNCTION zdm.guard_ddl() FROM PUBLIC;

-- ALWAYS: session_replication_role must not be a way round it.
CREATE EVENT TRIGGER zdm_guard ON ddl_command_start EXECUTE FUNCTION zdm.guard_ddl();
ALTER EVENT TRIGGER zdm_guard ENABLE ALWAYS;
COMMENT ON EVENT TRIGGER zdm_guard IS 'refuses DDL that the check calls danger; to switch it off: SELECT zdm.set_guard(''off'')';

-- The second look, at what really happens.
CREATE FUNCTION zdm.guard_drop() RETURNS event_trigger LANGUAGE c AS 'MODULE_PATHNAME', 'zdm_guard_drop';
COMMENT ON FUNCTION zdm.guard_drop() IS 'the guard: refuses a drop of data that the text of the statement did not show';
REVOKE ALL ON FUNCTION zdm.guard_drop() FROM PUBLIC;
CREATE EVENT TRIGGER zdm_guard_drop ON sql_drop EXECUTE FUNCTION zdm.guard_drop();
ALTER EVENT TRIGGER zdm_guard_drop ENABLE ALWAYS;
COMMENT ON EVENT TRIGGER zdm_guard_drop IS 'refuses a drop of data that the text of the statement did not show';

CREATE FUNCTION zdm.guard_rewrite() RETURNS event_trigger LANGUAGE c AS 'MODULE_PATHNAME', 'zdm_guard_rewrite';
COMMENT ON FUNCTION zdm.guard_rewrite() IS 'the guard: refuses to rewrite a big table where the text of the statement did not show it';
REVOKE ALL ON FUNCTION zdm.guard_rewrite() FROM PUBLIC;
CREATE EVENT TRIGGER zdm_guard_rewrite ON table_rewrite EXECUTE FUNCTION zdm.guard_rewrite();
ALTER EVENT TRIGGER zdm_guard_rewrite ENABLE ALWAYS;
COMMENT ON EVENT TRIGGER zdm_guard_rewrite IS 'refuses to rewrite a big table where the text of the statement did not show it';

CREATE FUNCTION zdm.announce_guard() RETURNS void LANGUAGE c AS 'MODULE_PATHNAME', 'zdm_announce_guard';
SELECT zdm.announce_guard();
DROP FUNCTION zdm.announce_guard();
