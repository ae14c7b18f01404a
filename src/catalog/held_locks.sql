-- The strong table locks that this session holds, as pairs of relation and mode.
SELECT pg_catalog.json_agg(pg_catalog.json_build_object('relation', l.relation::int8, 'mode', l.mode))::text
  FROM pg_catalog.pg_locks l
 WHERE l.pid OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid() AND l.granted
   AND l.locktype OPERATOR(pg_catalog.=) 'relation'
   AND l.database OPERATOR(pg_catalog.=) (SELECT d.oid FROM pg_catalog.pg_database d
                                           WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database())
   AND l.mode OPERATOR(pg_catalog.=) ANY (ARRAY['ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock'])
