-- bob owns tables, sam a schema, dave the database; del may set zdm.allow and act as bob.
CREATE SCHEMA app AUTHORIZATION bob;
CREATE SCHEMA bob AUTHORIZATION bob;
CREATE SCHEMA ground AUTHORIZATION sam;
CREATE SCHEMA closed;
CREATE TABLE closed.users (id int);
GRANT USAGE, CREATE ON SCHEMA ground TO bob;
GRANT CREATE ON SCHEMA public TO bob, sam, dave;
CREATE FUNCTION public.rows_of(name text) RETURNS text LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS
'DECLARE found text; BEGIN EXECUTE format(''SELECT md5(string_agg(t::text, '''','''' ORDER BY t::text)) FROM %s t'', name) INTO found; RETURN found; END';
SET ROLE bob;
SET search_path = app;
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE DOMAIN tally AS int;
CREATE COLLATION plain FROM "C";
CREATE FUNCTION twice(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 * 2';
CREATE TABLE users (
    id int PRIMARY KEY, v int, note text, mood mood, n tally, code text COLLATE plain, doubled int GENERATED ALWAYS AS (app.twice(v)) STORED);
INSERT INTO users (id, v, note, mood, n, code) SELECT g, g, 'n' || g, 'ok', g, 'c' || g FROM generate_series(1, 300) g;
CREATE TABLE orders (id int PRIMARY KEY, user_id int REFERENCES users);
INSERT INTO orders SELECT g, g FROM generate_series(1, 300) g;
CREATE TABLE events (id int, day int) PARTITION BY RANGE (day);
CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM (0) TO (100);
CREATE TABLE events_rest PARTITION OF events DEFAULT;
INSERT INTO events SELECT g, g FROM generate_series(1, 300) g;
CREATE TABLE scratch AS SELECT g AS id FROM generate_series(1, 50) g;
CREATE TABLE hollow (id int, v int);
CREATE TABLE same (id int, v int);
INSERT INTO same SELECT g, g FROM generate_series(1, 300) g;
CREATE VIEW look AS SELECT id, v FROM users;
CREATE MATERIALIZED VIEW kept AS SELECT id, v FROM users;
CREATE UNIQUE INDEX kept_id ON kept (id);
CREATE TABLE ground.plot AS SELECT g AS id, g AS v FROM generate_series(1, 50) g;
CREATE TABLE bob.mine AS SELECT g AS id, g AS v FROM generate_series(1, 50) g;
CREATE TABLE bell (command text);
ANALYZE users, orders, events, scratch, same, kept, ground.plot, bob.mine;
RESET ROLE;
