-- migrate:up
CREATE INDEX users_country_index ON users (country);

-- migrate:down
DROP INDEX users_country_index;
