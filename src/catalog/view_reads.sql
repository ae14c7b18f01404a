-- The tables and views that the query of the view $1 (oid) names.
SELECT pg_catalog.array_to_json(ARRAY(
    SELECT DISTINCT c.oid::int8
      FROM pg_catalog.pg_rewrite r
      JOIN pg_catalog.pg_depend d ON d.objid OPERATOR(pg_catalog.=) r.oid
      JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) d.refobjid
     WHERE r.ev_class OPERATOR(pg_catalog.=) $1 AND r.rulename OPERATOR(pg_catalog.=) '_RETURN'
       AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_rewrite'::pg_catalog.regclass::oid
       AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass::oid
       AND c.oid OPERATOR(pg_catalog.<>) $1
       AND c.relkind OPERATOR(pg_catalog.=) ANY (ARRAY['r', 'p', 'v']::"char"[])
     ORDER BY 1))::text
