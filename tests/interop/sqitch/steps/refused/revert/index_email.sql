-- Revert interop:index_email from pg

BEGIN;

DROP INDEX users_email_index;

COMMIT;
