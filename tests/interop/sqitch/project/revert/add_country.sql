-- Revert interop:add_country from pg

BEGIN;

ALTER TABLE users DROP COLUMN country;

COMMIT;
