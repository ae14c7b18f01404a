--liquibase formatted sql

--changeset interop:04
CREATE INDEX users_email_index ON users (email);
--rollback DROP INDEX users_email_index;
