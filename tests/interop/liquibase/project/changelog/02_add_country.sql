--liquibase formatted sql

--changeset interop:02
ALTER TABLE users ADD COLUMN country text;
--rollback ALTER TABLE users DROP COLUMN country;
