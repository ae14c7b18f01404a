-- migrate:up
ALTER TABLE users ADD COLUMN country text;

-- migrate:down
ALTER TABLE users DROP COLUMN country;
