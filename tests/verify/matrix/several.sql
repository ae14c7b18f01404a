-- Several things at once; what is no DDL

ALTER TABLE parts ALTER COLUMN qty SET NOT NULL, ADD COLUMN added int DEFAULT 1

ALTER TABLE parts ADD CONSTRAINT bounds CHECK (qty > 0) NOT VALID, ADD COLUMN fresh_one int

-- setup: ALTER TABLE parts ADD CONSTRAINT bounds CHECK (qty > 0) NOT VALID
ALTER TABLE parts VALIDATE CONSTRAINT bounds, ALTER COLUMN qty SET STATISTICS 10

ALTER TABLE stock ALTER COLUMN lot TYPE bigint, ALTER COLUMN small TYPE bigint

SELECT 1

UPDATE parts SET big = big+1

DELETE FROM offers

INSERT INTO empty_plain SELECT g FROM generate_series(1, 10) g

DO $$BEGIN EXECUTE 'ALTER TABLE parts ADD COLUMN added int'; END$$
