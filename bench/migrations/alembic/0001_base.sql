BEGIN;

CREATE TABLE alembic_version (
    version_num VARCHAR(32) NOT NULL,
    CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);

-- Running upgrade  -> 1f0c2a

CREATE TABLE device (
    id SERIAL NOT NULL,
    serial_number VARCHAR(40) NOT NULL,
    owner_id INTEGER,
    firmware VARCHAR(20),
    price NUMERIC(10, 2),
    installed_at TIMESTAMP WITHOUT TIME ZONE,
    PRIMARY KEY (id),
    UNIQUE (serial_number)
);

CREATE TABLE owner (
    id SERIAL NOT NULL,
    email VARCHAR(120) NOT NULL,
    active BOOLEAN,
    PRIMARY KEY (id)
);

CREATE TABLE reading (
    id BIGSERIAL NOT NULL,
    device_id INTEGER NOT NULL,
    taken_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    value FLOAT,
    raw JSON,
    PRIMARY KEY (id),
    FOREIGN KEY(device_id) REFERENCES device (id)
);

CREATE INDEX ix_reading_taken_at ON reading (taken_at);

CREATE UNIQUE INDEX ix_owner_email ON owner (email);

INSERT INTO alembic_version (version_num) VALUES ('1f0c2a') RETURNING alembic_version.version_num;

COMMIT;
