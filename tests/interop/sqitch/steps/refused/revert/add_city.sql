-- Revert interop:add_city from pg

BEGIN;

ALTER TABLE users DROP COLUMN city;

COMMIT;
