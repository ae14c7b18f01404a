-- What the role $1 (text) owns in this database; no row when there is no such role.
SELECT pg_catalog.json_build_object(
    'first', COALESCE((SELECT pg_catalog.json_agg(f.what) FROM (
        SELECT o.what
          FROM (SELECT pg_catalog.pg_describe_object(s.classid, s.objid, s.objsubid) AS what FROM pg_catalog.pg_shdepend s
                 WHERE s.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_authid'::pg_catalog.regclass::oid
                   AND s.refobjid OPERATOR(pg_catalog.=) r.oid AND s.deptype OPERATOR(pg_catalog.=) 'o'::"char"
                   AND s.dbid OPERATOR(pg_catalog.=) b.oid) o
         WHERE o.what IS NOT NULL
         ORDER BY o.what COLLATE "C" LIMIT 10) f), '[]'::json),
    'count', (SELECT pg_catalog.count(*) FROM pg_catalog.pg_shdepend s
               WHERE s.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_authid'::pg_catalog.regclass::oid
                 AND s.refobjid OPERATOR(pg_catalog.=) r.oid AND s.deptype OPERATOR(pg_catalog.=) 'o'::"char"
                 AND s.dbid OPERATOR(pg_catalog.=) b.oid),
    'has_data', EXISTS (SELECT FROM pg_catalog.pg_class c
                         WHERE c.relowner OPERATOR(pg_catalog.=) r.oid
                           AND c.relkind OPERATOR(pg_catalog.=) ANY (ARRAY['r', 'p', 'm', 'f']::"char"[])))::text
  FROM pg_catalog.pg_roles r
  JOIN pg_catalog.pg_database b ON b.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()
 WHERE r.rolname OPERATOR(pg_catalog.=) $1::name
