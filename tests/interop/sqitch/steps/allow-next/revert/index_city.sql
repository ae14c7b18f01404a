-- Revert interop:index_city from pg

BEGIN;

DROP INDEX users_city_index;

COMMIT;
