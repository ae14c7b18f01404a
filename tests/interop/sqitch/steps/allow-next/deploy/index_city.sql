-- Deploy interop:index_city to pg

BEGIN;

CREATE INDEX users_city_index ON users (city);

COMMIT;
