BEGIN;

-- Running downgrade 3c8e22 -> 2b7d11

DROP VIEW device_summary;

ALTER TABLE account RENAME mail TO email;

ALTER TABLE account RENAME TO owner;

ALTER TABLE device DROP CONSTRAINT uq_device_place;

ALTER TABLE device DROP CONSTRAINT ck_device_status;

ALTER TABLE device DROP CONSTRAINT fk_device_owner;

ALTER TABLE device DROP COLUMN location;

ALTER TABLE reading DROP COLUMN quality;

DROP TYPE quality;

ALTER TABLE device ALTER COLUMN firmware TYPE VARCHAR(20);

ALTER TABLE owner ALTER COLUMN active DROP DEFAULT;

ALTER TABLE owner ALTER COLUMN active DROP NOT NULL;

DELETE FROM reading;

TRUNCATE reading RESTART IDENTITY;

DROP TABLE reading;

DROP TABLE device;

DROP TABLE owner;

DELETE FROM alembic_version WHERE alembic_version.version_num = '2b7d11';

COMMIT;
