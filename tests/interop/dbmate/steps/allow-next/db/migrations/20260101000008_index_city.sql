-- migrate:up
CREATE INDEX users_city_index ON users (city);

-- migrate:down
DROP INDEX users_city_index;
