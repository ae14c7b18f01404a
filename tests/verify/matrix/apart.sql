-- Commands that open their own transactions

-- apart
CREATE INDEX CONCURRENTLY fresh_ix ON parts(big)

-- apart
CREATE UNIQUE INDEX CONCURRENTLY fresh_ix ON parts(big)

-- apart
DROP INDEX CONCURRENTLY parts_qty

-- apart
REINDEX INDEX CONCURRENTLY parts_qty

-- apart
REINDEX TABLE CONCURRENTLY parts

-- apart
-- setup: CREATE TABLE attic.chair (id int PRIMARY KEY); INSERT INTO attic.chair SELECT generate_series(1, 400)
REINDEX SCHEMA attic

-- apart
ALTER TABLE visits DETACH PARTITION visits_low CONCURRENTLY

-- apart
VACUUM parts

-- apart
VACUUM FULL parts

-- apart
VACUUM ANALYZE parts

-- apart
CLUSTER parts USING parts_qty

-- apart
-- fails: cannot create index on partitioned table
CREATE INDEX CONCURRENTLY fresh_ix ON sales(id)
