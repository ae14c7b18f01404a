-- Columns that come and go

ALTER TABLE parts ADD COLUMN added int

ALTER TABLE parts ADD COLUMN added int DEFAULT 5

ALTER TABLE parts ADD COLUMN added int NOT NULL DEFAULT 5

ALTER TABLE empty_one ADD COLUMN added int NOT NULL

-- fails: column ... of relation ... contains null values
ALTER TABLE parts ADD COLUMN added int NOT NULL

ALTER TABLE parts ADD COLUMN added timestamptz DEFAULT now()

ALTER TABLE parts ADD COLUMN added timestamptz DEFAULT clock_timestamp()

ALTER TABLE parts ADD COLUMN added uuid DEFAULT gen_random_uuid()

ALTER TABLE parts ADD COLUMN added int DEFAULT inlined_volatile()

ALTER TABLE parts ADD COLUMN added int DEFAULT steady()

ALTER TABLE parts ADD COLUMN added int DEFAULT fixed()

ALTER TABLE parts ADD COLUMN added int DEFAULT NULL

ALTER TABLE parts ADD COLUMN added serial

ALTER TABLE parts ADD COLUMN added bigint GENERATED ALWAYS AS IDENTITY

ALTER TABLE parts ADD COLUMN added int GENERATED ALWAYS AS (qty+1) STORED

-- since: 18
ALTER TABLE parts ADD COLUMN added int GENERATED ALWAYS AS (qty+1) VIRTUAL

ALTER TABLE parts ADD COLUMN added int CHECK (added > 0)

ALTER TABLE parts ADD COLUMN added int DEFAULT 5 CHECK (added > 0)

ALTER TABLE parts ADD COLUMN added int REFERENCES makers(id)

ALTER TABLE parts ADD COLUMN added int DEFAULT 1 REFERENCES makers(id)

ALTER TABLE parts ADD COLUMN added int UNIQUE

ALTER TABLE empty_plain ADD COLUMN added serial PRIMARY KEY

ALTER TABLE parts ADD COLUMN added tally

ALTER TABLE parts ADD COLUMN added positive

ALTER TABLE parts ADD COLUMN added positive DEFAULT 5

ALTER TABLE parts ADD COLUMN added required DEFAULT 5

ALTER TABLE parts ADD COLUMN added mood DEFAULT 'ok'

ALTER TABLE parts ADD COLUMN IF NOT EXISTS qty int

ALTER TABLE sales ADD COLUMN added int

ALTER TABLE sales ADD COLUMN added uuid DEFAULT gen_random_uuid()

ALTER TABLE base ADD COLUMN added int

ALTER TABLE parts ADD COLUMN added text COLLATE "C" DEFAULT 'x'

ALTER TABLE parts DROP COLUMN uid

ALTER TABLE parts DROP COLUMN qty CASCADE

ALTER TABLE offers DROP COLUMN maker_id

ALTER TABLE makers DROP COLUMN id CASCADE

ALTER TABLE sales DROP COLUMN note

ALTER TABLE parts ADD COLUMN added float DEFAULT random()

ALTER TABLE parts ADD COLUMN added timestamptz DEFAULT now() - interval '1 day'

ALTER TABLE parts ADD COLUMN added date DEFAULT current_date

ALTER TABLE parts ADD COLUMN added int DEFAULT nextval('numbers')

ALTER TABLE parts ADD COLUMN added int DEFAULT moving()

-- setup: CREATE FUNCTION moves() RETURNS int LANGUAGE plpgsql stable AS 'begin return 1; end'
ALTER TABLE parts ADD COLUMN added int DEFAULT moves()

ALTER TABLE parts ADD COLUMN added text DEFAULT upper(md5(random()::text))

-- since: 18
ALTER TABLE parts ADD COLUMN added int GENERATED ALWAYS AS (qty+1)

-- since: 18
ALTER TABLE parts ADD COLUMN added int GENERATED ALWAYS AS (qty+1) VIRTUAL NOT NULL

ALTER TABLE parts ADD COLUMN added int NOT NULL DEFAULT 5 CHECK (added > 0)

-- fails: cannot drop ... because other objects depend on it
ALTER TABLE parts DROP COLUMN qty

ALTER TABLE parts ADD COLUMN added int, ALTER COLUMN added SET DEFAULT 5
