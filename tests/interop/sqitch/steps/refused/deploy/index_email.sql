-- Deploy interop:index_email to pg

BEGIN;

CREATE INDEX users_email_index ON users (email);

COMMIT;
