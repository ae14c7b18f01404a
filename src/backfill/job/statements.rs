//! What is read from and written to `zdm.job` and `zdm.job_part`, but for the position ([`super::lease`]).

pub const CREATE: &str = "INSERT INTO zdm.job (owner, target, alias, set_expr, where_expr, batch, pause, settings, falsifies, state, rows_estimated,
                          runner_pid, runner_start, system_identifier, database)
    SELECT $1, $2, $11::pg_catalog.name, $3, $4, $5::pg_catalog.int4, pg_catalog.make_interval(secs => $6::pg_catalog.float8 OPERATOR(pg_catalog./) 1000),
           $7::pg_catalog.jsonb, $8, 'running', $9, a.pid, a.backend_start, $10, d.oid
      FROM pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid()) a,
           pg_catalog.pg_database d
     WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()
    RETURNING id, lease";

pub const SAVE_PARTS: &str = "INSERT INTO zdm.job_part (job, part, relation, walk, key_columns, rows_estimated, columns)
    SELECT $1, p.part, p.relation::pg_catalog.oid, p.walk,
           CASE WHEN p.key_columns OPERATOR(pg_catalog.<>) 'null'::pg_catalog.jsonb
                THEN ARRAY(SELECT e.v FROM pg_catalog.jsonb_array_elements_text(p.key_columns) WITH ORDINALITY e(v, n) ORDER BY e.n) END,
           p.rows, p.columns
      FROM pg_catalog.jsonb_to_recordset($2::pg_catalog.jsonb)
           p(part pg_catalog.int4, relation pg_catalog.int8, walk pg_catalog.text, key_columns pg_catalog.jsonb, rows pg_catalog.int8, columns pg_catalog.text)";

pub const FREEZE: &str = "UPDATE zdm.job_part p
       SET upper_bound = CASE WHEN b.upper_bound OPERATOR(pg_catalog.<>) 'null'::pg_catalog.jsonb
               THEN ARRAY(SELECT e.v FROM pg_catalog.jsonb_array_elements_text(b.upper_bound) WITH ORDINALITY e(v, n) ORDER BY e.n) END
      FROM pg_catalog.jsonb_to_recordset($2::pg_catalog.jsonb) b(part pg_catalog.int4, upper_bound pg_catalog.jsonb)
     WHERE p.job OPERATOR(pg_catalog.=) $1 AND p.part OPERATOR(pg_catalog.=) b.part";

pub const FROZEN: &str = "UPDATE zdm.job SET bounds_at = pg_catalog.clock_timestamp()
     WHERE id OPERATOR(pg_catalog.=) $1 AND lease OPERATOR(pg_catalog.=) $2 AND state OPERATOR(pg_catalog.=) 'running'";

pub const READ: &str = "SELECT j.owner::pg_catalog.oid, j.target::pg_catalog.oid, j.set_expr, j.where_expr, j.batch,
           (EXTRACT(epoch FROM j.pause) OPERATOR(pg_catalog.*) 1000)::pg_catalog.int8, j.settings::pg_catalog.text, j.falsifies, j.state, j.part,
           pg_catalog.to_json(j.position)::pg_catalog.text, j.rows_estimated, j.rows_passed, j.rows_updated, j.rows_suppressed, j.batches, j.lease,
           j.runner_pid, zdm.runner_alive(j.runner_pid, j.runner_start),
           j.system_identifier OPERATOR(pg_catalog.=) $2 AND j.database OPERATOR(pg_catalog.=) d.oid,
           pg_catalog.pg_get_userbyid(j.owner::pg_catalog.oid), c.relname, n.nspname, j.alias,
           j.bounds_at IS NOT NULL, EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.oid OPERATOR(pg_catalog.=) j.owner::pg_catalog.oid)
      FROM zdm.job j
      JOIN pg_catalog.pg_database d ON d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()
      LEFT JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) j.target
      LEFT JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
     WHERE j.id OPERATOR(pg_catalog.=) $1";

pub const TAKE: &str = "UPDATE zdm.job j
       SET state = 'running', lease = j.lease OPERATOR(pg_catalog.+) 1, runner_pid = a.pid, runner_start = a.backend_start,
           run_started_at = pg_catalog.clock_timestamp(), run_first_row = j.rows_updated, run_first_passed = j.rows_passed,
           updated_at = pg_catalog.clock_timestamp(), sqlstate = NULL, error = NULL
      FROM pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid()) a
     WHERE j.id OPERATOR(pg_catalog.=) $1 AND j.lease OPERATOR(pg_catalog.=) $2
    RETURNING j.lease";

pub const PARTS: &str = "SELECT p.relation::pg_catalog.oid, p.walk, pg_catalog.to_json(p.key_columns)::pg_catalog.text,
           pg_catalog.to_json(p.upper_bound)::pg_catalog.text, p.rows_estimated, p.columns
      FROM zdm.job_part p WHERE p.job OPERATOR(pg_catalog.=) $1 ORDER BY p.part";

pub const DONE: &str = "UPDATE zdm.job
       SET state = 'done', rows_remaining = $3, runner_pid = NULL, runner_start = NULL,
           updated_at = pg_catalog.clock_timestamp(), finished_at = pg_catalog.clock_timestamp()
     WHERE id OPERATOR(pg_catalog.=) $1 AND lease OPERATOR(pg_catalog.=) $2";

pub const FAILED: &str = "UPDATE zdm.job
       SET state = $3, runner_pid = NULL, runner_start = NULL, updated_at = pg_catalog.clock_timestamp(), sqlstate = $4, error = $5
     WHERE id OPERATOR(pg_catalog.=) $1 AND lease OPERATOR(pg_catalog.=) $2";
