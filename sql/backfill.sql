-- The backfill: its jobs, its procedures, and the view that shows how far they are.

CREATE TABLE zdm.job (
    id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    owner             regrole NOT NULL,
    target            regclass NOT NULL,
    -- the table's name when the job began, by which its expressions may qualify columns
    alias             name NOT NULL,
    set_expr          text NOT NULL,
    where_expr        text,
    batch             integer NOT NULL CHECK (batch OPERATOR(pg_catalog.>) 0),
    pause             interval NOT NULL,
    -- search_path, TimeZone, ... of the session that began: the expressions mean the same whoever goes on
    settings          jsonb NOT NULL,
    -- the assignment provably makes the WHERE false for the rows it changed
    falsifies         boolean NOT NULL,
    state             text NOT NULL CHECK (state OPERATOR(pg_catalog.=) ANY (ARRAY['running', 'canceled', 'failed', 'done'])),
    -- where the walk stands: the part, and in it the last key done (or the first block not yet done)
    part              integer NOT NULL DEFAULT 1,
    position          text[],
    rows_estimated    bigint NOT NULL,
    rows_passed       bigint NOT NULL DEFAULT 0,
    rows_updated      bigint NOT NULL DEFAULT 0,
    rows_suppressed   bigint NOT NULL DEFAULT 0,
    rows_remaining    bigint,
    batches           bigint NOT NULL DEFAULT 0,
    -- who runs it: a lease that every batch checks and that a new runner takes over only from the dead
    lease             bigint NOT NULL DEFAULT 1,
    runner_pid        integer,
    runner_start      timestamptz,
    created_at        timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    run_started_at    timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    run_first_row     bigint NOT NULL DEFAULT 0,
    run_first_passed  bigint NOT NULL DEFAULT 0,
    -- when the upper bounds were fixed, after the wait for older transactions
    bounds_at         timestamptz,
    updated_at        timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    finished_at       timestamptz,
    sqlstate          text,
    error             text,
    -- a copy of the database must not go on with the original's jobs
    system_identifier bigint NOT NULL,
    database          oid NOT NULL
) WITH (fillfactor = 50);
COMMENT ON SEQUENCE zdm.job_id_seq IS 'the numbers of backfill jobs';
COMMENT ON TABLE zdm.job IS 'backfill jobs; the position is committed together with the batch it belongs to';

CREATE TABLE zdm.job_part (
    job            bigint NOT NULL REFERENCES zdm.job ON DELETE CASCADE,
    part           integer NOT NULL,
    relation       regclass NOT NULL,
    walk           text NOT NULL CHECK (walk OPERATOR(pg_catalog.=) ANY (ARRAY['key', 'block', 'ladder'])),
    key_columns    text[],
    -- fixed when the job began (job.bounds_at); NULL: there was no row
    upper_bound    text[],
    rows_estimated bigint NOT NULL,
    -- which columns the names in the job meant
    columns        text NOT NULL,
    PRIMARY KEY (job, part)
);
COMMENT ON TABLE zdm.job_part IS 'the tables a backfill job walks, one after the other: the target itself, or its partitions';

-- A job is seen by its owner, by members of the owning role, and by those who may monitor the server. Nobody writes but the procedures.
ALTER TABLE zdm.job ENABLE ROW LEVEL SECURITY;
ALTER TABLE zdm.job_part ENABLE ROW LEVEL SECURITY;
CREATE POLICY job_visible ON zdm.job FOR SELECT
    USING (pg_catalog.pg_has_role(owner::oid, 'USAGE') OR pg_catalog.pg_has_role('pg_monitor', 'USAGE'));
CREATE POLICY job_part_visible ON zdm.job_part FOR SELECT
    USING (EXISTS (SELECT FROM zdm.job j WHERE j.id OPERATOR(pg_catalog.=) job_part.job));
REVOKE ALL ON zdm.job, zdm.job_part FROM PUBLIC;
GRANT SELECT ON zdm.job, zdm.job_part TO PUBLIC;

CREATE FUNCTION zdm.runner_alive(pid integer, started timestamptz) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$ SELECT EXISTS (SELECT FROM pg_catalog.pg_stat_get_activity(pid) a WHERE a.backend_start OPERATOR(pg_catalog.=) started) $$;
COMMENT ON FUNCTION zdm.runner_alive(integer, timestamptz)
    IS 'whether the server process that was given a backfill job is still the same one and alive';

CREATE VIEW zdm.progress WITH (security_invoker = true) AS
SELECT j.id AS job,
       j.target,
       CASE WHEN j.state OPERATOR(pg_catalog.=) 'running' AND NOT zdm.runner_alive(j.runner_pid, j.runner_start)
            THEN 'interrupted'
            WHEN j.state OPERATOR(pg_catalog.=) 'running' AND j.bounds_at IS NULL
            THEN 'waiting' ELSE j.state END AS state,
       p.walk,
       p.relation AS current_relation,
       j.position,
       CASE WHEN j.state OPERATOR(pg_catalog.=) 'done' THEN 100.0
            WHEN j.rows_estimated OPERATOR(pg_catalog.<=) 0 THEN 0.0
            ELSE pg_catalog.round(LEAST(99.9, 100.0 OPERATOR(pg_catalog.*) j.rows_passed OPERATOR(pg_catalog./) j.rows_estimated), 1)
       END AS percent,
       j.rows_updated,
       j.rows_suppressed,
       j.rows_remaining,
       j.batches,
       CASE WHEN s.seconds OPERATOR(pg_catalog.>) 0::numeric
            THEN pg_catalog.round((j.rows_updated OPERATOR(pg_catalog.-) j.run_first_row)::numeric OPERATOR(pg_catalog./) s.seconds)
       END AS rows_per_second,
       CASE WHEN j.state OPERATOR(pg_catalog.=) 'running' AND j.rows_passed OPERATOR(pg_catalog.>) j.run_first_passed
            THEN pg_catalog.make_interval(secs => pg_catalog.round(s.seconds OPERATOR(pg_catalog.*)
                 GREATEST(j.rows_estimated OPERATOR(pg_catalog.-) j.rows_passed, 0::bigint)::numeric
                 OPERATOR(pg_catalog./) (j.rows_passed OPERATOR(pg_catalog.-) j.run_first_passed)::numeric)::double precision)
       END AS time_left,
       j.runner_pid AS pid,
       j.created_at,
       j.updated_at,
       j.finished_at,
       j.sqlstate,
       j.error
  FROM zdm.job j
  LEFT JOIN zdm.job_part p ON p.job OPERATOR(pg_catalog.=) j.id AND p.part OPERATOR(pg_catalog.=) j.part
 -- The pause after the last batch belongs to it.
 CROSS JOIN LATERAL (SELECT EXTRACT(epoch FROM j.updated_at OPERATOR(pg_catalog.-) j.run_started_at OPERATOR(pg_catalog.+)
                                    CASE WHEN j.state OPERATOR(pg_catalog.=) 'running' THEN j.pause ELSE '0'::interval END)::numeric AS seconds) s
 ORDER BY j.id;
COMMENT ON VIEW zdm.progress IS 'backfill jobs and how far they are; made for \watch';
GRANT SELECT ON zdm.progress TO PUBLIC;

CREATE PROCEDURE zdm.backfill(target regclass, set_expr text, where_expr text DEFAULT NULL, batch integer DEFAULT NULL,
                              pause interval DEFAULT '0', strategy text DEFAULT NULL)
    LANGUAGE c AS 'MODULE_PATHNAME', 'zdm_backfill';
COMMENT ON PROCEDURE zdm.backfill(regclass, text, text, integer, interval, text)
    IS 'changes the rows of a table in short committed batches';

-- A walk as a ladder asks it for each row, with the rights of the job's owner.
CREATE FUNCTION zdm.tid_slice("row" tid, slices integer) RETURNS integer
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'zdm_tid_slice';
COMMENT ON FUNCTION zdm.tid_slice(tid, integer) IS 'the number of a row''s line pointer in its page, modulo the number of slices';

CREATE PROCEDURE zdm.run(job bigint)
    LANGUAGE c AS 'MODULE_PATHNAME', 'zdm_run';
COMMENT ON PROCEDURE zdm.run(bigint) IS 'goes on with a backfill job that was interrupted';
