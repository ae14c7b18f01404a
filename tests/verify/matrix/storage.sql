-- Storage and options of tables

ALTER TABLE parts SET TABLESPACE pg_default

ALTER INDEX parts_qty SET TABLESPACE pg_default

ALTER TABLE parts SET ACCESS METHOD heap

ALTER TABLE volatile_one SET LOGGED

ALTER TABLE parts SET UNLOGGED

ALTER TABLE parts SET WITHOUT CLUSTER

ALTER TABLE parts CLUSTER ON parts_qty

ALTER TABLE parts SET WITHOUT OIDS

ALTER TABLE parts SET (fillfactor = 80)

ALTER TABLE parts SET (autovacuum_enabled = false)

ALTER TABLE parts SET (user_catalog_table = true)

ALTER TABLE parts SET (parallel_workers = 4)

ALTER TABLE parts SET (toast_tuple_target = 4096)

ALTER TABLE parts RESET (fillfactor)

ALTER INDEX parts_qty SET (fillfactor = 80)

ALTER VIEW parts_view SET (security_barrier = true)

ALTER TABLE parts REPLICA IDENTITY FULL

ALTER TABLE parts REPLICA IDENTITY USING INDEX parts_shelf

-- setup: CREATE TYPE pile_row AS (id int); CREATE TABLE pile(id int)
ALTER TABLE pile OF pile_row

-- setup: CREATE TABLE stray(id int, v int)
ALTER TABLE stray INHERIT base

ALTER TABLE derived NO INHERIT base

CLUSTER parts USING parts_qty
