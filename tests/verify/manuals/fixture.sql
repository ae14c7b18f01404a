-- What the examples of the rules' manuals speak of (analyzer/src/testing/examples.rs), with rows. What one example alone needs is in needs.sql.
CREATE ROLE me;
CREATE ROLE accounting;
CREATE ROLE reporting;
CREATE ROLE clerk;
GRANT CREATE ON SCHEMA public TO me, accounting, clerk;
CREATE SCHEMA app;
CREATE SCHEMA empty;
SET allow_in_place_tablespaces = on;
CREATE TABLESPACE fast LOCATION '';
SELECT pg_create_physical_replication_slot('follower');
CREATE ACCESS METHOD columnar TYPE TABLE HANDLER heap_tableam_handler;

CREATE DOMAIN percent AS int CHECK (VALUE BETWEEN 0 AND 100);
CREATE DOMAIN label AS text;
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TYPE weather AS ENUM ('sun', 'rain');
CREATE FUNCTION note_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE FUNCTION total(int) RETURNS int LANGUAGE sql AS 'SELECT $1 + 0';
CREATE FUNCTION normal_code(code text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT lower(code)';

CREATE TABLE users (
    id bigint PRIMARY KEY, email text CONSTRAINT users_email_present CHECK (email IS NOT NULL), name varchar(40), age int, active bool,
    created_at timestamp);
INSERT INTO users SELECT g, 'm' || g, 'n' || g, 18 + g % 50, true, 'now' FROM generate_series(1, 200) g;
CREATE INDEX users_email_idx ON users (email);
CREATE VIEW active_users AS SELECT id, active FROM users;

CREATE SEQUENCE tickets;
CREATE TABLE orders (
    id bigint NOT NULL DEFAULT nextval('tickets'), user_id bigint CONSTRAINT orders_user_id_fkey REFERENCES users (id), ref bigint NOT NULL,
    total numeric(10, 2), status text, note varchar(20));
INSERT INTO orders SELECT g, g, g, g, 'open', 'SELECT 1' FROM generate_series(1, 200) g;
CREATE UNIQUE INDEX orders_ref_idx ON orders (ref);
ALTER TABLE orders ADD CONSTRAINT orders_total_positive CHECK (total > 0) NOT VALID;
CREATE MATERIALIZED VIEW sales AS SELECT total FROM orders;
CREATE VIEW daily AS SELECT id, status FROM orders;
CREATE MATERIALIZED VIEW sales_by_day AS SELECT id AS day, total FROM orders;
CREATE UNIQUE INDEX sales_by_day_key ON sales_by_day (day);

CREATE TABLE events (id bigint NOT NULL, at timestamptz NOT NULL, kind text) PARTITION BY RANGE (at);
CREATE TABLE events_2024 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
INSERT INTO events SELECT g, '2024-01-01'::timestamptz + g * interval '3 days', 'k' FROM generate_series(1, 200) g;
CREATE TABLE events_import (id bigint NOT NULL, at timestamptz NOT NULL, kind text);
INSERT INTO events_import SELECT g, '2026-01-01'::timestamptz + g * interval '1 day', 'k' FROM generate_series(1, 200) g;

CREATE TABLE people (
    id int PRIMARY KEY, email text, nick text, code varchar(10), level int NOT NULL DEFAULT 1 CONSTRAINT people_level_positive CHECK (level > 0),
    email_upper text GENERATED ALWAYS AS (upper(email)) STORED);
INSERT INTO people SELECT CASE g WHEN 400 THEN 2000000000 ELSE g END, 'm' || g, CASE WHEN g % 4 > 0 THEN 'n' || g % 10 END, 'c', 1 FROM generate_series(1, 400) g;
CREATE INDEX people_nick_idx ON people (nick);
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'people_nick_idx'::regclass;
ALTER TABLE people ADD CONSTRAINT people_email_present CHECK (email IS NOT NULL) NOT VALID,
                   ADD CONSTRAINT people_nick_present CHECK (nick IS NOT NULL) NOT VALID;
CREATE VIEW people_codes AS SELECT code FROM people;

CREATE TABLE counters (id bigint PRIMARY KEY, hits bigint NOT NULL) WITH (fillfactor = 20);
INSERT INTO counters SELECT g, 0 FROM generate_series(1, 200) g;
CREATE TABLE moods (mood mood);
INSERT INTO moods VALUES ('ok');
CREATE TABLE diaries (id bigint NOT NULL, sky weather);
INSERT INTO diaries VALUES (1, 'sun');
CREATE TABLE codes (id bigint NOT NULL, code text);
INSERT INTO codes SELECT g, 'C' || g FROM generate_series(1, 200) g;
CREATE INDEX codes_normal_idx ON codes (normal_code(code));
CREATE TABLE archive (id bigint NOT NULL, note text);
INSERT INTO archive SELECT g, 'x' FROM generate_series(1, 200) g;
CREATE TABLE audit (LIKE archive);
INSERT INTO audit SELECT * FROM archive;
CREATE TABLE metrics (id bigserial, value int);
INSERT INTO metrics (value) SELECT g FROM generate_series(1, 200) g;
CREATE TABLE ledger (id bigint NOT NULL, amount numeric);
INSERT INTO ledger SELECT g, g FROM generate_series(1, 200) g;
ALTER TABLE ledger OWNER TO accounting;
CREATE TABLE clerk_notes (id int);
INSERT INTO clerk_notes VALUES (1);
CREATE VIEW open_items AS SELECT id FROM clerk_notes;
ALTER TABLE clerk_notes OWNER TO clerk;
ALTER VIEW open_items OWNER TO clerk;
CREATE TABLE logs (id bigint NOT NULL, at timestamptz NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE logs_2024 PARTITION OF logs FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE logs_2025 PARTITION OF logs FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
INSERT INTO logs SELECT g, '2024-01-01'::timestamptz + g * interval '3 days' FROM generate_series(1, 200) g;
ANALYZE;
