-- Deploy interop:add_city to pg

BEGIN;

ALTER TABLE users ADD COLUMN city text;

COMMIT;
