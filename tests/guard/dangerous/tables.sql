-- rule: truncate
TRUNCATE offers;
TRUNCATE TABLE offers;
TRUNCATE ONLY base;
TRUNCATE base;
TRUNCATE shop.stock, offers;
TRUNCATE sales;
TRUNCATE sales_low;
TRUNCATE made RESTART IDENTITY;
TRUNCATE offers CONTINUE IDENTITY RESTRICT;
TRUNCATE vault.coins CASCADE;
TRUNCATE volatile_one;
TRUNCATE empty_one, bookings;
-- rule: truncate-cascade
TRUNCATE makers CASCADE;
TRUNCATE groups CASCADE;
TRUNCATE TABLE makers, groups RESTART IDENTITY CASCADE;
-- rule: vacuum-full-or-cluster
VACUUM FULL offers;
VACUUM (FULL) offers;
VACUUM (FULL, ANALYZE, VERBOSE) shop.offers;
VACUUM FULL FREEZE ANALYZE parts (qty);
VACUUM (FULL true) sales;
VACUUM FULL parts, offers;
CLUSTER parts USING parts_qty;
CLUSTER shop.offers USING offers_pkey;
CLUSTER parts_kept USING parts_kept_id;
-- rule: refresh-not-concurrent
REFRESH MATERIALIZED VIEW parts_kept;
REFRESH MATERIALIZED VIEW summary;
REFRESH MATERIALIZED VIEW shop.shaped_kept WITH DATA;
REFRESH MATERIALIZED VIEW parts_kept WITH NO DATA;
REFRESH MATERIALIZED VIEW lone_kept;
-- rule: delete-without-where
DELETE FROM offers;
DELETE FROM ONLY base;
DELETE FROM base;
DELETE FROM shop.stock WHERE true;
DELETE FROM offers AS o WHERE 1 = 1;
DELETE FROM offers WHERE NOT false RETURNING id;
DELETE FROM sales;
DELETE FROM vault.coins;
WITH gone AS (DELETE FROM offers RETURNING 1) SELECT count(*) FROM gone;
WITH gone AS (DELETE FROM bookings RETURNING id) INSERT INTO empty_plain SELECT id FROM gone;
-- rule: update-without-where
UPDATE parts SET big = big + 1;
UPDATE ONLY base SET v = 0;
UPDATE shop.stock SET title = 'x' WHERE true;
UPDATE offers AS o SET other_id = NULL;
UPDATE sales SET note = 'y';
UPDATE parts SET (big, small) = (1, 2) WHERE 1 < 2;
UPDATE vault.coins SET v = v RETURNING id;
WITH changed AS (UPDATE offers SET other_id = 1 RETURNING 1) SELECT count(*) FROM changed;
