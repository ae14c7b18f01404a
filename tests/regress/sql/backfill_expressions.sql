-- CALL zdm.backfill: the two fragments of SQL are parsed, and what is more than an assignment list or a condition is refused.
\set VERBOSITY default
\set SHOW_CONTEXT errors
SET zdm.guard_mode = off;
SET client_min_messages = error;
DROP EXTENSION IF EXISTS pg_zdm CASCADE;
CREATE EXTENSION pg_zdm;
RESET client_min_messages;
CREATE SCHEMA backfill_expressions;
SET search_path = backfill_expressions;

CREATE TABLE t (id bigint PRIMARY KEY, v integer NOT NULL DEFAULT 0, w text, made integer GENERATED ALWAYS AS (1) STORED,
                mine integer GENERATED ALWAYS AS IDENTITY);
INSERT INTO t (id) SELECT generate_series(1, 10);
CREATE TABLE x (a integer);
INSERT INTO x VALUES (1);

-- set_expr
CALL zdm.backfill('t', '');
CALL zdm.backfill('t', 'v');
CALL zdm.backfill('t', 'v = ');
CALL zdm.backfill('t', 'v = 1 --');
CALL zdm.backfill('t', 'v = /* here */ 1');
CALL zdm.backfill('t', 'v = 1; DROP TABLE x');
CALL zdm.backfill('t', 'v = 1 WHERE true');
CALL zdm.backfill('t', 'v = 1 FROM x');
CALL zdm.backfill('t', 'v = 1 RETURNING v');
CALL zdm.backfill('t', 'v = (WITH gone AS (DELETE FROM x RETURNING a) SELECT a FROM gone)');
CALL zdm.backfill('t', 'v = (SELECT a FROM x FOR UPDATE)');
CALL zdm.backfill('t', 'v = sum(v)');
CALL zdm.backfill('t', 'v = generate_series(1, 2)');
CALL zdm.backfill('t', 'v = $1');
CALL zdm.backfill('t', 'v = 1, v = 2');
CALL zdm.backfill('t', 't.v = 1');
CALL zdm.backfill('t', 'id = id + 1');
CALL zdm.backfill('t', '(v, id) = (1, 2)');
CALL zdm.backfill('t', 'nowhere = 1');
CALL zdm.backfill('t', 'v = nowhere');
CALL zdm.backfill('t', 'v = nowhere(1)');
CALL zdm.backfill('t', 'ctid = NULL');
CALL zdm.backfill('t', 'made = 2');
CALL zdm.backfill('t', 'mine = 2');
CALL zdm.backfill('t', $$v = 'no number'$$);
CALL zdm.backfill('t', 'v = now()');

-- where_expr
CALL zdm.backfill('t', 'v = 1', '');
CALL zdm.backfill('t', 'v = 1', 'true) OR (true');
CALL zdm.backfill('t', 'v = 1', 'true --');
CALL zdm.backfill('t', 'v = 1', 'true; DROP TABLE x');
CALL zdm.backfill('t', 'v = 1', 'true ORDER BY id');
CALL zdm.backfill('t', 'v = 1', 'id');
CALL zdm.backfill('t', 'v = 1', 'random() < 0.5');
CALL zdm.backfill('t', 'v = 1', 'EXISTS (SELECT FROM x WHERE random() < 0.5)');
CALL zdm.backfill('t', 'v = 1', 'EXISTS (DELETE FROM x)');
CALL zdm.backfill('t', 'v = 1', 'count(*) > 1');
CALL zdm.backfill('t', 'v = 1', 'nowhere IS NULL');

-- Constants are constants, whatever is in them, and a subselect may read.
\set VERBOSITY terse
CALL zdm.backfill('t', $q$w = $$'; DROP TABLE x; -- ') OR (true /* $$, v = (SELECT max(a) FROM x)$q$, $q$w IS DISTINCT FROM $$;$$$q$);
SELECT DISTINCT v, w FROM t;
CALL zdm.backfill('t', '(v, w) = (t.v + 1, upper(w)), mine = DEFAULT', 'id = 1 OR id IN (SELECT a + 1 FROM x)');
SELECT id, v, w, mine FROM t WHERE id < 4 ORDER BY id;
SELECT * FROM x;
SELECT id, set_expr, where_expr FROM zdm.job ORDER BY id;

SET client_min_messages = warning;
DROP SCHEMA backfill_expressions CASCADE;
