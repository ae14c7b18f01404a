-- Tables, views and materialized views in the schema $1 (oid).
SELECT pg_catalog.array_to_json(ARRAY(
    SELECT c.oid::int8 FROM pg_catalog.pg_class c
     WHERE c.relnamespace OPERATOR(pg_catalog.=) $1
       AND c.relkind OPERATOR(pg_catalog.=) ANY (ARRAY['r', 'p', 'm', 'f', 'v']::"char"[])
     ORDER BY c.oid))::text
