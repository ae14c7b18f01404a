-- Deploy interop:add_country to pg

BEGIN;

ALTER TABLE users ADD COLUMN country text;

COMMIT;
