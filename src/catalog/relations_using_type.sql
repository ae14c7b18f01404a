-- The tables and materialized views with a column of the type $1 (oid), or of a domain, array, range or composite type made of it; and the
-- tables OF it. By pg_depend, which has an index for this: it says nothing of the system's pinned types, of which nobody asks.
WITH RECURSIVE made AS (
    SELECT $1 AS oid
    UNION
    SELECT u.oid
      FROM made m
     CROSS JOIN LATERAL (
        SELECT t.oid
          FROM pg_catalog.pg_depend d
          JOIN pg_catalog.pg_type t ON t.oid OPERATOR(pg_catalog.=) d.objid
         WHERE d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_type'::pg_catalog.regclass
           AND d.refobjid OPERATOR(pg_catalog.=) m.oid
           AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_type'::pg_catalog.regclass
           AND (t.typbasetype OPERATOR(pg_catalog.=) m.oid OR t.typelem OPERATOR(pg_catalog.=) m.oid
                OR t.typtype OPERATOR(pg_catalog.=) ANY (ARRAY['r', 'm']::"char"[]))
        UNION ALL
        SELECT c.reltype
          FROM pg_catalog.pg_depend d
          JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) d.objid
         WHERE d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_type'::pg_catalog.regclass
           AND d.refobjid OPERATOR(pg_catalog.=) m.oid
           AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
           AND c.relkind OPERATOR(pg_catalog.=) 'c'::"char"
     ) u
)
SELECT pg_catalog.array_to_json(ARRAY(
    SELECT DISTINCT c.oid::int8
      FROM made m
      JOIN pg_catalog.pg_depend d ON d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_type'::pg_catalog.regclass
       AND d.refobjid OPERATOR(pg_catalog.=) m.oid
       AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
      JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) d.objid
      LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) d.objid AND a.attnum OPERATOR(pg_catalog.=) d.objsubid
     WHERE c.relkind OPERATOR(pg_catalog.=) ANY (ARRAY['r', 'p', 'm']::"char"[])
       AND (a.atttypid OPERATOR(pg_catalog.=) m.oid OR c.reloftype OPERATOR(pg_catalog.=) m.oid)
     ORDER BY 1))::text
