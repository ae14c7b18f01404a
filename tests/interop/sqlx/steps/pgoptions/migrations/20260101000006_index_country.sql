CREATE INDEX users_country_index ON users (country);
