-- The settings that load libraries into new sessions of this database: name and libraries, the server's first. What ALTER DATABASE says counts before what
-- the session has, which may have begun earlier. (pg_settings takes long: it is asked only where it matters.)
SELECT pg_catalog.json_agg(pg_catalog.json_build_array(s.name, s.libraries) ORDER BY s.name DESC)::text
  FROM (SELECT n.name, pg_catalog.current_setting(n.name) AS libraries
          FROM (VALUES ('shared_preload_libraries'::text), ('local_preload_libraries'::text)) n(name)
        UNION ALL
        SELECT 'session_preload_libraries'::text, COALESCE(
                   (SELECT pg_catalog.split_part(c.entry, '=', 2)
                      FROM pg_catalog.pg_db_role_setting o, pg_catalog.unnest(o.setconfig) c(entry)
                     WHERE o.setrole OPERATOR(pg_catalog.=) 0::oid
                       AND o.setdatabase OPERATOR(pg_catalog.=) (SELECT d.oid FROM pg_catalog.pg_database d
                                                                  WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database())
                       AND pg_catalog.split_part(c.entry, '=', 1) OPERATOR(pg_catalog.=) 'session_preload_libraries'),
                   CASE WHEN pg_catalog.current_setting('session_preload_libraries') OPERATOR(pg_catalog.=) '' THEN ''
                        WHEN (SELECT g.source FROM pg_catalog.pg_settings g
                               WHERE g.name OPERATOR(pg_catalog.=) 'session_preload_libraries') OPERATOR(pg_catalog.=) 'database' THEN ''
                        ELSE pg_catalog.current_setting('session_preload_libraries') END)) s
