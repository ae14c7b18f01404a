-- Indexes without others waiting, statistics, maintenance.
CREATE INDEX CONCURRENTLY fresh ON parts (big);
-- after: DROP INDEX fresh
CREATE INDEX CONCURRENTLY IF NOT EXISTS fresh ON parts (big) WHERE qty > 10;
-- after: DROP INDEX fresh
CREATE UNIQUE INDEX CONCURRENTLY fresh ON parts (id, qty);
-- after: DROP INDEX fresh
CREATE INDEX CONCURRENTLY fresh ON parts USING gin (attrs);
-- after: DROP INDEX fresh
CREATE INDEX IF NOT EXISTS parts_qty ON parts (big);
CREATE INDEX fresh ON ONLY sales (id);
CREATE INDEX fresh ON empty_one (v);
CREATE UNIQUE INDEX fresh ON boxed (id);
DROP INDEX parts_qty;
DROP INDEX IF EXISTS nothing;
DROP INDEX CONCURRENTLY parts_title;
-- after: CREATE INDEX CONCURRENTLY parts_title ON parts (title)
DROP INDEX CONCURRENTLY IF EXISTS nothing;
ALTER INDEX parts_qty RENAME TO parts_amount;
ALTER INDEX parts_qty SET (fillfactor = 80);
ALTER INDEX parts_qty RESET (fillfactor);
ALTER INDEX users_lower ALTER COLUMN 1 SET STATISTICS 100;
ALTER INDEX parts_qty NO DEPENDS ON EXTENSION plpgsql;
ALTER INDEX parts_qty SET TABLESPACE pg_default;
REINDEX INDEX CONCURRENTLY parts_qty;
REINDEX TABLE CONCURRENTLY offers;
REINDEX (CONCURRENTLY) INDEX shop.parts_pkey;
REINDEX TABLE CONCURRENTLY sales;
REINDEX TABLE CONCURRENTLY parts_kept;
REINDEX TABLE empty_one;
VACUUM parts;
VACUUM (ANALYZE, VERBOSE) offers;
VACUUM (FREEZE) offers;
VACUUM (FULL false) offers;
VACUUM (TRUNCATE false, INDEX_CLEANUP off) offers, parts;
VACUUM FULL empty_one;
ANALYZE parts;
ANALYZE parts (qty, title);
ANALYZE VERBOSE sales;
CHECKPOINT;
CREATE STATISTICS fresh_stats ON qty, code FROM parts;
CREATE STATISTICS IF NOT EXISTS fresh_stats (dependencies) ON qty, lot FROM parts;
ALTER STATISTICS parts_stats SET STATISTICS 100;
ALTER STATISTICS parts_stats RENAME TO parts_numbers;
DROP STATISTICS parts_stats;
REFRESH MATERIALIZED VIEW CONCURRENTLY parts_kept;
REFRESH MATERIALIZED VIEW CONCURRENTLY summary;
CLUSTER empty_one USING empty_one_pkey;
TRUNCATE empty_one;
TRUNCATE boxed, empty_one;
