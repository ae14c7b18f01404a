-- attempt: caught and tried again
DO $$BEGIN FOR i IN 1..3 LOOP BEGIN TRUNCATE app.same; EXCEPTION WHEN OTHERS THEN NULL; END; END LOOP; END$$
DO $$BEGIN BEGIN CREATE INDEX ON app.users (v); EXCEPTION WHEN OTHERS THEN CREATE INDEX ON app.users (v); END; END$$
DO $$BEGIN BEGIN TRUNCATE app.same; EXCEPTION WHEN OTHERS THEN EXECUTE 'TRUNCATE app.same'; END; EXCEPTION WHEN OTHERS THEN NULL; END$$

-- attempt: savepoints
BEGIN
SAVEPOINT a
TRUNCATE app.same
ROLLBACK TO a
CREATE INDEX ON app.users (v)
ROLLBACK TO a
DROP TABLE app.same
ROLLBACK TO a
COMMIT

-- attempt: a prepared transaction
BEGIN
TRUNCATE app.same
PREPARE TRANSACTION 'x'
BEGIN
ALTER TABLE app.hollow ADD COLUMN z int
TRUNCATE app.hollow, app.same
PREPARE TRANSACTION 'x'
COMMIT PREPARED 'x'

-- attempt: several in one message
SELECT 1; TRUNCATE app.same
CREATE TABLE app.z (a int); CREATE INDEX ON app.z (a); CREATE INDEX ON app.users (v)
BEGIN; SELECT 1; COMMIT; TRUNCATE app.same; SELECT 1
TRUNCATE app.hollow; ; ; TRUNCATE app.same;

-- attempt: comments
/* nothing */ TRUNCATE /* app.hollow; */ app.same -- app.hollow
TRUNCATE--x
TRUNCATE/**/app.same
/* /* deep */ */ CREATE /* CONCURRENTLY */ INDEX /* TEMP */ ON app.users (v)

-- attempt: comments that are nested too deeply
TRUNCATE {deep} app.same
CREATE INDEX ON app.users (v) {deep}

-- attempt: a text that is too long
TRUNCATE /* {long} */ app.same
CREATE INDEX ON app.users (v) /* {long} */
ALTER TABLE app.users ALTER COLUMN v SET NOT NULL /* {long} */
ALTER TABLE app.same RENAME COLUMN v TO w /* {long} */
DROP TABLE app.same /* {long} */
VACUUM FULL app.same /* {long} */

-- attempt: a text that is too long, in a block
DO $$BEGIN EXECUTE 'TRUNCATE /* ' || repeat('x', 1100000) || ' */ app.same'; END$$
DO $$BEGIN EXECUTE 'CREATE INDEX ON app.users (v) /* ' || repeat('x', 1100000) || ' */'; END$$

-- attempt: an expression that is too deep
ALTER TABLE app.users ADD CHECK ({nested})
CREATE INDEX ON app.users (({nested}))
CREATE INDEX ON app.users (v) WHERE {nested}

-- attempt: names in other forms
TRUNCATE U&"\0061pp".U&"s\0061me"
TRUNCATE "app"."same"
TRUNCATE APP . SAME
TRUNCATE {database}.app.same
TRUNCATE ONLY (app.same)
TRUNCATE app.same *
DROP TABLE IF EXISTS app.nothing, app.same

-- attempt: names with odd letters
CREATE TABLE app."a;b --" (id int)
ALTER TABLE app."a;b --" ADD COLUMN "TRUNCATE" int
CREATE INDEX "on app.hollow" ON app.users (v)
CREATE INDEX "é" ON app.users (v)

-- attempt: another encoding
SET client_encoding = LATIN1
CREATE INDEX "é" ON app.users (v) WHERE note <> 'é'
TRUNCATE /* é */ app.same

-- attempt: dollar quotes
DO $a$BEGIN EXECUTE $b$TRUNCATE $b$ || $c$app.same$c$; END$a$
DO LANGUAGE plpgsql 'BEGIN EXECUTE ''TRUN'' || ''CATE app.same''; END'
DO $$BEGIN EXECUTE format('DROP %s %I.%I', 'TABLE', 'app', 'same'); END$$
DO $$BEGIN EXECUTE 'DO $x$BEGIN EXECUTE $y$TRUNCATE app.same$y$; END$x$'; END$$

-- attempt: a cursor
CREATE FUNCTION app.pass() RETURNS int LANGUAGE plpgsql AS 'BEGIN TRUNCATE app.same; RETURN 1; END'
BEGIN
DECLARE c CURSOR FOR SELECT app.pass()
FETCH c
COMMIT

-- attempt: a cursor that is held
CREATE FUNCTION app.pass() RETURNS int LANGUAGE plpgsql AS 'BEGIN TRUNCATE app.same; RETURN 1; END'
BEGIN
DECLARE c CURSOR WITH HOLD FOR SELECT app.pass()
COMMIT
FETCH c

-- attempt: a trigger at the end of the transaction
CREATE FUNCTION app.late() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN TRUNCATE app.same; RETURN NULL; END'
CREATE CONSTRAINT TRIGGER late AFTER INSERT ON app.bell DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION app.late()
BEGIN
INSERT INTO app.bell VALUES ('x')
COMMIT

-- attempt: COPY with a trigger
CREATE FUNCTION app.late() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN CREATE INDEX ON app.users (v); RETURN NULL; END'
CREATE TRIGGER late AFTER INSERT ON app.bell FOR EACH ROW EXECUTE FUNCTION app.late()
COPY app.bell FROM PROGRAM 'echo x'
COPY (INSERT INTO app.bell VALUES ('x') RETURNING 1) TO STDOUT
INSERT INTO app.bell VALUES ('x')

-- attempt: COPY of a change
COPY (DELETE FROM app.same RETURNING id) TO STDOUT

-- attempt: a procedure that commits in between
CREATE PROCEDURE app.pass() LANGUAGE plpgsql AS 'BEGIN COMMIT; TRUNCATE app.same; COMMIT; CREATE INDEX ON app.users (v); END'
CALL app.pass()
CREATE PROCEDURE app.catch() LANGUAGE plpgsql AS 'BEGIN BEGIN TRUNCATE app.same; EXCEPTION WHEN OTHERS THEN NULL; END; COMMIT; CREATE INDEX ON app.users (v); END'
CALL app.catch()

-- attempt: a function with a standard body
CREATE FUNCTION app.pass() RETURNS void LANGUAGE sql BEGIN ATOMIC DELETE FROM app.same; END
SELECT app.pass()
CREATE FUNCTION app.change() RETURNS void LANGUAGE sql BEGIN ATOMIC UPDATE app.same SET v = 0; END
SELECT app.change()

-- attempt: functions of other kinds
CREATE FUNCTION app.pass() RETURNS void LANGUAGE sql AS 'SELECT 1; TRUNCATE app.same; SELECT 2'
SELECT app.pass()
CREATE FUNCTION app.set_of() RETURNS SETOF int LANGUAGE plpgsql AS 'BEGIN RETURN NEXT 1; TRUNCATE app.same; RETURN NEXT 2; END'
SELECT * FROM app.set_of()
CREATE FUNCTION app.fixed() RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN TRUNCATE app.same; RETURN 1; END'
SELECT app.fixed()
EXPLAIN SELECT app.fixed()
CREATE AGGREGATE app.agg (int) (SFUNC = app.twice2, STYPE = int)

-- attempt: a default that does it
CREATE FUNCTION app.pass() RETURNS int LANGUAGE plpgsql AS 'BEGIN TRUNCATE app.same; RETURN 1; END'
CREATE TABLE app.z (a int, b int DEFAULT app.pass())
INSERT INTO app.z VALUES (1)
CREATE INDEX CONCURRENTLY ON app.z ((app.twice(a)))
ALTER TABLE app.z ADD COLUMN c int DEFAULT app.pass()
CREATE DOMAIN app.d AS int CHECK (app.pass() = 1)
SELECT 1::app.d

-- attempt: a materialized view whose query does it
CREATE FUNCTION app.pass() RETURNS int LANGUAGE plpgsql AS 'BEGIN TRUNCATE app.same; RETURN 1; END'
CREATE MATERIALIZED VIEW app.m AS SELECT app.pass() AS a WITH NO DATA
CREATE UNIQUE INDEX ON app.m (a)
REFRESH MATERIALIZED VIEW app.m
CREATE MATERIALIZED VIEW app.n AS SELECT app.pass() AS a

-- attempt: an index that does it
CREATE FUNCTION app.pass(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN TRUNCATE app.same; RETURN 1; END'
CREATE TABLE app.z AS SELECT 1 AS a
CREATE INDEX CONCURRENTLY ON app.z (app.pass(a))
CREATE TABLE app.y (a int)
CREATE INDEX ON app.y (app.pass(a))
INSERT INTO app.y VALUES (1)
ANALYZE app.y

-- attempt: EXPLAIN that runs
EXPLAIN ANALYZE DELETE FROM app.same
EXPLAIN (ANALYZE) UPDATE app.same SET v = 0
PREPARE p AS DELETE FROM app.same
EXPLAIN ANALYZE EXECUTE p
EXECUTE p

-- attempt: rows by a rule
CREATE RULE r AS ON INSERT TO app.bell DO ALSO DELETE FROM app.same
INSERT INTO app.bell VALUES ('x')

-- attempt: rows by a view
CREATE VIEW app.v AS SELECT * FROM app.same
DELETE FROM app.v
UPDATE app.v SET v = 0
DELETE FROM app.look

-- attempt: rows by a condition that is true
DELETE FROM app.same WHERE true
DELETE FROM app.same WHERE 1 = 1 AND NOT false
UPDATE app.same SET v = 0 WHERE 'a' = 'a'
DO $$DECLARE t boolean = true; BEGIN DELETE FROM app.same WHERE t; END$$

-- attempt: rows inside another statement
WITH x AS (DELETE FROM app.same RETURNING 1) SELECT 1
WITH x AS (DELETE FROM app.hollow RETURNING 1), y AS (DELETE FROM app.same RETURNING 1) SELECT count(*) FROM y
INSERT INTO app.bell SELECT 'x' FROM app.hollow
WITH x AS (UPDATE app.same SET v = 0 RETURNING 1) INSERT INTO app.bell SELECT 'x' FROM x

-- attempt: a new parent of an old table
BEGIN
CREATE TABLE app.top (id int, v int)
ALTER TABLE app.same INHERIT app.top
TRUNCATE app.top
ROLLBACK
BEGIN
CREATE TABLE app.top (id int, v int)
ALTER TABLE app.same INHERIT app.top
DROP TABLE app.top CASCADE
COMMIT

-- attempt: a new parent of an old table, and its columns
BEGIN
CREATE TABLE app.top (id int, v int)
ALTER TABLE app.same INHERIT app.top
SAVEPOINT a
ALTER TABLE app.top RENAME COLUMN v TO w
RELEASE a
COMMIT

-- attempt: a new parent of an old table, and a type
BEGIN
CREATE TABLE app.top (id int, v int)
ALTER TABLE app.same INHERIT app.top
ALTER TABLE app.top ALTER COLUMN v TYPE bigint
COMMIT

-- attempt: a new parent of an old table, and a constraint
BEGIN
CREATE TABLE app.top (id int, v int)
ALTER TABLE app.same INHERIT app.top
ALTER TABLE app.top ALTER COLUMN v SET NOT NULL
COMMIT

-- attempt: a new parent of an old table, and a column
BEGIN
CREATE TABLE app.top (id int, v int)
ALTER TABLE app.same INHERIT app.top
ALTER TABLE app.top ADD COLUMN z float DEFAULT random()
COMMIT

-- attempt: an empty parent of an old table
CREATE TABLE app.top (id int, v int)
ALTER TABLE app.same INHERIT app.top
TRUNCATE app.top
DELETE FROM app.top
ALTER TABLE app.top RENAME COLUMN v TO w
DROP TABLE app.top CASCADE

-- attempt: a new partitioned table around an old one
BEGIN
CREATE TABLE app.top (id int, v int) PARTITION BY RANGE (id)
ALTER TABLE app.top ATTACH PARTITION app.same DEFAULT
DROP TABLE app.top
COMMIT
ALTER TABLE app.same ADD CONSTRAINT fits CHECK (id IS NOT NULL AND id >= 0 AND id < 1000) NOT VALID
ALTER TABLE app.same VALIDATE CONSTRAINT fits
BEGIN
CREATE TABLE app.top (id int, v int) PARTITION BY RANGE (id)
ALTER TABLE app.top ATTACH PARTITION app.same FOR VALUES FROM (0) TO (1000)
TRUNCATE app.top
COMMIT
BEGIN
CREATE TABLE app.top (id int, v int) PARTITION BY RANGE (id)
ALTER TABLE app.top ATTACH PARTITION app.same FOR VALUES FROM (0) TO (1000)
CREATE INDEX ON app.top (v)
COMMIT
BEGIN
CREATE TABLE app.top (id int, v int) PARTITION BY RANGE (id)
ALTER TABLE app.top ATTACH PARTITION app.same FOR VALUES FROM (0) TO (1000)
DROP TABLE app.top
COMMIT

-- attempt: a new partitioned table around an old one, and its columns
ALTER TABLE app.same ADD CONSTRAINT fits CHECK (id IS NOT NULL AND id >= 0 AND id < 1000) NOT VALID
ALTER TABLE app.same VALIDATE CONSTRAINT fits
BEGIN
CREATE TABLE app.top (id int, v int) PARTITION BY RANGE (id)
ALTER TABLE app.top ATTACH PARTITION app.same FOR VALUES FROM (0) TO (1000)
ALTER TABLE app.top DROP COLUMN v
COMMIT
BEGIN
CREATE TABLE app.top (id int, v int) PARTITION BY RANGE (id)
ALTER TABLE app.top ATTACH PARTITION app.same FOR VALUES FROM (0) TO (1000)
ALTER TABLE app.top RENAME COLUMN v TO w
COMMIT

-- attempt: a new parent of a new parent of an old table
BEGIN
CREATE TABLE app.top (id int, v int)
CREATE TABLE app.middle () INHERITS (app.top)
ALTER TABLE app.same INHERIT app.middle
ALTER TABLE app.top RENAME COLUMN v TO w
COMMIT

-- attempt: a new parent that is emptied
BEGIN
CREATE TABLE app.top (id int, v int)
ALTER TABLE app.same INHERIT app.top
TRUNCATE app.top
COMMIT

-- attempt: a partition inside CREATE SCHEMA
CREATE SCHEMA around CREATE TABLE p PARTITION OF app.events FOR VALUES FROM (1000) TO (2000)
CREATE SCHEMA around CREATE VIEW w AS SELECT 1 AS a CREATE TABLE p PARTITION OF app.events FOR VALUES FROM (1000) TO (2000)

-- attempt: by way of a type
ALTER TYPE app.mood RENAME VALUE 'ok' TO 'fine'
DROP TYPE app.mood CASCADE
ALTER DOMAIN app.tally ADD CHECK (VALUE > 0)
DROP DOMAIN app.tally CASCADE

-- attempt: by way of a collation
DROP COLLATION app.plain CASCADE

-- attempt: by way of a function
DROP FUNCTION app.twice CASCADE
DROP ROUTINE app.twice(int) CASCADE

-- attempt: as another kind of object
DROP VIEW app.same
ALTER VIEW app.same RENAME TO other
ALTER INDEX app.same RENAME TO other
ALTER SEQUENCE app.same RENAME TO other
ALTER INDEX app.users_pkey SET TABLESPACE pg_default
ALTER FOREIGN TABLE app.same DROP COLUMN v

-- attempt: together with what is harmless
ALTER TABLE app.same ADD COLUMN z int, DROP COLUMN v
ALTER TABLE app.same ADD CONSTRAINT c CHECK (v > 0) NOT VALID, ALTER COLUMN v TYPE bigint
TRUNCATE app.hollow, app.same
DROP TABLE app.hollow, app.same
VACUUM FULL app.hollow, app.same

-- attempt: all of it at once
VACUUM FULL
CLUSTER
REINDEX SCHEMA app
ALTER TABLE ALL IN TABLESPACE pg_default SET TABLESPACE pg_default

-- attempt: all of it at once, by the owner of the database
-- as: dave
VACUUM FULL
CLUSTER
REINDEX DATABASE {database}
REINDEX SCHEMA app

-- attempt: another database
-- as: dave
DROP DATABASE {database}
ALTER DATABASE {database} SET TABLESPACE pg_default

-- attempt: made and dropped in a temporary table's name
BEGIN
CREATE TEMP TABLE same (id int, v int)
DROP TABLE pg_temp.same
DROP TABLE IF EXISTS pg_temp.same, app.same
COMMIT

-- attempt: another name while it waits
CREATE VIEW app.w AS SELECT * FROM app.same
DROP VIEW app.w
CREATE TABLE app.w (id int)
DROP TABLE app.w; DROP TABLE app.same

-- attempt: options of the statement
REINDEX (CONCURRENTLY false) TABLE app.users
VACUUM (FULL on) app.users
VACUUM (VERBOSE, FULL 1) app.users
CLUSTER (VERBOSE) app.users USING users_pkey
EXPLAIN (ANALYZE off) DELETE FROM app.same
REFRESH MATERIALIZED VIEW app.kept WITH NO DATA
