-- What DROP ... CASCADE of the relation $1 (oid) takes along beyond what goes without CASCADE: the first of it, and how much there is.
-- `listed` is false for what goes anyway (automatic and internal dependents). A view is reached by its rule, of which it is the owner.
WITH RECURSIVE gone AS (
    SELECT 'pg_catalog.pg_class'::pg_catalog.regclass::oid AS classid, $1 AS objid, 0 AS objsubid, false AS listed
    UNION
    SELECT n.classid, n.objid, n.objsubid, n.listed
      FROM gone g
     CROSS JOIN LATERAL (
        SELECT d.classid, d.objid, d.objsubid, d.deptype OPERATOR(pg_catalog.=) 'n'::"char" AS listed
          FROM pg_catalog.pg_depend d
         WHERE d.refclassid OPERATOR(pg_catalog.=) g.classid AND d.refobjid OPERATOR(pg_catalog.=) g.objid
           AND (g.objsubid OPERATOR(pg_catalog.=) 0 OR d.refobjsubid OPERATOR(pg_catalog.=) g.objsubid)
        UNION ALL
        SELECT d.refclassid, d.refobjid, d.refobjsubid, true
          FROM pg_catalog.pg_depend d
         WHERE g.listed AND d.deptype OPERATOR(pg_catalog.=) 'i'::"char"
           AND d.classid OPERATOR(pg_catalog.=) g.classid AND d.objid OPERATOR(pg_catalog.=) g.objid
           AND d.objsubid OPERATOR(pg_catalog.=) g.objsubid
     ) n
), listed AS (
    SELECT g.classid, g.objid, g.objsubid
      FROM gone g
     WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                        WHERE d.classid OPERATOR(pg_catalog.=) g.classid AND d.objid OPERATOR(pg_catalog.=) g.objid
                          AND d.objsubid OPERATOR(pg_catalog.=) g.objsubid AND d.deptype OPERATOR(pg_catalog.=) 'i'::"char")
       AND NOT (g.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass::oid
                AND g.objid OPERATOR(pg_catalog.=) $1 AND g.objsubid OPERATOR(pg_catalog.=) 0)
     GROUP BY g.classid, g.objid, g.objsubid
    HAVING pg_catalog.bool_and(g.listed)
), described AS (
    SELECT pg_catalog.pg_describe_object(l.classid, l.objid, l.objsubid) AS what,
           l.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass::oid
               AND (l.objsubid OPERATOR(pg_catalog.>) 0
                    OR EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid OPERATOR(pg_catalog.=) l.objid
                                  AND c.relkind OPERATOR(pg_catalog.=) ANY (ARRAY['r', 'p', 'm', 'f']::"char"[]))) AS has_data
      FROM listed l
)
SELECT pg_catalog.json_build_object(
    'first', COALESCE((SELECT pg_catalog.json_agg(f.what) FROM (
        SELECT d.what FROM described d WHERE d.what IS NOT NULL ORDER BY d.what COLLATE "C" LIMIT 10) f), '[]'::json),
    'count', (SELECT pg_catalog.count(*) FROM described d WHERE d.what IS NOT NULL),
    'has_data', COALESCE((SELECT pg_catalog.bool_or(d.has_data) FROM described d), false))::text
