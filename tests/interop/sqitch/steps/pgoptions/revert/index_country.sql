-- Revert interop:index_country from pg

BEGIN;

DROP INDEX users_country_index;

COMMIT;
