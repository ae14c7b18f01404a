-- Flyway migration: base schema
CREATE SCHEMA shop;
SET search_path TO shop, public;

CREATE SEQUENCE order_number_seq START WITH 1000;

CREATE TABLE category (
    id          SMALLINT PRIMARY KEY,
    name        VARCHAR(50) NOT NULL
);

CREATE TABLE item (
    id          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    category_id SMALLINT REFERENCES category (id),
    name        VARCHAR(100) NOT NULL,
    price       NUMERIC(8, 2),
    weight      REAL,
    attributes  JSONB DEFAULT '{}'::jsonb
);

CREATE TABLE purchase (
    id          BIGINT DEFAULT nextval('order_number_seq') PRIMARY KEY,
    item_id     BIGINT NOT NULL,
    bought_on   DATE NOT NULL,
    quantity    INTEGER NOT NULL DEFAULT 1
) PARTITION BY HASH (id);

CREATE TABLE purchase_0 PARTITION OF purchase FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE purchase_1 PARTITION OF purchase FOR VALUES WITH (MODULUS 2, REMAINDER 1);

CREATE TABLE log (
    at      TIMESTAMP NOT NULL,
    level   SMALLINT,
    message TEXT
) PARTITION BY RANGE (at);

CREATE TABLE log_2024 PARTITION OF log FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE log_rest PARTITION OF log DEFAULT;
