-- Deploy interop:index_country to pg

BEGIN;

CREATE INDEX users_country_index ON users (country);

COMMIT;
