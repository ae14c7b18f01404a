-- The settings that load libraries into new sessions of this database: name and libraries, the server's first. What ALTER DATABASE says counts before what
-- the session has, which may have begun earlier.
SELECT pg_catalog.json_agg(pg_catalog.json_build_array(s.name, s.libraries) ORDER BY s.name DESC)::text
  FROM (SELECT g.name, g.setting AS libraries
          FROM pg_catalog.pg_settings g
         WHERE g.name OPERATOR(pg_catalog.=) ANY (ARRAY['shared_preload_libraries', 'local_preload_libraries'])
        UNION ALL
        SELECT g.name, COALESCE(
                   (SELECT pg_catalog.split_part(c.entry, '=', 2)
                      FROM pg_catalog.pg_db_role_setting o, pg_catalog.unnest(o.setconfig) c(entry)
                     WHERE o.setrole OPERATOR(pg_catalog.=) 0::oid
                       AND o.setdatabase OPERATOR(pg_catalog.=) (SELECT d.oid FROM pg_catalog.pg_database d
                                                                  WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database())
                       AND pg_catalog.split_part(c.entry, '=', 1) OPERATOR(pg_catalog.=) 'session_preload_libraries'),
                   CASE WHEN g.source OPERATOR(pg_catalog.=) 'database' THEN '' ELSE g.setting END)
          FROM pg_catalog.pg_settings g
         WHERE g.name OPERATOR(pg_catalog.=) 'session_preload_libraries') s
