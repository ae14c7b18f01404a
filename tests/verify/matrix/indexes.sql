-- Indexes

CREATE INDEX fresh_ix ON parts(big)

CREATE INDEX IF NOT EXISTS parts_qty ON parts(big)

CREATE UNIQUE INDEX fresh_ix ON parts(big)

CREATE INDEX fresh_ix ON sales(id)

CREATE INDEX fresh_ix ON ONLY sales(id)

-- setup: CREATE INDEX sales_ix ON ONLY sales(id); CREATE INDEX sales_low_ix ON sales_low(id)
ALTER INDEX sales_ix ATTACH PARTITION sales_low_ix

DROP INDEX parts_qty

-- setup: CREATE INDEX sales_ix ON sales(id)
DROP INDEX sales_ix

REINDEX INDEX parts_qty

REINDEX TABLE parts

-- setup: CREATE INDEX parts_expr ON parts((qty+1))
ALTER INDEX parts_expr ALTER COLUMN 1 SET STATISTICS 100

ALTER INDEX parts_qty NO DEPENDS ON EXTENSION plpgsql

CREATE INDEX fresh_ix ON parts((inlined_volatile()))

-- fails: REINDEX TABLE cannot run inside a transaction block
REINDEX TABLE sales

CREATE UNIQUE INDEX visits_key ON ONLY visits(id, day)
