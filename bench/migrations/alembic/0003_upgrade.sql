BEGIN;

-- Running upgrade 1f0c2a -> 2b7d11

ALTER TABLE device ADD COLUMN location VARCHAR(60);

ALTER TABLE device ADD COLUMN status VARCHAR(10) DEFAULT 'new' NOT NULL;

ALTER TABLE device ADD CONSTRAINT fk_device_owner FOREIGN KEY(owner_id) REFERENCES owner (id);

ALTER TABLE owner ALTER COLUMN active SET NOT NULL;

ALTER TABLE owner ALTER COLUMN active SET DEFAULT true;

ALTER TABLE device ALTER COLUMN serial_number TYPE VARCHAR(64);

ALTER TABLE device ALTER COLUMN firmware TYPE TEXT;

ALTER TABLE device ALTER COLUMN price TYPE NUMERIC(14, 2);

ALTER TABLE reading ALTER COLUMN device_id TYPE BIGINT;

ALTER TABLE reading ALTER COLUMN raw TYPE JSONB USING raw::jsonb;

ALTER TABLE device ALTER COLUMN installed_at TYPE TIMESTAMP WITH TIME ZONE;

UPDATE device SET location = 'unknown' WHERE location IS NULL;

CREATE TYPE quality AS ENUM ('good', 'bad');

ALTER TABLE reading ADD COLUMN quality quality;

ALTER TABLE reading ALTER COLUMN quality SET DEFAULT 'good';

UPDATE alembic_version SET version_num='2b7d11' WHERE alembic_version.version_num = '1f0c2a';

-- Running upgrade 2b7d11 -> 3c8e22

ALTER TABLE device ADD CONSTRAINT ck_device_status CHECK (status IN ('new', 'used'));

ALTER TABLE device ADD CONSTRAINT uq_device_place UNIQUE (location, serial_number);

CREATE INDEX ix_device_lower ON device (lower(serial_number));

CREATE INDEX ix_reading_bad ON reading (device_id) WHERE quality = 'bad';

ALTER TABLE owner RENAME TO account;

ALTER TABLE account RENAME email TO mail;

ALTER INDEX ix_owner_email RENAME TO ix_account_mail;

COMMENT ON COLUMN device.status IS 'where it is in its life';

CREATE OR REPLACE VIEW device_summary AS SELECT d.id, d.serial_number, count(r.id) AS readings FROM device d LEFT JOIN reading r ON r.device_id = d.id GROUP BY d.id, d.serial_number;

DROP INDEX ix_reading_taken_at;

CREATE INDEX ix_reading_taken_device ON reading (device_id, taken_at);

UPDATE alembic_version SET version_num='3c8e22' WHERE alembic_version.version_num = '2b7d11';

COMMIT;
