-- rule: drop-table
DROP TABLE bookings;
DROP TABLE IF EXISTS bookings;
DROP TABLE makers CASCADE;
DROP TABLE groups CASCADE;
DROP TABLE shop.stock;
DROP TABLE stock, kept RESTRICT;
DROP TABLE vault.coins;
DROP TABLE members;
DROP TABLE sales;
DROP TABLE sales_low;
DROP TABLE regions;
DROP TABLE events_new;
DROP TABLE volatile_one;
DROP TABLE derived;
DROP TABLE typed;
DROP TABLE "kept";
DROP TABLE empty_one, bookings;
DROP TABLE /* really */ fancy;
-- rule: drop-cascade
DROP TABLE users CASCADE;
DROP TABLE base CASCADE;
DROP VIEW active CASCADE;
DROP TABLE parts CASCADE;
DROP TABLE shaped CASCADE;
-- rule: drop-view
DROP VIEW parts_view;
DROP VIEW IF EXISTS parts_view RESTRICT;
DROP VIEW active_more;
DROP VIEW hall.look;
DROP VIEW parts_view, active_more;
DROP MATERIALIZED VIEW parts_kept;
DROP MATERIALIZED VIEW IF EXISTS summary;
DROP MATERIALIZED VIEW lone_kept CASCADE;
DROP SEQUENCE numbers;
DROP SEQUENCE IF EXISTS tickets;
-- rule: drop-object
DROP TYPE point2 CASCADE;
DROP TYPE shape CASCADE;
DROP TYPE mood CASCADE;
DROP DOMAIN percent CASCADE;
DROP DOMAIN tally CASCADE;
-- rule: drop-schema
DROP SCHEMA vault CASCADE;
DROP SCHEMA IF EXISTS vault CASCADE;
DROP SCHEMA hall CASCADE;
DROP SCHEMA hall, vault CASCADE;
DROP SCHEMA shop CASCADE;
-- rule: drop-owned
DROP OWNED BY keeper;
DROP OWNED BY keeper CASCADE;
DROP OWNED BY keeper, nobody_special RESTRICT;
-- rule: drop-database
DROP DATABASE guard_spare;
DROP DATABASE IF EXISTS guard_spare;
DROP DATABASE guard_spare (FORCE);
-- rule: drop-column
ALTER TABLE parts DROP COLUMN uid;
ALTER TABLE parts DROP uid;
ALTER TABLE parts DROP COLUMN IF EXISTS uid RESTRICT;
ALTER TABLE IF EXISTS ONLY stock DROP COLUMN title;
ALTER TABLE parts DROP COLUMN uid, DROP COLUMN ok;
ALTER TABLE parts ADD COLUMN harmless int, DROP COLUMN doc;
ALTER TABLE offers DROP COLUMN maker_id;
ALTER TABLE sales DROP COLUMN note;
ALTER TABLE base DROP COLUMN v;
ALTER TABLE strict DROP COLUMN number;
ALTER TYPE crate_row DROP ATTRIBUTE label CASCADE;
-- rule: drop-column-dependents
ALTER TABLE parts DROP COLUMN qty CASCADE;
ALTER TABLE makers DROP COLUMN id CASCADE;
ALTER TABLE users DROP COLUMN num CASCADE;
ALTER TABLE shaped DROP COLUMN p CASCADE;
-- rule: drop-primary-key
ALTER TABLE published_key DROP CONSTRAINT published_key_pkey;
ALTER TABLE IF EXISTS ONLY shop.published_key DROP CONSTRAINT IF EXISTS published_key_pkey RESTRICT;
ALTER TABLE published_key DROP CONSTRAINT published_key_pkey CASCADE;
ALTER TABLE published_key ADD COLUMN z int, DROP CONSTRAINT published_key_pkey;
-- rule: drop-default
ALTER TABLE strict ALTER COLUMN level DROP DEFAULT;
ALTER TABLE strict ALTER grade DROP DEFAULT;
ALTER TABLE strict ALTER COLUMN made SET DEFAULT NULL;
ALTER TABLE strict ALTER COLUMN number DROP IDENTITY;
ALTER TABLE strict ALTER COLUMN number DROP IDENTITY IF EXISTS;
ALTER TABLE with_serial ALTER COLUMN id DROP DEFAULT;
ALTER TABLE strict ALTER COLUMN code DROP DEFAULT, ALTER COLUMN price DROP DEFAULT;
