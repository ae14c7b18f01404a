-- The tables whose defaults use the sequence $1 (oid).
SELECT pg_catalog.array_to_json(ARRAY(
    SELECT DISTINCT u.relation FROM (
        SELECT a.adrelid::int8 AS relation
          FROM pg_catalog.pg_depend d
          JOIN pg_catalog.pg_attrdef a ON a.oid OPERATOR(pg_catalog.=) d.objid
         WHERE d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_attrdef'::pg_catalog.regclass::oid
           AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass::oid
           AND d.refobjid OPERATOR(pg_catalog.=) $1
        UNION ALL
        SELECT d.refobjid::int8
          FROM pg_catalog.pg_depend d
         WHERE d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass::oid
           AND d.objid OPERATOR(pg_catalog.=) $1 AND d.deptype OPERATOR(pg_catalog.=) 'i'::"char"
           AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass::oid
           AND d.refobjsubid OPERATOR(pg_catalog.>) 0
           AND EXISTS (SELECT FROM pg_catalog.pg_class s
                        WHERE s.oid OPERATOR(pg_catalog.=) $1 AND s.relkind OPERATOR(pg_catalog.=) 'S'::"char")) u
     ORDER BY 1))::text
