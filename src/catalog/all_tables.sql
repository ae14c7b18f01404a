-- Tables, partitioned tables and materialized views, but for those of the system, of extensions' own keeping, and of other sessions.
SELECT pg_catalog.array_to_json(ARRAY(
    SELECT c.oid::int8
      FROM pg_catalog.pg_class c
      JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
     WHERE c.relkind OPERATOR(pg_catalog.=) ANY (ARRAY['r', 'p', 'm']::"char"[])
       AND c.relpersistence OPERATOR(pg_catalog.<>) 't'::"char"
       AND n.nspname OPERATOR(pg_catalog.<>) ALL (ARRAY['pg_catalog', 'information_schema', 'pg_toast', 'zdm']::name[])
     ORDER BY c.oid))::text
