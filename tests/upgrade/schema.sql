-- A guarded database, for tools/test-upgrade: rows, indexes and constraints, a policy and a job of ours.
CREATE EXTENSION pg_zdm;
CREATE SCHEMA app;
CREATE TYPE app.mood AS ENUM ('good', 'bad');
CREATE TABLE users (id bigint PRIMARY KEY, email text UNIQUE, mood app.mood, v integer NOT NULL CHECK (v > 0));
INSERT INTO users SELECT g, g, 'good', g FROM generate_series(1, 2000) g;
CREATE INDEX ON users (v) WHERE v > 10;
CREATE TABLE app.orders (id bigint, user_id bigint REFERENCES users, day date, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
CREATE TABLE app.orders_1 PARTITION OF app.orders FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE TABLE app.orders_2 PARTITION OF app.orders DEFAULT;
INSERT INTO app.orders SELECT g, g, '2020-12-01'::date + g / 20 FROM generate_series(1, 2000) g;
CREATE INDEX ON app.orders (user_id);
CREATE VIEW app.seen AS SELECT u.v, o.day FROM users u JOIN app.orders o ON o.user_id = u.id;
CREATE MATERIALIZED VIEW app.counted AS SELECT o.day, count(*) AS n FROM app.orders o JOIN users u ON u.id = o.user_id GROUP BY o.day;
CREATE FUNCTION app.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER touch BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION app.touch();
CALL zdm.backfill('users', 'v = v + 1');
SELECT zdm.set_rule_policy('rename-column', 'off', 'a test');
SELECT zdm.set_guard('enforce', preload => true);
