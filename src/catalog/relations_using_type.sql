-- The tables and materialized views with a column of the type $1 (oid), or of a domain, array, range or composite type made of it; and the
-- tables OF it.
WITH RECURSIVE made AS (
    SELECT $1 AS oid
    UNION
    SELECT u.oid
      FROM made m
     CROSS JOIN LATERAL (
        SELECT t.oid FROM pg_catalog.pg_type t
         WHERE t.typbasetype OPERATOR(pg_catalog.=) m.oid
            OR t.typelem OPERATOR(pg_catalog.=) m.oid AND t.typlen OPERATOR(pg_catalog.=) (-1)::int2
        UNION ALL
        SELECT unnested.oid FROM pg_catalog.pg_range r
         CROSS JOIN LATERAL pg_catalog.unnest(ARRAY[r.rngtypid, r.rngmultitypid]) AS unnested(oid)
         WHERE r.rngsubtype OPERATOR(pg_catalog.=) m.oid
        UNION ALL
        SELECT c.reltype FROM pg_catalog.pg_attribute a
          JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) a.attrelid
         WHERE a.atttypid OPERATOR(pg_catalog.=) m.oid AND a.attnum OPERATOR(pg_catalog.>) 0::int2 AND NOT a.attisdropped
           AND c.relkind OPERATOR(pg_catalog.=) 'c'::"char"
     ) u
)
SELECT pg_catalog.array_to_json(ARRAY(
    SELECT c.oid::int8
      FROM pg_catalog.pg_class c
     WHERE c.relkind OPERATOR(pg_catalog.=) ANY (ARRAY['r', 'p', 'm']::"char"[])
       AND (EXISTS (SELECT FROM made m JOIN pg_catalog.pg_attribute a ON a.atttypid OPERATOR(pg_catalog.=) m.oid
                     WHERE a.attrelid OPERATOR(pg_catalog.=) c.oid
                       AND a.attnum OPERATOR(pg_catalog.>) 0::int2 AND NOT a.attisdropped)
            OR EXISTS (SELECT FROM made m WHERE m.oid OPERATOR(pg_catalog.=) c.reloftype))
     ORDER BY c.oid))::text
