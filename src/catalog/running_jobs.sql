-- The backfill jobs that run now, with their tables: those that the caller $1 (oid) may see by the policy of zdm.job.
SELECT pg_catalog.json_agg(pg_catalog.json_build_array(r.id, r.relation))::text
  FROM (SELECT DISTINCT j.id, t.relation
          FROM zdm.job j
         CROSS JOIN LATERAL (
            SELECT j.target::oid::int8 AS relation
            UNION ALL
            SELECT p.relation::oid::int8 FROM zdm.job_part p WHERE p.job OPERATOR(pg_catalog.=) j.id
         ) t
         WHERE j.state OPERATOR(pg_catalog.=) 'running'
           AND zdm.runner_alive(j.runner_pid, j.runner_start)
           AND (pg_catalog.pg_has_role($1, j.owner::oid, 'USAGE') OR pg_catalog.pg_has_role($1, 'pg_monitor', 'USAGE'))
         ORDER BY 1, 2
         LIMIT 10000) r
