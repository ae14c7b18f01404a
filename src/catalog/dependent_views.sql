-- The views and materialized views that read the relation $1 (oid), or its column number $2 (int4; 0: any), directly or through other views.
WITH RECURSIVE reader AS (
    SELECT r.ev_class AS oid
      FROM pg_catalog.pg_depend d
      JOIN pg_catalog.pg_rewrite r ON r.oid OPERATOR(pg_catalog.=) d.objid
     WHERE d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_rewrite'::pg_catalog.regclass::oid
       AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass::oid
       AND d.refobjid OPERATOR(pg_catalog.=) $1
       AND ($2 OPERATOR(pg_catalog.=) 0 OR d.refobjsubid OPERATOR(pg_catalog.=) $2)
    UNION
    SELECT r.ev_class
      FROM reader v
      JOIN pg_catalog.pg_depend d ON d.refobjid OPERATOR(pg_catalog.=) v.oid
      JOIN pg_catalog.pg_rewrite r ON r.oid OPERATOR(pg_catalog.=) d.objid
     WHERE d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_rewrite'::pg_catalog.regclass::oid
       AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass::oid
)
SELECT pg_catalog.array_to_json(ARRAY(
    SELECT c.oid::int8
      FROM reader v JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) v.oid
     WHERE c.oid OPERATOR(pg_catalog.<>) $1 AND c.relkind OPERATOR(pg_catalog.=) ANY (ARRAY['v', 'm']::"char"[])
     ORDER BY c.oid))::text
