--liquibase formatted sql

--changeset interop:04 runInTransaction:false
CREATE INDEX CONCURRENTLY users_email_index ON users (email);
--rollback DROP INDEX CONCURRENTLY users_email_index;
