-- Partitions

ALTER TABLE sales ATTACH PARTITION sales_new FOR VALUES FROM (2000) TO (3000)

-- setup: ALTER TABLE sales_new ADD CONSTRAINT bounds CHECK (day IS NOT NULL AND day >= 2000 AND day < 3000)
ALTER TABLE sales ATTACH PARTITION sales_new FOR VALUES FROM (2000) TO (3000)

-- setup: ALTER TABLE sales_new ADD CONSTRAINT bounds CHECK (day >= 2000 AND day < 3000)
ALTER TABLE sales ATTACH PARTITION sales_new FOR VALUES FROM (2000) TO (3000)

-- setup: ALTER TABLE sales_new ADD CONSTRAINT bounds CHECK (day IS NOT NULL AND day >= 2000 AND day < 3000) NOT VALID
ALTER TABLE sales ATTACH PARTITION sales_new FOR VALUES FROM (2000) TO (3000)

-- setup: ALTER TABLE sales_new ADD CONSTRAINT bounds CHECK (day IS NOT NULL AND day >= 2000 AND day < 3000); ALTER TABLE sales_rest ADD CONSTRAINT outside CHECK (day IS NOT NULL AND NOT (day >= 2000 AND day < 3000))
ALTER TABLE sales ATTACH PARTITION sales_new FOR VALUES FROM (2000) TO (3000)

ALTER TABLE visits ATTACH PARTITION sales_new FOR VALUES FROM (2000) TO (3000)

-- setup: CREATE TABLE visits_rest(id int, day int, note text); INSERT INTO visits_rest SELECT g, g+3000, 'x' FROM generate_series(1, 300) g
ALTER TABLE visits ATTACH PARTITION visits_rest DEFAULT

-- setup: CREATE INDEX visits_ix ON visits(id)
ALTER TABLE visits ATTACH PARTITION sales_new FOR VALUES FROM (2000) TO (3000)

-- setup: CREATE INDEX visits_ix ON visits(id); CREATE INDEX sales_new_ix ON sales_new(id)
ALTER TABLE visits ATTACH PARTITION sales_new FOR VALUES FROM (2000) TO (3000)

ALTER TABLE visits DETACH PARTITION visits_low

CREATE TABLE visits_mid PARTITION OF visits FOR VALUES FROM (1000) TO (2000)

CREATE TABLE sales_high PARTITION OF sales FOR VALUES FROM (2000) TO (3000)

CREATE TABLE visits_other PARTITION OF visits DEFAULT

DROP TABLE visits_low

TRUNCATE visits_low

-- setup: CREATE TABLE bills(id int, maker_id int REFERENCES makers(id)) PARTITION BY RANGE(id); CREATE TABLE bills_new(id int, maker_id int); INSERT INTO bills_new SELECT g, g FROM generate_series(1, 50) g
ALTER TABLE bills ATTACH PARTITION bills_new FOR VALUES FROM (0) TO (100)

-- setup: CREATE TABLE halls(k int PRIMARY KEY) PARTITION BY RANGE(k); CREATE TABLE halls_low PARTITION OF halls FOR VALUES FROM (0) TO (1000); CREATE TABLE seats(k int REFERENCES halls(k))
ALTER TABLE halls DETACH PARTITION halls_low

-- setup: ALTER TABLE sales_new ALTER day SET NOT NULL; ALTER TABLE sales_new ADD CONSTRAINT bounds CHECK (day >= 2000 AND day < 3000)
ALTER TABLE visits ATTACH PARTITION sales_new FOR VALUES FROM (2000) TO (3000)

ALTER TABLE sales DETACH PARTITION sales_low
