-- Who holds a lock on the relation $1 (oid) in one of the modes $2 (text, with commas), in a transaction older than $4 (double precision) seconds.
-- The caller $3 (oid) is told what pg_stat_activity would tell it.
SELECT pg_catalog.json_agg(pg_catalog.json_build_object(
           'pid', h.pid, 'prepared', h.gid, 'mode', h.mode,
           'user', CASE WHEN h.visible THEN h.user END,
           'seconds', CASE WHEN h.visible THEN h.seconds END,
           'state', CASE WHEN h.visible THEN h.state END,
           'query', CASE WHEN h.visible THEN h.query END,
           'autovacuum', h.visible AND h.autovacuum) ORDER BY h.seconds DESC)::text
  FROM (SELECT l.pid, p.gid, l.mode, a.state, COALESCE(a.usename, p.owner)::text AS user, pg_catalog.left(a.query, 200) AS query,
               EXTRACT(epoch FROM pg_catalog.clock_timestamp()
                       OPERATOR(pg_catalog.-) COALESCE(a.xact_start, p.prepared))::double precision AS seconds,
               COALESCE(a.backend_type OPERATOR(pg_catalog.=) 'autovacuum worker', false) AS autovacuum,
               pg_catalog.pg_has_role($3, 'pg_read_all_stats', 'USAGE')
                   OR COALESCE(pg_catalog.pg_has_role($3, a.usesysid, 'USAGE'), l.pid IS NULL) AS visible
          FROM pg_catalog.pg_locks l
          LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid OPERATOR(pg_catalog.=) l.pid
          LEFT JOIN pg_catalog.pg_prepared_xacts p
            ON l.pid IS NULL
           AND l.virtualtransaction OPERATOR(pg_catalog.=) ('-1/'::text OPERATOR(pg_catalog.||) p.transaction::text)
         WHERE l.locktype OPERATOR(pg_catalog.=) 'relation' AND l.granted AND l.relation OPERATOR(pg_catalog.=) $1
           AND l.database OPERATOR(pg_catalog.=) (SELECT d.oid FROM pg_catalog.pg_database d
                                                   WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database())
           AND l.mode OPERATOR(pg_catalog.=) ANY (pg_catalog.string_to_array($2, ','))
           AND l.pid IS DISTINCT FROM pg_catalog.pg_backend_pid()
           AND COALESCE(a.xact_start, p.prepared) OPERATOR(pg_catalog.<)
               (pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) pg_catalog.make_interval(secs => $4))
         ORDER BY seconds DESC
         LIMIT 20) h
