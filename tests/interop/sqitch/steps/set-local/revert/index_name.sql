-- Revert interop:index_name from pg

BEGIN;

DROP INDEX users_name_index;

COMMIT;
