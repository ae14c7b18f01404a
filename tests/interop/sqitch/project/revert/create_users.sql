-- Revert interop:create_users from pg

BEGIN;

DROP TABLE users;

COMMIT;
