--liquibase formatted sql

--changeset interop:06
CREATE INDEX users_country_index ON users (country);
--rollback DROP INDEX users_country_index;
