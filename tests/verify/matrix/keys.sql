-- Keys, and constraints that go

ALTER TABLE parts ADD CONSTRAINT one_each UNIQUE(big)

ALTER TABLE parts ADD CONSTRAINT one_each UNIQUE USING INDEX parts_shelf

ALTER TABLE parts ADD CONSTRAINT one_each UNIQUE NULLS NOT DISTINCT (big)

-- setup: CREATE EXTENSION IF NOT EXISTS btree_gist; CREATE TABLE bookings(id int4range, during int4range)
-- since: 18
ALTER TABLE bookings ADD CONSTRAINT one_each UNIQUE (id, during WITHOUT OVERLAPS)

-- setup: CREATE TABLE keyed(id int NOT NULL, other int); INSERT INTO keyed SELECT g, g FROM generate_series(1, 500) g
ALTER TABLE keyed ADD PRIMARY KEY(id)

-- setup: CREATE TABLE keyed(id int, other int); INSERT INTO keyed SELECT g, g FROM generate_series(1, 500) g
ALTER TABLE keyed ADD PRIMARY KEY(id)

-- setup: CREATE TABLE keyed(id int, other int); INSERT INTO keyed SELECT g, g FROM generate_series(1, 500) g; CREATE UNIQUE INDEX keyed_id ON keyed(id)
ALTER TABLE keyed ADD PRIMARY KEY USING INDEX keyed_id

-- setup: CREATE TABLE keyed(id int NOT NULL, other int); INSERT INTO keyed SELECT g, g FROM generate_series(1, 500) g; CREATE UNIQUE INDEX keyed_id ON keyed(id)
ALTER TABLE keyed ADD PRIMARY KEY USING INDEX keyed_id

-- setup: CREATE TABLE keyed(id int CHECK(id IS NOT NULL), other int); INSERT INTO keyed SELECT g, g FROM generate_series(1, 500) g; CREATE UNIQUE INDEX keyed_id ON keyed(id)
ALTER TABLE keyed ADD PRIMARY KEY USING INDEX keyed_id

ALTER TABLE parts ADD CONSTRAINT no_twins EXCLUDE USING BTREE (big WITH =)

-- setup: ALTER TABLE parts ADD CONSTRAINT bounds CHECK (qty > 0)
ALTER TABLE parts DROP CONSTRAINT bounds

ALTER TABLE offers DROP CONSTRAINT offers_maker_id_fkey

-- setup: ALTER TABLE parts ADD CONSTRAINT one_each UNIQUE(big)
ALTER TABLE parts DROP CONSTRAINT one_each

ALTER TABLE makers DROP CONSTRAINT makers_pkey CASCADE

ALTER TABLE visits ADD CONSTRAINT visits_key UNIQUE (id, day)
