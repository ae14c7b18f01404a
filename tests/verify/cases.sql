-- Columns

ALTER TABLE users ADD COLUMN z int

ALTER TABLE users ADD COLUMN z int DEFAULT 5

ALTER TABLE users ADD COLUMN z int NOT NULL DEFAULT 5

ALTER TABLE users ADD COLUMN z timestamptz DEFAULT now()

ALTER TABLE users ADD COLUMN z timestamptz DEFAULT clock_timestamp()

ALTER TABLE users ADD COLUMN z float DEFAULT random()

ALTER TABLE users ADD COLUMN z uuid DEFAULT gen_random_uuid()

ALTER TABLE users ADD COLUMN z int DEFAULT inlined_volatile()

ALTER TABLE users ADD COLUMN z int DEFAULT moving()

ALTER TABLE users ADD COLUMN z int DEFAULT steady()

ALTER TABLE users ADD COLUMN z int DEFAULT fixed() + 1

ALTER TABLE users ADD COLUMN z bigint DEFAULT nextval('numbers')

ALTER TABLE users ADD COLUMN z serial

ALTER TABLE users ADD COLUMN z int GENERATED ALWAYS AS IDENTITY

ALTER TABLE users ADD COLUMN z int GENERATED ALWAYS AS (num * 2) STORED

-- since: 18
ALTER TABLE users ADD COLUMN z int GENERATED ALWAYS AS (num * 2) VIRTUAL

ALTER TABLE users ADD COLUMN z plain_int

ALTER TABLE users ADD COLUMN z positive

ALTER TABLE users ADD COLUMN z positive DEFAULT 5

ALTER TABLE users ADD COLUMN z outer_positive

ALTER TABLE users ADD COLUMN z chance

ALTER TABLE users ADD COLUMN z outer_chance

ALTER TABLE users ADD COLUMN z chance NOT NULL

ALTER TABLE users ADD COLUMN z chance[]

ALTER TABLE users ADD COLUMN z chance DEFAULT 1

ALTER TABLE users ADD COLUMN z chance DEFAULT NULL

ALTER TABLE users ADD COLUMN z certain

ALTER TABLE users ADD COLUMN z no_chance

ALTER TABLE users ADD COLUMN z seven

ALTER TABLE users ADD COLUMN z seven NOT NULL

ALTER TABLE users ADD COLUMN z seven REFERENCES groups

ALTER TABLE users ADD COLUMN z stamped

ALTER TABLE empty_one ADD COLUMN z required

-- setup: ALTER TABLE shop.base ADD CONSTRAINT own CHECK (v IS NOT NULL) NO INHERIT NOT VALID
ALTER TABLE base VALIDATE CONSTRAINT own

-- setup: ALTER TABLE shop.base ADD CONSTRAINT own CHECK (v IS NOT NULL) NO INHERIT
ALTER TABLE base ALTER COLUMN v SET NOT NULL

-- setup: CREATE FUNCTION shop.inlined(int, int) RETURNS int LANGUAGE sql VOLATILE AS 'SELECT 1'; CREATE OPERATOR shop.### (LEFTARG = int, RIGHTARG = int, FUNCTION = shop.inlined)
ALTER TABLE users ADD COLUMN z int DEFAULT 1 ### 2

ALTER TABLE users ADD COLUMN z int CHECK (z > 0)

ALTER TABLE users ADD COLUMN z int DEFAULT 5 CHECK (z > 0)

ALTER TABLE users ADD COLUMN z int UNIQUE

ALTER TABLE users ADD COLUMN z int REFERENCES groups

ALTER TABLE users ADD COLUMN z int DEFAULT 1 REFERENCES groups

ALTER TABLE users ADD COLUMN z int DEFAULT NULL REFERENCES groups

ALTER TABLE users ADD COLUMN z int DEFAULT NULL::int REFERENCES groups

ALTER TABLE users ADD COLUMN IF NOT EXISTS num int

ALTER TABLE empty_one ADD COLUMN z float DEFAULT random()

ALTER TABLE base ADD COLUMN z int

ALTER TABLE events ADD COLUMN z int DEFAULT 5

ALTER TABLE events ADD COLUMN z float DEFAULT random()

ALTER TABLE users DROP COLUMN nick

ALTER TABLE users DROP COLUMN email

ALTER TABLE members DROP COLUMN group_id

ALTER TABLE users DROP COLUMN num CASCADE

ALTER TABLE users DROP COLUMN IF EXISTS nothing

ALTER TABLE users RENAME COLUMN email TO mail

ALTER TABLE users ALTER COLUMN num SET DEFAULT 5

ALTER TABLE users ALTER COLUMN num DROP DEFAULT

ALTER TABLE users ALTER COLUMN num SET STATISTICS 100

ALTER TABLE users ALTER COLUMN num SET (n_distinct = 5)

ALTER TABLE users ALTER COLUMN email SET STORAGE EXTERNAL

ALTER TABLE users ALTER COLUMN email SET COMPRESSION pglz

-- NOT NULL

ALTER TABLE users ALTER COLUMN num SET NOT NULL

ALTER TABLE users ALTER COLUMN sure SET NOT NULL

ALTER TABLE users ALTER COLUMN proven SET NOT NULL

ALTER TABLE users DROP CONSTRAINT proof, ALTER COLUMN proven SET NOT NULL

ALTER TABLE users ALTER COLUMN sure DROP NOT NULL

ALTER TABLE empty_one ALTER COLUMN v SET NOT NULL

ALTER TABLE events ALTER COLUMN id SET NOT NULL

-- setup: ALTER TABLE shop.events ALTER COLUMN id SET NOT NULL
ALTER TABLE events ALTER COLUMN id SET NOT NULL

-- setup: ALTER TABLE shop.users ADD CONSTRAINT two CHECK (num IS NOT NULL AND big > 0)
ALTER TABLE users ALTER COLUMN num SET NOT NULL

-- setup: ALTER TABLE shop.users ADD CONSTRAINT nv CHECK (num IS NOT NULL) NOT VALID
ALTER TABLE users ALTER COLUMN num SET NOT NULL

-- setup: ALTER TABLE shop.users ADD CONSTRAINT one_of CHECK (num IS NOT NULL OR big > 0)
ALTER TABLE users ALTER COLUMN num SET NOT NULL

-- since: 18
ALTER TABLE users ADD CONSTRAINT nn NOT NULL num

-- since: 18
ALTER TABLE users ADD CONSTRAINT nn NOT NULL num NOT VALID

-- setup: ALTER TABLE shop.users ADD CONSTRAINT nn NOT NULL num NOT VALID
-- since: 18
ALTER TABLE users VALIDATE CONSTRAINT nn

-- Types

ALTER TABLE users ALTER COLUMN name TYPE varchar(40)

ALTER TABLE users ALTER COLUMN name TYPE varchar

ALTER TABLE users ALTER COLUMN name TYPE text

ALTER TABLE users ALTER COLUMN name TYPE varchar(20)

ALTER TABLE users ALTER COLUMN name TYPE varchar(10)

ALTER TABLE users ALTER COLUMN email TYPE varchar

ALTER TABLE users ALTER COLUMN email TYPE varchar(200)

ALTER TABLE users ALTER COLUMN nick TYPE text

ALTER TABLE users ALTER COLUMN code TYPE char(20)

ALTER TABLE users ALTER COLUMN code TYPE text

ALTER TABLE users ALTER COLUMN price TYPE numeric(12, 2)

ALTER TABLE users ALTER COLUMN price TYPE numeric(12, 3)

ALTER TABLE users ALTER COLUMN price TYPE numeric(8, 2)

ALTER TABLE users ALTER COLUMN price TYPE numeric

ALTER TABLE users ALTER COLUMN total TYPE numeric(10, 2)

ALTER TABLE users ALTER COLUMN small TYPE int

ALTER TABLE users ALTER COLUMN big TYPE int

ALTER TABLE users ALTER COLUMN numn TYPE bigint

ALTER TABLE users ALTER COLUMN numn TYPE oid

ALTER TABLE users ALTER COLUMN numn TYPE plain_int

ALTER TABLE users ALTER COLUMN numn TYPE positive

ALTER TABLE users ALTER COLUMN plain TYPE int

ALTER TABLE users ALTER COLUMN pos TYPE int

ALTER TABLE users ALTER COLUMN checked TYPE plain_int

ALTER TABLE users ALTER COLUMN born TYPE timestamp

ALTER TABLE users ALTER COLUMN seen TYPE timestamp(6)

ALTER TABLE users ALTER COLUMN seen TYPE timestamp

ALTER TABLE users ALTER COLUMN seen TYPE timestamp(0)

-- set: TimeZone = 'UTC'
ALTER TABLE users ALTER COLUMN seen_any TYPE timestamptz

-- set: TimeZone = 'Europe/Madrid'
ALTER TABLE users ALTER COLUMN seen_any TYPE timestamptz

-- set: TimeZone = 'UTC'
ALTER TABLE users ALTER COLUMN seen TYPE timestamptz(3)

-- set: TimeZone = 'UTC'
ALTER TABLE users ALTER COLUMN at_any TYPE timestamp

ALTER TABLE users ALTER COLUMN seen_any TYPE timestamptz USING seen_any AT TIME ZONE 'UTC'

ALTER TABLE users ALTER COLUMN at TYPE timestamptz(6)

ALTER TABLE users ALTER COLUMN clock TYPE time(6)

ALTER TABLE users ALTER COLUMN wait TYPE interval(3)

ALTER TABLE users ALTER COLUMN doc TYPE jsonb

ALTER TABLE users ALTER COLUMN docb TYPE json

ALTER TABLE users ALTER COLUMN mood TYPE text

ALTER TABLE users ALTER COLUMN code TYPE mood USING code::text::mood

ALTER TABLE users ALTER COLUMN tags TYPE bigint[]

ALTER TABLE users ALTER COLUMN names TYPE varchar(20)[]

ALTER TABLE users ALTER COLUMN names TYPE text[]

ALTER TABLE users ALTER COLUMN flags TYPE varbit(20)

ALTER TABLE users ALTER COLUMN flags TYPE varbit

ALTER TABLE users ALTER COLUMN bits TYPE varbit

ALTER TABLE users ALTER COLUMN addr TYPE cidr

ALTER TABLE users ALTER COLUMN net TYPE inet

ALTER TABLE users ALTER COLUMN real4 TYPE double precision

ALTER TABLE users ALTER COLUMN oidc TYPE bigint

ALTER TABLE users ALTER COLUMN xdoc TYPE text

ALTER TABLE users ALTER COLUMN numn TYPE int

ALTER TABLE users ALTER COLUMN numn TYPE int USING numn

ALTER TABLE users ALTER COLUMN numn TYPE int USING numn + 1

ALTER TABLE users ALTER COLUMN email TYPE text COLLATE "C"

ALTER TABLE users ALTER COLUMN nick TYPE varchar COLLATE "C"

ALTER TABLE users ALTER COLUMN checked TYPE bigint

ALTER TABLE users ALTER COLUMN numn TYPE bigint, ALTER COLUMN small TYPE bigint

ALTER TABLE groups ALTER COLUMN id TYPE bigint

ALTER TABLE members ALTER COLUMN group_id TYPE bigint

ALTER TABLE members ALTER COLUMN note TYPE varchar

ALTER TABLE empty_one ALTER COLUMN v TYPE bigint

ALTER TABLE events ALTER COLUMN id TYPE bigint

ALTER TABLE with_serial ALTER COLUMN id TYPE bigint

ALTER TABLE base ALTER COLUMN v TYPE bigint

-- Constraints

ALTER TABLE users ADD CONSTRAINT c CHECK (num > 0)

ALTER TABLE users ADD CONSTRAINT c CHECK (num > 0) NOT VALID

ALTER TABLE users ADD CONSTRAINT c CHECK (num > 0) NOT VALID, VALIDATE CONSTRAINT c

ALTER TABLE loose VALIDATE CONSTRAINT loose_ck

ALTER TABLE loose VALIDATE CONSTRAINT loose_fk

ALTER TABLE users VALIDATE CONSTRAINT proof

ALTER TABLE members ADD CONSTRAINT f FOREIGN KEY (other_id) REFERENCES groups

ALTER TABLE members ADD CONSTRAINT f FOREIGN KEY (other_id) REFERENCES groups NOT VALID

ALTER TABLE empty_one ADD CONSTRAINT f FOREIGN KEY (v) REFERENCES groups

ALTER TABLE events ADD CONSTRAINT f FOREIGN KEY (id) REFERENCES users

ALTER TABLE base ADD CONSTRAINT c CHECK (v > 0)

ALTER TABLE events ADD CONSTRAINT c CHECK (id >= 0)

ALTER TABLE users ADD CONSTRAINT u UNIQUE (email)

ALTER TABLE users ADD CONSTRAINT u UNIQUE USING INDEX users_numn

ALTER TABLE loose ADD PRIMARY KEY (id)

ALTER TABLE loose ADD PRIMARY KEY USING INDEX loose_uq

-- setup: ALTER TABLE shop.loose ALTER COLUMN id SET NOT NULL
ALTER TABLE loose ADD PRIMARY KEY USING INDEX loose_uq

ALTER TABLE empty_one ADD UNIQUE (v)

ALTER TABLE users ADD EXCLUDE USING btree (num WITH =)

ALTER TABLE users DROP CONSTRAINT proof

ALTER TABLE members DROP CONSTRAINT members_group_id_fkey

ALTER TABLE groups DROP CONSTRAINT groups_pkey CASCADE

ALTER TABLE members ALTER CONSTRAINT members_group_id_fkey DEFERRABLE

ALTER TABLE users RENAME CONSTRAINT proof TO proof2

-- since: 18
ALTER TABLE users ADD CONSTRAINT c CHECK (num > 0) NOT ENFORCED

-- since: 18
ALTER TABLE members ALTER CONSTRAINT members_group_id_fkey NOT ENFORCED

-- Tables

ALTER TABLE users RENAME TO people

ALTER TABLE users SET SCHEMA attic

ALTER TABLE loose OWNER TO shop_reader

ALTER TABLE loose SET (fillfactor = 70)

ALTER TABLE loose RESET (fillfactor)

ALTER TABLE loose SET (autovacuum_enabled = off)

ALTER TABLE loose SET UNLOGGED

ALTER TABLE volatile_one SET LOGGED

ALTER TABLE loose SET LOGGED

ALTER TABLE loose SET ACCESS METHOD heap

ALTER TABLE loose SET TABLESPACE pg_default

ALTER TABLE users CLUSTER ON users_email

ALTER TABLE loose SET WITHOUT CLUSTER

ALTER TABLE fancy DISABLE TRIGGER fancy_row

ALTER TABLE fancy ENABLE ALWAYS TRIGGER fancy_row

ALTER TABLE fancy DISABLE TRIGGER ALL

ALTER TABLE fancy DISABLE RULE fancy_rule

ALTER TABLE fancy ENABLE ROW LEVEL SECURITY

ALTER TABLE fancy FORCE ROW LEVEL SECURITY

ALTER TABLE fancy REPLICA IDENTITY FULL

ALTER TABLE users REPLICA IDENTITY USING INDEX users_sure

ALTER TABLE loose INHERIT base

ALTER TABLE derived NO INHERIT base

ALTER TABLE typed NOT OF

ALTER TABLE with_serial ALTER COLUMN ident SET GENERATED ALWAYS

ALTER TABLE with_serial ALTER COLUMN ident RESTART WITH 100

ALTER TABLE with_serial ALTER COLUMN ident DROP IDENTITY

ALTER TABLE users ALTER COLUMN sure ADD GENERATED ALWAYS AS IDENTITY

ALTER TABLE with_serial ALTER COLUMN twice DROP EXPRESSION

-- since: 17
ALTER TABLE with_serial ALTER COLUMN twice SET EXPRESSION AS (v * 3)

ALTER TABLE users ALTER COLUMN num SET NOT NULL, ADD COLUMN z int DEFAULT 1

ALTER TABLE loose ADD CONSTRAINT c2 CHECK (v > 1) NOT VALID, ADD COLUMN z int

ALTER TABLE loose VALIDATE CONSTRAINT loose_ck, ALTER COLUMN v SET STATISTICS 10

ALTER TABLE ONLY base ALTER COLUMN v SET DEFAULT 5

ALTER TABLE IF EXISTS nothing ADD COLUMN z int

DROP TABLE empty_one

DROP TABLE members

DROP TABLE groups CASCADE

DROP TABLE events_1

DROP TABLE events

DROP TABLE base CASCADE

DROP TABLE IF EXISTS nothing

TRUNCATE loose

TRUNCATE groups CASCADE

TRUNCATE events

CLUSTER users USING users_email

LOCK TABLE users

LOCK TABLE users IN SHARE MODE

LOCK TABLE active_more IN SHARE MODE

LOCK TABLE ONLY active

-- setup: CREATE SEQUENCE many_seq
-- setup: CREATE VIEW many AS SELECT (SELECT count(*) FROM logs) AS n, (SELECT max(id) FROM users) AS m, nextval('many_seq') FROM members
LOCK TABLE many

ANALYZE users

-- Partitions

ALTER TABLE logs ATTACH PARTITION logs_new FOR VALUES FROM (200) TO (300)

ALTER TABLE events ATTACH PARTITION events_new FOR VALUES FROM (300) TO (400)

ALTER TABLE logs DETACH PARTITION logs_1

ALTER TABLE events DETACH PARTITION events_1

CREATE TABLE events_3 PARTITION OF events FOR VALUES FROM (500) TO (600)

CREATE TABLE logs_2 PARTITION OF logs FOR VALUES FROM (500) TO (600)

CREATE TABLE kid () INHERITS (base)

-- Indexes

CREATE INDEX i ON users (num)

CREATE UNIQUE INDEX i ON users (id)

CREATE INDEX i ON users (lower(email))

CREATE INDEX i ON users (num) WHERE num > 5

CREATE INDEX i ON empty_one (v)

CREATE INDEX i ON events (v)

CREATE INDEX i ON ONLY events (v)

CREATE INDEX i ON summary (v)

CREATE INDEX IF NOT EXISTS users_email ON users (email)

DROP INDEX users_email

DROP INDEX events_id

ALTER INDEX users_email RENAME TO users_mail

ALTER INDEX users_email SET (fillfactor = 70)

ALTER TABLE users_email RENAME TO users_mail

COMMENT ON INDEX users_email IS 'how they are found'

ALTER INDEX users_email DEPENDS ON EXTENSION plpgsql

ALTER TABLE users_email SET (fillfactor = 70)

-- setup: CREATE INDEX logs_by_id ON ONLY logs (id)
ALTER INDEX logs_by_id RENAME TO logs_id

-- setup: CREATE TABLE empty_indexed (a int, EXCLUDE USING btree (a WITH =))
ALTER INDEX empty_indexed_a_excl RENAME TO other

ALTER INDEX users_lower ALTER COLUMN 1 SET STATISTICS 100

REINDEX INDEX users_email

REINDEX TABLE users

REINDEX TABLE empty_one

REINDEX TABLE summary

REINDEX INDEX summary_id

-- Other objects

CREATE TABLE fresh (id int PRIMARY KEY)

CREATE TABLE fresh (id int REFERENCES groups)

CREATE TABLE fresh AS SELECT * FROM users

CREATE TABLE fresh (LIKE users INCLUDING ALL)

CREATE VIEW v AS SELECT * FROM users

CREATE OR REPLACE VIEW active_more AS SELECT num FROM active

ALTER VIEW active_more RENAME TO more

DROP VIEW active_more

DROP VIEW active CASCADE

ALTER VIEW active_more SET (security_barrier = true)

REFRESH MATERIALIZED VIEW summary

REFRESH MATERIALIZED VIEW CONCURRENTLY summary

REFRESH MATERIALIZED VIEW summary WITH NO DATA

DROP MATERIALIZED VIEW summary

ALTER SEQUENCE numbers RESTART

DROP SEQUENCE numbers

CREATE TRIGGER tr BEFORE UPDATE ON loose FOR EACH ROW EXECUTE FUNCTION touch()

CREATE TRIGGER tr BEFORE UPDATE ON events FOR EACH ROW EXECUTE FUNCTION touch()

DROP TRIGGER fancy_row ON fancy

ALTER TRIGGER fancy_row ON fancy RENAME TO fancy_row2

CREATE POLICY p ON loose USING (true)

ALTER POLICY fancy_policy ON fancy USING (false)

DROP POLICY fancy_policy ON fancy

CREATE RULE ru AS ON UPDATE TO loose DO ALSO NOTHING

DROP RULE fancy_rule ON fancy

CREATE STATISTICS st ON id, v FROM loose

DROP STATISTICS fancy_stats

COMMENT ON TABLE users IS 'x'

COMMENT ON COLUMN users.num IS 'x'

GRANT SELECT ON users TO shop_reader

REVOKE SELECT ON users FROM shop_reader

ALTER PUBLICATION feed ADD TABLE loose

ALTER DOMAIN plain_int ADD CONSTRAINT c CHECK (VALUE > 0)

ALTER DOMAIN plain_int ADD CONSTRAINT c CHECK (VALUE > 0) NOT VALID

ALTER DOMAIN plain_int SET DEFAULT 5

ALTER DOMAIN positive DROP CONSTRAINT positive_check

ALTER TYPE mood ADD VALUE 'great'

ALTER TYPE point2 ADD ATTRIBUTE z int CASCADE

ALTER TYPE point2 ALTER ATTRIBUTE x TYPE bigint CASCADE

DROP SCHEMA attic

DROP SCHEMA shop CASCADE

-- Bounds that are proved, and not

-- setup: ALTER TABLE sales_new ADD CONSTRAINT bounds CHECK (day IS NOT NULL AND 2001 <= day AND day <= 2500)
ALTER TABLE sales ATTACH PARTITION sales_new FOR VALUES FROM (2000) TO (3000)

-- setup: ALTER TABLE sales_new ADD CONSTRAINT bounds CHECK (day IS NOT NULL AND day >= 2000 AND day <= 3000)
ALTER TABLE sales ATTACH PARTITION sales_new FOR VALUES FROM (2000) TO (3000)

-- setup: ALTER TABLE sales_new ADD CONSTRAINT bounds CHECK (day >= 2000), ADD CONSTRAINT more CHECK (NOT (day >= 2999)), ALTER COLUMN day SET NOT NULL
ALTER TABLE sales ATTACH PARTITION sales_new FOR VALUES FROM (2000) TO (3000)

-- setup: ALTER TABLE sales_new ADD CONSTRAINT bounds CHECK (day >= 2000 AND id > 0), ALTER COLUMN day SET NOT NULL
ALTER TABLE visits ATTACH PARTITION sales_new FOR VALUES FROM (2000) TO (MAXVALUE)

-- setup: ALTER TABLE sales_rest ADD CONSTRAINT outside CHECK (day < 2000 OR day >= 5000 AND day < 6000 OR day IS NULL)
CREATE TABLE sales_high PARTITION OF sales FOR VALUES FROM (2000) TO (3000)

-- setup: ALTER TABLE sales_rest ADD CONSTRAINT outside CHECK (day < 2000 OR day >= 5000 AND day < 6000 OR day IS NULL)
CREATE TABLE sales_high PARTITION OF sales FOR VALUES FROM (3000) TO (5001)

-- setup: CREATE TABLE shelves (kind text) PARTITION BY LIST (kind); CREATE TABLE shelf_a (kind text NOT NULL CHECK (kind IN ('a', 'b'))); INSERT INTO shelf_a VALUES ('a')
ALTER TABLE shelves ATTACH PARTITION shelf_a FOR VALUES IN ('a', 'b', 'c')

-- setup: CREATE TABLE shelves (kind int) PARTITION BY LIST (kind); CREATE TABLE shelf_a (kind int NOT NULL CHECK (kind IN (1, 2))); INSERT INTO shelf_a VALUES (2)
ALTER TABLE shelves ATTACH PARTITION shelf_a FOR VALUES IN (2, 3)

-- setup: CREATE TABLE shelves (kind int) PARTITION BY LIST (kind); CREATE TABLE shelf_a (kind int); INSERT INTO shelf_a VALUES (1)
ALTER TABLE shelves ATTACH PARTITION shelf_a DEFAULT

-- setup: CREATE TABLE days (at date NOT NULL) PARTITION BY RANGE (at); CREATE TABLE may (at date NOT NULL CHECK (at >= '2024-05-01' AND at < '2024-06-01')); INSERT INTO may VALUES ('2024-05-05')
ALTER TABLE days ATTACH PARTITION may FOR VALUES FROM ('2024-05-01') TO ('2024-06-01')

-- setup: CREATE TABLE days (at timestamp NOT NULL) PARTITION BY RANGE (at); CREATE TABLE may (at timestamp NOT NULL CHECK (at >= '2024-05-01' AND at < '2024-06-01')); INSERT INTO may VALUES ('2024-05-05')
ALTER TABLE days ATTACH PARTITION may FOR VALUES FROM ('2024-05-01') TO ('2024-06-01 00:00:00')

-- setup: CREATE TABLE parcels (id int NOT NULL) PARTITION BY HASH (id); CREATE TABLE parcels_0 (id int NOT NULL); INSERT INTO parcels_0 SELECT g FROM generate_series(1, 9) g WHERE satisfies_hash_partition('parcels'::regclass, 2, 0, g)
ALTER TABLE parcels ATTACH PARTITION parcels_0 FOR VALUES WITH (MODULUS 2, REMAINDER 0)

-- What a DO block runs

DO $$BEGIN ALTER TABLE users ADD COLUMN z int; CREATE INDEX i ON loose (v); END$$

DO $$BEGIN ALTER TABLE users ADD CONSTRAINT c CHECK (num > 0); EXCEPTION WHEN duplicate_object THEN NULL; END$$

DO 'DECLARE n int; BEGIN SELECT count(*) INTO n FROM groups; EXECUTE ''ALTER TABLE users ALTER COLUMN big TYPE int''; END'

-- What a DO block runs, as far as the catalogs decide

DO $$BEGIN IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'num_is_small') THEN ALTER TABLE users ADD CONSTRAINT num_is_small CHECK (num < 1000); END IF; END$$

DO $$BEGIN IF EXISTS (SELECT FROM pg_constraint WHERE conname = 'loose_ck') THEN ALTER TABLE loose VALIDATE CONSTRAINT loose_ck; ELSE DROP TABLE users; END IF; END$$

DO $$BEGIN IF EXISTS (SELECT FROM information_schema.columns WHERE table_schema = 'shop' AND table_name = 'loose' AND column_name = 'no_such') THEN ALTER TABLE users ALTER COLUMN num TYPE bigint; ELSIF to_regclass('shop.groups') IS NOT NULL THEN ALTER TABLE groups ADD COLUMN z int; END IF; END$$

DO $$BEGIN IF NOT EXISTS (SELECT FROM information_schema.columns WHERE table_name = 'groups' AND column_name = 'a1') THEN ALTER TABLE groups ADD COLUMN a1 int; END IF;
IF NOT EXISTS (SELECT FROM information_schema.columns WHERE table_name = 'groups' AND column_name = 'a2') THEN ALTER TABLE members ADD COLUMN a2 int; END IF; END$$

DO $$BEGIN IF EXISTS (SELECT FROM users WHERE num < 0) THEN RAISE EXCEPTION 'not yet'; END IF; ALTER TABLE users ALTER COLUMN num SET NOT NULL; END$$

DO $$BEGIN IF EXISTS (SELECT FROM users WHERE num < 0) THEN UPDATE users SET num = 0 WHERE num < 0; END IF; ALTER TABLE groups ADD COLUMN z int; END$$

DO $$DECLARE which text := 'groups'; BEGIN EXECUTE format('ALTER TABLE %I ADD COLUMN z int DEFAULT (random() * 9)::int', which); END$$

DO $$DECLARE one text; BEGIN FOREACH one IN ARRAY ARRAY['groups', 'members', 'no_such'] LOOP CONTINUE WHEN to_regclass(one) IS NULL; EXECUTE 'ALTER TABLE ' || quote_ident(one) || ' ENABLE ROW LEVEL SECURITY'; END LOOP; END$$

DO $$DECLARE found_one record; BEGIN FOR found_one IN SELECT conname, conrelid::regclass AS at FROM pg_constraint WHERE conrelid = 'shop.loose'::regclass AND contype = 'c' LOOP EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', found_one.at, found_one.conname); END LOOP; END$$

DO $$DECLARE key text; BEGIN SELECT conname INTO key FROM pg_constraint WHERE conrelid = 'shop.loose'::regclass AND contype = 'f'; IF key IS NOT NULL THEN EXECUTE format('ALTER TABLE loose DROP CONSTRAINT %I', key); END IF; END$$

DO $$DECLARE is_text boolean := false; BEGIN SELECT count(*) > 0 INTO is_text FROM information_schema.columns WHERE table_name = 'groups' AND column_name = 'title' AND data_type = 'text'; IF NOT is_text THEN RETURN; END IF; ALTER TABLE groups ALTER COLUMN title TYPE varchar(40); END$$

DO $$BEGIN FOR n IN 1..2 LOOP EXECUTE format('ALTER TABLE events_%s ADD CONSTRAINT fits CHECK (day >= 0)', n); END LOOP; END$$

DO $$BEGIN ALTER TABLE loose ADD CONSTRAINT loose_ck CHECK (v > 1); EXCEPTION WHEN duplicate_object THEN NULL; END$$

DO $$BEGIN BEGIN ALTER TABLE users ADD COLUMN email text; EXCEPTION WHEN duplicate_column THEN RAISE NOTICE 'there'; END; ALTER TABLE groups ADD COLUMN z int; END$$

DO $$BEGIN CREATE TYPE mood AS ENUM ('x'); ALTER TABLE groups ADD COLUMN z mood; EXCEPTION WHEN duplicate_object THEN ALTER TABLE members ADD COLUMN z mood; END$$

DO $$BEGIN ALTER TABLE users RENAME COLUMN no_such TO other; EXCEPTION WHEN undefined_column THEN NULL; END$$

-- setup: CREATE PUBLICATION first_feed FOR TABLE groups
DO $$BEGIN ALTER PUBLICATION first_feed ADD TABLE groups; EXCEPTION WHEN duplicate_object THEN NULL; END$$

-- setup: CREATE PUBLICATION other_feed FOR TABLE groups
DO $$BEGIN ALTER PUBLICATION other_feed ADD TABLE members; EXCEPTION WHEN duplicate_object THEN NULL; END$$

-- What hangs on a table and is not there

DROP TRIGGER IF EXISTS no_such ON users

DROP POLICY IF EXISTS no_such ON users

DROP RULE IF EXISTS no_such ON users

-- setup: CREATE POLICY own ON users USING (true)
DROP POLICY IF EXISTS own ON users

-- setup: CREATE TRIGGER own BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION touch()
DROP TRIGGER IF EXISTS own ON users

-- What CASCADE takes along

DROP FUNCTION IF EXISTS no_such(int) CASCADE

-- setup: CREATE TRIGGER own BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION touch(); CREATE TRIGGER own BEFORE UPDATE ON events FOR EACH ROW EXECUTE FUNCTION touch()
DROP FUNCTION touch() CASCADE

-- setup: ALTER TABLE groups ADD COLUMN z int DEFAULT moving(); CREATE POLICY own ON members USING (moving() > 0); CREATE VIEW moved AS SELECT moving() AS m, id FROM loose
DROP FUNCTION moving CASCADE

-- setup: ALTER TABLE groups ADD COLUMN z mood; CREATE VIEW moods AS SELECT z FROM groups
DROP TYPE mood CASCADE

-- setup: CREATE POLICY own ON members USING (EXISTS (SELECT FROM groups g WHERE g.id = group_id))
DROP TABLE groups CASCADE

-- setup: CREATE POLICY own ON loose USING (v > 0)
ALTER TABLE loose DROP COLUMN v CASCADE

-- Functions that the planner inlines, and not

-- setup: CREATE FUNCTION whole() RETURNS int LANGUAGE sql VOLATILE RETURN 1
ALTER TABLE users ADD COLUMN z int DEFAULT whole()

-- setup: CREATE FUNCTION whole(n int) RETURNS int LANGUAGE sql VOLATILE BEGIN ATOMIC SELECT n + 1; END
ALTER TABLE users ADD COLUMN z int DEFAULT whole(2)

-- setup: CREATE FUNCTION whole() RETURNS float LANGUAGE sql VOLATILE RETURN random()
ALTER TABLE users ADD COLUMN z float DEFAULT whole()

-- setup: CREATE FUNCTION whole() RETURNS bigint LANGUAGE sql VOLATILE BEGIN ATOMIC SELECT count(*) FROM shop.groups; END
ALTER TABLE users ADD COLUMN z bigint DEFAULT whole()

-- setup: CREATE FUNCTION whole(n int) RETURNS int LANGUAGE sql VOLATILE STRICT RETURN coalesce(n, 1)
ALTER TABLE users ADD COLUMN z int DEFAULT whole(2)

-- setup: CREATE FUNCTION whole(n int) RETURNS int LANGUAGE sql VOLATILE STRICT AS 'SELECT coalesce(n, 1)'
ALTER TABLE users ADD COLUMN z int DEFAULT whole(2)

-- setup: CREATE FUNCTION whole(n int) RETURNS int LANGUAGE sql VOLATILE STRICT RETURN n + 1
ALTER TABLE users ADD COLUMN z int DEFAULT whole(2)

-- What replays of migrations have shown

ALTER TABLE base ADD CONSTRAINT c CHECK (v > 0) NO INHERIT

ALTER TABLE base ADD CONSTRAINT c CHECK (v > 0) NO INHERIT NOT VALID

-- setup: CREATE TABLE attic.chair (id int); INSERT INTO attic.chair VALUES (1); CREATE VIEW attic.chairs AS SELECT 1 AS id
DROP SCHEMA attic CASCADE

-- setup: CREATE TABLE few (id int); INSERT INTO few VALUES (1)
ALTER TABLE few ADD FOREIGN KEY (id) REFERENCES makers

-- setup: CREATE TABLE bills (id int, maker_id int REFERENCES makers) PARTITION BY RANGE (id); CREATE TABLE bills_new (id int, maker_id int); INSERT INTO bills_new SELECT g, g FROM generate_series(1, 400) g
ALTER TABLE bills ATTACH PARTITION bills_new FOR VALUES FROM (0) TO (500)

-- What the server's own code finds out

ALTER TABLE users ADD COLUMN z float DEFAULT CASE WHEN true THEN 1 ELSE random() END

ALTER TABLE users ADD COLUMN z float DEFAULT coalesce(1, random())

ALTER TABLE users ADD COLUMN z float DEFAULT CASE WHEN now() IS NULL THEN 1 ELSE random() END

-- setup: CREATE FUNCTION twice(x float) RETURNS float LANGUAGE sql AS 'SELECT $1 * 2'
ALTER TABLE users ADD COLUMN z float DEFAULT twice(1)

-- setup: CREATE FUNCTION twice(x float) RETURNS float LANGUAGE sql AS 'SELECT x * 2'
ALTER TABLE users ADD COLUMN z float DEFAULT twice(random())

-- setup: CREATE FUNCTION first_of(x float, y float) RETURNS float LANGUAGE sql AS 'SELECT x'
ALTER TABLE users ADD COLUMN z float DEFAULT first_of(1, random())

-- setup: CREATE FUNCTION strict_one(x int) RETURNS int LANGUAGE sql STRICT AS 'SELECT x + 1'
ALTER TABLE users ADD COLUMN z int DEFAULT strict_one(1)

-- setup: CREATE FUNCTION lax_one(x int) RETURNS int LANGUAGE sql STRICT AS 'SELECT coalesce(x, 1)'
ALTER TABLE users ADD COLUMN z int DEFAULT lax_one(1)

-- setup: CREATE FUNCTION atomic_one() RETURNS int LANGUAGE sql RETURN 1 + 1
ALTER TABLE users ADD COLUMN z int DEFAULT atomic_one()

-- setup: CREATE FUNCTION atomic_chance() RETURNS float LANGUAGE sql BEGIN ATOMIC SELECT random(); END
ALTER TABLE users ADD COLUMN z float DEFAULT atomic_chance()

-- setup: CREATE FUNCTION counting() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM shop.groups'
ALTER TABLE users ADD COLUMN z bigint DEFAULT counting()

-- setup: CREATE FUNCTION nested() RETURNS bigint LANGUAGE sql AS 'SELECT (SELECT 1::bigint)'
ALTER TABLE users ADD COLUMN z bigint DEFAULT nested()

-- setup: CREATE FUNCTION two_steps() RETURNS int LANGUAGE sql AS 'SELECT 1; SELECT 2'
ALTER TABLE users ADD COLUMN z int DEFAULT two_steps()

-- setup: CREATE FUNCTION set_one() RETURNS int LANGUAGE sql SET search_path = '' AS 'SELECT 1'
ALTER TABLE users ADD COLUMN z int DEFAULT set_one()

-- setup: CREATE FUNCTION definers() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'
ALTER TABLE users ADD COLUMN z int DEFAULT definers()

-- setup: CREATE FUNCTION inner_one() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE FUNCTION outer_one() RETURNS int LANGUAGE sql AS 'SELECT shop.inner_one() + 1'
ALTER TABLE users ADD COLUMN z int DEFAULT outer_one()

-- setup: CREATE FUNCTION to_mood(text) RETURNS mood LANGUAGE plpgsql AS $$BEGIN RETURN 'ok'::shop.mood; END$$; CREATE CAST (text AS mood) WITH FUNCTION to_mood(text) AS ASSIGNMENT
ALTER TABLE users ADD COLUMN z mood DEFAULT 'ok'::text

ALTER TABLE users ADD COLUMN z mood DEFAULT 'ok'

-- setup: ALTER TABLE users ADD CONSTRAINT there CHECK (NOT (num IS NULL))
ALTER TABLE users ALTER COLUMN num SET NOT NULL

-- setup: ALTER TABLE users ADD CONSTRAINT there CHECK (num IS DISTINCT FROM NULL)
ALTER TABLE users ALTER COLUMN num SET NOT NULL

-- setup: ALTER TABLE users ADD CONSTRAINT there CHECK (num IS NOT NULL OR false)
ALTER TABLE users ALTER COLUMN num SET NOT NULL

-- setup: ALTER TABLE users ADD CONSTRAINT there CHECK ((num IS NOT NULL) = true)
ALTER TABLE users ALTER COLUMN num SET NOT NULL

-- setup: ALTER TABLE users ADD CONSTRAINT there CHECK (num > 0)
ALTER TABLE users ALTER COLUMN num SET NOT NULL

-- setup: ALTER TABLE users ADD CONSTRAINT there CHECK (num IS NOT NULL OR numn IS NOT NULL)
ALTER TABLE users ALTER COLUMN num SET NOT NULL

-- setup: ALTER TABLE users ADD CONSTRAINT there CHECK ((num IS NOT NULL AND big IS NULL) OR (num IS NOT NULL AND numn > 5) OR (num IS NOT NULL))
ALTER TABLE users ALTER COLUMN num SET NOT NULL

-- setup: CREATE TABLE pairs (a int NOT NULL, b int NOT NULL) PARTITION BY RANGE (a, b); CREATE TABLE pair (a int NOT NULL, b int NOT NULL, CHECK (a = 1 AND b >= 1 AND b < 9)); INSERT INTO pair VALUES (1, 2)
ALTER TABLE pairs ATTACH PARTITION pair FOR VALUES FROM (1, 1) TO (1, 9)

-- setup: CREATE TABLE pairs (a int NOT NULL, b int NOT NULL) PARTITION BY RANGE (a, b); CREATE TABLE pair (a int NOT NULL, b int NOT NULL, CHECK (a >= 1 AND a < 9)); INSERT INTO pair VALUES (1, 2)
ALTER TABLE pairs ATTACH PARTITION pair FOR VALUES FROM (1, 1) TO (9, 9)

-- setup: CREATE TABLE words (w text NOT NULL) PARTITION BY RANGE (w); CREATE TABLE some_words (w text NOT NULL CHECK (w >= 'b' AND w < 'c')); INSERT INTO some_words VALUES ('bee')
ALTER TABLE words ATTACH PARTITION some_words FOR VALUES FROM ('b') TO ('d')

-- setup: CREATE TABLE sums (a int, b int) PARTITION BY RANGE ((a + b)); CREATE TABLE sum (a int, b int, CHECK ((a + b) IS NOT NULL AND (a + b) >= 0 AND (a + b) < 10)); INSERT INTO sum VALUES (1, 2)
ALTER TABLE sums ATTACH PARTITION sum FOR VALUES FROM (0) TO (10)

-- setup: CREATE TABLE kinds (k text NOT NULL) PARTITION BY LIST (k); CREATE TABLE kind_a (k text NOT NULL CHECK (k = 'a')); INSERT INTO kind_a VALUES ('a')
ALTER TABLE kinds ATTACH PARTITION kind_a FOR VALUES IN ('a', 'b')

-- setup: CREATE TABLE kinds (k text) PARTITION BY LIST (k); CREATE TABLE kind_a (k text CHECK (k IS NULL OR k = 'a')); INSERT INTO kind_a VALUES ('a')
ALTER TABLE kinds ATTACH PARTITION kind_a FOR VALUES IN ('a', NULL)

-- setup: CREATE TABLE kinds (k text NOT NULL) PARTITION BY LIST (k); CREATE TABLE kind_rest PARTITION OF kinds DEFAULT; ALTER TABLE kind_rest ADD CHECK (k <> 'a'); INSERT INTO kinds VALUES ('z')
CREATE TABLE kind_a PARTITION OF kinds FOR VALUES IN ('a')

-- setup: CREATE TABLE shares (id int NOT NULL) PARTITION BY HASH (id); CREATE TABLE share (id int NOT NULL, CHECK (satisfies_hash_partition('shop.shares'::regclass::oid, 2, 0, id))); INSERT INTO share SELECT g FROM generate_series(1, 9) g WHERE satisfies_hash_partition('shares'::regclass, 2, 0, g)
ALTER TABLE shares ATTACH PARTITION share FOR VALUES WITH (MODULUS 2, REMAINDER 0)

-- Publications lose tables, and NOT proves

-- setup: ALTER PUBLICATION feed ADD TABLE loose, groups, events
ALTER PUBLICATION feed SET TABLE loose

-- setup: ALTER PUBLICATION feed ADD TABLE loose, groups
ALTER PUBLICATION feed SET TABLES IN SCHEMA attic

-- setup: ALTER PUBLICATION feed ADD TABLE loose
ALTER PUBLICATION feed SET (publish = 'insert')

-- setup: ALTER TABLE loose ADD CONSTRAINT known CHECK (NOT (v IS NULL))
ALTER TABLE loose ALTER v SET NOT NULL

-- setup: ALTER TABLE loose ADD CONSTRAINT known CHECK (NOT (v IS NULL OR id IS NULL))
ALTER TABLE loose ALTER v SET NOT NULL

-- setup: ALTER TABLE loose ADD CONSTRAINT known CHECK (NOT (v IS NULL AND id IS NULL))
ALTER TABLE loose ALTER v SET NOT NULL

-- setup: ALTER TABLE loose ADD CONSTRAINT known CHECK ((v IS NOT NULL AND id > 5) OR (id <= 5 AND v IS NOT NULL))
ALTER TABLE loose ALTER v SET NOT NULL

-- setup: ALTER TABLE loose ADD CONSTRAINT known CHECK (v IS NOT NULL OR id > 0)
ALTER TABLE loose ALTER v SET NOT NULL

-- setup: ALTER TABLE loose ADD CONSTRAINT known CHECK ((v IS NOT NULL) = true)
ALTER TABLE loose ALTER v SET NOT NULL

-- setup: ALTER TABLE loose ADD CONSTRAINT known CHECK ((v IS NOT NULL) IS TRUE)
ALTER TABLE loose ALTER v SET NOT NULL

-- setup: ALTER TABLE loose ADD CONSTRAINT known CHECK ((v IS NULL) = false)
ALTER TABLE loose ALTER v SET NOT NULL

-- setup: ALTER TABLE loose ADD CONSTRAINT known CHECK ((v IS NULL) <> true)
ALTER TABLE loose ALTER v SET NOT NULL

-- Inheritance, PostgreSQL 18

-- What inherits

-- since: 18
ALTER TABLE base ADD CONSTRAINT own NOT NULL v NO INHERIT

-- since: 18
ALTER TABLE base ADD CONSTRAINT own NOT NULL v NO INHERIT NOT VALID

-- setup: ALTER TABLE base ALTER v SET NOT NULL
-- setup: CREATE UNIQUE INDEX base_v ON base (v)
ALTER TABLE base ADD PRIMARY KEY USING INDEX base_v

-- setup: ALTER TABLE base ALTER v SET NOT NULL
ALTER TABLE base ADD PRIMARY KEY (v)

ALTER TABLE base ADD PRIMARY KEY (v)

-- setup: CREATE UNIQUE INDEX base_v ON base (v)
ALTER TABLE base ADD PRIMARY KEY USING INDEX base_v

-- setup: ALTER TABLE loose ALTER v SET NOT NULL
-- setup: CREATE UNIQUE INDEX loose_v ON loose (v) INCLUDE (group_id)
ALTER TABLE loose ADD PRIMARY KEY USING INDEX loose_v

-- since: 18
ALTER TABLE ONLY base ADD CONSTRAINT own NOT NULL v NO INHERIT

-- setup: CREATE TABLE bills (id int, maker_id int REFERENCES makers) PARTITION BY RANGE (id); CREATE TABLE bills_new (id int, maker_id int)
ALTER TABLE bills ATTACH PARTITION bills_new FOR VALUES FROM (0) TO (500)

-- setup: CREATE FUNCTION stamp(tbl regclass, col text DEFAULT 'stamped') RETURNS void LANGUAGE plpgsql AS $$BEGIN EXECUTE format('ALTER TABLE %s ADD COLUMN %I timestamptz DEFAULT clock_timestamp()', tbl, col); END$$
SELECT stamp('parts')

-- setup: CREATE FUNCTION stamp(tbl regclass, col text DEFAULT 'stamped') RETURNS void LANGUAGE plpgsql AS $$BEGIN EXECUTE format('ALTER TABLE %s ADD COLUMN %I timestamptz DEFAULT clock_timestamp()', tbl, col); END$$
SELECT stamp(c.oid::regclass, 'seen') FROM pg_class c WHERE c.relname IN ('parts', 'visits') AND c.relkind = 'r'

-- setup: CREATE FUNCTION note_touch() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NEW; END$$; CREATE FUNCTION touched(name text) RETURNS void LANGUAGE plpgsql AS $$BEGIN EXECUTE 'CREATE TRIGGER touched BEFORE UPDATE ON ' || quote_ident(name) || ' FOR EACH ROW EXECUTE FUNCTION note_touch()'; EXCEPTION WHEN duplicate_object THEN NULL; END$$; CREATE TRIGGER touched BEFORE UPDATE ON parts FOR EACH ROW EXECUTE FUNCTION note_touch()
DO $$DECLARE t text; BEGIN FOREACH t IN ARRAY ARRAY['parts', 'loose'] LOOP PERFORM touched(t); END LOOP; END$$

-- setup: CREATE FUNCTION month_name(day date) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$BEGIN RETURN 'visits_' || to_char(day, 'YYYY_MM'); END$$; CREATE FUNCTION months(n int) RETURNS int LANGUAGE plpgsql AS $$DECLARE made int := 0; part text; BEGIN FOR i IN 1..n LOOP part := month_name((date '2031-01-05' + (i || ' months')::interval)::date); IF to_regclass(part) IS NULL THEN EXECUTE format('CREATE TABLE %I (LIKE parts)', part); EXECUTE format('ALTER TABLE parts ADD COLUMN %I int', part); made := made + 1; END IF; END LOOP; RETURN made; END$$
SELECT * FROM months(3)

-- setup: CREATE PROCEDURE plain() LANGUAGE sql AS $$UPDATE makers SET rank = 1 WHERE id = 1; ALTER TABLE parts ADD COLUMN plain int$$
CALL plain()

-- setup: ALTER TABLE parts ENABLE ROW LEVEL SECURITY; CREATE POLICY one ON parts USING (true); CREATE POLICY two ON parts USING (true)
DO $$DECLARE t text; p record; BEGIN FOREACH t IN ARRAY ARRAY['parts', 'loose', 'no_such'] LOOP IF EXISTS (SELECT 1 FROM information_schema.tables WHERE table_name = t) THEN EXECUTE format('REVOKE ALL ON %I FROM public', t); EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t); FOR p IN SELECT policyname FROM pg_policies WHERE tablename = t LOOP EXECUTE format('DROP POLICY %I ON %I', p.policyname, t); END LOOP; END IF; END LOOP; END$$

-- setup: CREATE FUNCTION guarded(tbl regclass) RETURNS void LANGUAGE plpgsql AS $$BEGIN EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', tbl); EXECUTE 'ALTER TABLE ' || tbl || ' ADD COLUMN tenant int'; EXECUTE format('CREATE INDEX ON %s (tenant)', tbl::text); END$$
SELECT guarded('parts'), guarded('loose')

-- setup: CREATE FUNCTION watched(regclass, rows boolean) RETURNS void LANGUAGE plpgsql AS $$BEGIN IF $2 THEN EXECUTE 'ALTER TABLE ' || $1 || ' ADD COLUMN watched boolean'; END IF; EXECUTE format('CREATE INDEX ON %s (id)', $1); END$$; CREATE FUNCTION watched(regclass) RETURNS void LANGUAGE sql AS 'SELECT watched($1, BOOLEAN ''t'')'
SELECT watched('loose')

-- What a table has to have of its parent's indexes and keys before it is attached

-- setup: CREATE TABLE whole (id int, v text) PARTITION BY RANGE (id); CREATE TABLE piece (id int, v text, CHECK (id IS NOT NULL AND id >= 0 AND id < 1000)); INSERT INTO piece SELECT g, g FROM generate_series(1, 400) g; CREATE INDEX ON whole (v); CREATE INDEX ON piece (v)
ALTER TABLE whole ATTACH PARTITION piece FOR VALUES FROM (0) TO (1000)

-- setup: CREATE TABLE whole (id int, v text) PARTITION BY RANGE (id); CREATE TABLE piece (v text, spare int, id int NOT NULL, CHECK (id >= 0 AND id < 1000)); ALTER TABLE piece DROP COLUMN spare; INSERT INTO piece SELECT g, g FROM generate_series(1, 400) g; CREATE INDEX ON whole (lower(v)) WHERE id > 5; CREATE INDEX ON piece (lower(v)) WHERE id > 5
ALTER TABLE whole ATTACH PARTITION piece FOR VALUES FROM (0) TO (1000)

-- setup: CREATE TABLE whole (id int PRIMARY KEY, v text) PARTITION BY RANGE (id); CREATE TABLE piece (id int NOT NULL, v text, CHECK (id >= 0 AND id < 1000)); INSERT INTO piece SELECT g, g FROM generate_series(1, 400) g; CREATE UNIQUE INDEX ON piece (id)
ALTER TABLE whole ATTACH PARTITION piece FOR VALUES FROM (0) TO (1000)

-- setup: CREATE TABLE whole (id int PRIMARY KEY, v text) PARTITION BY RANGE (id); CREATE TABLE piece (id int NOT NULL UNIQUE, v text, CHECK (id >= 0 AND id < 1000)); INSERT INTO piece SELECT g, g FROM generate_series(1, 400) g
ALTER TABLE whole ATTACH PARTITION piece FOR VALUES FROM (0) TO (1000)

-- setup: CREATE TABLE whole (id int PRIMARY KEY, v text) PARTITION BY RANGE (id); CREATE TABLE piece (id int PRIMARY KEY, v text, CHECK (id >= 0 AND id < 1000)); INSERT INTO piece SELECT g, g FROM generate_series(1, 400) g
ALTER TABLE whole ATTACH PARTITION piece FOR VALUES FROM (0) TO (1000)

-- setup: CREATE TABLE whole (id int, v text) PARTITION BY RANGE (id); CREATE TABLE piece (id int, v text, CHECK (id IS NOT NULL AND id >= 0 AND id < 1000)); INSERT INTO piece SELECT g, g FROM generate_series(1, 400) g; CREATE INDEX ON whole (v); CREATE UNIQUE INDEX ON piece (v)
ALTER TABLE whole ATTACH PARTITION piece FOR VALUES FROM (0) TO (1000)

-- setup: CREATE TABLE whole (id int, v text) PARTITION BY RANGE (id); CREATE TABLE piece (id int, v text, CHECK (id IS NOT NULL AND id >= 0 AND id < 1000)); INSERT INTO piece SELECT g, g FROM generate_series(1, 400) g; CREATE INDEX ON whole (lower(v)); CREATE INDEX ON piece (upper(v))
ALTER TABLE whole ATTACH PARTITION piece FOR VALUES FROM (0) TO (1000)

-- setup: CREATE TABLE whole (id int, v text) PARTITION BY RANGE (id); CREATE TABLE piece (id int, v text, CHECK (id IS NOT NULL AND id >= 0 AND id < 1000)); INSERT INTO piece SELECT g, g FROM generate_series(1, 400) g; CREATE INDEX ON whole (v); CREATE INDEX ON piece USING hash (v)
ALTER TABLE whole ATTACH PARTITION piece FOR VALUES FROM (0) TO (1000)

-- setup: CREATE TABLE whole (id int, v text) PARTITION BY RANGE (id); CREATE TABLE piece (id int, v text, CHECK (id IS NOT NULL AND id >= 0 AND id < 1000)); INSERT INTO piece SELECT g, g FROM generate_series(1, 400) g; CREATE INDEX ON whole (v); CREATE INDEX ON piece (v text_pattern_ops)
ALTER TABLE whole ATTACH PARTITION piece FOR VALUES FROM (0) TO (1000)

-- setup: CREATE TABLE whole (id int, v text) PARTITION BY RANGE (id); CREATE TABLE piece (id int, v text, CHECK (id IS NOT NULL AND id >= 0 AND id < 1000)); INSERT INTO piece SELECT g, g FROM generate_series(1, 400) g; CREATE INDEX ON whole (v); CREATE INDEX ON piece (v COLLATE "C")
ALTER TABLE whole ATTACH PARTITION piece FOR VALUES FROM (0) TO (1000)

-- setup: CREATE TABLE whole (id int, v text) PARTITION BY RANGE (id); CREATE TABLE piece (id int, v text, CHECK (id IS NOT NULL AND id >= 0 AND id < 1000)); INSERT INTO piece SELECT g, g FROM generate_series(1, 400) g; CREATE INDEX ON whole (v); CREATE INDEX ON piece (v DESC)
ALTER TABLE whole ATTACH PARTITION piece FOR VALUES FROM (0) TO (1000)

-- setup: CREATE TABLE whole (id int, v text) PARTITION BY RANGE (id); CREATE TABLE piece (id int, v text, CHECK (id IS NOT NULL AND id >= 0 AND id < 1000)); INSERT INTO piece SELECT g, g FROM generate_series(1, 400) g; CREATE INDEX ON whole (v) WHERE id > 5; CREATE INDEX ON piece (v) WHERE id > 6
ALTER TABLE whole ATTACH PARTITION piece FOR VALUES FROM (0) TO (1000)

-- setup: CREATE TABLE whole (id int, v text) PARTITION BY RANGE (id); CREATE TABLE piece (id int, v text, CHECK (id IS NOT NULL AND id >= 0 AND id < 1000)); INSERT INTO piece SELECT g, g FROM generate_series(1, 400) g; CREATE INDEX ON whole (v); CREATE INDEX ON whole (v); CREATE INDEX ON piece (v)
ALTER TABLE whole ATTACH PARTITION piece FOR VALUES FROM (0) TO (1000)

-- setup: CREATE TABLE whole (id int, maker_id int REFERENCES makers) PARTITION BY RANGE (id); CREATE TABLE piece (id int, maker_id int REFERENCES makers, CHECK (id IS NOT NULL AND id >= 0 AND id < 1000)); INSERT INTO piece SELECT g, g FROM generate_series(1, 400) g
ALTER TABLE whole ATTACH PARTITION piece FOR VALUES FROM (0) TO (1000)

-- setup: CREATE TABLE whole (id int, maker_id int REFERENCES makers) PARTITION BY RANGE (id); CREATE TABLE piece (id int, maker_id int REFERENCES makers ON DELETE CASCADE, CHECK (id IS NOT NULL AND id >= 0 AND id < 1000)); INSERT INTO piece SELECT g, g FROM generate_series(1, 400) g; ANALYZE
ALTER TABLE whole ATTACH PARTITION piece FOR VALUES FROM (0) TO (1000)

-- setup: CREATE TABLE whole (id int, maker_id int REFERENCES makers) PARTITION BY RANGE (id); CREATE TABLE piece (id int, maker_id int, CHECK (id IS NOT NULL AND id >= 0 AND id < 1000)); INSERT INTO piece SELECT g, g FROM generate_series(1, 400) g; ALTER TABLE piece ADD FOREIGN KEY (maker_id) REFERENCES makers NOT VALID; ANALYZE
ALTER TABLE whole ATTACH PARTITION piece FOR VALUES FROM (0) TO (1000)

-- setup: CREATE TABLE seats (id int PRIMARY KEY) PARTITION BY RANGE (id); CREATE TABLE seats_low PARTITION OF seats FOR VALUES FROM (0) TO (1000); CREATE TABLE guests (seat int REFERENCES seats); INSERT INTO seats SELECT generate_series(0, 900); INSERT INTO guests SELECT NULL FROM generate_series(1, 20000); ANALYZE
ALTER TABLE seats DETACH PARTITION seats_low

-- setup: CREATE TABLE seats (id int PRIMARY KEY) PARTITION BY RANGE (id); CREATE TABLE seats_low PARTITION OF seats FOR VALUES FROM (0) TO (1000); CREATE TABLE guests (seat int REFERENCES seats); INSERT INTO seats SELECT generate_series(0, 900)
ALTER TABLE seats DETACH PARTITION seats_low

-- How far down it goes

-- since: 18
-- setup: CREATE TABLE third () INHERITS (derived)
ALTER TABLE base ADD CONSTRAINT own NOT NULL v NO INHERIT

-- setup: CREATE TABLE third () INHERITS (derived)
ALTER TABLE ONLY base DROP COLUMN v

-- setup: CREATE TABLE third () INHERITS (derived); ALTER TABLE derived ADD COLUMN x int
ALTER TABLE base ADD COLUMN x int

-- setup: CREATE TABLE third () INHERITS (derived); ALTER TABLE third ADD COLUMN x int
ALTER TABLE base ADD COLUMN x int

-- since: 18
-- setup: CREATE TABLE third () INHERITS (derived); ALTER TABLE base ADD CONSTRAINT own NOT NULL id
ALTER TABLE base ALTER CONSTRAINT own NO INHERIT

-- since: 18
-- setup: CREATE TABLE third () INHERITS (derived); ALTER TABLE base ADD CONSTRAINT own NOT NULL id NO INHERIT
ALTER TABLE base ALTER CONSTRAINT own INHERIT

-- since: 18
-- setup: CREATE TABLE third () INHERITS (derived); ALTER TABLE derived ALTER id SET NOT NULL; ALTER TABLE base ADD CONSTRAINT own NOT NULL id NO INHERIT
ALTER TABLE base ALTER CONSTRAINT own INHERIT

CREATE PUBLICATION reaching FOR TABLE events

-- setup: CREATE TABLE third () INHERITS (derived)
CREATE PUBLICATION reaching FOR TABLE base

-- What is dropped is dropped first

ALTER TABLE parts ALTER shelf DROP NOT NULL, ALTER shelf SET NOT NULL

ALTER TABLE parts ALTER shelf SET NOT NULL, ALTER shelf DROP NOT NULL

-- Which indexes are built

-- setup: CREATE INDEX spare ON events_1 (v)
CREATE INDEX ON events (v)

-- setup: CREATE INDEX spare ON events_1 (v)
CREATE INDEX ON events (id)

-- setup: CREATE UNIQUE INDEX spare ON events_1 (day)
CREATE INDEX ON events (day)

-- setup: CREATE INDEX spare ON events_1 USING hash (day)
CREATE INDEX ON events (day)

-- setup: CREATE INDEX spare ON events_1 (day DESC)
CREATE INDEX ON events (day)

-- setup: CREATE INDEX spare ON events_1 (lower(v))
CREATE INDEX ON events (lower(v))

-- setup: ALTER TABLE events_1 ADD UNIQUE (id, day)
ALTER TABLE events ADD UNIQUE (id, day)

-- setup: CREATE UNIQUE INDEX spare ON events_1 (id, day)
ALTER TABLE events ADD UNIQUE (id, day)

-- setup: CREATE TABLE deep (a int, b int) PARTITION BY RANGE (a)
-- setup: CREATE TABLE deep_1 PARTITION OF deep FOR VALUES FROM (0) TO (100) PARTITION BY RANGE (b)
-- setup: CREATE TABLE deep_11 PARTITION OF deep_1 DEFAULT
-- setup: CREATE TABLE deep_2 PARTITION OF deep DEFAULT
-- setup: INSERT INTO deep SELECT g, g FROM generate_series(1, 300) g
-- setup: CREATE INDEX spare ON deep_1 (b)
CREATE INDEX ON deep (b)

CREATE INDEX ON empty_one (v)

REINDEX TABLE empty_one

REINDEX TABLE empty_plain

ALTER TABLE empty_one ALTER COLUMN v TYPE bigint

ALTER TABLE empty_one DROP CONSTRAINT empty_one_pkey, ALTER COLUMN id TYPE bigint

ALTER TABLE groups DROP COLUMN id CASCADE, ADD COLUMN z timestamptz DEFAULT clock_timestamp()

ALTER TABLE users DROP COLUMN email, ADD COLUMN z timestamptz DEFAULT clock_timestamp()

-- setup: ALTER TABLE logs ADD CONSTRAINT logs_uq UNIQUE (id, day)
ALTER TABLE logs DROP CONSTRAINT logs_uq, ADD COLUMN z timestamptz DEFAULT clock_timestamp()

ALTER TABLE stock ALTER COLUMN title TYPE text COLLATE "C"

ALTER TABLE stock ALTER COLUMN code TYPE varchar(40)

-- setup: SET allow_in_place_tablespaces = on
-- setup: CREATE TABLESPACE spot_1 LOCATION ''
ALTER TABLE members SET TABLESPACE spot_1

-- setup: SET allow_in_place_tablespaces = on
-- setup: CREATE TABLESPACE spot_2 LOCATION ''
ALTER INDEX users_email SET TABLESPACE spot_2

-- setup: SET allow_in_place_tablespaces = on
-- setup: CREATE TABLESPACE spot_3 LOCATION ''
REINDEX (TABLESPACE spot_3) TABLE members

-- setup: CREATE TABLE booked (during int4range, EXCLUDE USING gist (during WITH &&))
-- setup: INSERT INTO booked SELECT int4range(g, g + 1) FROM generate_series(1, 100) g
-- apart
REINDEX TABLE CONCURRENTLY booked

-- Locks of many short transactions

-- apart
REINDEX TABLE events

-- apart
REINDEX INDEX events_id

-- apart
VACUUM events

-- apart
VACUUM FULL events

-- apart
VACUUM sales, visits, members

-- setup: CREATE INDEX sales_id ON sales (id)
-- apart
CLUSTER sales USING sales_id

-- setup: CREATE MATERIALIZED VIEW kept AS SELECT id FROM parts
-- apart
VACUUM FULL kept

-- apart
REINDEX TABLE CONCURRENTLY events

-- setup: ALTER TABLE members OWNER TO shop_reader
DROP OWNED BY shop_reader

-- setup: ALTER TABLE loose OWNER TO shop_reader
DROP OWNED BY shop_reader CASCADE

-- setup: ALTER TABLE groups OWNER TO shop_reader
DROP OWNED BY shop_reader CASCADE

-- setup: ALTER TABLE events_1 OWNER TO shop_reader
DROP OWNED BY shop_reader

-- setup: ALTER TABLE events OWNER TO shop_reader
DROP OWNED BY shop_reader

-- setup: CREATE TABLE attic.chair (id int PRIMARY KEY); INSERT INTO attic.chair VALUES (1); ALTER SCHEMA attic OWNER TO shop_reader
DROP OWNED BY shop_reader CASCADE

-- setup: CREATE POLICY readers ON members TO shop_reader USING (true); GRANT SELECT ON groups TO shop_reader
DROP OWNED BY shop_reader

-- setup: ALTER TYPE mood OWNER TO shop_reader
DROP OWNED BY shop_reader CASCADE

-- setup: ALTER TABLE groups OWNER TO shop_reader
-- fails: cannot drop table ... because other objects depend on it
DROP OWNED BY shop_reader

DROP OWNED BY shop_reader

-- setup: ALTER TABLE groups OWNER TO shop_reader; ALTER TABLE events OWNER TO shop_reader; ALTER VIEW active OWNER TO shop_reader
REASSIGN OWNED BY shop_reader TO CURRENT_USER

-- fails: role "nobody_here" does not exist
DROP OWNED BY nobody_here

ALTER EXTENSION plpgsql ADD TABLE users

-- setup: ALTER EXTENSION plpgsql ADD TABLE users
ALTER EXTENSION plpgsql DROP TABLE users
