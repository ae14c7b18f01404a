-- CALL zdm.backfill: an error in a batch, and how a job goes on.
\set VERBOSITY default
\set SHOW_CONTEXT errors
SET zdm.guard_mode = off;
SET client_min_messages = error;
DROP EXTENSION IF EXISTS pg_zdm CASCADE;
CREATE EXTENSION pg_zdm;
RESET client_min_messages;
CREATE SCHEMA backfill_errors;
SET search_path = backfill_errors;

CREATE TABLE t (id bigint PRIMARY KEY, v integer NOT NULL DEFAULT 0, amount integer NOT NULL,
                CONSTRAINT amount_is_positive CHECK (amount > 0 OR v = 0));
INSERT INTO t SELECT n, 0, CASE n WHEN 55 THEN -1 ELSE 1 END FROM generate_series(1, 80) n;
ANALYZE t;

-- The error is the server's own, with our hint added.
SET client_min_messages = warning;
CALL zdm.backfill('t', 'v = v + 1', batch => 10);
RESET client_min_messages;
SELECT sum(v), max(id) FILTER (WHERE v = 1) AS last FROM t;
SELECT job, state, percent, rows_updated, batches, position, pid, time_left, finished_at, sqlstate, error FROM zdm.progress;

-- Nothing has changed, so nothing is different.
\set VERBOSITY terse
CALL zdm.run(1);
UPDATE t SET amount = 1 WHERE id = 55;
CALL zdm.run(1);
SELECT min(v), max(v) FROM t;
SELECT job, state, percent, rows_updated, batches, position, pid, sqlstate, error FROM zdm.progress;
\set VERBOSITY default
CALL zdm.run(1);

-- An error of the expression; one with a hint of its own; one that comes with the commit.
SET client_min_messages = warning;
CALL zdm.backfill('t', 'v = 1 / (id - 5)', batch => 2);
CREATE FUNCTION complain() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'row % is not for you', NEW.id USING ERRCODE = 'ZZ123', DETAIL = 'This is the detail.', HINT = 'This is the hint.';
END$$;
CREATE TRIGGER complain BEFORE UPDATE ON t FOR EACH ROW WHEN (NEW.id = 15) EXECUTE FUNCTION complain();
CALL zdm.backfill('t', 'v = 2', batch => 10);
DROP TRIGGER complain ON t;
CREATE CONSTRAINT TRIGGER complain AFTER UPDATE ON t DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.id = 25) EXECUTE FUNCTION complain();
CALL zdm.run(3);
DROP TRIGGER complain ON t;
SELECT id, state, rows_updated, sqlstate, error FROM zdm.job ORDER BY id;
CALL zdm.run(3);
SELECT id, state, rows_updated, sqlstate, error FROM zdm.job WHERE id = 3;
SELECT min(v), max(v) FROM t;

-- The table has gone, or is not what it was.
DROP TABLE t;
CALL zdm.run(2);

-- Where the new values do not make the WHERE false after all (here a trigger undoes them), a walk by blocks would never end.
CREATE TABLE n (v integer);
INSERT INTO n SELECT FROM generate_series(1, 10);
CREATE FUNCTION undo() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN NEW.v := OLD.v; RETURN NEW; END$$;
CREATE TRIGGER undo BEFORE UPDATE ON n FOR EACH ROW EXECUTE FUNCTION undo();
CALL zdm.backfill('n', 'v = 1', 'v IS NULL');
SELECT count(v) FROM n;

SET client_min_messages = warning;
DROP SCHEMA backfill_errors CASCADE;
