-- CALL zdm.backfill: it does what its caller may do, no more and no less.
\set VERBOSITY default
\set SHOW_CONTEXT errors
SET zdm.guard_mode = off;
SET client_min_messages = error;
DROP EXTENSION IF EXISTS pg_zdm CASCADE;
CREATE EXTENSION pg_zdm;
RESET client_min_messages;
CREATE SCHEMA backfill_rights;
SET search_path = backfill_rights;

SET client_min_messages = warning;
DROP ROLE IF EXISTS regress_zdm_a, regress_zdm_b;
CREATE ROLE regress_zdm_a;
CREATE ROLE regress_zdm_b;
GRANT USAGE ON SCHEMA backfill_rights TO regress_zdm_a, regress_zdm_b;
CREATE TABLE t (id bigint PRIMARY KEY, v integer NOT NULL DEFAULT 0, secret integer, who text);
INSERT INTO t (id) SELECT generate_series(1, 20);

SET ROLE regress_zdm_a;
CALL zdm.backfill('t', 'v = 1');
RESET ROLE;
GRANT UPDATE (v, who) ON t TO regress_zdm_a;
SET ROLE regress_zdm_a;
CALL zdm.backfill('t', 'v = 1');
RESET ROLE;
GRANT SELECT (id, v) ON t TO regress_zdm_a;
SET ROLE regress_zdm_a;
CALL zdm.backfill('t', 'secret = 1');
CALL zdm.backfill('t', 'v = secret');
CALL zdm.backfill('t', 'v = 1', 'secret IS NULL');
CALL zdm.backfill('t', 'v = v + 1, who = current_user', batch => 5);
RESET ROLE;
SELECT DISTINCT v, who FROM t;

-- A job belongs to the role that began it.
ALTER TABLE t ADD CHECK (id <> 10 OR v = 1);
SET ROLE regress_zdm_a;
CALL zdm.backfill('t', 'v = 2', batch => 5);
UPDATE zdm.job SET position = NULL;
DELETE FROM zdm.job_part;
RESET ROLE;
CALL zdm.run(2);
SET ROLE regress_zdm_b;
CALL zdm.run(2);
SELECT count(*) AS seen FROM zdm.progress;
RESET ROLE;
GRANT regress_zdm_a TO regress_zdm_b;
SET ROLE regress_zdm_b;
SELECT job, state FROM zdm.progress;
CALL zdm.run(2);
RESET ROLE;

-- Row security that would hide rows is an error.
GRANT SELECT, UPDATE ON t TO regress_zdm_a;
ALTER TABLE t ENABLE ROW LEVEL SECURITY;
CREATE POLICY half ON t USING (id % 2 = 0);
SET ROLE regress_zdm_a;
CALL zdm.backfill('t', 'v = 3');
RESET ROLE;
ALTER TABLE t FORCE ROW LEVEL SECURITY;
ALTER TABLE t OWNER TO regress_zdm_a;
SET ROLE regress_zdm_a;
CALL zdm.backfill('t', 'v = 3');
RESET ROLE;
SELECT v, count(*) FROM t GROUP BY v ORDER BY v;

DROP SCHEMA backfill_rights CASCADE;
DROP ROLE regress_zdm_a, regress_zdm_b;
