-- Checks

-- rule: add-check-scan
ALTER TABLE users ADD CONSTRAINT grown CHECK (age >= 0)

-- rule: add-check-scan
ALTER TABLE users ADD CHECK (age >= 0)   -- nobody is younger

-- rule: add-check-scan
ALTER TABLE users ADD CHECK (age >= 0 AND ref > 0)

-- rule: add-check-scan
ALTER TABLE users ADD CHECK (ref > 0 AND ref < 1000)

-- rule: add-check-scan
-- setup: ALTER TABLE users ADD CHECK (ref > -1)
ALTER TABLE users ADD CHECK (ref > 0)

-- rule: add-check-scan
ALTER TABLE friends ADD CHECK (a > 0)

-- rule: add-check-scan
ALTER TABLE base ADD CONSTRAINT v_positive CHECK (v > 0)

-- rule: add-check-scan
ALTER TABLE ONLY base ADD CONSTRAINT v_positive CHECK (v > 0) NO INHERIT

-- rule: add-check-scan
ALTER TABLE IF EXISTS ONLY users ADD CONSTRAINT grown CHECK (age >= 0)

-- rule: add-check-scan
ALTER TABLE events ADD CHECK (id > 0)

-- rule: add-check-scan
ALTER TABLE "Größen & Co"."Order" ADD CHECK ("Ü" <> '')

-- rule: add-check-scan
ALTER TABLE a_table_with_a_name_that_is_as_long_as_a_name_can_be_in_any_case ADD CHECK (a_column_with_a_name_that_is_as_long_as_a_name_can_be_in_any_cas > 0)

-- rule: add-check-scan
ALTER TABLE a_table_with_a_name_that_is_as_long_as_a_name_can_be_in_any_case ADD CHECK ("ein_ungewöhnlich_langer_name_für_eine_spalte_überhaupt" > 0)

-- rule: add-check-scan
ALTER TABLE a_table_with_a_name_that_is_as_long_as_a_name_can_be_in_any_case ADD CHECK (v > 0)

-- rule: none
ALTER TABLE users ADD CHECK (age >= 0), ADD CHECK (ref > 0)

-- Foreign keys

-- rule: add-foreign-key-scan
ALTER TABLE friends ADD CONSTRAINT knows FOREIGN KEY (a) REFERENCES users (id) ON DELETE CASCADE

-- rule: add-foreign-key-scan
ALTER TABLE friends ADD FOREIGN KEY (a) REFERENCES users

-- rule: add-foreign-key-scan
ALTER TABLE friends ADD FOREIGN KEY (b) REFERENCES users MATCH FULL ON UPDATE SET NULL DEFERRABLE INITIALLY DEFERRED

-- rule: add-foreign-key-scan
-- setup: ALTER TABLE friends ADD FOREIGN KEY (a) REFERENCES users NOT VALID
ALTER TABLE friends ADD FOREIGN KEY (a) REFERENCES users

-- rule: add-foreign-key-scan
-- setup: UPDATE friends SET note = 'x', b = a; UPDATE users SET ref = id, age = 1
ALTER TABLE users ADD FOREIGN KEY (age, id) REFERENCES users (age, id)

-- rule: add-foreign-key-scan
ALTER TABLE ONLY "Größen & Co"."Order" ADD FOREIGN KEY ("user") REFERENCES users /* who */

-- rule: add-foreign-key-scan
ALTER TABLE a_table_with_a_name_that_is_as_long_as_a_name_can_be_in_any_case ADD FOREIGN KEY (a_column_with_a_name_that_is_as_long_as_a_name_can_be_in_any_cas) REFERENCES users

-- rule: add-foreign-key-scan
-- setup: UPDATE events SET id = id % 300 + 1
-- since: 18
ALTER TABLE events ADD FOREIGN KEY (id) REFERENCES users

-- rule: none
-- until: 17
ALTER TABLE events ADD FOREIGN KEY (id) REFERENCES users

-- Unique constraints and primary keys

-- rule: add-unique-blocks
ALTER TABLE users ADD CONSTRAINT one_email UNIQUE (email)

-- rule: add-unique-blocks
ALTER TABLE users ADD UNIQUE (email, id)

-- rule: add-unique-blocks
ALTER TABLE users ADD UNIQUE (nick)

-- rule: add-unique-blocks
ALTER TABLE users ADD UNIQUE (age, id)

-- rule: add-unique-blocks
ALTER TABLE users ADD UNIQUE NULLS NOT DISTINCT (code) INCLUDE (name, email) WITH (fillfactor = 70) USING INDEX TABLESPACE fast DEFERRABLE INITIALLY DEFERRED

-- rule: add-unique-blocks
ALTER TABLE "Größen & Co"."Order" ADD UNIQUE ("Ü", "select") DEFERRABLE

-- rule: add-unique-blocks
ALTER TABLE ONLY base ADD UNIQUE (v)

-- rule: add-unique-blocks
ALTER TABLE a_table_with_a_name_that_is_as_long_as_a_name_can_be_in_any_case ADD UNIQUE (a_column_with_a_name_that_is_as_long_as_a_name_can_be_in_any_cas, "ein_ungewöhnlich_langer_name_für_eine_spalte_überhaupt")

-- rule: add-unique-blocks
ALTER TABLE events_2024 ADD UNIQUE (id, kind)

-- rule: none
ALTER TABLE users ADD COLUMN z text UNIQUE

-- rule: none
ALTER TABLE users ADD UNIQUE (email), ADD UNIQUE (nick)

-- rule: none
-- setup: CREATE TABLE stays (r int4range, p int4range); INSERT INTO stays VALUES ('[1,2)', '[1,2)')
-- since: 18
ALTER TABLE stays ADD UNIQUE (r, p WITHOUT OVERLAPS)

-- rule: add-primary-key-blocks
ALTER TABLE bare ADD PRIMARY KEY (k)

-- rule: add-primary-key-blocks
ALTER TABLE bare ADD PRIMARY KEY (id)

-- rule: add-primary-key-blocks
ALTER TABLE ONLY bare ADD CONSTRAINT "Key" PRIMARY KEY (k, id, v) INCLUDE (w) WITH (fillfactor = 80) USING INDEX TABLESPACE fast DEFERRABLE

-- rule: add-primary-key-blocks
-- setup: CREATE TABLE bare_pkey (id int); ALTER TABLE base DROP CONSTRAINT base_pkey
ALTER TABLE base ADD PRIMARY KEY (v)

-- rule: add-primary-key-blocks
-- setup: CREATE SEQUENCE bare_pkey
ALTER TABLE bare ADD PRIMARY KEY (k)

-- rule: none
ALTER TABLE bare ADD COLUMN z int PRIMARY KEY DEFAULT 1

-- NOT NULL

-- rule: set-not-null-scan
ALTER TABLE users ALTER COLUMN age SET NOT NULL

-- rule: set-not-null-scan
ALTER TABLE users ALTER nick SET NOT NULL

-- rule: set-not-null-scan
ALTER TABLE base ALTER COLUMN v SET NOT NULL

-- rule: set-not-null-scan
ALTER TABLE ONLY base ALTER COLUMN v SET NOT NULL

-- rule: set-not-null-scan
ALTER TABLE events ALTER COLUMN user_id SET NOT NULL

-- rule: set-not-null-scan
ALTER TABLE events_2024 ALTER COLUMN kind SET NOT NULL

-- rule: set-not-null-scan
ALTER TABLE "Größen & Co"."Order" ALTER COLUMN "Ü" SET NOT NULL

-- rule: set-not-null-scan
ALTER TABLE a_table_with_a_name_that_is_as_long_as_a_name_can_be_in_any_case ALTER COLUMN "ein_ungewöhnlich_langer_name_für_eine_spalte_überhaupt" SET NOT NULL

-- rule: set-not-null-scan
-- since: 18
ALTER TABLE users ADD CONSTRAINT "has age" NOT NULL age

-- rule: set-not-null-scan
-- since: 18
ALTER TABLE base ADD CONSTRAINT own NOT NULL v NO INHERIT

-- rule: set-not-null-scan
-- since: 18
-- setup: ALTER TABLE users ADD CONSTRAINT half NOT NULL age NOT VALID
ALTER TABLE users ALTER COLUMN age SET NOT NULL

-- rule: none
ALTER TABLE users ALTER age SET NOT NULL, ALTER ref SET NOT NULL

-- Columns

-- rule: add-column-serial
ALTER TABLE users ADD COLUMN n serial

-- rule: add-column-serial
ALTER TABLE users ADD COLUMN IF NOT EXISTS number bigserial

-- rule: add-column-serial
ALTER TABLE ONLY "Größen & Co"."Order" ADD "Nr" smallserial NOT NULL

-- rule: add-column-serial
ALTER TABLE base ADD n serial

-- rule: add-column-serial
ALTER TABLE events ADD n serial8

-- rule: none
ALTER TABLE bare ADD n serial

-- rule: none
ALTER TABLE users ADD n serial UNIQUE

-- rule: add-column-identity
ALTER TABLE users ADD COLUMN n bigint GENERATED ALWAYS AS IDENTITY

-- rule: add-column-identity
ALTER TABLE users ADD COLUMN number int GENERATED BY DEFAULT AS IDENTITY (START WITH 1000 INCREMENT BY 5)

-- rule: add-column-identity
ALTER TABLE "Größen & Co"."Order" ADD COLUMN "Nr" smallint NOT NULL GENERATED ALWAYS AS IDENTITY

-- rule: none
ALTER TABLE users ADD COLUMN n int GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME shop.mine)

-- rule: add-column-volatile-default
-- rows: drawn
ALTER TABLE users ADD COLUMN z float DEFAULT random()

-- rule: add-column-volatile-default
-- rows: drawn
ALTER TABLE users ADD COLUMN z uuid NOT NULL DEFAULT gen_random_uuid()

-- rule: add-column-volatile-default
-- rows: drawn
ALTER TABLE users ADD COLUMN "Z z" varchar(40) COLLATE "C" DEFAULT 'it''s \ ' || random()::text

-- rule: add-column-volatile-default
-- rows: drawn
ALTER TABLE users ADD COLUMN z timestamp(3) with time zone[] DEFAULT ARRAY[clock_timestamp()]

-- rule: add-column-volatile-default
-- rows: drawn
ALTER TABLE users ADD COLUMN z chance

-- rule: add-column-volatile-default
-- rows: drawn
ALTER TABLE base ADD COLUMN z float NOT NULL DEFAULT random()

-- rule: add-column-volatile-default
-- rows: drawn
ALTER TABLE events ADD COLUMN z float NOT NULL DEFAULT random()

-- rule: add-column-volatile-default
ALTER TABLE users ADD COLUMN z bigint DEFAULT nextval('users_number_seq')

-- rule: none
ALTER TABLE users ADD COLUMN z float DEFAULT random() CHECK (z > 0)

-- since: 16
-- rule: none
ALTER TABLE users ADD COLUMN z text STORAGE EXTERNAL DEFAULT random()::text

-- rule: none
ALTER TABLE bare ADD COLUMN z float DEFAULT random(), ADD COLUMN y int

-- Indexes

-- rule: create-index-not-concurrent
CREATE INDEX ON users (age)

-- rule: create-index-not-concurrent
CREATE UNIQUE INDEX IF NOT EXISTS "Users index" ON users USING btree (nick text_pattern_ops DESC NULLS LAST, lower(code) COLLATE "C") INCLUDE (age) NULLS NOT DISTINCT WITH (fillfactor = 50) TABLESPACE fast WHERE age > 1

-- rule: create-index-not-concurrent
create /* an index */ index "index" on "Größen & Co"."Order" ("Ü")

-- rule: create-index-not-concurrent
CREATE INDEX ON ONLY base (v)

-- rule: create-index-not-concurrent
CREATE INDEX ON events_2024 (user_id)

-- rule: create-index-not-concurrent
CREATE INDEX totals_n ON totals (n)

-- rule: none
CREATE INDEX ON events (user_id)

-- rule: invalid-index-stays
-- setup: CREATE INDEX half ON users (age)
-- setup: UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'shop.half'::regclass
-- like: DROP INDEX half; CREATE INDEX half ON users (age);
CREATE INDEX CONCURRENTLY IF NOT EXISTS half ON users (age)

-- rule: drop-index-not-concurrent
DROP INDEX users_email_idx

-- rule: drop-index-not-concurrent
DROP INDEX IF EXISTS "Größen & Co"."Order ""idx""" RESTRICT

-- rule: none
DROP INDEX users_email_idx, users_lower_idx

-- rule: none
DROP INDEX events_kind_idx

-- rule: reindex-not-concurrent
REINDEX INDEX users_email_idx

-- rule: reindex-not-concurrent
REINDEX (VERBOSE) TABLE "Größen & Co"."Order"

-- rule: reindex-not-concurrent
REINDEX TABLE events

-- rule: reindex-not-concurrent
REINDEX SCHEMA shop

-- rule: reindex-not-concurrent
-- setup: UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'shop.users_email_idx'::regclass
REINDEX INDEX users_email_idx

-- rule: none
-- setup: UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'shop.users_email_idx'::regclass
REINDEX TABLE users

-- rule: none
-- setup: ALTER TABLE users ADD CONSTRAINT apart EXCLUDE (id WITH =)
REINDEX TABLE users

-- rule: none
-- setup: ALTER TABLE users ADD CONSTRAINT apart EXCLUDE (id WITH =)
REINDEX INDEX apart

-- rule: set-tablespace
ALTER INDEX users_email_idx SET TABLESPACE fast

-- rule: set-tablespace
ALTER INDEX users_pkey SET TABLESPACE fast

-- rule: none
-- setup: ALTER TABLE users ADD CONSTRAINT apart EXCLUDE (id WITH =)
ALTER INDEX apart SET TABLESPACE fast

-- rule: none
ALTER TABLE users SET TABLESPACE fast

-- Materialized views

-- rule: refresh-not-concurrent
REFRESH MATERIALIZED VIEW totals

-- rule: refresh-not-concurrent
refresh materialized view shop.totals with data

-- rule: none
REFRESH MATERIALIZED VIEW totals WITH NO DATA

-- rule: refresh-concurrently-fails
-- like: REFRESH MATERIALIZED VIEW never;
-- unused: never
REFRESH MATERIALIZED VIEW CONCURRENTLY never

-- Partitions

-- rule: create-partition-locks-parent
CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')

-- rule: create-partition-locks-parent
CREATE TABLE "Größen & Co"."Events 2026" PARTITION OF shop.events FOR VALUES FROM ('2026-01-01') TO (MAXVALUE)

-- rule: create-partition-locks-parent
create table events_rest partition of events default

-- rule: create-partition-locks-parent
CREATE TABLE hashed_3 PARTITION OF hashed FOR VALUES WITH (MODULUS 4, REMAINDER 3)

-- rule: create-partition-locks-parent
CREATE TABLE placed_2 PARTITION OF placed FOR VALUES FROM (1000) TO (2000)

-- rule: create-partition-locks-parent
CREATE TABLE listed_d PARTITION OF listed FOR VALUES IN ('d', NULL)

-- rule: none
CREATE TABLE IF NOT EXISTS events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')

-- rule: none
CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01') WITH (fillfactor = 70)

-- rule: none
CREATE UNLOGGED TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')

-- rule: none
CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01') PARTITION BY RANGE (id)

-- rule: detach-partition-not-concurrent
ALTER TABLE events DETACH PARTITION events_2024

-- rule: detach-partition-not-concurrent
ALTER TABLE IF EXISTS hashed DETACH PARTITION shop.hashed_1

-- rule: detach-partition-not-concurrent
ALTER TABLE two DETACH PARTITION two_low

-- rule: detach-partition-not-concurrent
ALTER TABLE listed DETACH PARTITION listed_a

-- rule: detach-partition-not-concurrent
ALTER TABLE deep DETACH PARTITION deep_1

-- rule: detach-partition-not-concurrent
ALTER TABLE deep_1 DETACH PARTITION deep_1_1

-- rule: detach-partition-not-concurrent
ALTER TABLE proved DETACH PARTITION proved_1

-- rule: none
-- setup: CREATE TABLE events_rest PARTITION OF events DEFAULT
ALTER TABLE events DETACH PARTITION events_2024

-- rule: drop-partition-locks-parent
-- says: drop-table
DROP TABLE events_2024

-- rule: drop-partition-locks-parent
-- says: drop-table
DROP TABLE IF EXISTS shop.hashed_1 CASCADE

-- rule: none
DROP TABLE hashed_0, hashed_1

-- Rows

-- rule: update-without-where
UPDATE users SET ref = ref + 1, nick = upper(nick)

-- rule: update-without-where
UPDATE "Größen & Co"."Order" SET "Ü" = 'it''s \ ' || "select" WHERE true

-- rule: update-without-where
UPDATE base SET v = v * 2

-- rule: update-without-where
UPDATE events SET kind = 'other', user_id = DEFAULT

-- rule: none
UPDATE users SET (nick, code) = (code, nick)

-- rule: none
UPDATE users AS u SET ref = u.age

-- rule: none
UPDATE ONLY base SET v = v * 2

-- rule: none
UPDATE bare SET v = v || 'x'

-- rule: none
UPDATE users SET id = id + 1000

-- rule: none
UPDATE events SET at = at + 1

-- rule: none
WITH x AS (SELECT 1 AS one) UPDATE users SET ref = one FROM x
