-- Transactions of this database older than a second that hold a snapshot: CREATE INDEX CONCURRENTLY waits for them. The caller $1 (oid) is told
-- what pg_stat_activity would tell it.
SELECT pg_catalog.json_agg(pg_catalog.json_build_object(
           'pid', h.pid,
           'user', CASE WHEN h.visible THEN h.user END,
           'seconds', CASE WHEN h.visible THEN h.seconds END,
           'state', CASE WHEN h.visible THEN h.state END,
           'query', CASE WHEN h.visible THEN h.query END,
           'autovacuum', false) ORDER BY h.seconds DESC)::text
  FROM (SELECT a.pid, a.state, a.usename::text AS user, pg_catalog.left(a.query, 200) AS query,
               EXTRACT(epoch FROM pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) a.xact_start)::double precision AS seconds,
               pg_catalog.pg_has_role($1, 'pg_read_all_stats', 'USAGE')
                   OR COALESCE(pg_catalog.pg_has_role($1, a.usesysid, 'USAGE'), false) AS visible
          FROM pg_catalog.pg_stat_activity a
         WHERE a.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()
           AND a.backend_xmin IS NOT NULL
           AND a.pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid()
           AND a.backend_type OPERATOR(pg_catalog.<>) 'autovacuum worker'
           AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_vacuum v WHERE v.pid OPERATOR(pg_catalog.=) a.pid)
           AND a.xact_start OPERATOR(pg_catalog.<) (pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) '1 second'::interval)
         ORDER BY seconds DESC
         LIMIT 20) h
