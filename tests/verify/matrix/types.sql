-- Other types for columns

ALTER TABLE stock ALTER COLUMN qty TYPE bigint

ALTER TABLE stock ALTER COLUMN lot TYPE bigint

ALTER TABLE stock ALTER COLUMN big TYPE int

ALTER TABLE stock ALTER COLUMN small TYPE int

ALTER TABLE stock ALTER COLUMN qty TYPE text

ALTER TABLE stock ALTER COLUMN qty TYPE numeric

ALTER TABLE stock ALTER COLUMN qty TYPE oid

ALTER TABLE stock ALTER COLUMN code TYPE varchar(40)

ALTER TABLE stock ALTER COLUMN code TYPE varchar(10)

ALTER TABLE stock ALTER COLUMN code TYPE varchar

ALTER TABLE stock ALTER COLUMN code TYPE text

ALTER TABLE stock ALTER COLUMN nickname TYPE text

ALTER TABLE stock ALTER COLUMN title TYPE varchar

ALTER TABLE stock ALTER COLUMN title TYPE varchar(50)

ALTER TABLE stock ALTER COLUMN nickname TYPE varchar(50)

ALTER TABLE stock ALTER COLUMN stamp TYPE char(20)

ALTER TABLE stock ALTER COLUMN stamp TYPE text

ALTER TABLE stock ALTER COLUMN stamp TYPE varchar(20)

ALTER TABLE stock ALTER COLUMN title TYPE char(10)

ALTER TABLE stock ALTER COLUMN price TYPE numeric(12, 2)

ALTER TABLE stock ALTER COLUMN price TYPE numeric

ALTER TABLE stock ALTER COLUMN price TYPE numeric(12, 4)

ALTER TABLE stock ALTER COLUMN price TYPE numeric(8, 2)

ALTER TABLE stock ALTER COLUMN weight TYPE numeric(10, 2)

ALTER TABLE stock ALTER COLUMN made_at TYPE timestamp(6)

ALTER TABLE stock ALTER COLUMN made_at TYPE timestamp

ALTER TABLE stock ALTER COLUMN made_at TYPE timestamp(1)

ALTER TABLE stock ALTER COLUMN sold_at TYPE timestamptz

ALTER TABLE stock ALTER COLUMN opens TYPE TIME(6)

ALTER TABLE stock ALTER COLUMN born TYPE timestamp

ALTER TABLE stock ALTER COLUMN flags TYPE bit varying(20)

ALTER TABLE stock ALTER COLUMN flags TYPE bit varying

ALTER TABLE stock ALTER COLUMN bits TYPE bit varying

ALTER TABLE stock ALTER COLUMN net TYPE inet

ALTER TABLE stock ALTER COLUMN addr TYPE cidr

ALTER TABLE stock ALTER COLUMN lifetime TYPE interval(3)

ALTER TABLE stock ALTER COLUMN ratio TYPE double precision

ALTER TABLE stock ALTER COLUMN doc TYPE text

ALTER TABLE stock ALTER COLUMN attrs TYPE json USING attrs::json

ALTER TABLE stock ALTER COLUMN spec TYPE jsonb

ALTER TABLE stock ALTER COLUMN spec TYPE text

ALTER TABLE stock ALTER COLUMN feel TYPE text

ALTER TABLE stock ALTER COLUMN title TYPE mood USING 'ok'::mood

ALTER TABLE stock ALTER COLUMN lot TYPE tally

ALTER TABLE stock ALTER COLUMN lot TYPE positive

-- fails: could not create unique index ...
ALTER TABLE stock ALTER COLUMN lot TYPE bool USING lot <> 0

ALTER TABLE stock ALTER COLUMN qty TYPE int

ALTER TABLE stock ALTER COLUMN qty TYPE int USING qty

ALTER TABLE stock ALTER COLUMN qty TYPE int USING qty+0

ALTER TABLE stock ALTER COLUMN sizes TYPE bigint[]

ALTER TABLE stock ALTER COLUMN big TYPE oid

ALTER TABLE stock ALTER COLUMN title TYPE text COLLATE "C"

ALTER TABLE stock ALTER COLUMN code TYPE varchar(20) COLLATE "C"

ALTER TABLE stock ALTER COLUMN nickname TYPE varchar COLLATE "POSIX"

ALTER TABLE stock ALTER COLUMN title TYPE bytea USING title::bytea

-- set: TimeZone = 'UTC'
ALTER TABLE stock ALTER COLUMN made_at TYPE timestamptz(3)

-- set: TimeZone = 'Europe/Oslo'
ALTER TABLE stock ALTER COLUMN made_at TYPE timestamptz(3)

-- set: TimeZone = 'UTC'
ALTER TABLE stock ALTER COLUMN sold_at TYPE timestamp(3)

-- setup: ALTER TABLE parts ADD CONSTRAINT bounds CHECK (length(code)>0)
ALTER TABLE parts ALTER COLUMN code TYPE varchar(40)

-- setup: ALTER TABLE parts ADD CONSTRAINT bounds CHECK (length(code)>0) NOT VALID
ALTER TABLE parts ALTER COLUMN code TYPE varchar(40)

-- setup: CREATE INDEX parts_some ON parts(qty) WHERE code='x'
ALTER TABLE parts ALTER COLUMN code TYPE text

-- setup: CREATE INDEX parts_lower ON parts(lower(code))
ALTER TABLE parts ALTER COLUMN code TYPE text

-- setup: CREATE INDEX parts_hash ON parts USING HASH(code)
ALTER TABLE parts ALTER COLUMN code TYPE varchar(40)

-- fails: cannot alter type of a column used by a view or rule
ALTER TABLE parts ALTER COLUMN qty TYPE bigint

ALTER TABLE offers ALTER COLUMN maker_id TYPE bigint

ALTER TABLE makers ALTER COLUMN id TYPE bigint

ALTER TABLE sales ALTER COLUMN note TYPE varchar(50)

ALTER TABLE rated ALTER COLUMN grade TYPE int

ALTER TABLE made ALTER COLUMN id TYPE bigint

-- setup: CREATE VIEW codes_view AS SELECT code FROM parts
-- fails: cannot alter type of a column used by a view or rule
ALTER TABLE parts ALTER COLUMN code TYPE varchar(40)

-- setup: CREATE TABLE moments(id int, at timestamp); INSERT INTO moments SELECT g, now() FROM generate_series(1, 500) g
-- set: TimeZone = 'UTC'
ALTER TABLE moments ALTER COLUMN at TYPE timestamptz

-- setup: CREATE TABLE moments(id int, at timestamp); INSERT INTO moments SELECT g, now() FROM generate_series(1, 500) g
-- set: TimeZone = 'Europe/Oslo'
ALTER TABLE moments ALTER COLUMN at TYPE timestamptz

-- setup: CREATE TABLE moments(id int, at timestamp(6)); INSERT INTO moments SELECT g, now() FROM generate_series(1, 500) g
-- set: TimeZone = 'UTC'
ALTER TABLE moments ALTER COLUMN at TYPE timestamptz(6)

-- setup: CREATE TABLE moments(id int, at timestamp(3)); INSERT INTO moments SELECT g, now() FROM generate_series(1, 500) g
-- set: TimeZone = 'UTC'
ALTER TABLE moments ALTER COLUMN at TYPE timestamptz

-- setup: CREATE TABLE moments(id int, at timestamptz); INSERT INTO moments SELECT g, now() FROM generate_series(1, 500) g
-- set: TimeZone = 'UTC'
ALTER TABLE moments ALTER COLUMN at TYPE timestamp

-- setup: CREATE TABLE moments(id int, at timestamp); INSERT INTO moments SELECT g, now() FROM generate_series(1, 500) g
-- set: TimeZone = 'UTC'
ALTER TABLE moments ALTER COLUMN at TYPE timestamptz USING at AT TIME ZONE 'UTC'

-- setup: CREATE TABLE moments(id int, at timestamp); INSERT INTO moments SELECT g, now() FROM generate_series(1, 500) g; CREATE INDEX moments_at ON moments(at)
-- set: TimeZone = 'UTC'
ALTER TABLE moments ALTER COLUMN at TYPE timestamptz
