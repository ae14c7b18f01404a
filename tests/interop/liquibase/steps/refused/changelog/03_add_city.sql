--liquibase formatted sql

--changeset interop:03
ALTER TABLE users ADD COLUMN city text;
--rollback ALTER TABLE users DROP COLUMN city;
