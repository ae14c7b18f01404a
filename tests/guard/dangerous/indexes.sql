-- rule: create-index-not-concurrent
CREATE INDEX ON parts (big);
CREATE INDEX fresh ON parts (big);
CREATE INDEX IF NOT EXISTS fresh ON shop.parts (big DESC NULLS LAST);
CREATE UNIQUE INDEX fresh ON parts (big);
CREATE UNIQUE INDEX ON parts (id, qty) INCLUDE (title) WHERE qty > 10;
CREATE INDEX fresh ON parts (lower(title));
CREATE INDEX fresh ON parts USING hash (big);
CREATE INDEX fresh ON parts USING gin (attrs);
CREATE INDEX fresh ON parts USING brin (id);
CREATE INDEX fresh ON bookings USING gist (during);
CREATE INDEX fresh ON parts (title text_pattern_ops);
CREATE INDEX fresh ON parts (big) TABLESPACE aside;
CREATE INDEX fresh ON parts (big) WITH (fillfactor = 50);
CREATE INDEX fresh ON sales (id);
CREATE INDEX fresh ON regions (id, code);
CREATE INDEX fresh ON sales_low (id);
CREATE INDEX fresh ON vault.coins (v);
CREATE INDEX fresh ON parts_kept (qty);
CREATE UNIQUE INDEX fresh ON lone_kept (id);
CREATE INDEX "Odd; name" ON parts (big);
-- rule: reindex-not-concurrent
REINDEX INDEX parts_qty;
REINDEX INDEX shop.parts_pkey;
REINDEX TABLE parts;
REINDEX (VERBOSE) TABLE offers;
REINDEX (CONCURRENTLY off) TABLE offers;
REINDEX (TABLESPACE aside) INDEX parts_qty;
REINDEX TABLE events;
REINDEX SCHEMA shop;
REINDEX TABLE parts_kept;
REINDEX INDEX parts_kept_id;
-- rule: set-tablespace
ALTER TABLE parts SET TABLESPACE aside;
ALTER TABLE IF EXISTS shop.offers SET TABLESPACE aside;
ALTER INDEX parts_qty SET TABLESPACE aside;
ALTER INDEX IF EXISTS parts_pkey SET TABLESPACE aside;
ALTER MATERIALIZED VIEW parts_kept SET TABLESPACE aside;
ALTER TABLE sales_low SET TABLESPACE aside;
-- rule: table-rewrite
ALTER TABLE loose SET UNLOGGED;
ALTER TABLE IF EXISTS bookings SET UNLOGGED;
ALTER TABLE volatile_one SET LOGGED;
ALTER TABLE parts SET ACCESS METHOD columnar;
ALTER MATERIALIZED VIEW parts_kept SET ACCESS METHOD columnar;
ALTER TABLE sales_low SET UNLOGGED;
ALTER TYPE crate_row ALTER ATTRIBUTE wide TYPE bigint CASCADE;
ALTER TYPE crate_row ALTER ATTRIBUTE wide SET DATA TYPE numeric CASCADE;
-- since: 17
ALTER TABLE with_serial ALTER COLUMN twice SET EXPRESSION AS (v * 3);
-- since: 17
ALTER TABLE made ALTER COLUMN one SET EXPRESSION AS (2);
-- rule: unbounded-effect
-- since: 16
REINDEX DATABASE;
-- since: 16
REINDEX SYSTEM;
VACUUM FULL;
VACUUM (FULL, ANALYZE);
CLUSTER;
CLUSTER VERBOSE;
ALTER TABLE ALL IN TABLESPACE pg_default OWNED BY keeper SET TABLESPACE aside;
ALTER INDEX ALL IN TABLESPACE pg_default SET TABLESPACE aside;
ALTER MATERIALIZED VIEW ALL IN TABLESPACE pg_default SET TABLESPACE aside NOWAIT;
