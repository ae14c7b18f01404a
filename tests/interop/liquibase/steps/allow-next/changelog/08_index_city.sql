--liquibase formatted sql

--changeset interop:08
CREATE INDEX users_city_index ON users (city);
--rollback DROP INDEX users_city_index;
