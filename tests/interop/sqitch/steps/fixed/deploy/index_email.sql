-- Deploy interop:index_email to pg

CREATE INDEX CONCURRENTLY users_email_index ON users (email);
